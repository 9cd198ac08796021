//! `kill -9` at any moment: what was acknowledged is there.

use super::Directory;
use crate::conformance::samples::{accept_owned, ended, id, message, record, taken};
use crate::sqlite::{Settings, Sqlite};
use postrider_core::contract::Store;
use postrider_core::delivery::State;
use postrider_core::principal::Viewer;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where the process that is killed finds its directory.
const VICTIM: &str = "POSTRIDER_STORE_VICTIM";
/// Acknowledgements after which it is killed.
const ENOUGH: usize = 200;

/// The process that the test below starts and kills: it does nothing in any other.
#[tokio::test]
async fn victim() {
    let Ok(directory) = std::env::var(VICTIM) else { return };
    let settings = Settings { gather: Duration::ZERO, ..Settings::default() };
    let store = Sqlite::open(directory.as_ref(), settings).unwrap();
    for n in 0.. {
        accept_owned(&*store, [message(n)]).await;
        println!("acknowledged {n} queued");
        if n % 2 == 1 {
            record(&*store, [taken(&message(n), &format!("a{n}"))]).await;
            println!("acknowledged {n} sent");
        }
        if n % 4 == 3 {
            record(&*store, [ended(&message(n), State::Delivered)]).await;
            println!("acknowledged {n} delivered");
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = Directory::new();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "sqlite::tests::death::victim"])
        .env(VICTIM, directory.0.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let mut seen = 0;
    // What was written before the death is read to its end: it was acknowledged too.
    while let Some(Ok(line)) = lines.next() {
        let mut words = line.split_once("acknowledged ").map_or("", |(_, rest)| rest).split(' ');
        if let (Some(Ok(n)), Some(state)) =
            (words.next().map(str::parse::<u64>), words.next().and_then(State::from_word))
        {
            acknowledged.insert(n, state);
            seen += 1;
            if seen == ENOUGH {
                victim.kill().unwrap();
            }
        }
    }
    victim.wait().unwrap();
    assert!(seen >= ENOUGH, "{seen}");

    let store = directory.sqlite();
    let order = |state: State| State::ALL.iter().position(|other| *other == state);
    for (n, state) in acknowledged {
        let history = store.history(Viewer::Everything, id(n)).await.unwrap().unwrap();
        assert!(order(history.state) >= order(state), "{n}: {state:?} became {:?}", history.state);
        assert_eq!(*history.message, message(n));
    }
}

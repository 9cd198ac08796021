//! A disk that is full, and has room again.

use super::{Directory, Sql};
use crate::conformance::samples::{UPSTREAM, accepting, id, message};
use crate::sqlite::{Settings, Sqlite};
use postrider_core::contract::{Filter, Store, StoreError};
use postrider_core::message::{Body, Message};
use postrider_core::principal::Viewer;
use std::time::Duration;

fn large(n: u64) -> Message {
    Message { body: Body::Text("x".repeat(4000).into()), ..message(n) }
}

#[tokio::test]
async fn a_full_disk_refuses_everybody_and_harms_nothing() {
    let directory = Directory::new();
    // The disk under it has room all the time.
    let settings = Settings { look_every: Duration::ZERO, ..Settings::default() };
    let store = Sqlite::open(directory.0.path(), settings).unwrap();
    store.write(Sql("PRAGMA max_page_count = 160")).await.unwrap();
    let accept = |n| store.accept(vec![accepting(large(n), UPSTREAM, false)], None);
    let mut accepted = Vec::new();
    for n in 0..200 {
        match accept(n).await {
            Ok(_) => accepted.push(id(n)),
            Err(error) => {
                assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("full")), "{error}");
                break;
            }
        }
    }
    assert!((10..200).contains(&accepted.len()), "{}", accepted.len());
    let (one, other) = tokio::join!(accept(300), accept(301));
    assert!(one.is_err() && other.is_err());

    store.write(Sql("PRAGMA max_page_count = 100000")).await.unwrap();
    accept(302).await.unwrap();
    accepted.push(id(302));
    let listed = store.list(Filter::all(Viewer::Everything, 1000)).await.unwrap().entries;
    let mut listed: Vec<_> = listed.iter().map(|entry| entry.message.id).collect();
    listed.reverse();
    assert_eq!(listed, accepted);
}

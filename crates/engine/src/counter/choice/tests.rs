//! SIMs of one upstream at its counter, step by step.

use super::*;
use crate::counter::tests::{Bench, upstream};
use postrider_core::budget::PartLimits;
use postrider_core::contract::{Desk, LinkState, Used};
use postrider_core::message::Message;
use postrider_core::number::Number;
use postrider_core::numbering::{Numbering, NumberingPlan};
use postrider_core::route::{Table, UpstreamId};
use postrider_core::rules::{Rules, Upstream};
use std::sync::Arc;
use std::time::Duration;

const OF_A: &str = "+447700900123";
const OF_B: &str = "+447900900123";
const OF_NEITHER: &str = "+4915112345678";

/// SIMs `a` and `b` of two networks, with these limits for a day, both waiting for work.
fn bench(limits: [Option<u64>; 2]) -> Bench {
    let bench = Bench::open(None);
    let plan = NumberingPlan::read(b"prefix,mccmnc,name,type\n447700,23410,A,\n447900,23420,B,\n").unwrap();
    let sim = |name: &str, network: &str, day| Bind {
        name: name.into(),
        networks: vec![network.parse().unwrap()],
        limits: PartLimits([None, None, day, None]),
    };
    let each_bind = vec![sim("a", "23410", limits[0]), sim("b", "23420", limits[1])];
    let sims = Upstream { window: 20, binds: 2, each_bind, ..upstream(None) };
    let mut rules = Rules::new(2, Vec::new(), vec![sims], Table::default());
    rules.numbering = Numbering::with(Some(Arc::new(plan)));
    bench.counter.configure(&rules);
    bench.counter.assign([0, 1].into());
    for bind in 0..2 {
        bench.counter.link(bind, LinkState::Up);
        bench.counter.waits(bind, true);
    }
    bench
}

fn shelve(bench: &Bench, id: u64, to: &str, parts: u8) {
    let message = Message {
        parts,
        to: Number::parse(to).unwrap(),
        expires: Time(i64::MAX),
        ..postrider_core::testing::message(MessageId::from_number(id))
    };
    let delivery = Delivery::new(Arc::new(message), UpstreamId(1));
    assert!(bench.counter.promise(&delivery.message, Time(1_000)));
    bench.counter.keep([delivery]);
}

/// What a SIM gets when it asks for a message.
fn take(bench: &Bench, bind: usize) -> Vec<u64> {
    let taken = bench.counter.take_for(bind, 1);
    taken.iter().map(|delivery| delivery.message.id.number()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_left_to_the_sim_of_its_network_while_that_waits() {
    let bench = bench([None; 2]);
    shelve(&bench, 1, OF_B, 1);
    assert_eq!(take(&bench, 0), []);
    assert_eq!(take(&bench, 1), [1]);
    // It is busy now, and isn't waited for.
    shelve(&bench, 2, OF_B, 1);
    assert_eq!(take(&bench, 0), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_sim_takes_messages_of_its_network_first() {
    let bench = bench([None; 2]);
    bench.counter.waits(1, false);
    for (id, to) in [(1, OF_B), (2, OF_B), (3, OF_NEITHER), (4, OF_A)] {
        shelve(&bench, id, to, 1);
    }
    let taken: Vec<u64> = (0..4).flat_map(|_| take(&bench, 0)).collect();
    assert_eq!(taken, [3, 4, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_down_is_no_choice() {
    let bench = bench([None; 2]);
    bench.counter.link(1, LinkState::Down { reason: "unplugged".into(), retry_in: Duration::from_secs(1) });
    for (id, to) in [(1, OF_B), (2, OF_A)] {
        shelve(&bench, id, to, 1);
    }
    assert_eq!([take(&bench, 0), take(&bench, 0)].concat(), [1, 2], "nobody has that network now");
}

#[tokio::test(start_paused = true)]
async fn the_least_used_sim_goes_first_until_its_limit() {
    let bench = bench([Some(10), Some(100)]);
    let used = |bind: &str, count| Used {
        what: format!("upstream 1 bind {bind} day").into(),
        start: Time(0),
        end: Time(i64::MAX),
        count,
    };
    bench.counter.hear_used(&[used("a", 8), used("b", 50)], Time(1_000));
    // 50 of 100 are a smaller share than 8 of 10.
    shelve(&bench, 1, OF_NEITHER, 1);
    assert_eq!((take(&bench, 0), take(&bench, 1)), (vec![], vec![1]));
    shelve(&bench, 2, OF_NEITHER, 1);
    assert_eq!(take(&bench, 0), [2], "the other is busy");
    bench.counter.spent_by_bind(0, 2);
    assert!(bench.counter.room_of_bind(0).is_err() && bench.counter.room_of_bind(1).is_ok());
    // One without room is no choice, whatever the network.
    for bind in 0..2 {
        bench.counter.waits(bind, true);
    }
    shelve(&bench, 3, OF_A, 1);
    assert_eq!(take(&bench, 1), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_long_text_that_another_sim_began_goes_whole() {
    let bench = bench([None; 2]);
    let begun = |bind: usize| {
        shelve(&bench, 7, OF_NEITHER, 3);
        bench.counter.waits(1 - bind, false);
        let mut delivery = bench.counter.take_for(bind, 1).remove(0);
        let taken = delivery.taken;
        delivery.taken = delivery.taken.with(0);
        bench.counter.put_back(delivery);
        taken
    };
    assert_eq!(begun(0), PartSet::default());
    let of_bind = |bind: usize| {
        bench.counter.waits(1 - bind, false);
        bench.counter.take_for(bind, 1).remove(0)
    };
    let rest = of_bind(0);
    assert!(rest.taken.has(0), "its other parts follow by the same SIM");
    bench.counter.put_back(rest);
    assert!(!of_bind(1).taken.has(0));
}

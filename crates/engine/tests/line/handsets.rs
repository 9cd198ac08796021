//! What handsets write, and how their owner is told though nobody listens for long.

use crate::house::*;
use postrider_core::contract::{Heard, Outbox, Told};
use postrider_core::inbound::{Address, Inbound};
use postrider_core::message::{Body, Encoding};
use postrider_core::notice::{Lane, Notice, NoticeId, What};
use postrider_core::numbers::{Destination, Holder, Numbers, OwnNumber};
use postrider_core::retry;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use postrider_engine::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Messages that come while the webhook is down.
const MESSAGES: usize = 20;

/// The usual rules, in which the number 60006 is the account's and its messages go to the webhook.
fn with_a_number() -> Arc<Rules> {
    let holder = Holder { account: ACCOUNT, destination: Destination::Webhook };
    let number = OwnNumber {
        spellings: vec![Sender::parse("60006").unwrap()],
        upstreams: Vec::new(),
        holder: Some(holder),
        keywords: BTreeMap::new(),
        consent: postrider_core::consent::Requests::default(),
    };
    let mut rules = (*rules()).clone();
    rules.numbers = Numbers::new(vec![number]);
    Arc::new(rules)
}

fn written(text: &str) -> Heard {
    let address = |text: &str| Address { given: text.into(), understood: Sender::parse(text).ok() };
    Heard::Inbound(Box::new(Inbound {
        from: address("+447700900123"),
        to: address("60006"),
        body: Body::Text(text.into()),
        encoding: Encoding::Gsm7,
        flash: false,
        reference: None,
        parameters: Box::default(),
    }))
}

/// The text that a notice tells.
fn text_of(notice: &Notice) -> String {
    match &notice.what {
        What::Received { received, .. } => received.inbound.text().unwrap().to_owned(),
        What::Ended { .. } | What::Consent { .. } => unreachable!("nobody sends"),
    }
}

async fn take(house: &House) -> Vec<Notice> {
    let take = house.engine.take(Lane::Webhooks, MESSAGES);
    tokio::time::timeout(Duration::from_secs(10), take).await.expect("no notice came")
}

/// The webhook refuses everything for an hour of the gateway's clock; then each message is told once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_down_for_an_hour_is_told_everything_once() {
    let house = House::open().await;
    house.engine.apply(with_a_number());
    let desk = house.up(FIRST);
    let texts: BTreeSet<String> = (0..MESSAGES).map(|number| format!("text {number}")).collect();
    desk.heard(texts.iter().map(|text| written(text)).collect()).await.unwrap();
    let up_again = house.clock.now() + Duration::from_hours(1);
    let (mut told, mut refused) = (BTreeSet::new(), 0);
    let mut due: BTreeMap<NoticeId, Time> = BTreeMap::new();
    while told.len() < MESSAGES {
        let notices = take(&house).await;
        let now = house.clock.now();
        let is_up = now >= up_again;
        let mut results = Vec::new();
        for notice in &notices {
            let failed = notice.failed + u16::from(!is_up);
            let again = if is_up { None } else { retry::notice(failed, notice.id.number(), now) };
            assert!(is_up || again.is_some(), "it is given up after {failed} attempts");
            due.remove(&notice.id);
            due.extend(again.map(|again| (notice.id, again)));
            results.push(Told { notice: notice.id, again, failed, attempt: None });
        }
        house.engine.told(Lane::Webhooks, results);
        if is_up {
            let new = notices.iter().map(text_of).filter(|text| told.insert(text.clone())).count();
            assert_eq!(new, notices.len(), "one is told twice");
        } else {
            refused += notices.len();
        }
        if let Some(next) = due.values().min() {
            house.pass(next.since(now));
        }
    }
    assert_eq!(told, texts);
    assert!(refused > 3 * MESSAGES, "it was tried {refused} times");
}

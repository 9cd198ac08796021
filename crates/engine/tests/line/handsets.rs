//! What handsets write, and how their owner is told though nobody listens for long.

use crate::house::*;
use postrider_core::automation::{Automation, Rule, RuleId, Then, When};
use postrider_core::contract::{Archive, Heard, Outbox, Told};
use postrider_core::delivery::State;
use postrider_core::inbound::{Address, Inbound};
use postrider_core::message::{Body, Encoding, Via};
use postrider_core::notice::{Lane, Notice, NoticeId, What};
use postrider_core::numbers::{Destination, Holder, Numbers, OwnNumber};
use postrider_core::retry;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use postrider_engine::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Messages that come while the webhook is down.
const MESSAGES: usize = 20;

/// The usual rules, in which the number 60006 is the account's and its messages go to the webhook.
pub(crate) fn with_a_number() -> Arc<Rules> {
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

pub(crate) fn written(text: &str) -> Heard {
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

/// A submission that is due in an hour and tells its end to sessions.
fn in_an_hour(house: &House, to: &str, cancel_on_reply: bool) -> Submission {
    Submission {
        to: to.into(),
        body: Some(Body::Text("Don't forget".into())),
        send_at: Some(house.clock.now() + Duration::from_hours(1)),
        cancel_on_reply,
        via: Some(Via::Session),
        ..Submission::default()
    }
}

/// A rule that cancels what is scheduled for who writes DONE.
fn done() -> Rule {
    Rule {
        id: RuleId(1),
        name: "done".into(),
        account: ACCOUNT,
        order: 100,
        when: When { keywords: vec!["done".into()], ..When::default() },
        then: Then { cancel_scheduled: true, ..Then::default() },
        limit: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_cancels_what_waits_for_it_and_a_rule_all_that_is_scheduled() {
    let house = House::open().await;
    house.engine.apply(with_a_number());
    let desk = house.up(FIRST);
    let awaiting = house.submit(in_an_hour(&house, "+447700900123", true)).await;
    let plain = house.submit(in_an_hour(&house, "+447700900123", false)).await;
    let other = house.submit(in_an_hour(&house, "+447700900124", true)).await;
    house.pass(Duration::from_secs(1));
    desk.heard(vec![written("I am coming")]).await.unwrap();
    let (ended, outcome) = house.end().await;
    assert_eq!((ended, outcome.state), (awaiting, State::Canceled));
    let history = house.engine.history(OWN, awaiting).await.unwrap().unwrap();
    let (_, why) = history.remarks.last().unwrap();
    assert!(why.starts_with("canceled: the recipient replied with "), "{why}");
    for waits in [plain, other] {
        assert_eq!(house.state(waits).await, State::Queued);
    }

    let mut rules = (*with_a_number()).clone();
    rules.automation = Automation::new(vec![done()], Vec::new());
    house.engine.apply(Arc::new(rules));
    house.pass(Duration::from_secs(1));
    desk.heard(vec![written("Done!")]).await.unwrap();
    let (ended, outcome) = house.end().await;
    assert_eq!((ended, outcome.state), (plain, State::Canceled));
    assert_eq!(house.state(other).await, State::Queued, "it is for somebody else");
}

/// What was submitted because of a reply, or after it, isn't canceled by it, though the reply is dealt with again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_a_reply_waits_for_the_next_one() {
    let house = House::open().await;
    house.engine.apply(with_a_number());
    let desk = house.up(FIRST);
    desk.heard(vec![written("Hello")]).await.unwrap();
    let first = house.submit(in_an_hour(&house, "+447700900123", true)).await;
    assert_eq!(house.state(first).await, State::Queued);
    house.pass(Duration::from_secs(1));
    desk.heard(vec![written("Hello again")]).await.unwrap();
    assert_eq!(house.end().await.0, first);
}

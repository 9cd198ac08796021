//! What rules of automation remember, and what they did of a message.

use super::Place;
use super::inbound::received;
use super::samples::{BANK, NOW, SHOP, after, id, number};
use postrider_core::account::AccountId;
use postrider_core::automation::{RuleId, StateRow};
use postrider_core::contract::{Automated, InboundFilter, Record, Store, Told};
use postrider_core::notice::{Attempt, Lane, Notice, What};
use postrider_core::principal::Viewer;
use std::sync::Arc;

const SENDER: &str = "+447700900001";
const POLL: RuleId = RuleId(9);

fn row(rule: RuleId, value: &str, choice: Option<&str>) -> StateRow {
    let choice = choice.map(Into::into);
    StateRow {
        account: SHOP,
        sender: SENDER.into(),
        rule,
        value: value.into(),
        choice,
        until: after(1_000_000),
    }
}

/// What was done of message `n`, of whose sender `before` was known.
fn automated(n: u64, before: Option<&str>, rows: Vec<StateRow>) -> Automated {
    let (tags, notices, attempt) = (Vec::new(), Vec::new(), None);
    let before = before.map(Into::into);
    Automated { lane: Lane::Automation, notice: id(n).into(), before, rows, tags, notices, attempt, now: NOW }
}

async fn states(store: &dyn Store, account: AccountId) -> Vec<StateRow> {
    let mut rows = store.rule_states(account, SENDER.into()).await.expect("read");
    rows.sort_by_key(|row| row.rule);
    rows
}

/// A notice for rules, and what they did of it.
async fn record(store: &dyn Store, n: u64) -> Notice {
    let received = Arc::new(received(n));
    let what = What::Received { account: SHOP, received: Arc::clone(&received) };
    let notice =
        Notice { id: received.id.into(), lane: Lane::Automation, what, failed: 0, due: NOW, owned: true };
    let record = Record { inbound: vec![received], notices: vec![notice.clone()], ..Record::default() };
    store.record(Arc::new(record)).await.expect("recorded");
    notice
}

/// What is remembered of a sender is read back, is kept for its account alone, and changes.
pub async fn what_rules_remember_reads_back(place: &impl Place) {
    let store = place.open().await;
    let first = vec![row(RuleId(0), "1", None), row(POLL, "2", Some("yes"))];
    assert!(store.automated(automated(1, None, first.clone())).await.expect("kept"));
    assert_eq!(states(&*store, SHOP).await, first);
    assert_eq!(states(&*store, AccountId(99)).await, []);
    let second = vec![row(RuleId(0), "3", None), row(POLL, "4", Some("no"))];
    assert!(store.automated(automated(2, Some("1"), second.clone())).await.expect("kept"));
    assert_eq!(states(&*store, SHOP).await, second);
}

/// Nothing is kept of a decision that was made with what isn't remembered any more.
pub async fn a_decision_on_an_old_memory_is_not_kept(place: &impl Place) {
    let store = place.open().await;
    record(&*store, 2).await;
    assert!(store.automated(automated(1, None, vec![row(RuleId(0), "1", None)])).await.expect("kept"));
    let mut late = automated(2, None, vec![row(RuleId(0), "2", None)]);
    late.tags = vec!["late".into()];
    assert!(!store.automated(late).await.expect("answered"));
    assert_eq!(states(&*store, SHOP).await, [row(RuleId(0), "1", None)]);
    assert_eq!(store.depths().await.expect("read").notices, 1, "it is still to be dealt with");
}

/// A message that rules dealt with has its tags and its line, is told to others, and isn't dealt with again.
pub async fn what_rules_did_is_kept_whole(place: &impl Place) {
    let store = place.open().await;
    let notice = record(&*store, 1).await;
    let webhook = Notice { lane: Lane::Webhooks, owned: false, ..notice };
    let attempt = Attempt { at: after(1), result: "rule 'hours' acts".into() };
    let done = Automated {
        tags: vec!["seen".into(), "twice seen".into()],
        notices: vec![webhook],
        attempt: Some(attempt.clone()),
        ..automated(1, None, vec![row(RuleId(0), "1", None)])
    };
    assert!(store.automated(done).await.expect("kept"));
    let (found, attempts) =
        store.received(Viewer::Everything, id(1)).await.expect("read").expect("it is there");
    assert_eq!((found.tags.to_vec(), attempts), (vec!["seen".into(), "twice seen".into()], vec![attempt]));
    let due = |lane| store.lease_notices(lane, 9, after(10));
    assert_eq!(due(Lane::Automation).await.expect("leased").notices.len(), 0);
    assert_eq!(due(Lane::Webhooks).await.expect("leased").notices.len(), 1);
    let with =
        |tag: &str| InboundFilter { tag: Some(tag.into()), ..InboundFilter::all(Viewer::Everything, 9) };
    assert_eq!(store.inbound(with("seen")).await.expect("read").len(), 1);
    assert_eq!(store.inbound(with("twice")).await.expect("read").len(), 0);
    // What an answer goes on with adds words, each once.
    let tags = vec!["seen".into(), "more".into()];
    let further = Automated { tags, ..automated(1, Some("1"), vec![row(RuleId(0), "2", None)]) };
    assert!(store.automated(further).await.expect("kept"));
    let (found, _) = store.received(Viewer::Everything, id(1)).await.expect("read").expect("it is there");
    assert_eq!(found.tags.to_vec(), ["seen".into(), "twice seen".into(), "more".into()]);
}

/// What is due when a menu's time is over is leased then, by one node, and goes when it is dealt with.
pub async fn menus_time_out_when_they_are_due(place: &impl Place) {
    let store = place.open().await;
    let notice = record(&*store, 1).await;
    let timeout = Notice { lane: Lane::Timeouts, due: after(60), owned: false, ..notice.clone() };
    let begun =
        Automated { notices: vec![timeout], ..automated(1, None, vec![row(RuleId(0), "waits", None)]) };
    assert!(store.automated(begun).await.expect("kept"));
    let lease = |at| store.lease_notices(Lane::Timeouts, 9, at);
    let early = lease(after(59)).await.expect("leased");
    assert_eq!((early.notices.len(), early.next), (0, Some(after(60))));
    let leased = lease(after(60)).await.expect("leased").notices;
    assert_eq!((leased.len(), &leased[0].what), (1, &notice.what));
    assert_eq!(lease(after(60)).await.expect("leased").notices.len(), 0, "it is in hand");
    let done = Automated {
        lane: Lane::Timeouts,
        ..automated(1, Some("waits"), vec![row(RuleId(0), "silent", None)])
    };
    assert!(store.automated(done).await.expect("kept"));
    assert_eq!(states(&*store, SHOP).await, [row(RuleId(0), "silent", None)]);
    assert_eq!(lease(after(99)).await.expect("leased").next, None, "it is gone");
}

/// The URL of each rule has a lane of its own, and what waits there keeps the text, and goes with the message.
pub async fn urls_of_rules_have_lanes_of_their_own(place: &impl Place) {
    let store = place.open().await;
    let notice = record(&*store, 1).await;
    let to_url = |rule| Notice { lane: Lane::Rule(RuleId(rule)), owned: false, ..notice.clone() };
    let done = Automated { notices: vec![to_url(4), to_url(5)], ..automated(1, None, Vec::new()) };
    assert!(store.automated(done).await.expect("kept"));
    let mut lanes = store.lanes_of_rules().await.expect("read");
    lanes.sort_unstable();
    assert_eq!(lanes, [Lane::Rule(RuleId(4)), Lane::Rule(RuleId(5))]);
    let leased = store.lease_notices(lanes[0], 9, after(10)).await.expect("leased").notices;
    assert_eq!((leased.len(), &leased[0].what), (1, &notice.what));
    let told = Told { notice: leased[0].id, again: None, failed: 0, attempt: None };
    store.told(lanes[0], vec![told]).await.expect("told");
    assert_eq!(store.lanes_of_rules().await.expect("read"), [lanes[1]]);
    // A person who is erased leaves nothing to be told.
    store.erase(Vec::new(), vec![id(1)]).await.expect("erased");
    assert_eq!(store.lanes_of_rules().await.expect("read"), []);
}

/// Each sender's answer to a poll counts once.
pub async fn votes_are_counted(place: &impl Place) {
    let store = place.open().await;
    for (n, choice) in [(1, Some("yes")), (2, Some("no")), (3, Some("yes")), (4, None)] {
        let sender: Box<str> = format!("+44770090000{n}").into();
        let of = |rule, choice| StateRow { sender: sender.clone(), ..row(rule, "1", choice) };
        let rows = vec![of(RuleId(0), None), of(POLL, choice), of(RuleId(10), Some("other"))];
        assert!(store.automated(automated(n, None, rows)).await.expect("kept"));
    }
    let votes = store.votes(POLL).await.expect("read");
    assert_eq!(votes, [("no".into(), 1), ("yes".into(), 2)]);
}

/// What may be forgotten is forgotten.
pub async fn old_memory_is_forgotten(place: &impl Place) {
    let store = place.open().await;
    let old = StateRow { until: after(0), ..row(RuleId(0), "1", None) };
    assert!(store.automated(automated(1, None, vec![old])).await.expect("kept"));
    let sender: Box<str> = "+447700900002".into();
    let other = StateRow { sender, ..row(RuleId(0), "1", None) };
    let later = Automated { now: after(5), ..automated(2, None, vec![other]) };
    assert!(store.automated(later).await.expect("kept"));
    assert_eq!(states(&*store, SHOP).await, []);
}

/// What rules remember of a person goes with the rest, for the account that asks alone.
pub async fn what_rules_remember_of_a_person_is_erased(place: &impl Place) {
    let store = place.open().await;
    let others = StateRow { account: BANK, ..row(RuleId(0), "2", None) };
    for row in [row(RuleId(0), "1", None), others.clone()] {
        assert!(store.automated(automated(1, None, vec![row])).await.expect("kept"));
    }
    let person = number(447_700_900_001);
    assert_eq!(store.erase_traces(Viewer::Account(SHOP), person).await.expect("erased"), 1);
    assert_eq!((states(&*store, SHOP).await, states(&*store, BANK).await), (vec![], vec![others]));
    assert_eq!(store.erase_traces(Viewer::Everything, person).await.expect("erased"), 1);
    assert_eq!(states(&*store, BANK).await, []);
}

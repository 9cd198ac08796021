//! Entries in the book: what arrives, and what stands on the page.

use super::*;
use crate::ledger::receipts::SAME_MESSAGE;
use crate::upstreams::Upstreams;
use postrider_core::account::AccountId;
use postrider_core::automation::{Automation, Rule, RuleId, Then, Trigger, When};
use postrider_core::cause::{Cause, Code};
use postrider_core::consent::{Reach, Requests, Source};
use postrider_core::delivery::{Fault, Queue};
use postrider_core::inbound::Address;
use postrider_core::message::{Body, Encoding, Message, Via};
use postrider_core::notice::Lane;
use postrider_core::number::Number;
use postrider_core::numbers::{Destination, Holder, Numbers, OwnNumber};
use postrider_core::receipt::{Report, Reported};
use postrider_core::reference::ReferenceForm;
use postrider_core::route::{Plan, Table};
use postrider_core::rules::{Rules, Upstream};
use postrider_core::sender::Sender;
use postrider_core::time::Time;

const ACME: UpstreamId = UpstreamId(1);
const HANDSET: u64 = 447_700_900_123;

/// A book, and the world that it is asked in.
struct Desk {
    book: Book,
    rules: Rules,
    upstreams: Upstreams,
    now: Time,
}

impl Desk {
    fn new() -> Self {
        let acme = Upstream {
            id: ACME,
            name: "acme".into(),
            enabled: true,
            rate: None,
            window: 10,
            binds: 1,
            reference_form: ReferenceForm::Same,
            parts_wait: postrider_core::inbound::parts::PARTS_WAIT,
            one_receipt: false,
            unanswered: postrider_core::delivery::Unanswered::USUAL,
            retries: postrider_core::retry::Retries::default(),
            reserved: postrider_core::rules::RESERVED_USUAL,
            full_at: None,
            limits: postrider_core::budget::PartLimits::default(),
            bind_limits: postrider_core::budget::PartLimits::default(),
            each_bind: Vec::new(),
            not_from: Vec::new(),
            ask: None,
            carrier: None,
            carriage: postrider_core::carriage::Carriage::default(),
            place: "x".into(),
        };
        let rules = Rules::new(1, Vec::new(), vec![acme], Table::default());
        Self {
            book: Book::new(Arc::default(), Arc::default(), crate::Settings::default().kept),
            rules,
            upstreams: Upstreams::default(),
            now: Time(5),
        }
    }

    /// A page with all of the post on it.
    fn enter(&mut self, post: Post) -> Page {
        let mut page = Page { now: self.now, ..Page::default() };
        let view = View { rules: &self.rules, upstreams: &self.upstreams };
        self.book.enter(post, || MessageId::from_number(99), view, &mut page);
        page
    }

    /// The page once the store was asked for what memory doesn't know, and found `found` for each.
    fn found(&mut self, mut page: Page, found: Vec<Option<(Delivery, u8)>>) -> Page {
        let unknown = std::mem::take(&mut page.unknown);
        let view = View { rules: &self.rules, upstreams: &self.upstreams };
        self.book.enter_found(unknown, found, view, &mut page);
        page
    }
}

fn delivery(id: u64, parts: u8) -> Delivery {
    let message = Message {
        to: Number::from_digits(HANDSET).unwrap(),
        parts,
        expires: Time(100_000),
        via: Via::Webhook,
        plan: Arc::new(Plan { route: "world".into(), upstreams: [ACME].into() }),
        ..postrider_core::testing::message(MessageId::from_number(id))
    };
    Delivery::new(Arc::new(message), ACME)
}

fn answers(answers: impl IntoIterator<Item = (Delivery, Vec<PartOutcome>)>) -> Post {
    let answer = |(delivery, outcomes): (Delivery, Vec<PartOutcome>)| Answer {
        delivery,
        parts: u8::try_from(outcomes.len()).unwrap(),
        outcomes: (0..).zip(outcomes).collect(),
    };
    Post { answers: [(ACME, answers.into_iter().map(answer).collect())].into(), ..Post::default() }
}

fn accepted(reference: &str) -> PartOutcome {
    PartOutcome::Accepted(Some(reference.into()))
}

fn throttled() -> PartOutcome {
    PartOutcome::Refused(Fault { kind: FaultKind::Throttled, cause: "0x58".into() })
}

fn reports(reports: impl IntoIterator<Item = (&'static str, Reported)>) -> Post {
    let report = |(reference, reported): (&str, Reported)| Report {
        reference: reference.into(),
        also: None,
        between: [Some(HANDSET), None],
        reported,
        error: None,
    };
    Post { reports: vec![(ACME, reports.into_iter().map(report).collect())], ..Post::default() }
}

fn states(page: &Page) -> Vec<Option<State>> {
    page.record.changes.iter().map(|change| change.outcome.as_ref().map(|outcome| outcome.state)).collect()
}

#[test]
fn an_answer_and_its_receipt_are_entered_from_memory() {
    let mut desk = Desk::new();
    let page = desk.enter(answers([(delivery(1, 1), vec![accepted("a")])]));
    assert_eq!((page.settled.get(&ACME), &page.record.changes[0].queue), (Some(&1), &Queue::Leave));
    let page = desk.enter(reports([("a", Reported::Delivered)]));
    assert_eq!((states(&page), page.unknown.len()), (vec![Some(State::Delivered)], 0));
    assert!(page.record.changes[0].notice.is_some());
}

#[test]
fn an_answer_and_its_receipt_may_stand_on_one_page() {
    let mut desk = Desk::new();
    let mut post = answers([(delivery(1, 1), vec![accepted("a")])]);
    post.reports = reports([("a", Reported::Delivered), ("a", Reported::Delivered)]).reports;
    assert_eq!(
        states(&desk.enter(post)),
        [None, Some(State::Delivered)],
        "the repeated one says nothing new"
    );
}

#[test]
fn an_early_receipt_is_parked_and_looked_at_again_with_its_answer() {
    let mut desk = Desk::new();
    let page = desk.enter(reports([("a", Reported::Delivered)]));
    assert_eq!(page.unknown.len(), 1, "the store may know");
    let page = desk.found(page, vec![None]);
    assert_eq!(page.record.parked.len(), 1);
    let page = desk.enter(answers([(delivery(1, 1), vec![accepted("a")])]));
    assert_eq!(page.again.len(), 1, "once the answer is durable");
    let again = Post { reports: page.again, ..Post::default() };
    let page = desk.enter(again);
    assert_eq!((states(&page), page.record.unparked.len()), (vec![Some(State::Delivered)], 1));
}

#[test]
fn of_early_receipts_that_contradict_each_other_the_first_counts() {
    let mut desk = Desk::new();
    for reported in [Reported::Delivered, Reported::Expired] {
        let page = desk.enter(reports([("a", reported)]));
        desk.found(page, vec![None]);
    }
    let page = desk.enter(answers([(delivery(1, 1), vec![accepted("a")])]));
    let page = desk.enter(Post { reports: page.again, ..Post::default() });
    assert_eq!(states(&page), [Some(State::Delivered)]);
}

#[test]
fn an_early_receipt_of_a_reference_given_again_replaces_one_that_waited_long() {
    let mut desk = Desk::new();
    let page = desk.enter(reports([("a", Reported::Delivered)]));
    desk.found(page, vec![None]);
    desk.now = desk.now + SAME_MESSAGE;
    let page = desk.enter(reports([("a", Reported::Expired)]));
    desk.found(page, vec![None]);
    let page = desk.enter(answers([(delivery(1, 1), vec![accepted("a")])]));
    let page = desk.enter(Post { reports: page.again, ..Post::default() });
    assert_eq!(states(&page), [Some(State::Expired)]);
}

#[test]
fn what_memory_forgot_is_found_by_the_store() {
    let mut desk = Desk::new();
    let sent = Delivery { state: State::Sent, parts: 2, ..delivery(1, 2) };
    let page = desk.enter(reports([("p0", Reported::Delivered), ("p1", Reported::Delivered)]));
    let page = desk.found(page, vec![Some((sent.clone(), 0)), Some((sent, 1))]);
    assert_eq!(states(&page), [None, Some(State::Delivered)], "both parts step one delivery");
}

#[test]
fn what_was_never_sent_goes_back_and_nothing_is_recorded() {
    let mut desk = Desk::new();
    let page = desk.enter(answers([(delivery(1, 1), vec![PartOutcome::NotSent])]));
    assert!(page.is_empty());
    assert_eq!(page.aside.unsent.len(), 1);
    assert_eq!(page.aside.retried, [(ACME, RetryReason::NotSent)]);
}

#[test]
fn each_throttled_message_is_counted_and_goes_back() {
    let mut desk = Desk::new();
    let page = desk.enter(answers([(delivery(1, 1), vec![throttled()])]));
    assert_eq!((page.aside.throttled.len(), page.aside.unsent.len()), (1, 1));
}

#[test]
fn what_ended_with_a_copy_under_way_ends_once() {
    let mut desk = Desk::new();
    let twice = Delivery { possible_duplicate: true, ..delivery(1, 1) };
    let mut post = answers([(twice.clone(), vec![accepted("a")])]);
    post.events.push((twice.clone(), Event::Canceled(None)));
    assert_eq!(states(&desk.enter(post)), [None, Some(State::Canceled)]);
    let page = desk.enter(answers([(twice, vec![accepted("b")])]));
    assert!(page.record.is_empty() && page.settled[&ACME] == 1);
}

/// A message from a handset to this number.
pub(crate) fn inbound(to: &str, text: &str) -> Inbound {
    let address = |given: &str| Address { given: given.into(), understood: Sender::parse(given).ok() };
    Inbound {
        from: address("447700900123"),
        to: address(to),
        body: Body::Text(text.into()),
        encoding: Encoding::Gsm7,
        flash: false,
        reference: None,
        parameters: Box::default(),
    }
}

#[test]
fn messages_from_handsets_are_sealed_for_their_owners() {
    let mut desk = Desk::new();
    let holder = Holder { account: AccountId(7), destination: Destination::Both };
    desk.rules.numbers = Numbers::new(vec![OwnNumber {
        spellings: vec![Sender::Code("60006".into())],
        upstreams: Vec::new(),
        holder: Some(holder),
        keywords: Default::default(),
        consent: Default::default(),
    }]);
    let page = desk.enter(Post { inbound: vec![(ACME, inbound("60006", "STOP"))], ..Post::default() });
    let received = &page.record.inbound[0];
    assert_eq!((received.id.number(), received.at, received.account), (99, Time(5), Some(AccountId(7))));
    let lanes: Vec<Lane> = page.record.notices.iter().map(|notice| notice.lane).collect();
    assert_eq!(lanes, [Lane::Webhooks, Lane::Sessions(AccountId(7))]);
    let page = desk.enter(Post { inbound: vec![(ACME, inbound("60007", "STOP"))], ..Post::default() });
    assert_eq!((page.record.inbound[0].account, page.record.notices.len()), (None, 0));
    assert!(!page.is_empty());
}

/// A rule of account 7 that waits for this.
fn rule(trigger: Trigger) -> Rule {
    Rule {
        id: RuleId(1),
        name: "rule".into(),
        account: AccountId(7),
        order: 100,
        when: When { trigger, ..When::default() },
        then: Then::default(),
        limit: None,
    }
}

#[test]
fn what_rules_want_is_noted_beside_it_and_nothing_else_is() {
    for (trigger, of_received, of_ends) in [
        (Trigger::Called, 0, 0),
        (Trigger::Received, 1, 0),
        (Trigger::Delivered, 0, 1),
        (Trigger::Failed, 0, 0),
    ] {
        let mut desk = Desk::new();
        let holder = Holder { account: AccountId(7), destination: Destination::List };
        desk.rules.numbers = Numbers::new(vec![OwnNumber {
            spellings: vec![Sender::Code("60006".into())],
            upstreams: Vec::new(),
            holder: Some(holder),
            keywords: Default::default(),
            consent: Default::default(),
        }]);
        desk.rules.automation = Automation::new(vec![rule(trigger.clone())], Vec::new());
        let for_rules =
            |page: &Page| page.record.notices.iter().filter(|notice| notice.lane == Lane::Automation).count();
        let page = desk.enter(Post { inbound: vec![(ACME, inbound("60006", "Hi"))], ..Post::default() });
        assert_eq!(for_rules(&page), of_received, "{trigger:?}");
        let mut ends = 0;
        for (id, via) in [(1, Via::Webhook), (2, Via::Rule)] {
            let mut message = Arc::unwrap_or_clone(delivery(id, 1).message);
            (message.account, message.via) = (AccountId(7), via);
            let sent = Delivery::new(Arc::new(message), ACME);
            let mut post = answers([(sent, vec![accepted(&format!("r{id}"))])]);
            let reference = if id == 1 { "r1" } else { "r2" };
            post.reports = reports([(reference, Reported::Delivered)]).reports;
            ends += for_rules(&desk.enter(post));
        }
        assert_eq!(ends, of_ends, "{trigger:?}: what rules sent sets off none");
    }
}

/// The number 60006 of account 7, whose STOP reaches so far.
fn number(reach: Reach) -> Numbers {
    let holder = Holder { account: AccountId(7), destination: Destination::List };
    Numbers::new(vec![OwnNumber {
        spellings: vec![Sender::Code("60006".into())],
        upstreams: Vec::new(),
        holder: Some(holder),
        keywords: Default::default(),
        consent: Requests { reach, ..Requests::default() },
    }])
}

#[test]
fn a_refusal_of_a_carrier_tells_of_an_opt_out_that_start_could_lift() {
    let refused = |id, from: Sender| {
        let mut message = Arc::unwrap_or_clone(delivery(id, 1).message);
        (message.account, message.from) = (AccountId(7), Some(from));
        let fault = Fault { kind: FaultKind::Permanent, cause: Cause::with_detail(Code::OptedOut, "21610") };
        answers([(Delivery::new(Arc::new(message), ACME), vec![PartOutcome::Refused(fault)])])
    };
    for (reach, from, learnt) in [
        (Reach::Account, Sender::Code("60006".into()), 1),
        (Reach::Nothing, Sender::Code("60006".into()), 0),
        (Reach::Account, Sender::Code("70007".into()), 0),
        (Reach::Account, Sender::Name("Shop".into()), 0),
    ] {
        let mut desk = Desk::new();
        desk.rules.numbers = number(reach);
        let page = desk.enter(refused(1, from.clone()));
        assert_eq!(page.record.consent.len(), learnt, "{reach:?} {from:?}");
        for change in &page.record.consent {
            assert_eq!((change.source, change.holds, &*change.scope.only), (Source::Carrier, true, "60006"));
            assert_eq!(change.scope.account, Some(AccountId(7)));
        }
        assert_eq!(desk.enter(refused(2, from)).record.consent.len(), 0, "it is known by now");
    }
}

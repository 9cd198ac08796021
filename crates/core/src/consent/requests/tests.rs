use super::*;
use crate::inbound::Address;
use crate::message::{Body, Encoding};
use crate::numbers::{Destination, Holder};
use std::cell::Cell;

const SHOP: AccountId = AccountId(1);
const BANK: AccountId = AccountId(2);
const HANDSET: &str = "+447700900123";

fn inbound(from: &str, to: &str, text: &str) -> Inbound {
    let address = |given: &str| Address { given: given.into(), understood: Sender::parse(given).ok() };
    Inbound {
        from: address(from),
        to: address(to),
        body: Body::Text(text.into()),
        encoding: Encoding::Gsm7,
        flash: false,
        reference: None,
        parameters: Box::default(),
    }
}

fn number(spelling: &str, account: Option<AccountId>, consent: Requests) -> OwnNumber {
    let holder = |account| Holder { account, destination: Destination::List };
    let keywords =
        if account.is_none() { BTreeMap::from([("pizza".into(), holder(BANK))]) } else { BTreeMap::new() };
    OwnNumber {
        spellings: vec![Sender::parse(spelling).unwrap()],
        upstreams: Vec::new(),
        holder: account.map(holder),
        keywords,
        consent,
    }
}

fn numbers() -> Numbers {
    let reach = |reach| Requests { reach, ..Requests::default() };
    Numbers::new(vec![
        number("60006", Some(SHOP), Requests::default()),
        number("60007", Some(SHOP), reach(Reach::Sender)),
        number("60008", Some(SHOP), reach(Reach::All)),
        number("60009", Some(SHOP), reach(Reach::Nothing)),
        number("60010", None, Requests::default()),
    ])
}

fn asked(to: &str, text: &str, held: &[Scope]) -> Option<Response> {
    let next = Cell::new(100);
    let identify = || {
        next.set(next.get() + 1);
        MessageId::from_number(next.get())
    };
    let inbound = inbound(HANDSET, to, text);
    let asking =
        Asking { upstream: UpstreamId(1), id: MessageId::from_number(7), at: Time(5), inbound: &inbound };
    respond(asking, &numbers(), |_, scope| held.contains(scope), identify)
}

fn code(text: &str) -> Sender {
    Sender::parse(text).unwrap()
}

#[test]
fn stop_reaches_as_far_as_the_number_says() {
    for (to, text, scope, answers) in [
        ("60006", "STOP", Scope::opt_out(Some(SHOP), None), Some(SHOP)),
        ("60007", "STOP", Scope::opt_out(Some(SHOP), Some(&code("60007"))), Some(SHOP)),
        ("60008", "STOP", Scope::opt_out(None, None), Some(SHOP)),
        // Shared by keyword: whoever writes from this number.
        ("60010", "STOP", Scope::opt_out(None, Some(&code("60010"))), Some(BANK)),
        ("60010", "stop pizza", Scope::opt_out(Some(BANK), None), Some(BANK)),
        ("60006", "STOP 60006", Scope::opt_out(Some(SHOP), None), Some(SHOP)),
        // Nobody has declared it.
        ("70007", "STOP", Scope::opt_out(None, Some(&code("70007"))), None),
    ] {
        let response = asked(to, text, &[]).unwrap();
        let scopes: Vec<_> = response.changes.iter().map(|change| &change.scope).collect();
        assert_eq!(scopes, [&scope], "{text} to {to}");
        assert!(
            response.changes.iter().all(|change| change.holds && change.reason.as_deref() == Some("stop"))
        );
        assert_eq!(response.answer.map(|answer| answer.account), answers, "{text} to {to}");
    }
}

#[test]
fn what_is_no_request_to_the_number_is_left_to_its_application() {
    for (to, text) in
        [("60006", "STOP 12345"), ("60010", "STOP sushi"), ("60006", "Hello"), ("60009", "STOP")]
    {
        assert_eq!(asked(to, text, &[]), None, "{text} to {to}");
    }
    let unnamed = inbound("Bank", "60006", "STOP");
    let asking =
        Asking { upstream: UpstreamId(1), id: MessageId::from_number(7), at: Time(5), inbound: &unnamed };
    let response = respond(asking, &numbers(), |_, _| false, || MessageId::from_number(8));
    assert_eq!(response, None, "a name is nobody who could get messages");
}

#[test]
fn one_confirmation_and_nothing_after_it() {
    let response = asked("60006", "STOP", &[Scope::opt_out(Some(SHOP), None)]).unwrap();
    assert_eq!((response.intent, response.changes.len(), response.answer), (Intent::Stop, 0, None));
}

#[test]
fn start_lifts_what_keeps_the_messages_away() {
    let held = [
        Scope::opt_out(Some(SHOP), None),
        Scope::opt_out(Some(SHOP), Some(&code("60006"))),
        Scope::opt_out(None, Some(&code("60006"))),
        Scope::opt_out(None, None),
        Scope::opt_out(Some(BANK), None),
        Scope::block(Some(SHOP)),
    ];
    let response = asked("60006", "START", &held).unwrap();
    let mut lifted: Vec<_> = response.changes.iter().map(|change| change.scope.clone()).collect();
    lifted.sort();
    let mut expected = held[..4].to_vec();
    expected.sort();
    assert_eq!(lifted, expected);
    assert!(response.answer.is_some() && response.changes.iter().all(|change| !change.holds));
    let response = asked("60006", "START", &[]).unwrap();
    assert_eq!((response.changes.len(), response.answer), (0, None), "nothing was stopped");
}

#[test]
fn help_is_answered_and_changes_nothing() {
    let response = asked("60006", "Help!", &[Scope::opt_out(Some(SHOP), None)]).unwrap();
    assert_eq!((response.intent, response.changes.len()), (Intent::Help, 0));
    let answer = response.answer.unwrap();
    assert_eq!((answer.to.to_string(), answer.from), (HANDSET.into(), code("60006")));
}

#[test]
fn the_answer_is_the_numbers_own_in_the_right_language() {
    let answers = |stop: &str| Answers { stop: Some(stop.into()), ..Answers::default() };
    let requests = |language: &str, own: &[(&str, &str)]| Requests {
        language: language.into(),
        answers: own.iter().map(|(language, stop)| ((*language).into(), answers(stop))).collect(),
        ..Requests::default()
    };
    let english = crate::consent::answers::built_in("en", Intent::Stop).unwrap();
    let german = crate::consent::answers::built_in("de", Intent::Stop).unwrap();
    for (requests, word, expected) in [
        (None, "STOP", Some(english)),
        (None, "Abmelden", Some(german)),
        (Some(requests("de", &[])), "STOP", Some(german)),
        (Some(requests("de", &[("de", "Aus.")])), "STOP", Some("Aus.")),
        (Some(requests("", &[("en", "Off.")])), "STOP", Some("Off.")),
        (Some(requests("", &[("en", "Off.")])), "Abmelden", Some(german)),
        // There is no built-in answer in this language.
        (Some(requests("", &[("en", "Off.")])), "停止", Some("Off.")),
        (Some(requests("", &[])), "停止", Some(english)),
        (Some(requests("", &[("en", "")])), "STOP", None),
    ] {
        let request = recognise(word).unwrap();
        assert_eq!(text(requests.as_ref(), &request).as_deref(), expected, "{word} {requests:?}");
    }
}

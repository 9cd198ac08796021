use super::document::CHUNK;
use super::*;
use crate::Apps;
use crate::contact::Contact;
use crate::testing::Gateway;
use postrider_core::account::AccountId;
use postrider_core::consent::Source;
use postrider_core::contract::{RecipientResult, WantedRecipients};
use postrider_core::delivery::State;
use postrider_core::message::{Class, Message};
use postrider_core::number::Number;
use postrider_core::receipt::Reported;
use postrider_core::template::WrongTemplate;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub(super) const SHOP: AccountId = AccountId(1);

pub(super) fn number(n: u64) -> Number {
    Number::from_digits(447_700_900_000 + n).unwrap()
}

pub(super) fn text(kind: RunKind, text: &str) -> NewRun {
    NewRun {
        kind,
        name: None,
        outgoing: Outgoing { text: Some(text.into()), ..Outgoing::default() },
        schedule: Schedule::default(),
        pace: None,
        pause_at_failures: None,
        audience: Audience::default(),
        trial: None,
        fallback: None,
    }
}

pub(super) async fn batch(apps: &Apps, new: NewRun, numbers: impl IntoIterator<Item = u64>) -> Run {
    let run = apps.runs.make(SHOP, new, "shop").await.unwrap();
    let recipients: Vec<_> = numbers.into_iter().map(|n| (number(n), Personal::default())).collect();
    apps.runs.add(SHOP, run.kind, run.id, &recipients).await.unwrap();
    apps.runs.launch(SHOP, run.kind, run.id, "shop", false).await.unwrap()
}

pub(super) async fn shown(apps: &Apps, run: &Run) -> Run {
    apps.runs.show(SHOP, run.kind, run.id).await.unwrap().unwrap()
}

/// Lets runs work until they want to wait.
pub(super) async fn work(apps: &Apps) {
    while apps.runs.step_what_is_due().await.unwrap() {}
}

pub(super) async fn sent(gateway: &Gateway) -> Vec<u64> {
    gateway.messages().await.iter().map(|message| message.to.digits() - 447_700_900_000).collect()
}

#[tokio::test(start_paused = true)]
async fn a_batch_reaches_everybody_once_and_has_a_result_for_each() {
    let (gateway, apps) = Gateway::new().await;
    gateway.opt_out(SHOP, number(3)).await;
    let run = batch(&apps, text(RunKind::Batch, "Hello"), (0..30).chain(0..5)).await;
    work(&apps).await;
    let run = shown(&apps, &run).await;
    assert_eq!((run.state, run.recipients, run.accepted, run.refused), (RunState::Done, 30, 29, 1));
    assert_eq!(sent(&gateway).await, (0..30).filter(|n| *n != 3).collect::<Vec<_>>());
    let refused = apps.runs.recipients(SHOP, &run, WantedRecipients::Refused, 0, 9).await.unwrap();
    let results: Vec<_> =
        refused.iter().map(|(row, _)| (row.recipient.number, &row.recipient.result)).collect();
    assert_eq!(results, [(Some(number(3)), &RecipientResult::Refused("opted_out".into()))]);
    let counts = apps.runs.counts(SHOP, &run).await.unwrap();
    assert_eq!((counts.open, counts.under_way, counts.refused), (0, 29, vec![("opted_out".into(), 1)]));
    let late = apps.runs.add(SHOP, run.kind, run.id, &[(number(99), Personal::default())]).await;
    assert!(matches!(late, Err(NotDone::State(RunState::Done))));
}

#[tokio::test(start_paused = true)]
async fn a_campaign_takes_contacts_of_groups_once_with_their_own_words() {
    let (gateway, apps) = Gateway::new().await;
    for (n, groups, language, age) in [
        (1, vec!["vip"], "de", 20),
        (2, vec!["vip", "news"], "en", 30),
        (3, vec!["news"], "fr", 40),
        (4, vec!["news", "staff"], "en", 50),
        (5, vec![], "en", 60),
        (6, vec!["vip"], "en", 17),
    ] {
        let contact = Contact {
            number: number(n).digits(),
            name: Some(format!("N{n}").into()),
            language: Some(language.into()),
            groups: groups.into_iter().map(Into::into).collect(),
            fields: [("age".into(), json!(age))].into(),
            ..Contact::default()
        };
        apps.contacts.put(SHOP, contact, Some(0)).await.unwrap();
    }
    let texts = [("en", "Hi {{ name }}, {{ age }}"), ("de", "Hallo {{ name }}")];
    let content = crate::template::Content {
        language: "en".into(),
        texts: texts.map(|(language, text)| (language.into(), text.into())).into(),
        ..crate::template::Content::default()
    };
    apps.templates.write(SHOP, "hello", content.clone(), "ann", None).await.unwrap();
    apps.templates.approve(SHOP, "hello", 1, "bob", true).await.unwrap();
    let outgoing = Outgoing {
        template: Some(TemplateName { name: "hello".into(), version: None, language: None }),
        ..Outgoing::default()
    };
    let audience = Audience {
        groups: vec!["vip".into(), "news".into()],
        segment: Some("age >= 18".into()),
        except_groups: vec!["staff".into()],
        ..Audience::default()
    };
    let new = NewRun { outgoing, audience, ..text(RunKind::Campaign, "") };
    let run = apps.runs.make(SHOP, new, "user:ann").await.unwrap();
    let waiting = apps.runs.launch(SHOP, run.kind, run.id, "user:ann", true).await.unwrap();
    assert_eq!(waiting.state, RunState::AwaitingApproval);
    let own = apps.runs.approve(SHOP, run.kind, run.id, "user:ann").await;
    assert!(matches!(own, Err(NotDone::OwnWork)));
    apps.runs.approve(SHOP, run.kind, run.id, "user:bob").await.unwrap();
    // What was launched is sent, whatever is written and approved later.
    let later = crate::template::Content { texts: [("en".into(), "Later".into())].into(), ..content };
    apps.templates.write(SHOP, "hello", later, "ann", None).await.unwrap();
    apps.templates.approve(SHOP, "hello", 2, "bob", true).await.unwrap();
    work(&apps).await;
    assert_eq!(gateway.texts().await, ["Hallo N1", "Hi N2, 30", "Hi N3, 40"]);
    let run = shown(&apps, &run).await;
    assert_eq!(
        (run.state, run.recipients, run.approved_by.as_deref()),
        (RunState::Done, 3, Some("user:bob"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_drives_people_away_is_paused_until_somebody_resumes_it() {
    let (gateway, apps) = Gateway::new().await;
    let pace = Some(Pace { per_minute: 60, ramp: 0 });
    let run = batch(&apps, NewRun { pace, ..text(RunKind::Batch, "x") }, 0..100).await;
    work(&apps).await;
    let before = sent(&gateway).await.len();
    for n in 200..209 {
        gateway.opt_out_by(Source::Keyword, SHOP, number(n)).await;
        gateway.opt_out(SHOP, number(n + 100)).await;
    }
    gateway.pass(Duration::from_secs(1));
    work(&apps).await;
    assert!(sent(&gateway).await.len() > before, "nine mean nothing, nor does what others have added");
    gateway.opt_out_by(Source::Keyword, SHOP, number(209)).await;
    let before = sent(&gateway).await.len();
    gateway.pass(Duration::from_secs(1));
    work(&apps).await;
    let paused = shown(&apps, &run).await;
    assert_eq!((paused.state, paused.reason.as_deref()), (RunState::Paused, Some("many_opt_outs")));
    assert_eq!(sent(&gateway).await.len(), before);
    apps.runs.resume(SHOP, run.kind, run.id).await.unwrap();
    gateway.pass(Duration::from_secs(1));
    work(&apps).await;
    assert!(sent(&gateway).await.len() > before, "somebody has decided");
}

#[tokio::test(start_paused = true)]
async fn a_run_can_be_paused_resumed_and_canceled() {
    let (gateway, apps) = Gateway::new().await;
    let pace = Some(Pace { per_minute: 120, ramp: 0 });
    let run = batch(&apps, NewRun { pace, ..text(RunKind::Batch, "x") }, 0..10).await;
    work(&apps).await;
    assert_eq!(sent(&gateway).await.len(), 2);
    apps.runs.pause(SHOP, run.kind, run.id).await.unwrap();
    gateway.pass(Duration::from_mins(60));
    work(&apps).await;
    assert_eq!(sent(&gateway).await.len(), 2, "it is paused");
    apps.runs.resume(SHOP, run.kind, run.id).await.unwrap();
    work(&apps).await;
    assert_eq!(sent(&gateway).await.len(), 4, "what was missed is not caught up with");
    apps.runs.cancel(SHOP, run.kind, run.id).await.unwrap();
    work(&apps).await;
    let run = shown(&apps, &run).await;
    assert_eq!((run.state, run.accepted), (RunState::Canceled, 4));
    for message in gateway.messages().await {
        assert_eq!(gateway.history(message.id).await.state, State::Canceled);
    }
    assert!(matches!(
        apps.runs.resume(SHOP, run.kind, run.id).await,
        Err(NotDone::State(RunState::Canceled))
    ));
    apps.runs.remove(SHOP, run.kind, run.id).await.unwrap();
    apps.runs.forget_what_is_left().await.unwrap();
    let left = apps.runs.recipients(SHOP, &run, WantedRecipients::All, 0, 9).await.unwrap();
    assert!(left.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_its_time_and_is_not_sent_too_late() {
    let (gateway, apps) = Gateway::new().await;
    let at = gateway.now() + Duration::from_hours(1);
    let until = at + Duration::from_mins(1);
    let schedule = Schedule { send_at: Some(at.0), not_after: Some(until.0), ..Schedule::default() };
    let pace = Some(Pace { per_minute: 60, ramp: 0 });
    let run = batch(&apps, NewRun { schedule, pace, ..text(RunKind::Batch, "x") }, 0..10).await;
    work(&apps).await;
    assert!(shown(&apps, &run).await.is_scheduled(gateway.now()));
    gateway.pass(Duration::from_hours(1));
    work(&apps).await;
    assert_eq!(sent(&gateway).await, [0]);
    assert!(gateway.messages().await[0].expires <= until);
    gateway.pass(Duration::from_mins(2));
    work(&apps).await;
    let run = shown(&apps, &run).await;
    assert_eq!((run.state, run.reason.as_deref(), run.accepted), (RunState::Done, Some("too_late"), 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_messages_fail_pauses_and_tells_so() {
    let (gateway, apps) = Gateway::new().await;
    let pace = Some(Pace { per_minute: 600, ramp: 0 });
    let new = NewRun { pace, pause_at_failures: Some(40), ..text(RunKind::Campaign, "x") };
    let run = batch(&apps, new, 0..60).await;
    work(&apps).await;
    let sent_first = sent(&gateway).await.len();
    let upstream = gateway.ways().await[0];
    let report =
        |to: Number| if to.digits().is_multiple_of(2) { Reported::Undelivered } else { Reported::Delivered };
    gateway.report(upstream, report).await;
    gateway.pass(Duration::from_secs(6));
    work(&apps).await;
    let paused = shown(&apps, &run).await;
    assert_eq!((paused.state, paused.reason.as_deref()), (RunState::Paused, Some("too_many_failures")));
    assert!(
        paused.failures.is_some_and(|failures| failures.ended >= 7 && failures.failed * 2 >= failures.ended)
    );
    assert_eq!(sent(&gateway).await.len(), sent_first, "nothing was sent since");
    let told = gateway.told("campaign.paused").await;
    let fact = |name: &str| told[0].facts.iter().find(|(known, _)| known == name).unwrap().1.to_string();
    assert_eq!((told.len(), told[0].account, fact("id")), (1, Some(SHOP), run.id.to_string()));
    assert_eq!(fact("reason"), "too_many_failures");

    // Whoever resumes it has seen that: what failed before counts no more.
    apps.runs.resume(SHOP, run.kind, run.id).await.unwrap();
    for _ in 0..3 {
        work(&apps).await;
        gateway.pass(Duration::from_secs(1));
    }
    assert!(sent(&gateway).await.len() > sent_first);
    assert_eq!(shown(&apps, &run).await.state, RunState::Running);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_not_reached_can_be_sent_to_again() {
    let (gateway, apps) = Gateway::new().await;
    let run = batch(&apps, text(RunKind::Batch, "x"), 0..3).await;
    work(&apps).await;
    gateway.fail_delivery_of(number(1)).await;
    let audience = Audience { not_delivered_of: Some((run.kind, run.id)), ..Audience::default() };
    let again = batch(&apps, NewRun { audience, ..text(RunKind::Campaign, "again") }, []).await;
    work(&apps).await;
    assert_eq!(shown(&apps, &again).await.recipients, 1);
    assert_eq!(gateway.messages().await.pop().unwrap().to, number(1));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_can_not_be_filled_in_is_refused_and_a_test_tells_so() {
    let (gateway, apps) = Gateway::new().await;
    let content = crate::template::Content {
        language: "en".into(),
        texts: [("en".into(), "Hi {{ name }}".into())].into(),
        ..crate::template::Content::default()
    };
    apps.templates.write(SHOP, "hi", content, "ann", None).await.unwrap();
    apps.templates.approve(SHOP, "hi", 1, "shop", false).await.unwrap();
    let template = Some(TemplateName { name: "hi".into(), version: None, language: None });
    let new = NewRun { outgoing: Outgoing { template, ..Outgoing::default() }, ..text(RunKind::Batch, "") };
    let run = apps.runs.make(SHOP, new, "shop").await.unwrap();
    let named = Personal { variables: [("name".into(), json!("Ann"))].into(), ..Personal::default() };
    let account = gateway.account(SHOP);
    let test = apps.runs.test(&account, (run.kind, run.id), None, number(9), &Personal::default()).await;
    assert!(matches!(test, Err(NotDone::Wrong("variables", _))), "{:?}", WrongTemplate::NoValue);
    apps.runs.test(&account, (run.kind, run.id), None, number(9), &named).await.unwrap();
    let recipients = [(number(1), Personal::default()), (number(2), named)];
    apps.runs.add(SHOP, run.kind, run.id, &recipients).await.unwrap();
    apps.runs.launch(SHOP, run.kind, run.id, "shop", false).await.unwrap();
    work(&apps).await;
    assert_eq!(gateway.texts().await, ["Hi Ann", "Hi Ann"]);
    let run = shown(&apps, &run).await;
    assert_eq!((run.accepted, run.refused), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stood_still_waits_for_somebody() {
    let (gateway, apps) = Gateway::new().await;
    let pace = Some(Pace { per_minute: 60, ramp: 0 });
    let run = batch(&apps, NewRun { pace, ..text(RunKind::Batch, "x") }, 0..10).await;
    work(&apps).await;
    gateway.pass(Duration::from_mins(20));
    work(&apps).await;
    let run = shown(&apps, &run).await;
    assert_eq!((run.state, run.reason.as_deref()), (RunState::Paused, Some("stood_still")));
    assert_eq!(sent(&gateway).await.len(), 1);
}

/// Audiences, whatever crashes: everybody who is meant gets the message once, and nobody who has opted out.
#[tokio::test(start_paused = true)]
async fn everybody_once_whatever_crashes() {
    const CONTACTS: u64 = 45;
    assert!(CONTACTS as usize > 4 * CHUNK, "several chunks");
    for seed in 0..60 {
        let (gateway, apps) = Gateway::new().await;
        let other = gateway.second_node();
        gateway.faults.set(seed, 0);
        let mut expected = BTreeSet::new();
        for n in 0..CONTACTS {
            let groups = ["a", "b"].into_iter().filter(|_| gateway.faults.roll(3) > 0);
            let groups: BTreeSet<Box<str>> = groups.map(Into::into).collect();
            let is_out = gateway.faults.roll(6) == 0;
            if is_out {
                gateway.opt_out(SHOP, number(n)).await;
            } else if !groups.is_empty() {
                expected.insert(n);
            }
            let contact = Contact { number: number(n).digits(), groups, ..Contact::default() };
            apps.contacts.put(SHOP, contact, None).await.unwrap();
        }
        let audience = Audience { groups: vec!["a".into(), "b".into()], ..Audience::default() };
        // Every other one is sent in two passes.
        let new =
            if seed % 2 == 0 { text(RunKind::Campaign, "x") } else { trial(30, Measure::Clicks, false) };
        let run = batch(&apps, NewRun { audience, ..new }, []).await;
        gateway.faults.set(seed, 250);
        for _ in 0..2_000 {
            let node = if gateway.faults.roll(2) == 0 { &apps } else { &other };
            gateway.fail(u32::from(gateway.faults.roll(5) == 0));
            if node.runs.step_what_is_due().await.is_err() || gateway.faults.roll(4) == 0 {
                gateway.pass(Duration::from_secs(gateway.faults.roll(20)));
            }
            if shown(&apps, &run).await.ended.is_some() {
                break;
            }
            let is_waiting = shown(&apps, &run).await.is_waiting_for_results();
            gateway.pass(if is_waiting { Duration::from_mins(1) } else { Duration::from_millis(600) });
        }
        gateway.faults.set(seed, 0);
        let run = shown(&apps, &run).await;
        assert_eq!(run.state, RunState::Done, "seed {seed}: {run:?}");
        let mut sent = sent(&gateway).await;
        sent.sort_unstable();
        assert_eq!(sent, expected.into_iter().collect::<Vec<_>>(), "seed {seed}");
        let rows = apps.runs.recipients(SHOP, &run, WantedRecipients::All, 0, 500).await.unwrap();
        let accepted =
            rows.iter().filter(|(row, _)| matches!(row.recipient.result, RecipientResult::Accepted(_)));
        assert_eq!(accepted.count() as u64, run.accepted, "seed {seed}");
        assert_eq!((run.accepted, run.recipients), (sent.len() as u64, rows.len() as u64), "seed {seed}");
        assert!(rows.iter().all(|(row, _)| row.recipient.result != RecipientResult::Open), "seed {seed}");
    }
}

async fn broadcast(apps: &Apps, numbers: impl IntoIterator<Item = u64>) -> Run {
    let run = apps.runs.make(SHOP, text(RunKind::Broadcast, "Go uphill"), "user:ann").await.unwrap();
    let recipients: Vec<_> = numbers.into_iter().map(|n| (number(n), Personal::default())).collect();
    apps.runs.add(SHOP, run.kind, run.id, &recipients).await.unwrap();
    apps.runs.arm(SHOP, run.kind, run.id).await.unwrap();
    work(apps).await;
    shown(apps, &run).await
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_is_armed_and_two_persons_send_it() {
    let (gateway, apps) = Gateway::new().await;
    let early = apps.runs.make(SHOP, text(RunKind::Broadcast, "x"), "user:ann").await.unwrap();
    let unarmed = apps.runs.launch(SHOP, early.kind, early.id, "user:ann", true).await;
    assert!(matches!(unarmed, Err(NotDone::State(RunState::Open))));
    let run = broadcast(&apps, 0..20).await;
    assert_eq!((run.state, run.recipients, sent(&gateway).await.len()), (RunState::Armed, 20, 0));
    let launch = async || apps.runs.launch(SHOP, run.kind, run.id, "ops", false).await.unwrap().state;
    assert_eq!(launch().await, RunState::AwaitingApproval, "also a program needs a second person");
    let own = apps.runs.approve(SHOP, run.kind, run.id, "ops").await;
    assert!(matches!(own, Err(NotDone::OwnWork)));
    gateway.pass(Duration::from_mins(16));
    let late = apps.runs.approve(SHOP, run.kind, run.id, "user:bob").await;
    assert!(matches!(late, Err(NotDone::Stale)));
    assert_eq!(launch().await, RunState::AwaitingApproval);
    apps.runs.approve(SHOP, run.kind, run.id, "user:bob").await.unwrap();
    work(&apps).await;
    assert_eq!(sent(&gateway).await.len(), 20);
    let is_urgent = |message: &Arc<Message>| message.class == Class::Emergency;
    assert!(gateway.messages().await.iter().all(is_urgent));
    assert_eq!(shown(&apps, &run).await.state, RunState::Done);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_that_is_stopped_sends_nothing_more() {
    let (gateway, apps) = Gateway::new().await;
    let run = broadcast(&apps, 0..20).await;
    apps.runs.launch(SHOP, run.kind, run.id, "user:ann", true).await.unwrap();
    apps.runs.approve(SHOP, run.kind, run.id, "user:bob").await.unwrap();
    apps.runs.step_what_is_due().await.unwrap();
    let before = sent(&gateway).await.len();
    assert!(before > 0 && before < 20, "{before}");
    apps.runs.cancel(SHOP, run.kind, run.id).await.unwrap();
    work(&apps).await;
    assert_eq!(sent(&gateway).await.len(), before);
    for message in gateway.messages().await {
        assert_eq!(gateway.history(message.id).await.state, State::Canceled);
    }
    assert_eq!(shown(&apps, &run).await.state, RunState::Canceled);
}

#[tokio::test(start_paused = true)]
async fn networks_are_counted_while_it_is_under_way_and_afterwards() {
    let (gateway, apps) = Gateway::new().await;
    gateway.opt_out(SHOP, number(3)).await;
    let run = broadcast(&apps, 0..20).await;
    let counted = async || {
        gateway.pass(Duration::from_secs(3));
        let networks = apps.runs.networks(SHOP, &run).await.unwrap();
        assert_eq!(networks.len(), 1);
        assert_eq!(&*networks[0].0.country, "GB");
        networks[0].1
    };
    assert_eq!(counted().await, NetworkCounts { open: 20, ..NetworkCounts::default() });
    apps.runs.launch(SHOP, run.kind, run.id, "user:ann", true).await.unwrap();
    apps.runs.approve(SHOP, run.kind, run.id, "user:bob").await.unwrap();
    work(&apps).await;
    let under_way = NetworkCounts { under_way: 19, refused: 1, ..NetworkCounts::default() };
    assert_eq!((counted().await, counted().await), (under_way, under_way));
    gateway.fail_delivery_of(number(7)).await;
    // The desk hands out some at a time.
    let half = counted().await;
    assert_eq!((half.refused, half.not_delivered, half.delivered + half.under_way), (1, 1, 18));
    assert!(half.delivered > 0, "{half:?}");
    assert_eq!(counted().await, half, "those that have ended are counted once");
}

fn variant(name: &str, text: &str) -> Variant {
    Variant { name: name.into(), text: Some(text.into()), ..Variant::default() }
}

fn trial(share: u8, measure: Measure, by_hand: bool) -> NewRun {
    let variants = vec![variant("a", "A https://a.example/1"), variant("b", "B https://b.example/1")];
    let trial = Trial::new(variants, share, measure, 3_600, by_hand);
    let outgoing = Outgoing { shorten_links: true, ..Outgoing::default() };
    NewRun { outgoing, trial: Some(trial), ..text(RunKind::Campaign, "") }
}

/// How many messages begin with each of these.
async fn beginnings(gateway: &Gateway) -> (usize, usize) {
    let texts = gateway.texts().await;
    let count = |letter| texts.iter().filter(|text| text.starts_with(letter)).count();
    (count('A'), count('B'))
}

#[tokio::test(start_paused = true)]
async fn the_text_that_more_people_follow_goes_to_all_others() {
    let (gateway, apps) = Gateway::new().await;
    let run = batch(&apps, trial(20, Measure::Clicks, false), 0..100).await;
    work(&apps).await;
    let (a, b) = beginnings(&gateway).await;
    assert!(a > 0 && b > 0 && (10..35).contains(&(a + b)), "{a} {b}");
    assert!(shown(&apps, &run).await.is_waiting_for_results());
    let person = crate::link::Visitor { agent: "Mozilla/5.0 (iPhone)", ..crate::link::Visitor::default() };
    for text in gateway.texts().await.iter().filter(|text| text.starts_with('B')) {
        apps.links.follow(text.rsplit('/').next().unwrap(), &person).await.unwrap();
    }
    gateway.pass(Duration::from_mins(59));
    work(&apps).await;
    assert_eq!(beginnings(&gateway).await, (a, b), "an hour is waited");
    gateway.pass(Duration::from_mins(2));
    work(&apps).await;
    let done = shown(&apps, &run).await;
    assert_eq!((done.state, done.accepted), (RunState::Done, 100));
    assert_eq!(beginnings(&gateway).await, (a, 100 - a));
    let audience = Audience { clicked_of: Some((run.kind, run.id)), ..Audience::default() };
    let again = batch(&apps, NewRun { audience, ..text(RunKind::Campaign, "again") }, []).await;
    work(&apps).await;
    assert_eq!(shown(&apps, &again).await.recipients, b as u64, "those who followed a link get another");
    let results: Vec<_> = done.trial.unwrap().variants.into_iter().map(|it| it.results.unwrap()).collect();
    assert_eq!(
        results.iter().map(|it| (it.sent, it.clicked)).collect::<Vec<_>>(),
        [(a as u64, 0), (b as u64, b as u64)]
    );
    let mut to = sent(&gateway).await;
    to.truncate(100);
    to.sort_unstable();
    assert_eq!(to, (0..100).collect::<Vec<_>>());
}

/// The account whose number handsets write to.
const WRITTEN_TO: AccountId = AccountId(2);

#[tokio::test(start_paused = true)]
async fn somebody_chooses_the_winner() {
    let (gateway, apps) = Gateway::new().await;
    let (runs, kind) = (&apps.runs, RunKind::Campaign);
    let id = runs.make(WRITTEN_TO, trial(20, Measure::Replies, true), "shop").await.unwrap().id;
    let recipients: Vec<_> = (0..60).map(|n| (number(n), Personal::default())).collect();
    runs.add(WRITTEN_TO, kind, id, &recipients).await.unwrap();
    runs.launch(WRITTEN_TO, kind, id, "shop", false).await.unwrap();
    let choose = async |name| runs.set_winner(WRITTEN_TO, kind, id, name, "user:ann").await;
    let shown = async || runs.show(WRITTEN_TO, kind, id).await.unwrap().unwrap();
    assert!(matches!(choose("a").await, Err(NotDone::State(_))), "nobody has got it yet");
    work(&apps).await;
    let (a, b) = beginnings(&gateway).await;
    assert!(a > 0 && b > 0);
    gateway.pass(Duration::from_secs(1));
    for (to, text) in gateway.messages().await.iter().map(|message| message.to).zip(["Nice", "STOP"]) {
        gateway.say(&to.to_string(), text).await;
    }
    gateway.pass(Duration::from_mins(61));
    work(&apps).await;
    let waiting = shown().await;
    assert_eq!((waiting.state, waiting.reason.as_deref()), (RunState::Paused, Some(CHOOSE_WINNER)));
    let results = waiting.trial.unwrap().variants.into_iter().map(|variant| variant.results.unwrap());
    assert_eq!(results.map(|it| it.replied).sum::<u64>(), 1, "a STOP is no answer");
    assert!(matches!(choose("c").await, Err(NotDone::Wrong("variant", _))));
    choose("a").await.unwrap();
    work(&apps).await;
    let done = shown().await;
    assert_eq!((done.state, done.trial.unwrap().chosen_by.as_deref()), (RunState::Done, Some("user:ann")));
    assert_eq!(beginnings(&gateway).await, (60 - b, b));
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_can_not_be_decided_is_refused() {
    let (_gateway, apps) = Gateway::new().await;
    let refused = async |change: fn(&mut NewRun)| {
        let mut new = trial(10, Measure::Clicks, false);
        change(&mut new);
        match apps.runs.make(SHOP, new, "shop").await {
            Err(NotDone::Wrong(field, _)) => Some(field),
            _ => None,
        }
    };
    assert_eq!(refused(|_| {}).await, None);
    assert_eq!(refused(|it| it.outgoing.shorten_links = false).await, Some("trial.measure"));
    assert_eq!(refused(|it| it.outgoing.text = Some("x".into())).await, Some("variants"));
    assert_eq!(refused(|it| it.trial.as_mut().unwrap().share = 0).await, Some("trial.share"));
    assert_eq!(refused(|it| drop(it.trial.as_mut().unwrap().variants.pop())).await, Some("variants"));
    assert_eq!(
        refused(|it| it.trial.as_mut().unwrap().variants[1].name = "a".into()).await,
        Some("variants")
    );
}

#[tokio::test(start_paused = true)]
async fn an_estimate_is_of_everybody_once_and_sends_nothing() {
    let (gateway, apps) = Gateway::new().await;
    for n in 0..40 {
        let groups: &[&str] = if n % 2 == 0 { &["a"] } else { &["a", "b"] };
        let contact = Contact {
            number: number(n).digits(),
            name: Some("x".repeat(usize::try_from(n).unwrap() + 1).into()),
            groups: groups.iter().map(|group| (*group).into()).collect(),
            ..Contact::default()
        };
        apps.contacts.put(SHOP, contact, None).await.unwrap();
    }
    gateway.opt_out(SHOP, number(3)).await;
    let content = crate::template::Content {
        language: "en".into(),
        texts: [("en".into(), format!("{} {{{{ name }}}}", "y".repeat(137)).into())].into(),
        ..crate::template::Content::default()
    };
    apps.templates.write(SHOP, "long", content, "ann", None).await.unwrap();
    apps.templates.approve(SHOP, "long", 1, "bob", true).await.unwrap();
    let template = Some(TemplateName { name: "long".into(), version: None, language: None });
    let outgoing = Outgoing { template, ..Outgoing::default() };
    let audience = Audience { groups: vec!["a".into(), "b".into()], ..Audience::default() };
    let new = NewRun { outgoing, audience, ..text(RunKind::Campaign, "") };
    let run = apps.runs.make(SHOP, new, "shop").await.unwrap();
    // One of these is a contact, too.
    let more = Personal { variables: [("name".into(), json!("ж"))].into(), ..Personal::default() };
    apps.runs.add(SHOP, run.kind, run.id, &[(number(0), more.clone()), (number(77), more)]).await.unwrap();
    let account = gateway.account(SHOP);
    let estimate = apps.runs.estimate(&account, run.kind, run.id, None).await.unwrap();
    assert_eq!((estimate.recipients, &estimate.refused), (41, &[("opted_out".into(), 1)].into()));
    // 22 characters fit: those with 23 to 40 need a second part, and of UCS-2 all need three.
    assert_eq!(estimate.parts, [(1, 20), (2, 18), (3, 2)].into());
    let longest = estimate.longest.as_ref().unwrap();
    assert_eq!((longest.to, longest.name.as_deref(), longest.parts), (number(0), Some("ж"), 3));
    assert_eq!((estimate.unicode, &estimate.characters), (2, &[('ж', 2)].into()));
    let savings: Vec<_> = estimate.savings().iter().map(|it| (it.characters, it.messages)).collect();
    assert_eq!(savings.first(), Some(&(1, 1)));
    assert_eq!(savings.iter().find(|(characters, _)| *characters == 18), Some(&(18, 20)));
    assert!(gateway.messages().await.is_empty());
}

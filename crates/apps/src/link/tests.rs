use super::*;
use crate::Apps;
use crate::run::{Audience, NewRun, Outgoing, Personal, Run, RunKind, RunState, Schedule, TemplateName};
use crate::template::Content;
use crate::testing::Gateway;
use postrider_core::account::AccountId;
use postrider_core::number::Number;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// The account with a webhook.
const SHOP: AccountId = AccountId(2);
const BASE: &str = "https://go.example/l/";
const PERSON: Visitor<'static> = Visitor {
    is_head: false,
    agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/137.0.0.0 Mobile Safari/537.36",
    purpose: "",
    destination: "",
};

fn number(n: u64) -> Number {
    Number::from_digits(447_700_900_000 + n).unwrap()
}

fn shortened(outgoing: Outgoing) -> NewRun {
    NewRun {
        kind: RunKind::Campaign,
        name: None,
        outgoing: Outgoing { shorten_links: true, ..outgoing },
        schedule: Schedule::default(),
        pace: None,
        pause_at_failures: None,
        audience: Audience::default(),
        trial: None,
        fallback: None,
    }
}

async fn sent(apps: &Apps, new: NewRun, recipients: &[(Number, Personal)]) -> Run {
    let run = apps.runs.make(SHOP, new, "shop").await.unwrap();
    apps.runs.add(SHOP, run.kind, run.id, recipients).await.unwrap();
    apps.runs.launch(SHOP, run.kind, run.id, "shop", false).await.unwrap();
    while apps.runs.step_what_is_due().await.unwrap() {}
    let run = apps.runs.show(SHOP, run.kind, run.id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Done);
    run
}

/// The codes in a text.
fn codes(text: &str) -> Vec<&str> {
    text.split(BASE).skip(1).map(|rest| &rest[..super::code::LENGTH]).collect()
}

async fn leads_to(apps: &Apps, code: &str, visitor: &Visitor<'_>) -> Option<String> {
    match apps.links.follow(code, visitor).await.unwrap() {
        Destination::Target(target) => Some(target.into()),
        Destination::Nowhere => None,
    }
}

#[tokio::test(start_paused = true)]
async fn each_recipient_has_a_link_of_their_own_and_is_counted_once() {
    let (gateway, apps) = Gateway::new().await;
    let text = "Sale (https://shop.example/sale?a=1). Ends soon!".into();
    let recipients: Vec<_> = (0..20).map(|n| (number(n), Personal::default())).collect();
    let run = sent(&apps, shortened(Outgoing { text: Some(text), ..Outgoing::default() }), &recipients).await;
    let texts = gateway.texts().await;
    let all: BTreeSet<&str> = texts.iter().flat_map(|text| codes(text)).collect();
    assert_eq!(all.len(), 20);
    let code = codes(&texts[4])[0];
    assert_eq!(texts[4], format!("Sale ({BASE}{code}). Ends soon!"));
    let robot = Visitor { is_head: true, ..PERSON };
    for visitor in [&robot, &PERSON, &robot, &PERSON] {
        let target = leads_to(&apps, code, visitor).await;
        assert_eq!(target.as_deref(), Some("https://shop.example/sale?a=1"));
    }
    leads_to(&apps, codes(&texts[5])[0], &robot).await;
    let (people, links) = apps.runs.clicks(SHOP, &run).await.unwrap();
    assert_eq!(people, 1, "robots are no people");
    assert_eq!((links[0].people, links[0].robots), (1, 2));
    assert_eq!(&*links[0].link.target, "https://shop.example/sale?a=1");
    let at = apps.runs.clicked_at(SHOP, &run, &[4, 5, 6]).await.unwrap();
    assert_eq!(at, [None, Some(gateway.now()), None]);
    let told = gateway.told("link.clicked").await;
    assert_eq!((told.len(), told[0].account), (1, Some(SHOP)), "whoever follows the stream hears it, too");
    assert!(told[0].facts.iter().any(|(name, _)| name == "target"));
    assert_eq!(gateway.posted().await, ["link.clicked"]);
    let other = if code.as_bytes()[9] == b'a' { 'b' } else { 'a' };
    let forged = format!("{}{other}{}", &code[..9], &code[10..]);
    assert_eq!(leads_to(&apps, &forged, &PERSON).await, None);
    gateway.pass(Duration::from_hours(91 * 24));
    assert_eq!(leads_to(&apps, code, &PERSON).await, None, "it has expired");
}

#[tokio::test(start_paused = true)]
async fn personal_addresses_lead_where_they_should_and_strangers_stay_as_they_are() {
    let (gateway, apps) = Gateway::new().await;
    let text = "{{ name }}: https://shop.example/o/{{ id }} or https://shop.example/faq";
    let content =
        Content { language: "en".into(), texts: [("en".into(), text.into())].into(), ..Content::default() };
    apps.templates.write(SHOP, "order", content, "ann", None).await.unwrap();
    apps.templates.approve(SHOP, "order", 1, "bob", true).await.unwrap();
    let template = Some(TemplateName { name: "order".into(), version: None, language: None });
    let personal = |name: &str, id: u64| {
        let variables = [("name".into(), json!(name)), ("id".into(), json!(id))].into();
        Personal { variables, ..Personal::default() }
    };
    let recipients = [(number(1), personal("https://evil.example/x", 17)), (number(2), personal("Bob", 18))];
    let run = sent(&apps, shortened(Outgoing { template, ..Outgoing::default() }), &recipients).await;
    let texts = gateway.texts().await;
    assert!(texts[0].starts_with("https://evil.example/x: https://go.example/l/"), "{}", texts[0]);
    for (text, order) in texts.iter().zip([17, 18]) {
        let codes = codes(text);
        assert_eq!(codes.len(), 2);
        let target = format!("https://shop.example/o/{order}");
        assert_eq!(leads_to(&apps, codes[0], &PERSON).await, Some(target));
        assert_eq!(leads_to(&apps, codes[1], &PERSON).await.as_deref(), Some("https://shop.example/faq"));
    }
    let (people, links) = apps.runs.clicks(SHOP, &run).await.unwrap();
    assert_eq!((people, links.iter().map(|link| link.people).collect::<Vec<_>>()), (2, vec![2, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_message_alone_has_links_too() {
    let (gateway, apps) = Gateway::new().await;
    let text = Outgoing { text: Some("https://shop.example/a".into()), ..Outgoing::default() };
    let run = apps.runs.make(SHOP, shortened(text), "shop").await.unwrap();
    let account = gateway.account(SHOP);
    let test = apps.runs.test(&account, (run.kind, run.id), None, number(1), &Personal::default()).await;
    let texts = gateway.texts().await;
    assert_eq!(
        leads_to(&apps, codes(&texts[0])[0], &PERSON).await.as_deref(),
        Some("https://shop.example/a")
    );
    assert_eq!(gateway.posted().await, ["link.clicked"]);
    assert!(test.is_ok());
    assert_eq!(texts[0].len(), apps.links.as_long("https://shop.example/a").unwrap().len());
}

#[tokio::test(start_paused = true)]
async fn addresses_over_the_limit_are_told_at_the_launch() {
    let (_gateway, apps) = Gateway::new().await;
    let text: String = (0..=LINKS_MAX).map(|n| format!("https://shop.example/{n} ")).collect();
    let new = shortened(Outgoing { text: Some(text.into()), ..Outgoing::default() });
    let run = apps.runs.make(SHOP, new, "shop").await.unwrap();
    apps.runs.add(SHOP, run.kind, run.id, &[(number(1), Personal::default())]).await.unwrap();
    let launched = apps.runs.launch(SHOP, run.kind, run.id, "shop", false).await;
    assert!(matches!(launched, Err(crate::run::NotDone::Wrong("shorten_links", _))), "{launched:?}");
}

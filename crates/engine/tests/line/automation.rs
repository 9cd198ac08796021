//! Rules of automation that a clock sets off.

use crate::house::*;
use jiff::tz::TimeZone;
use postrider_core::automation::{
    Automation, Choice, Choices, Hours, Rule, RuleId, Template, Then, TimedOut, Trigger, When,
};
use postrider_core::contract::{Archive, Filter, LinkState};
use postrider_core::delivery::Delivery;
use postrider_core::message::{Body, Via};
use postrider_core::rules::Rules;
use std::sync::Arc;
use std::time::Duration;

/// A rule that sends its name at this minute of the day.
fn timer(id: u32, name: &str, minute: u16) -> Rule {
    let trigger = Trigger::Timer { minutes: vec![minute] };
    let hours = Some(Hours::new(TimeZone::UTC, &[0, 1, 2, 3, 4, 5, 6], &[]));
    Rule {
        id: RuleId(id),
        name: name.into(),
        account: ACCOUNT,
        order: 100,
        when: When { trigger, hours, ..When::default() },
        then: Then {
            send_to: vec!["+447700900123".into()],
            text: Some(Template::parse(&format!("{name} {{{{ time }}}}"), &["time"]).unwrap()),
            ..Then::default()
        },
        limit: None,
    }
}

fn with_timers() -> Arc<Rules> {
    let mut rules = (*rules()).clone();
    rules.automation = Automation::new(vec![timer(1, "early", 480), timer(2, "late", 481)], Vec::new());
    Arc::new(rules)
}

fn sent(delivery: &Delivery) -> (String, Via) {
    let Body::Text(text) = &delivery.message.body else { panic!("{:?}", delivery.message) };
    (text.to_string(), delivery.message.via)
}

/// The house's clock stands at eight in the morning.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_goes_off_once_though_the_gateway_starts_again() {
    let house = House::open().await;
    house.engine.apply(with_timers());
    let desk = house.up(FIRST);
    let first = take_one(&desk).await;
    assert_eq!(sent(&first), ("early 08:00".into(), Via::Rule));
    answer(&desk, first, vec![accepted("a")]);

    let house = house.restart().await;
    house.pass(Duration::from_mins(1));
    house.engine.apply(with_timers());
    let second = take_one(&house.up(FIRST)).await;
    assert_eq!(sent(&second), ("late 08:01".into(), Via::Rule));
    let page = house.engine.list(Filter::all(OWN, 9)).await.unwrap();
    assert_eq!(page.entries.len(), 2);
}

fn link_rule(id: u32, trigger: Trigger, text: &str) -> Rule {
    let text = Some(Template::parse(text, &["upstream"]).unwrap());
    let rule = timer(id, "link", 0);
    Rule {
        when: When { trigger, ..When::default() },
        then: Then { send_to: vec!["+447700900123".into()], text, ..Then::default() },
        ..rule
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_down_and_up_again_is_told_once_each() {
    let house = House::open().await;
    let (first, second) = (house.up(FIRST), house.up(SECOND));
    let (upstreams, lasting) = (vec![SECOND], Duration::from_mins(2));
    let down = Trigger::LinkDown { upstreams: upstreams.clone(), lasting };
    let up = Trigger::LinkUp { upstreams, lasting };
    let mut rules = (*rules()).clone();
    let links = vec![link_rule(1, down, "{{ upstream }} is down"), link_rule(2, up, "{{ upstream }} is up")];
    rules.automation = Automation::new(links, Vec::new());
    house.engine.apply(Arc::new(rules));
    second.link(0, LinkState::Down { reason: "gone".into(), retry_in: Duration::from_secs(1) });
    house.pass(Duration::from_mins(3));
    let told = take_one(&first).await;
    assert_eq!(sent(&told).0, "second is down");
    answer(&first, told, vec![accepted("a")]);
    second.link(0, LinkState::Up);
    let told = take_one(&first).await;
    assert_eq!(sent(&told).0, "second is up");
    answer(&first, told, vec![accepted("b")]);
}

/// The account hears of a handset that waits too long, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handset_that_waits_too_long_is_told_once() {
    let house = House::open().await;
    let trigger = Trigger::Unanswered { lasting: Duration::from_mins(30) };
    let text = Some(Template::parse("{{ handset }} waits at {{ number }}", trigger.variables()).unwrap());
    let mut rules = (*crate::handsets::with_a_number()).clone();
    let late = Rule {
        when: When { trigger, ..When::default() },
        then: Then { send_to: vec!["+447700900456".into()], text, ..Then::default() },
        ..timer(1, "late", 0)
    };
    rules.automation = Automation::new(vec![late], Vec::new());
    house.engine.apply(Arc::new(rules));
    let desk = house.up(FIRST);
    desk.heard(vec![crate::handsets::written("Are you there?")]).await.unwrap();
    house.pass(Duration::from_mins(31));
    let told = take_one(&desk).await;
    assert_eq!(sent(&told), ("+447700900123 waits at 60006".into(), Via::Rule));
    answer(&desk, told, vec![accepted("a")]);
    house.pass(Duration::from_mins(5));
    let page = house.engine.list(Filter::all(OWN, 9)).await.unwrap();
    assert_eq!(page.entries.len(), 1);
}

/// A menu that asks, and tells somebody if no answer comes within ten minutes.
fn menu() -> Rule {
    let template = |text: &str| Some(Template::parse(text, Trigger::Received.variables()).unwrap());
    let choice = Choice { reply: template("9 to 5"), ..Choice::default() };
    let timed_out = TimedOut {
        send_to: vec!["+447700900456".into()],
        text: template("{{ from }} is silent"),
        tags: vec!["silent".into()],
        ..TimedOut::default()
    };
    let choices = Choices {
        choices: [("1".into(), choice)].into(),
        wait: Duration::from_mins(10),
        otherwise: None,
        poll: false,
        again: None,
        timed_out: Some(timed_out),
    };
    Rule {
        when: When { keywords: vec!["menu".into()], ..When::default() },
        then: Then { reply: template("1 hours"), choices: Some(choices), stop: true, ..Then::default() },
        ..timer(1, "menu", 0)
    }
}

/// What a menu does without an answer is kept by the store, and done once, whichever gateway has it open then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_menu_without_an_answer_does_what_it_says_after_a_restart() {
    let house = House::open().await;
    let mut rules = (*crate::handsets::with_a_number()).clone();
    rules.automation = Automation::new(vec![menu()], Vec::new());
    let rules = Arc::new(rules);
    house.engine.apply(Arc::clone(&rules));
    let desk = house.up(FIRST);
    desk.heard(vec![crate::handsets::written("menu")]).await.unwrap();
    let asked = take_one(&desk).await;
    assert_eq!(sent(&asked), ("1 hours".into(), Via::Rule));
    answer(&desk, asked, vec![accepted("a")]);

    let house = house.restart().await;
    house.pass(Duration::from_mins(10));
    house.engine.apply(Arc::clone(&rules));
    let desk = house.up(FIRST);
    let told = take_one(&desk).await;
    assert_eq!(sent(&told), ("+447700900123 is silent".into(), Via::Rule));
    answer(&desk, told, vec![accepted("b")]);

    // It was dealt with: the next gateway does nothing, and an answer comes too late.
    let house = house.restart().await;
    house.pass(Duration::from_mins(1));
    house.engine.apply(rules);
    let desk = house.up(FIRST);
    desk.heard(vec![crate::handsets::written("1"), crate::handsets::written("menu 1")]).await.unwrap();
    let last = take_one(&desk).await;
    assert_eq!(sent(&last).0, "9 to 5", "the answer that came with the question");
    let page = house.engine.list(Filter::all(OWN, 9)).await.unwrap();
    assert_eq!(page.entries.len(), 3);
}

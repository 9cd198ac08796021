//! Rules of automation that a clock sets off.

use crate::house::*;
use jiff::tz::TimeZone;
use postrider_core::automation::{Automation, Hours, Rule, RuleId, Template, Then, Trigger, When};
use postrider_core::contract::{Archive, Filter};
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

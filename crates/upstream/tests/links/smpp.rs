//! SMPP to a simulated carrier.

use crate::gateway::{self, Spoken};
use futures_util::future::BoxFuture;
use postrider_core::contract::LinkState;
use postrider_core::delivery::PartOutcome;
use postrider_declare::Secrets;
use postrider_declare::upstream::smpp::SmppUpstream;
use postrider_link::carrier::Surroundings;
use postrider_simulator::carrier::{Protocol, Settings};
use postrider_upstream::smpp;
use std::time::Duration;
use tokio::sync::watch;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// The protocol of these tests.
struct Smpp;

type Gateway = gateway::Gateway<Smpp>;

impl Spoken for Smpp {
    type Settings = smpp::Settings;
    const PROTOCOL: Protocol = Protocol::Smpp;

    fn settings() -> smpp::Settings {
        smpp::Settings::new("acme", &SmppUpstream::new("carrier", 2775, "user"), &Secrets::default())
    }

    fn run(
        settings: smpp::Settings,
        surroundings: Surroundings,
        stop: watch::Receiver<bool>,
    ) -> BoxFuture<'static, ()> {
        Box::pin(smpp::run_in(settings, surroundings, stop))
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_accepted_and_its_receipt_comes_hours_later() {
    let late = Settings { receipt_delay: (HOUR * 5).into(), ..Settings::default() };
    let gateway = Gateway::start(late, |_| {}).await;
    let begun = postrider_link::now();
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 1).await;
    assert!(matches!(gateway.desk.outcomes()[..], [PartOutcome::Accepted(Some(_))]));
    let took = postrider_link::now() - begun;
    assert!((HOUR * 5..HOUR * 5 + SECOND).contains(&took), "{took:?}");
    assert_eq!(gateway.carrier.counts().receipts_sent, 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_link_lasts_for_a_day() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    tokio::time::sleep(HOUR * 24).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
    assert_eq!(gateway.carrier.counts().binds_granted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_swallows_everything_is_found_out_and_bound_to_again() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    let begun = postrider_link::now();
    gateway.carrier.pause();
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    // It is silent for 30 seconds, is asked, and has 30 seconds to answer.
    let took = postrider_link::now() - begun;
    assert!((SECOND * 59..SECOND * 62).contains(&took), "{took:?}");
    gateway.carrier.resume();
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_window_is_unanswered() {
    let slow = Settings { answer_delay: (SECOND * 2).into(), ..Settings::default() };
    let gateway = Gateway::start(slow, |settings| settings.window = 5).await;
    let begun = postrider_link::now();
    for _ in 0..20 {
        gateway.desk.put("Hello");
    }
    gateway.until(|desk| desk.outcomes().len() == 20).await;
    let took = postrider_link::now() - begun;
    assert!((SECOND * 8..SECOND * 9).contains(&took), "four windows take four answers' time: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn handsets_walk_through_menus_and_nothing_of_it_is_a_message() {
    let gateway = Gateway::start(Settings::default(), |settings| settings.ussd = true).await;
    let walk = gateway.carrier.dial("+447700900123", "*123#", &["1"]).unwrap();
    let other = gateway.carrier.dial("+447700900124", "*999#", &["1"]).unwrap();
    let lost = gateway.carrier.dial("+447700900125", "*123#", &["7"]).unwrap();
    let is_over = |dialogue| gateway.carrier.screens(dialogue).1;
    gateway.until(|_| [walk, other, lost].into_iter().all(is_over)).await;
    let screens = |dialogue| gateway.carrier.screens(dialogue).0;
    assert_eq!(screens(walk), ["1 Balance", "12 EUR"]);
    assert_eq!(screens(other), ["This service is not available now."]);
    assert_eq!(screens(lost), ["1 Balance", "This service is not available now."]);
    assert_eq!((gateway.desk.kept(), gateway.carrier.counts().inbound_taken), (0, 5));
    assert!(gateway.carrier.accepted().iter().all(|part| part.service_type == "USSD"));
}

#[tokio::test(start_paused = true)]
async fn without_the_setting_a_turn_is_a_message() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    gateway.carrier.dial("+447700900123", "*123#", &[]).unwrap();
    gateway.until(|desk| desk.kept() == 1).await;
}

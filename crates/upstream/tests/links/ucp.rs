//! UCP to a simulated carrier.

use crate::gateway::{self, Spoken};
use futures_util::future::BoxFuture;
use postrider_core::contract::LinkState;
use postrider_core::delivery::PartOutcome;
use postrider_declare::Secrets;
use postrider_declare::upstream::ucp::UcpUpstream;
use postrider_link::carrier::Surroundings;
use postrider_simulator::carrier::{Fate, Protocol, Settings, State};
use postrider_upstream::ucp;
use std::time::Duration;
use tokio::sync::watch;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// The protocol of these tests.
struct Ucp;

type Gateway = gateway::Gateway<Ucp>;

impl Spoken for Ucp {
    type Settings = ucp::Settings;
    const PROTOCOL: Protocol = Protocol::Ucp;

    fn settings() -> ucp::Settings {
        let declared = UcpUpstream::new("carrier", 3_024);
        let mut settings = ucp::Settings::new("acme", &declared, &Secrets::default());
        settings.login = "1234".to_owned();
        settings
    }

    fn run(
        settings: ucp::Settings,
        surroundings: Surroundings,
        stop: watch::Receiver<bool>,
    ) -> BoxFuture<'static, ()> {
        Box::pin(ucp::run_in(settings, surroundings, stop))
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_accepted_and_its_receipt_comes_hours_later() {
    let late = Settings { receipt_delay: (HOUR * 5).into(), ..Settings::default() };
    let gateway = Gateway::start(late, |_| {}).await;
    let begun = postrider_link::now();
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 1).await;
    let [PartOutcome::Accepted(Some(reference))] = &gateway.desk.outcomes()[..] else { panic!() };
    let (number, stamp) = reference.split_once(':').unwrap();
    assert!(number.len() == 12 && stamp.starts_with(|c: char| c.is_ascii_digit()), "{reference}");
    let took = postrider_link::now() - begun;
    assert!((HOUR * 5..HOUR * 5 + SECOND).contains(&took), "{took:?}");
    let parts = gateway.carrier.accepted();
    assert_eq!((parts[0].text().as_str(), &*parts[0].system_id), ("Hello", "1234"));
}

#[tokio::test(start_paused = true)]
async fn an_idle_link_lasts_for_a_day() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    tokio::time::sleep(HOUR * 24).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
    assert_eq!(gateway.carrier.counts().binds_granted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_swallows_everything_is_found_out_and_connected_to_again() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    let begun = postrider_link::now();
    gateway.carrier.pause();
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    // It is silent for 45 seconds, is asked, and has 60 seconds to answer.
    let took = postrider_link::now() - begun;
    assert!((SECOND * 104..SECOND * 107).contains(&took), "{took:?}");
    gateway.carrier.resume();
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_window_is_unanswered() {
    let slow = Settings { answer_delay: (SECOND * 2).into(), ..Settings::default() };
    let gateway = Gateway::start(slow, |settings| settings.window = 1).await;
    let begun = postrider_link::now();
    for _ in 0..4 {
        gateway.desk.put("Hello");
    }
    gateway.until(|desk| desk.outcomes().len() == 4).await;
    let took = postrider_link::now() - begun;
    assert!((SECOND * 8..SECOND * 9).contains(&took), "each waits for the one before: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn texts_of_one_second_to_one_number_have_names_of_their_own() {
    let usual = Settings { stamps_repeat: true, ..Settings::default() };
    let gateway = Gateway::start(usual, |_| {}).await;
    for _ in 0..3 {
        gateway.desk.put("Hello");
    }
    gateway.until(|desk| desk.kept() == 3).await;
    let mut names: Vec<String> =
        gateway.desk.outcomes().iter().map(|outcome| format!("{outcome:?}")).collect();
    names.dedup();
    assert_eq!(names.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_told() {
    let strict = Settings { password: Some("other".to_owned()), ..Settings::default() };
    let gateway = Gateway::begin(strict, |_| {}).await;
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    let Some(LinkState::Down { reason, retry_in }) = gateway.desk.link(0) else { panic!() };
    assert_eq!(reason, "the carrier refused the login: 07 authentication failure");
    assert!(retry_in >= SECOND * 200, "{retry_in:?}");
}

#[tokio::test(start_paused = true)]
async fn garbage_between_frames_costs_nothing() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    gateway.carrier.write(b"\r\nbanner\x02half a frame\x0200/00018/R/60/A//6C\x03");
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 1).await;
    assert_eq!(gateway.carrier.counts().binds_granted, 1);
    // So much of it that this can't be UCP ends the session, and nothing is lost.
    gateway.carrier.write(&[b'x'; 12_000]);
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_gives_up_a_message_says_why() {
    let failing =
        Settings { fate: Fate::ends(&[State::Enroute, State::Undeliverable]), ..Settings::default() };
    let gateway = Gateway::start(failing, |settings| settings.notifications = 7).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 2).await;
    assert_eq!(gateway.carrier.counts().receipts_taken, 2);
}

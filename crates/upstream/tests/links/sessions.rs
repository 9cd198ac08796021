//! What holds of every protocol with sessions: each test runs for SMPP, UCP and CIMD2.

use crate::gateway::{Gateway, Spoken};
use futures_util::future::BoxFuture;
use postrider_core::contract::LinkState;
use postrider_core::delivery::PartOutcome;
use postrider_declare::Secrets;
use postrider_declare::upstream::cimd2::Cimd2Upstream;
use postrider_declare::upstream::smpp::SmppUpstream;
use postrider_declare::upstream::ucp::UcpUpstream;
use postrider_link::carrier::Surroundings;
use postrider_simulator::carrier::{Protocol, Settings};
use postrider_upstream::{cimd2, smpp, ucp};
use std::ops::Range;
use std::time::Duration;
use tokio::sync::watch;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// What is a protocol's own in these tests.
pub(crate) trait Session: Spoken {
    /// The user that the carrier knows.
    const USER: &'static str;
    /// In how many seconds a silent carrier is found out.
    const SILENCE: Range<u32>;
    /// Why a login with a wrong password fails.
    const WRONG_PASSWORD: &'static str;
    /// Octets between frames that harm nobody, if there can be such.
    const NOISE: Option<&'static [u8]>;
    /// The most octets of what can't be a frame.
    const GARBAGE: usize;

    fn set_window(settings: &mut Self::Settings, window: u16);
}

pub(crate) struct Smpp;
pub(crate) struct Ucp;
pub(crate) struct Cimd2;

macro_rules! spoken {
    ($name:ident, $module:ident, $settings:expr) => {
        impl Spoken for $name {
            type Settings = $module::Settings;
            const PROTOCOL: Protocol = Protocol::$name;

            fn settings() -> $module::Settings {
                $settings
            }

            fn run(
                settings: $module::Settings,
                surroundings: Surroundings,
                stop: watch::Receiver<bool>,
            ) -> BoxFuture<'static, ()> {
                Box::pin($module::run_in(settings, surroundings, stop))
            }
        }
    };
}

spoken!(
    Smpp,
    smpp,
    smpp::Settings::new("acme", &SmppUpstream::new("carrier", 2775, "user"), &Secrets::default())
);
spoken!(
    Cimd2,
    cimd2,
    cimd2::Settings::new("acme", &Cimd2Upstream::new("carrier", 9_971, "user"), &Secrets::default())
);
spoken!(Ucp, ucp, {
    let mut settings = ucp::Settings::new("acme", &UcpUpstream::new("carrier", 3_024), &Secrets::default());
    settings.login = "1234".to_owned();
    settings
});

impl Session for Smpp {
    const USER: &'static str = "user";
    // It is silent for 30 seconds, is asked, and has 30 seconds to answer.
    const SILENCE: Range<u32> = 59..62;
    const WRONG_PASSWORD: &'static str = "ESME_RINVPASWD";
    const NOISE: Option<&'static [u8]> = None;
    const GARBAGE: usize = 100;

    fn set_window(settings: &mut Self::Settings, window: u16) {
        settings.window = window;
    }
}

impl Session for Ucp {
    const USER: &'static str = "1234";
    // It is silent for 45 seconds, is asked, and has 60 seconds to answer.
    const SILENCE: Range<u32> = 104..107;
    const WRONG_PASSWORD: &'static str = "07 authentication failure";
    const NOISE: Option<&'static [u8]> = Some(b"\r\nbanner\x02half a frame\x0200/00018/R/60/A//6C\x03");
    const GARBAGE: usize = 12_000;

    fn set_window(settings: &mut Self::Settings, window: u16) {
        settings.window = window;
    }
}

impl Session for Cimd2 {
    const USER: &'static str = "user";
    const SILENCE: Range<u32> = Ucp::SILENCE;
    const WRONG_PASSWORD: &'static str = "100 invalid login";
    const NOISE: Option<&'static [u8]> = Some(b"\r\nbanner\x02half a frame\x0240:004\t00\x03");
    const GARBAGE: usize = 6_000;

    fn set_window(settings: &mut Self::Settings, window: u16) {
        settings.window = window;
    }
}

/// Runs each of these tests for each protocol.
macro_rules! for_every_protocol {
    ($($test:ident),+ $(,)?) => {
        for_every_protocol!(@ over_smpp Smpp $($test)+);
        for_every_protocol!(@ over_ucp Ucp $($test)+);
        for_every_protocol!(@ over_cimd2 Cimd2 $($test)+);
    };
    (@ $module:ident $protocol:ident $($test:ident)+) => {
        mod $module {
            $(
                #[tokio::test(start_paused = true)]
                async fn $test() {
                    super::$test::<super::$protocol>().await;
                }
            )+
        }
    };
}

for_every_protocol!(
    a_message_is_accepted_and_its_receipt_comes_hours_later,
    an_idle_link_lasts_for_a_day,
    a_carrier_that_swallows_everything_is_found_out_and_connected_to_again,
    no_more_than_the_window_is_unanswered,
    a_wrong_password_is_told,
    garbage_costs_nothing,
);

async fn a_message_is_accepted_and_its_receipt_comes_hours_later<S: Session>() {
    let late = Settings { receipt_delay: (HOUR * 5).into(), ..Settings::default() };
    let gateway = Gateway::<S>::start(late, |_| {}).await;
    let begun = postrider_link::now();
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 1).await;
    assert!(matches!(gateway.desk.outcomes()[..], [PartOutcome::Accepted(Some(_))]));
    let took = postrider_link::now() - begun;
    assert!((HOUR * 5..HOUR * 5 + SECOND).contains(&took), "{took:?}");
    assert_eq!(gateway.carrier.counts().receipts_sent, 1);
    let parts = gateway.carrier.accepted();
    assert_eq!((parts[0].text().as_str(), &*parts[0].system_id), ("Hello", S::USER));
}

async fn an_idle_link_lasts_for_a_day<S: Session>() {
    let gateway = Gateway::<S>::start(Settings::default(), |_| {}).await;
    tokio::time::sleep(HOUR * 24).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
    assert_eq!(gateway.carrier.counts().binds_granted, 1);
}

async fn a_carrier_that_swallows_everything_is_found_out_and_connected_to_again<S: Session>() {
    let gateway = Gateway::<S>::start(Settings::default(), |_| {}).await;
    let begun = postrider_link::now();
    gateway.carrier.pause();
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    let took = postrider_link::now() - begun;
    assert!((SECOND * S::SILENCE.start..SECOND * S::SILENCE.end).contains(&took), "{took:?}");
    gateway.carrier.resume();
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
}

async fn no_more_than_the_window_is_unanswered<S: Session>() {
    for (window, texts) in [(1, 4), (5, 20)] {
        let slow = Settings { answer_delay: (SECOND * 2).into(), ..Settings::default() };
        let gateway = Gateway::<S>::start(slow, |settings| S::set_window(settings, window)).await;
        let begun = postrider_link::now();
        for _ in 0..texts {
            gateway.desk.put("Hello");
        }
        gateway.until(|desk| desk.outcomes().len() == texts).await;
        let took = postrider_link::now() - begun;
        assert!((SECOND * 8..SECOND * 9).contains(&took), "four windows take four answers' time: {took:?}");
    }
}

async fn a_wrong_password_is_told<S: Session>() {
    let strict = Settings { password: Some("other".to_owned()), ..Settings::default() };
    let gateway = Gateway::<S>::begin(strict, |_| {}).await;
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    let (reason, retry_in) = gateway.desk.down(0);
    assert!(reason.contains("refused") && reason.contains(S::WRONG_PASSWORD), "{reason}");
    assert!(retry_in >= SECOND * 200, "{retry_in:?}");
}

/// So much garbage that it can't be the protocol ends the session, and nothing is lost.
async fn garbage_costs_nothing<S: Session>() {
    let gateway = Gateway::<S>::start(Settings::default(), |_| {}).await;
    if let Some(noise) = S::NOISE {
        gateway.carrier.write(noise);
        gateway.desk.put("Hello");
        gateway.until(|desk| desk.kept() == 1).await;
        assert_eq!(gateway.carrier.counts().binds_granted, 1);
    }
    let before = gateway.desk.kept();
    gateway.carrier.write(&vec![b'x'; S::GARBAGE]);
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == before + 1).await;
}

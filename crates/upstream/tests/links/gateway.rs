//! A gateway's upstream that reaches its carrier by pipes, for every protocol.

use crate::desk::{NoTime, TestDesk};
use futures_util::future::BoxFuture;
use postrider_core::contract::LinkState;
use postrider_core::time::Time;
use postrider_core::ussd::{Page, Turn};
use postrider_link::carrier::Surroundings;
use postrider_link::connect::{Dial, Dialed, Host, Stream};
use postrider_simulator::carrier::{Carrier, Protocol, Settings};
use postrider_trace::{Ends, Recorder};
use postrider_upstream::ussd::Lines;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// A protocol as its upstream runs it.
pub(crate) trait Spoken {
    /// What the upstream runs with.
    type Settings;
    /// What the carrier speaks.
    const PROTOCOL: Protocol;

    /// The settings that a test changes.
    fn settings() -> Self::Settings;
    /// Runs the upstream.
    fn run(
        settings: Self::Settings,
        surroundings: Surroundings,
        stop: watch::Receiver<bool>,
    ) -> BoxFuture<'static, ()>;
}

pub(crate) struct Gateway<S> {
    pub(crate) desk: Arc<TestDesk>,
    pub(crate) carrier: Arc<Carrier>,
    pub(crate) ussd: Arc<Lines>,
    _stop: watch::Sender<bool>,
    _spoken: PhantomData<S>,
}

impl<S: Spoken> Gateway<S> {
    /// An upstream whose link to such a carrier is up.
    pub(crate) async fn start(carrier: Settings, change: impl FnOnce(&mut S::Settings)) -> Self {
        let gateway = Self::begin(carrier, change).await;
        gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
        gateway
    }

    /// An upstream that connects to such a carrier.
    pub(crate) async fn begin(carrier: Settings, change: impl FnOnce(&mut S::Settings)) -> Self {
        let carrier = Settings { protocol: S::PROTOCOL, ..carrier };
        let carrier = Arc::new(Carrier::start("127.0.0.1:0", carrier).await.unwrap());
        let mut settings = S::settings();
        change(&mut settings);
        let desk = TestDesk::new();
        let ussd = Arc::new(Lines::new(Box::new(menu), Box::new(|| Time(0))));
        let surroundings = Surroundings {
            desk: Arc::clone(&desk) as Arc<_>,
            live: Arc::new(NoTime),
            dial: Arc::new(Pipes(Arc::clone(&carrier))),
            recorder: Recorder::new(),
            ussd: ussd.open("acme"),
        };
        let (stop, stopped) = watch::channel(false);
        drop(tokio::spawn(S::run(settings, surroundings, stopped)));
        Self { desk, carrier, ussd, _stop: stop, _spoken: PhantomData }
    }

    /// Waits until something holds, within a day.
    pub(crate) async fn until(&self, holds: impl Fn(&TestDesk) -> bool) {
        let held = async {
            while !holds(&self.desk) {
                sleep(Duration::from_millis(500)).await;
            }
        };
        timeout(Duration::from_secs(24 * 3_600), held).await.unwrap();
    }
}

/// A menu of two pages behind `*123#`, and behind the number of the simulated SIM.
#[expect(clippy::needless_pass_by_value, reason = "this is how lines ask menus")]
fn menu(_: Box<str>, turn: Turn) -> BoxFuture<'static, Option<Page>> {
    let page = |text: &str, goes_on| Some(Page { text: text.into(), goes_on });
    let shown = match (&*turn.code, turn.is_first, &*turn.text) {
        ("*123#", true, _) | ("+15005550100", true, "Renew?") => page("1 Balance", true),
        (_, false, "1") => page("12 EUR", false),
        _ => None,
    };
    Box::pin(async move {
        sleep(Duration::from_millis(50)).await;
        shown
    })
}

struct Pipes(Arc<Carrier>);

impl Dial for Pipes {
    fn dial<'a>(&'a self, _: &'a [Host], _: usize) -> BoxFuture<'a, Dialed> {
        let any = ([127, 0, 0, 1], 1).into();
        let stream: Box<dyn Stream> = Box::new(self.0.connect());
        Box::pin(async move { Ok((stream, Ends { local: any, peer: any })) })
    }
}

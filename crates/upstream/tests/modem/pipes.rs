//! A gateway's upstream whose line to its modem is a pipe.

use super::desk::{NoTime, TestDesk};
use futures_util::future::BoxFuture;
use postrider_core::contract::LinkState;
use postrider_declare::Secrets;
use postrider_declare::upstream::modem::ModemUpstream;
use postrider_link::carrier::Surroundings;
use postrider_link::connect::{Dial, Dialed, Host, Stream};
use postrider_simulator::carrier::{Carrier, Protocol, Settings};
use postrider_trace::{Ends, Recorder};
use postrider_upstream::modem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

pub(crate) struct Gateway {
    pub(crate) desk: Arc<TestDesk>,
    pub(crate) carrier: Arc<Carrier>,
    _stop: watch::Sender<bool>,
}

impl Gateway {
    /// An upstream whose modem is ready.
    pub(crate) async fn start(carrier: Settings, change: impl FnOnce(&mut modem::Settings)) -> Self {
        let gateway = Self::begin(carrier, change).await;
        gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
        gateway
    }

    /// An upstream with such a modem.
    pub(crate) async fn begin(carrier: Settings, change: impl FnOnce(&mut modem::Settings)) -> Self {
        let carrier = Settings { protocol: Protocol::Modem, ..carrier };
        let carrier = Arc::new(Carrier::start("127.0.0.1:0", carrier).await.unwrap());
        let mut secrets = Secrets::default();
        secrets.set("pin", "1234".into());
        let mut settings = modem::Settings::new("acme", &ModemUpstream::new("/dev/ttyUSB0"), &secrets);
        change(&mut settings);
        let desk = TestDesk::new();
        let surroundings = Surroundings {
            desk: Arc::clone(&desk) as Arc<_>,
            live: Arc::new(NoTime),
            dial: Arc::new(Pipes(Arc::clone(&carrier))),
            recorder: Recorder::new(),
        };
        let (stop, stopped) = watch::channel(false);
        drop(tokio::spawn(modem::run_in(settings, surroundings, stopped)));
        Self { desk, carrier, _stop: stop }
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

struct Pipes(Arc<Carrier>);

impl Dial for Pipes {
    fn dial<'a>(&'a self, _: &'a [Host], _: usize) -> BoxFuture<'a, Dialed> {
        let any = ([127, 0, 0, 1], 1).into();
        let stream: Box<dyn Stream> = Box::new(self.0.connect());
        Box::pin(async move { Ok((stream, Ends { local: any, peer: any })) })
    }
}

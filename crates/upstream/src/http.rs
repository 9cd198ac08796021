//! Providers over HTTP, each as its preset describes it. A request hands messages in, its answer says what became of them, and
//! callbacks bring receipts and replies. What a provider's octets mean is `postrider_provider`'s; here are the sockets.

pub(crate) mod answers;
mod callbacks;
pub(crate) mod client;
mod examination;
pub(crate) mod keeper;
mod meters;
pub(crate) mod sender;
mod settings;
pub(crate) mod shipment;
pub(crate) mod talk;
mod token;

pub use callbacks::{Callback, take};
pub use examination::examine;
pub use settings::{NotUsable, Settings};

use client::Client;
use keeper::keep_all;
use postrider_core::contract::{Desk, Live};
use postrider_http::{Dial, Tcp};
use postrider_trace::{Exchanges, Recorder};
use sender::Sender;
use std::sync::Arc;
use tokio::sync::watch;

/// Runs an upstream until `stop` holds true or its sender is gone. Then nothing more is taken, what is outstanding is waited for as
/// [`Limits::drain`](crate::Limits::drain) allows, and every connection is closed. When it returns, the desk has everything
/// back; dropped before that, what was in its hands is not given back.
pub async fn run(
    settings: Settings,
    desk: Arc<dyn Desk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    stop: watch::Receiver<bool>,
) {
    run_in(settings, Around { desk, live, recorder, dial: Arc::new(Tcp) }, stop).await;
}

/// What an upstream works with.
pub struct Around {
    /// Where it fetches work, and brings back what came of it.
    pub desk: Arc<dyn Desk>,
    /// The time.
    pub live: Arc<dyn Live>,
    /// Records its exchanges.
    pub recorder: Arc<Recorder>,
    /// Opens its connections.
    pub dial: Arc<dyn Dial>,
}

/// As [`run`], with connections that `around` opens.
pub async fn run_in(settings: Settings, around: Around, stop: watch::Receiver<bool>) {
    let Around { desk, live, recorder, dial } = around;
    let exchanges = Exchanges::of(&recorder, &settings.name, settings.secrets());
    let client = match Client::new(settings.client(dial)) {
        Ok(client) => Arc::new(client.recorded(exchanges)),
        Err(error) => {
            tracing::error!(upstream = %settings.name, %error, "TLS can't be set up; nothing is sent");
            return;
        }
    };
    let binds = settings.binds.into();
    let talk = Sender { settings: Arc::new(settings), client, tokens: Arc::default(), live };
    keep_all(binds, Arc::new(talk), &desk, &stop).await;
}

//! What the keepers of binds need of a protocol over HTTP: the requests of a provider's preset, or of MM7.

use super::meters::Meters;
use super::sender::Done;
use super::shipment::Shipment;
use futures_util::future::{BoxFuture, FutureExt};
use postrider_core::contract::{Desk, Unheard};
use postrider_core::message::Message;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A protocol over HTTP.
pub(crate) trait Talk: Send + Sync + 'static {
    /// Its traits.
    fn traits(&self) -> TalkTraits<'_>;

    /// Makes a connection and keeps it, to see that the other side can be reached.
    fn connect(&self) -> BoxFuture<'_, Result<(), String>>;

    /// Whether two messages can go in one request.
    fn go_together(&self, _one: &Message, _other: &Message) -> bool {
        false
    }

    /// Hands a shipment in.
    fn send(&self, shipment: Shipment, flight: Flight) -> BoxFuture<'static, Done>;

    /// Asks what became of a message.
    fn inquire(&self, part: Unheard) -> BoxFuture<'static, Done>;

    /// Fetches what waits at the other side, and brings it to the desk.
    fn poll(&self, _desk: Arc<dyn Desk>, _flight: Flight) -> BoxFuture<'static, Done> {
        std::future::ready(Done::default()).boxed()
    }

    /// Closes the connections that were idle for too long.
    fn sweep(&self);
}

/// The traits of a protocol over HTTP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TalkTraits<'t> {
    /// The upstream's name, for logs and metrics.
    pub(crate) name: &'t str,
    /// Requests of one bind that may be unanswered.
    pub(crate) window: usize,
    /// The most messages of one request.
    pub(crate) messages_max: usize,
    /// Whether it can be asked what became of messages.
    pub(crate) has_inquiry: bool,
    /// For how long nothing is sent after a code that means so.
    pub(crate) pause: Duration,
    /// How often what waits there is fetched, if it is.
    pub(crate) poll_every: Option<Duration>,
    /// The longest pause between attempts to connect.
    pub(crate) reconnect_max: Duration,
    /// How long outstanding answers are waited for when the upstream is stopped.
    pub(crate) drain: Duration,
}

/// What goes along with a request.
#[derive(Clone)]
pub(crate) struct Flight {
    pub(crate) meters: Arc<Meters>,
    /// Holds true when answers are waited for no longer.
    pub(crate) given_up: watch::Receiver<bool>,
}

impl Flight {
    /// Waits until answers are waited for no longer.
    pub(crate) async fn is_given_up(&self) {
        let mut given_up = self.given_up.clone();
        let _ = given_up.wait_for(|given_up| *given_up).await;
    }
}

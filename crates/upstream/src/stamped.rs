//! Carriers whose protocol names a part by its recipient and a time stamp: EMI/UCP and CIMD2. Here is what upstreams of both
//! have in common: their settings, their links and their examination.

pub(crate) mod namesakes;
mod settings;

pub use settings::Settings;

use crate::examination::{self, Subject};
use namesakes::Shared;
use postrider_core::contract::{Desk, Live};
use postrider_declare::upstream::connection::Connection;
use postrider_declare::upstream::{Speaks, Timers};
use postrider_link::carrier::{self, Line, NoUssd, Protocol, Surroundings};
use postrider_link::doctor::Finding;
use postrider_trace::Recorder;
use postrider_wire::exchange::Reason;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// One of these protocols, by the settings of its upstreams.
pub trait Dialect: Speaks + Clone + Send + Sync + 'static {
    /// Its conversation.
    type Conversation: carrier::Conversation + Send + 'static;

    /// A session that asks to be let in.
    ///
    /// # Errors
    /// In words, when none can begin.
    fn begin(
        settings: &Arc<Settings<Self>>,
        names: &Names,
        now: Instant,
    ) -> Result<Self::Conversation, String>;
    /// Where the carrier listens.
    fn connection(&self) -> &Connection;
    /// The port there.
    fn port(&self) -> u16;
    /// How many sessions are kept.
    fn binds(&self) -> u16;
    /// Parts a second over each session.
    fn bind_rate(&self) -> Option<f64>;
    /// Requests of a session that may be unanswered.
    fn window(&self) -> u16;
    /// Time limits.
    fn timers(&self) -> &Timers;
}

/// The names of parts, which all sessions of an upstream share.
#[derive(Clone, Default)]
pub struct Names(pub(crate) Shared);

/// Runs all sessions of an upstream until `stop` holds true or its sender is gone. Then nothing more is taken, what is
/// outstanding is waited for as [`Limits::drain`](crate::Limits::drain) allows, and every connection is closed. When it
/// returns, the desk has everything back; dropped before that, what was in its hands is not given back.
pub async fn run<D: Dialect>(
    settings: Settings<D>,
    desk: Arc<dyn Desk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    stop: watch::Receiver<bool>,
) {
    let ussd = Arc::new(NoUssd);
    let surroundings = Surroundings { desk, live, dial: Arc::new(settings.dialer()), recorder, ussd };
    run_in(settings, surroundings, stop).await;
}

/// The same, with connections that are made in another way than by sockets.
pub async fn run_in<D: Dialect>(
    settings: Settings<D>,
    surroundings: Surroundings,
    stop: watch::Receiver<bool>,
) {
    let links = links(&settings);
    carrier::run(Spoken::new(settings), links, surroundings, stop).await;
}

/// Examines the link to a carrier: its addresses, TLS and the login. Tells each finding as it is made.
pub async fn examine<D: Dialect>(
    settings: Settings<D>,
    recorder: Arc<Recorder>,
    sends: bool,
    tell: mpsc::Sender<Finding>,
) {
    let subject = Subject {
        name: settings.name.clone(),
        dialer: settings.dialer(),
        hosts: settings.hosts(),
        login: settings.timers().login_timeout.get(),
        links: settings.links(),
        recorder,
        sends,
        protocol: Spoken::new(settings),
    };
    examination::examine(subject, tell).await;
}

/// A protocol as one upstream speaks it.
struct Spoken<D> {
    settings: Arc<Settings<D>>,
    names: Names,
}

impl<D: Dialect> Spoken<D> {
    fn new(settings: Settings<D>) -> Self {
        Self { settings: Arc::new(settings), names: Names::default() }
    }
}

impl<D: Dialect> Protocol for Spoken<D> {
    type Conversation = D::Conversation;

    fn begin(&self, _: usize, now: Instant) -> Result<D::Conversation, String> {
        D::begin(&self.settings, &self.names, now)
    }
}

/// The settings of its links.
fn links<D: Dialect>(settings: &Settings<D>) -> carrier::Settings {
    let hosts = settings.hosts();
    let line = |bind| Line { bind, sends: true, kind: "session", hosts: hosts.clone() };
    let timers = settings.timers();
    carrier::Settings {
        name: settings.name.clone(),
        lines: (0..usize::from(settings.binds())).map(line).collect(),
        asks: false,
        probes: !timers.keepalive.get().is_zero(),
        rate: settings.bind_rate(),
        timers: carrier::Timers {
            drain: settings.limits.drain,
            reconnect_max: timers.reconnect_max.get(),
            login_retry: timers.login_retry.get(),
            session_timeout: timers.session_timeout.get(),
            pause: timers.pause.get(),
        },
    }
}

/// The event of a session's end.
pub(crate) fn closed<A>(reason: &Reason) -> carrier::Event<A> {
    let is_lost = !matches!(reason, Reason::Left | Reason::Garbage(_));
    carrier::Event::Closed { reason: reason.to_string(), is_lost }
}

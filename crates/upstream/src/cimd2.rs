//! CIMD2 towards a carrier: operation 03 out, status reports (23) and messages from handsets (20) in. The protocol's own
//! state is `postrider_wire`'s, how links are kept is `postrider_link`'s, and how fast and how often is decided at the desk.

mod answer;
mod conversation;
mod encode;
mod inbound;
mod report;
mod settings;
#[cfg(test)]
mod testing;

pub use answer::codes_of;
pub use settings::Settings;

use crate::examination::{self, Subject};
use crate::namesakes::Shared;
use conversation::Conversation;
use postrider_core::contract::{Desk, Live};
use postrider_link::carrier::{self, Line, Protocol, Surroundings};
use postrider_link::connect::Host;
use postrider_link::doctor::Finding;
use postrider_trace::Recorder;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// Runs all sessions of an upstream until `stop` holds true or its sender is gone. Then nothing more is taken, what is
/// outstanding is waited for as [`Limits::drain`](crate::Limits::drain) allows, and every connection is closed. When it
/// returns, the desk has everything back; dropped before that, what was in its hands is not given back.
pub async fn run(
    settings: Settings,
    desk: Arc<dyn Desk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    stop: watch::Receiver<bool>,
) {
    let surroundings = Surroundings { desk, live, dial: Arc::new(settings.dialer()), recorder };
    run_in(settings, surroundings, stop).await;
}

/// The same, with connections that are made in another way than by sockets.
pub async fn run_in(settings: Settings, surroundings: Surroundings, stop: watch::Receiver<bool>) {
    let links = links(&settings);
    let cimd2 = Cimd2 { settings: Arc::new(settings), names: Shared::default() };
    carrier::run(cimd2, links, surroundings, stop).await;
}

/// Examines the link to a carrier: its addresses, TLS and the login. Tells each finding as it is made.
pub async fn examine(settings: Settings, recorder: Arc<Recorder>, sends: bool, tell: mpsc::Sender<Finding>) {
    let subject = Subject {
        name: settings.name.clone(),
        dialer: settings.dialer(),
        hosts: hosts(&settings),
        login: settings.timers.login_timeout.get(),
        links: settings.links(),
        recorder,
        sends,
        protocol: Cimd2 { settings: Arc::new(settings), names: Shared::default() },
    };
    examination::examine(subject, tell).await;
}

/// CIMD2 as one upstream speaks it.
struct Cimd2 {
    settings: Arc<Settings>,
    names: Shared,
}

impl Protocol for Cimd2 {
    type Conversation = Conversation;

    fn begin(&self, _: usize, now: Instant) -> Result<Conversation, String> {
        Conversation::begin(&self.settings, &self.names, now)
    }
}

fn hosts(settings: &Settings) -> Vec<Host> {
    let hosts = settings.connection.hosts(settings.port).into_iter();
    hosts.map(|host| Host { name: host.name, port: host.port }).collect()
}

/// The settings of its links.
fn links(settings: &Settings) -> carrier::Settings {
    let hosts = hosts(settings);
    let line = |bind| Line { bind, sends: true, kind: "session", hosts: hosts.clone() };
    let timers = &settings.timers;
    carrier::Settings {
        name: settings.name.clone(),
        lines: (0..usize::from(settings.binds)).map(line).collect(),
        asks: false,
        probes: !timers.keepalive.get().is_zero(),
        timers: carrier::Timers {
            drain: settings.limits.drain,
            reconnect_max: timers.reconnect_max.get(),
            login_retry: timers.login_retry.get(),
            session_timeout: timers.session_timeout.get(),
            pause: timers.pause.get(),
        },
    }
}

//! The SMPP server for clients: 3.3, 3.4 and 5.0, with TLS or without. The protocol's own state is
//! `postrider_wire`'s; what may be sent is decided at the intake, and receipts wait in the outbox.

mod answer;
mod batch;
mod client_reference;
mod inbox;
mod login;
mod message;
mod query;
mod receipt;
mod session;
mod settings;
mod submit;
mod telling;

pub use settings::Settings;

use crate::connections::Connections;
use crate::sessions::Sessions;
use crate::sessions::listener::{self, Caller, Door};
use crate::sessions::speaks::Speaks;
use postrider_core::account::Network;
use postrider_trace::Recorded;
use rustls::ServerConfig;
use session::Connection;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The SMPP server's door: what its sessions work with, shared by all its listeners.
pub struct Smpp {
    sessions: Arc<Sessions>,
    settings: Settings,
    connections: Arc<Connections>,
}

impl Smpp {
    /// A door with nobody at it yet. What goes over its sessions is recorded.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        let connections = Connections::new("smpp", settings.connections);
        Self { sessions, settings, connections }
    }
}

/// Serves clients until `stop` holds true or its sender is gone. Then nobody is taken in any more, messages in hand are
/// stored and answered, and every session is unbound; when this returns, the last is closed.
///
/// Several listeners may share one `door`, one with TLS and one without, say.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    door: Arc<Smpp>,
    stop: watch::Receiver<bool>,
) {
    listener::serve(listener, tls, door, stop).await;
}

impl Door for Smpp {
    fn speaks(&self) -> Speaks {
        Speaks::Smpp
    }

    fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    fn proxies(&self) -> &[Network] {
        &self.settings.proxies
    }

    fn patience(&self) -> Duration {
        self.settings.session_init
    }

    async fn attend(self: Arc<Self>, caller: Caller) {
        let Caller { stream, ends, standing, stop } = caller;
        let tape = self.sessions.recorder.client(ends);
        let recorded = Recorded::new(stream, Arc::clone(&tape));
        Connection::new(self, tape, standing, stop, postrider_link::now()).run(recorded).await;
    }
}

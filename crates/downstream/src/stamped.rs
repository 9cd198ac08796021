//! Doors for protocols that name a message by its recipient and a time stamp: EMI/UCP and CIMD2. Here is what both have in
//! common; what is in a frame is for `ucp` and `cimd2`.

mod connection;
pub(crate) mod content;
pub(crate) mod conversation;
mod end;
pub mod fuzzing;
mod naming;
pub(crate) mod question;
mod settings;
#[cfg(test)]
pub(crate) mod testing;
mod told;

pub(crate) use end::Ending;
pub use settings::Settings;

use crate::connections::Connections;
use crate::sessions::Sessions;
use crate::sessions::listener::{self, Caller, Door as Listened};
use crate::sessions::speaks::Speaks;
use crate::{cimd2, ucp};
use connection::Connection;
use naming::Naming;
use postrider_core::account::Network;
use postrider_trace::Recorded;
use rustls::ServerConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A protocol of these doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// EMI/UCP.
    Ucp,
    /// CIMD2.
    Cimd2,
}

/// The door of one protocol: what its sessions work with, shared by all its listeners.
pub struct Door {
    protocol: Protocol,
    sessions: Arc<Sessions>,
    settings: Settings,
    naming: Naming,
    connections: Arc<Connections>,
}

impl Door {
    /// A door with nobody at it yet.
    #[must_use]
    pub fn new(protocol: Protocol, sessions: Arc<Sessions>, settings: Settings) -> Self {
        let connections = Connections::new(protocol.speaks().word(), settings.connections);
        Self { protocol, sessions, settings, naming: Naming::default(), connections }
    }
}

/// Serves clients until `stop` holds true or its sender is gone. Then nobody is taken in any more, messages in hand are
/// stored and answered, and every session is ended; when this returns, the last is closed.
///
/// Several listeners may share one `door`, one with TLS and one without, say.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    door: Arc<Door>,
    stop: watch::Receiver<bool>,
) {
    listener::serve(listener, tls, door, stop).await;
}

impl Protocol {
    pub(crate) const fn speaks(self) -> Speaks {
        match self {
            Self::Ucp => Speaks::Ucp,
            Self::Cimd2 => Speaks::Cimd2,
        }
    }
}

impl Listened for Door {
    fn speaks(&self) -> Speaks {
        self.protocol.speaks()
    }

    fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    fn proxies(&self) -> &[Network] {
        &self.settings.proxies
    }

    fn patience(&self) -> Duration {
        self.settings.login
    }

    async fn attend(self: Arc<Self>, caller: Caller) {
        let Caller { stream, ends, standing, stop } = caller;
        let now = postrider_link::now();
        let tape = self.sessions.recorder.client(ends);
        let stream = Recorded::new(stream, Arc::clone(&tape));
        match self.protocol {
            Protocol::Ucp => {
                let conversation = ucp::Conversation::begin(&self.settings, now);
                Connection::new(self, conversation, tape, standing, stop, now).run(stream).await;
            }
            Protocol::Cimd2 => {
                let conversation = cimd2::Conversation::begin(&self.settings, now);
                Connection::new(self, conversation, tape, standing, stop, now).run(stream).await;
            }
        }
    }
}

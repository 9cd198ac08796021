//! The web console: pages for people, made of the API's answers.
//!
//! Every page asks the API, in the same process, with the key of whoever looks. So a person sees and does what their key may
//! see and do, limits and the audit log hold, and what the console can do, the API can do. The console knows no store, no
//! protocol and no part of the engine.

mod amount;
mod api;
mod assets;
mod chart;
mod clock;
mod cookies;
mod form;
mod frame;
mod guard;
mod icons;
mod live;
mod pages;
mod preferences;
mod qr;
mod session;
mod texts;
mod visitor;
mod when;
mod words;

pub use api::Api;
pub use frame::places;

use axum::Router;
use session::Sessions;
use std::sync::Arc;
use tokio::sync::watch;

/// The ports at which customers reach the node by SMPP.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// In clear.
    pub smpp: Option<u16>,
    /// With TLS.
    pub smpp_tls: Option<u16>,
}

/// The console of a node.
pub struct Console {
    api: Arc<dyn Api>,
    ports: Ports,
    sessions: Sessions,
    closed: watch::Sender<bool>,
}

impl Console {
    /// The console in front of this API. The ports are told to customers.
    #[must_use]
    pub fn new(api: Arc<dyn Api>, ports: Ports) -> Arc<Self> {
        Arc::new(Self { api, ports, sessions: Sessions::default(), closed: watch::Sender::new(false) })
    }

    /// Its pages, at `/console`; `/` leads browsers there.
    pub fn router(self: &Arc<Self>) -> Router {
        pages::router(Arc::clone(self))
    }

    /// Ends the streams of live pages, so that the node can stop.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }
}

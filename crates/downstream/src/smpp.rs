//! The SMPP server for clients: 3.3, 3.4 and 5.0, with TLS or without. The protocol's own state is
//! `postrider_wire`'s; what may be sent is decided at the intake, and receipts wait in the outbox.

mod address_range;
mod answer;
mod batch;
mod body;
mod client_reference;
mod gate;
mod handover;
mod inbox;
mod login;
mod message;
mod notices;
mod proxied;
mod query;
mod receipt;
mod server;
mod session;
mod settings;
mod submit;
mod waits;

pub use server::serve;
pub use settings::Settings;

use crate::connections::Connections;
use gate::Gate;
use handover::Handover;
use postrider_access::audit::Auditor;
use postrider_access::wrong_logins::WrongLogins;
use postrider_core::contract::{Archive, Intake, Live, Outbox};
use postrider_declare::Passwords;
use postrider_trace::Recorder;
use std::sync::Arc;

/// The SMPP server's door: what its sessions work with, shared by all its listeners.
pub struct Smpp {
    intake: Arc<dyn Intake>,
    archive: Arc<dyn Archive>,
    outbox: Arc<dyn Outbox>,
    live: Arc<dyn Live>,
    passwords: Arc<Passwords>,
    recorder: Arc<Recorder>,
    settings: Settings,
    gate: Gate,
    handover: Handover,
    wrong_logins: WrongLogins,
    auditor: Arc<Auditor>,
    connections: Arc<Connections>,
}

/// The counters of the engine that the server's sessions stand at.
#[derive(Clone)]
pub struct Counters {
    /// Where messages are handed in.
    pub intake: Arc<dyn Intake>,
    /// Where messages are asked about.
    pub archive: Arc<dyn Archive>,
    /// Where receipts are fetched.
    pub outbox: Arc<dyn Outbox>,
    /// The rules in force.
    pub live: Arc<dyn Live>,
}

impl Smpp {
    /// A door with nobody at it yet. What goes over its sessions is recorded.
    #[must_use]
    pub fn new(
        counters: Counters,
        passwords: Arc<Passwords>,
        recorder: Arc<Recorder>,
        auditor: Arc<Auditor>,
        settings: Settings,
    ) -> Self {
        let Counters { intake, archive, outbox, live } = counters;
        let connections = Connections::new("smpp", settings.connections);
        Self {
            intake,
            archive,
            outbox,
            live,
            passwords,
            recorder,
            settings,
            gate: Gate::default(),
            handover: Handover::default(),
            wrong_logins: WrongLogins::default(),
            auditor,
            connections,
        }
    }
}

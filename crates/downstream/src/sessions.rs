//! What the doors that keep sessions share: SMPP's, UCP's and CIMD2's. Who is let in, how many sessions an account has, how a
//! listener takes connections in, how messages are read and handed in, and how notices reach a session.

pub(crate) mod address_range;
pub(crate) mod body;
pub(crate) mod gate;
pub(crate) mod handover;
pub(crate) mod intake;
pub(crate) mod listener;
pub(crate) mod login;
pub(crate) mod notices;
pub(crate) mod pieces;
mod proxied;
pub(crate) mod speaks;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod waits;

pub use gate::ClientSession;

use gate::Gate;
use handover::Handover;
use postrider_access::audit::Auditor;
use postrider_access::wrong_logins::WrongLogins;
use postrider_core::contract::{Archive, Intake, Live, Outbox};
use postrider_declare::Passwords;
use postrider_trace::Recorder;
use std::sync::Arc;

/// What sessions of every protocol work with. All doors of a node share it, so that an account's sessions are counted
/// together and hand notices to each other.
pub struct Sessions {
    pub(crate) intake: Arc<dyn Intake>,
    pub(crate) archive: Arc<dyn Archive>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) live: Arc<dyn Live>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) auditor: Arc<Auditor>,
    pub(crate) gate: Gate,
    pub(crate) handover: Handover,
    pub(crate) wrong_logins: WrongLogins,
}

/// The counters of the engine that sessions stand at.
#[derive(Clone)]
pub struct Counters {
    /// Where messages are handed in.
    pub intake: Arc<dyn Intake>,
    /// Where messages are asked about.
    pub archive: Arc<dyn Archive>,
    /// Where notices are fetched.
    pub outbox: Arc<dyn Outbox>,
    /// The rules in force.
    pub live: Arc<dyn Live>,
}

impl Sessions {
    /// No session is open yet. What goes over SMPP's is recorded.
    #[must_use]
    pub fn new(
        counters: Counters,
        passwords: Arc<Passwords>,
        recorder: Arc<Recorder>,
        auditor: Arc<Auditor>,
    ) -> Arc<Self> {
        let Counters { intake, archive, outbox, live } = counters;
        Arc::new(Self {
            intake,
            archive,
            outbox,
            live,
            passwords,
            recorder,
            auditor,
            gate: Gate::default(),
            handover: Handover::default(),
            wrong_logins: WrongLogins::default(),
        })
    }

    /// The sessions that clients have open here, by account, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<ClientSession> {
        self.gate.list()
    }
}

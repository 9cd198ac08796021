//! What the declared things mean, ready to be put in force.

use super::{Set, UpstreamDocument};
use postrider_core::delivery::FaultKind;
use postrider_core::message::Parameter;
use postrider_core::receipt::Reported;
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Ask, Rules};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Everything that is declared at one moment, checked and read.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// What decides about messages.
    pub rules: Arc<Rules>,
    /// The ways out, disabled ones too, by name.
    pub upstreams: Vec<(UpstreamId, Arc<DeclaredUpstream>)>,
    /// The documents that it was read from.
    pub set: Arc<Set>,
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredHost {
    /// A name or an address.
    pub name: Box<str>,
    /// Its TCP port.
    pub port: u16,
}

/// An upstream as its adapter needs it: its document, with what stands there as text read.
#[derive(Clone, PartialEq)]
pub struct DeclaredUpstream {
    /// The document, without its literal secrets.
    pub document: UpstreamDocument,
    /// Where the carrier listens, in the order in which it is tried.
    pub hosts: Vec<DeclaredHost>,
    /// Where it listens for receivers.
    pub receiver_hosts: Vec<DeclaredHost>,
    /// The address to connect from.
    pub bind_ip: Option<IpAddr>,
    /// The password; empty for none.
    pub password: Box<str>,
    /// The password of receivers.
    pub receiver_password: Box<str>,
    /// The longest validity that the carrier is told.
    pub validity_max: Duration,
    /// The tag of the parameter that names the message in receipts.
    pub id_tag: Option<u16>,
    /// What the carrier's own words mean in receipts.
    pub words: Vec<(Box<str>, Reported)>,
    /// Whether the carrier is asked about parts whose receipts don't come.
    pub ask: Option<Ask>,
    /// What the carrier's codes mean where the usual reading is wrong.
    pub errors: Vec<(u32, FaultKind)>,
    /// How long a link pauses.
    pub pause: Duration,
    /// How long until the next try after the login was refused.
    pub login_retry: Duration,
    /// How long the carrier keeps a session that was lost.
    pub session_timeout: Duration,
    /// What every message is given that doesn't say it itself.
    pub parameters: Box<[Parameter]>,
    /// The SHA-256 of the one certificate that is trusted, if its `verify` says so.
    pub fingerprint: Option<[u8; 32]>,
    /// How long a session may be silent before it is asked whether it lives.
    pub enquire_link: Duration,
    /// How long an answer is waited for.
    pub response_timeout: Duration,
    /// The longest pause between attempts to connect.
    pub reconnect_max: Duration,
}

impl DeclaredUpstream {
    /// Whether sessions made for `other` serve this one too: nothing but the rate differs, which is
    /// the engine's affair.
    #[must_use]
    pub fn same_sessions(&self, other: &Self) -> bool {
        let rate = self.document.rate;
        let other = Self { document: UpstreamDocument { rate, ..other.document.clone() }, ..other.clone() };
        *self == other
    }
}

impl fmt::Debug for DeclaredUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeclaredUpstream").field("document", &self.document).finish_non_exhaustive()
    }
}

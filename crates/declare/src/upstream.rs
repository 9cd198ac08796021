//! Upstreams as people declare them: what all have in common, and the settings of the protocol that each speaks.

pub mod cimd2;
mod codes;
pub mod connection;
pub mod http;
pub mod mm7;
pub mod modem;
mod queue;
pub mod smpp;
mod timers;
pub mod ucp;

use crate::describe::{self, Field};
use crate::document::{Document, SecretPlace};
use crate::json::Table;
use crate::limit::{Above, AtMost};
use crate::mistake::{Found, Notes};
use crate::secret::{Secret, Secrets};
use crate::setting::{Setting, Settings, to_json, write_field};
use crate::span::Span;
use crate::tree::Node;
use crate::written::Written;
use crate::{settings, words};
use cimd2::Cimd2Upstream;
use connection::TlsDocument;
use http::HttpUpstream;
use mm7::Mm7Upstream;
use modem::ModemUpstream;
use postrider_core::bind::Bind;
use postrider_core::carriage::Carriage;
use postrider_core::delivery::Unanswered;
use postrider_core::message::Class;
use postrider_core::numbering::NetworkCode;
use postrider_core::reference::ReferenceForm;
use postrider_core::rules::Ask;
pub use queue::{PartLimitsDocument, ReservedDocument, RetryDocument};
use smpp::SmppUpstream;
use std::sync::Arc;
pub use timers::Timers;
use ucp::UcpUpstream;

/// The most accounts of a carrier.
const NOT_FROM_MAX: usize = 100;

settings! {
    /// An upstream: a carrier or an aggregator, and the connection to it.
    pub struct UpstreamDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// Whether it is used. A disabled upstream keeps its queue, sends nothing and is not connected.
        enabled: bool = true;
        /// Parts a second over all sessions together. Default: no limit, until the carrier says "too fast".
        rate: Option<f64> = None, Above(0.0);
        /// The treatment of unanswered messages, by class: the carrier may have them.
        /// Default: all are sent again but `marketing`.
        unanswered: UnansweredDocument = UnansweredDocument::default();
        /// The share of its throughput that each class keeps though more urgent ones wait. Emergencies go before all shares.
        reserved: ReservedDocument = ReservedDocument::default();
        /// When failed attempts are repeated. Default: after 2 s, 5 s, 15 s, 45 s, 2 min, 5 min, 10 min, and then every 15 min; 50
        /// attempts at most.
        retry: Option<RetryDocument> = None;
        /// The messages that wait for it, over all nodes, from which on new ones go by the next upstream of their route, if that one isn't
        /// full. Default: it is never full.
        full_at: Option<u32> = None, 1..=100_000_000;
        /// The most parts that it sends in periods of the calendar (UTC), over all nodes. When a limit of a day or a month is used up by
        /// what was sent and what waits, new messages go by the next upstream of their route. Default: no limit.
        limits: Option<PartLimitsDocument> = None;
        /// The most parts of each of its binds alone in periods of the calendar (UTC), for carriers that count so. Other binds go on.
        /// When the days or months of all binds are used up, new messages go by the next upstream of their route.
        /// Only protocols with sessions, and several `modems`, have binds. Default: no limit.
        bind_limits: Option<PartLimitsDocument> = None;
        /// Names of accounts whose messages never go by it: those by which its carrier sends to this gateway. Their messages would go back
        /// to where they came from. Default: none.
        not_from: Vec<String> = Vec::new(), AtMost(NOT_FROM_MAX);
        /// How long parts of a long message from a handset wait for the others. What has come by then is delivered, with a mark.
        parts_wait: Span = "2m".into(), "1s"..="1d";
        /// The name of the tariff of what a part costs (`postrider tariff`). Default: none; routes may say costs of their own.
        tariff: String = String::new();
        /// A name of the carrier, for several upstreams that lead to it: a receipt for a message that one of them sent may
        /// come by another. Default: none.
        carrier: String = String::new();
        /// The mobile network that it belongs to, such as that of a SIM, by its country and network code (`26201`), for routes with
        /// `strategy = "own_network"`. Default: none.
        network: Option<Written<NetworkCode>> = None;
    }
    with {
        /// The protocol that it speaks, with its settings.
        protocol: Protocol,
    }
}

settings! {
    /// The treatment of unanswered messages, by class: the carrier may have them.
    pub struct UnansweredDocument: Default {
        /// Of class `emergency`.
        emergency: Unanswered = Unanswered::Retry;
        /// Of class `otp`.
        otp: Unanswered = Unanswered::Retry;
        /// Of class `transactional`.
        transactional: Unanswered = Unanswered::Retry;
        /// Of class `marketing`.
        marketing: Unanswered = Unanswered::Fail;
    }
}

impl UnansweredDocument {
    /// By class, in the order of classes.
    #[must_use]
    pub const fn by_class(&self) -> [Unanswered; Class::COUNT] {
        [self.emergency, self.otp, self.transactional, self.marketing]
    }
}

words! {
    /// The treatment of an unanswered message.
    impl WhenUnanswered for Unanswered {
        /// It is sent again, marked as a possible duplicate.
        Retry = "retry",
        /// It is not sent again, and stays `sent` until the carrier says something, or as long as receipts are waited for.
        Hold = "hold",
        /// It is not sent again, and ends as `unknown` at once.
        Fail = "fail",
    }
}

/// The common questions to the settings of every protocol.
pub trait Speaks: Settings {
    /// Visits each place that a secret may have.
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>));
    /// Visits each path of a file.
    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String));
    /// The encryption of the connection, if any.
    fn tls(&self) -> Option<&TlsDocument>;
    /// Notes settings that contradict each other, and secrets that can't be used.
    fn check(&self, secrets: &Secrets, notes: &Notes<'_>);
    /// Notes files, other than those of TLS, that can't be what they are named for.
    fn check_files(&self, _notes: &Notes<'_>) {}
    /// The traits of an upstream that hold for every protocol.
    fn traits(&self) -> Traits;
}

/// The traits of an upstream that hold for every protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    /// Parts that may be unanswered at once over all binds.
    pub window: usize,
    /// Binds that are kept, over all nodes.
    pub binds: u16,
    /// Its binds, where they differ from each other; none where all are alike.
    pub each_bind: Vec<Bind>,
    /// Links of one bind: 2 if it sends over one and receives over the other.
    pub links_per_bind: usize,
    /// The spelling in receipts of the identifiers of answers.
    pub reference_form: ReferenceForm,
    /// Whether one receipt is about all parts of a message.
    pub one_receipt: bool,
    /// The time after which the carrier is asked about parts without receipts (`query_sm`).
    pub ask: Option<Ask>,
    /// The addresses that it can carry.
    pub carriage: Carriage,
    /// Where it leads. What was found out of a carrier holds for as long as this stays the same.
    pub place: Box<str>,
}

impl Traits {
    /// The links of all binds.
    #[must_use]
    pub fn links(&self) -> usize {
        usize::from(self.binds) * self.links_per_bind
    }
}

/// The key that tags an upstream's table with its protocol.
const TAG: &str = "protocol";

macro_rules! protocols {
    ($($(#[doc = $doc:literal])+ $variant:ident, $word:literal: $settings:ty;)+) => {
        /// The protocol of an upstream, with its settings. They are in the upstream's table, beside the key `protocol`, which
        /// says whose they are.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Protocol {
            $($(#[doc = $doc])+ $variant(Arc<$settings>),)+
        }

        /// A protocol of upstreams.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProtocolWord {
            $($(#[doc = $doc])+ $variant,)+
        }

        words! {
            /// A protocol of upstreams.
            impl Protocol for ProtocolWord {
                $($(#[doc = $doc])+ $variant = $word,)+
            }
        }

        impl Protocol {
            /// The word for it.
            #[must_use]
            pub const fn word(&self) -> ProtocolWord {
                match self {
                    $(Self::$variant(_) => ProtocolWord::$variant,)+
                }
            }

            /// The traits that the gateway needs to know.
            #[must_use]
            pub fn traits(&self) -> Traits {
                match self {
                    $(Self::$variant(settings) => settings.traits(),)+
                }
            }

            /// The encryption of the connection, if any.
            #[must_use]
            pub fn tls(&self) -> Option<&TlsDocument> {
                match self {
                    $(Self::$variant(settings) => settings.tls(),)+
                }
            }

            pub(crate) fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
                match self {
                    $(Self::$variant(settings) => settings.check(secrets, notes),)+
                }
            }

            fn check_files(&self, notes: &Notes<'_>) {
                match self {
                    $(Self::$variant(settings) => settings.check_files(notes),)+
                }
            }

            fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
                match self {
                    $(Self::$variant(settings) => Arc::make_mut(settings).each_secret(visit),)+
                }
            }

            fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
                match self {
                    $(Self::$variant(settings) => Arc::make_mut(settings).each_file(visit),)+
                }
            }
        }

        impl Settings for Protocol {
            fn keys(node: &Node) -> Vec<&'static str> {
                let mut keys = vec![TAG];
                match tag(node, &Found::default().notes()) {
                    $(Some(ProtocolWord::$variant) => keys.extend(<$settings>::keys(node)),)+
                    // One mistake is told of a protocol that there isn't.
                    None => {
                        $(keys.extend(<$settings>::keys(node));)+
                    }
                }
                keys
            }

            fn read_fields(node: &Node, notes: &Notes<'_>) -> Self {
                match tag(node, notes) {
                    $(Some(ProtocolWord::$variant) => {
                        Self::$variant(Arc::new(<$settings>::read_fields(node, notes)))
                    })+
                    None => Self::read_fields(&Node::empty(), &Found::default().notes()),
                }
            }

            fn write_fields(&self, to: &mut Table) {
                write_field(TAG, &self.word(), || None, to);
                match self {
                    $(Self::$variant(settings) => settings.write_fields(to),)+
                }
            }

            fn describe() -> Vec<Field> {
                let mut fields = vec![Field {
                    name: TAG,
                    text: "The protocol that it speaks.",
                    kind: ProtocolWord::kind(),
                    bounds: describe::Bounds::All,
                    default: describe::Default::Value(to_json(&USUAL)),
                    only: Vec::new(),
                }];
                let all = vec![$(($word, <$settings>::describe())),+];
                fields.extend(describe::together(all));
                fields
            }
        }
    };
}

protocols! {
    /// SMPP over TCP.
    Smpp, "smpp": SmppUpstream;
    /// EMI/UCP over TCP.
    Ucp, "ucp": UcpUpstream;
    /// CIMD2 over TCP.
    Cimd2, "cimd2": Cimd2Upstream;
    /// A GSM or LTE modem, by AT commands.
    Modem, "modem": ModemUpstream;
    /// A provider's interface over HTTP, as a preset describes it.
    Http, "http": HttpUpstream;
    /// MM7 over HTTP, to a centre for multimedia messages (MMSC).
    Mm7, "mm7": Mm7Upstream;
}

/// The protocol of upstreams that name none.
const USUAL: ProtocolWord = ProtocolWord::Smpp;

/// The protocol that a table names; `None` if there is no such protocol.
fn tag(node: &Node, notes: &Notes<'_>) -> Option<ProtocolWord> {
    match node.get(TAG) {
        Some(node) => ProtocolWord::read(node, &notes.key(TAG)),
        None => Some(USUAL),
    }
}

impl Protocol {
    /// The settings with nothing given: every protocol needs some.
    #[must_use]
    pub const fn defaults() -> Option<Self> {
        None
    }
}

impl Document for UpstreamDocument {
    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        self.protocol.each_secret(visit);
    }

    fn check_files(&self, notes: &Notes<'_>) {
        if let Some(tls) = self.protocol.tls() {
            tls.check_files(&notes.key("tls"));
        }
        self.protocol.check_files(notes);
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.protocol.each_file(visit);
    }
}

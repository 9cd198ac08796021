//! The configuration file as it is written: the sections of a node, and what it declares. The reference of
//! settings is made from the comments here, so each says what a setting is for, its limits and its default.

use postrider_downstream::resource::{AccountDocument, RouteDocument, Secret, Span, UpstreamDocument};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    pub(crate) node: NodeSection,
    pub(crate) http: HttpSection,
    pub(crate) smpp: SmppSection,
    pub(crate) log: LogSection,
    pub(crate) admin: AdminSection,
    pub(crate) retention: RetentionSection,
    pub(crate) accounts: BTreeMap<String, AccountDocument>,
    pub(crate) upstreams: BTreeMap<String, UpstreamDocument>,
    pub(crate) routes: BTreeMap<String, RouteDocument>,
}

/// What this process needs to run.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NodeSection {
    /// The directory of the message store, made at the first start. `--data` overrides it. Like every path here it is
    /// taken from the directory of this file. Default: `postrider-data`.
    pub(crate) data: String,
    /// The PostgreSQL database that several nodes share, instead of a message store of this node's own:
    /// `postgres://user:password@host/database`, with several hosts if there are replicas. It says
    /// `sslmode=require` for TLS, verified against this machine's authorities, or those in `sslrootcert=FILE`.
    /// Default: none.
    pub(crate) store: Option<Secret>,
    /// The number of this node, 0 to 255, of nodes that share a database 1 to 255: two nodes never make the same
    /// message id if theirs differ. Default: 0, or the first that no living node has.
    pub(crate) number: Option<u8>,
    /// How long a stopping node waits for answers that are under way, from 1s to 10m. Default: `25s`.
    pub(crate) drain: Span,
}

/// The door for applications: the REST API, health and metrics.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpSection {
    /// The address and port to listen at. `--http` overrides it. Default: `127.0.0.1:8080`.
    pub(crate) listen: String,
    /// A second listener, encrypted (HTTPS). Default: none.
    pub(crate) tls: Option<TlsSection>,
}

/// The door for SMPP clients.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SmppSection {
    /// Whether SMPP clients are let in at all. Default: true.
    pub(crate) enabled: bool,
    /// The address and port to listen at. `--smpp` overrides it. Default: `127.0.0.1:2775`.
    pub(crate) listen: String,
    /// Addresses and networks of load balancers, such as `10.0.0.5` or `10.0.0.0/24`: connections from there must begin
    /// with a PROXY protocol header, version 2, and the client is whom it names. Default: none.
    pub(crate) proxies: Vec<String>,
    /// How long a client may be silent before it is asked whether it lives (`enquire_link`), up to 1h; 0s is for never, where
    /// clients can't answer. Default: `30s`.
    pub(crate) enquire_link: Span,
    /// How long a client may take to answer a receipt, or whether it lives, from 1s to 10m. Default: `30s`.
    pub(crate) response_timeout: Span,
    /// A second listener, encrypted. Default: none.
    pub(crate) tls: Option<TlsSection>,
}

/// A second listener, encrypted. Its certificate is read again on SIGHUP.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsSection {
    /// The address and port to listen at, such as `0.0.0.0:8443` for HTTP or `0.0.0.0:3550` for SMPP.
    pub(crate) listen: String,
    /// The file with the certificate and after it its chain (PEM).
    pub(crate) cert_file: String,
    /// The file with the certificate's key (PEM).
    pub(crate) key_file: String,
}

/// What is logged, and how.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    /// How lines look: `pretty` for people, `json` for programs. Default: `pretty` on a terminal, `json` elsewhere.
    pub(crate) format: Option<LogFormat>,
    /// What is worth a line: `error`, `warn`, `info`, `debug` or `trace`. `debug` adds a line for each change of a
    /// message's state. The environment variable `POSTRIDER_LOG` overrides it, and may set a level for each target:
    /// `info,message=debug`. Default: `info`.
    pub(crate) level: Level,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// For programs: one JSON object a line.
    Json,
}

/// What is worth a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// What needs somebody's hands.
    Error,
    /// What may need them soon.
    Warn,
    /// What changed.
    #[default]
    Info,
    /// What happened to each message.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Who may administer the gateway.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdminSection {
    /// Keys of administrators, by the name under which their changes are recorded, 20 to 200 characters each:
    /// `keys.alice = { file = "/run/secrets/alice" }`.
    /// Default: one key, made at the first start and kept in the file `admin.key` of the data directory.
    pub(crate) keys: BTreeMap<String, Secret>,
}

/// How long things are kept.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RetentionSection {
    /// How long messages that have come to their end are kept, from 1d to 3650d. Default: `90d`.
    pub(crate) messages: Span,
}

impl Default for NodeSection {
    fn default() -> Self {
        Self { data: "postrider-data".into(), store: None, number: None, drain: Span::new("25s") }
    }
}

impl Default for HttpSection {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8080".into(), tls: None }
    }
}

impl Default for SmppSection {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: "127.0.0.1:2775".into(),
            proxies: Vec::new(),
            enquire_link: Span::new("30s"),
            response_timeout: Span::new("30s"),
            tls: None,
        }
    }
}

impl Default for RetentionSection {
    fn default() -> Self {
        Self { messages: Span::new("90d") }
    }
}

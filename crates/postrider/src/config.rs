//! The node's configuration: a TOML file read, checked as a whole, and turned into what it means. What is done
//! with it (listening, logging, sending) is not said here.

mod brokers;
mod check;
mod declared;
mod diagnostic;
mod encryption;
mod explain;
mod judge;
mod outboxes;
mod pem;
pub(crate) mod reference;
mod secrets;
mod settings;
mod sign_in;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use diagnostic::{Diagnostic, Severity, Source};
pub(crate) use secrets::Variables;
pub(crate) use settings::LogFormat;

use crate::failure::{Failure, plain};
use crate::terminal;
pub(crate) use brokers::BrokerLink;
pub(crate) use encryption::Keys;
pub(crate) use outboxes::OutboxTable;
use postrider_apps::link::LinkSettings;
use postrider_core::account::Network;
use postrider_core::contract::MediaLimits;
use postrider_core::dead::DeadRule;
use postrider_core::retention::Kept;
use postrider_declare::tree::Node;
use postrider_declare::{Document, Documents, Found, Mistake, Mistakes, read, read_table};
use postrider_downstream::connections::Limits;
use postrider_downstream::stamped;
use rustls::sign::CertifiedKey;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The file that is read when none is named, if it is there.
pub(crate) const FILE: &str = "postrider.toml";

/// What a node is to do, checked.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The directory of the store.
    pub(crate) data: PathBuf,
    /// The database that nodes share, if it is not a store of this node's own.
    pub(crate) store: Option<Shared>,
    /// The node's number, if it is given.
    pub(crate) number: Option<u8>,
    /// How long a starting node waits for a database that is away.
    pub(crate) store_wait: Duration,
    /// How long a stopping node waits for answers.
    pub(crate) drain: Duration,
    /// Where files of messages are dropped, if anywhere.
    pub(crate) drop_folder: Option<PathBuf>,
    /// Outbox tables that are read.
    pub(crate) outboxes: Vec<OutboxTable>,
    /// Message brokers that are used.
    pub(crate) brokers: Vec<BrokerLink>,
    /// The directory that paths of the file are taken from.
    pub(crate) base: PathBuf,
    /// Where HTTP is listened for.
    pub(crate) http: SocketAddr,
    /// Where HTTP is listened for over TLS, if at all.
    pub(crate) http_tls: Option<Tls>,
    /// Where health and metrics alone are listened for, if at all.
    pub(crate) monitoring: Option<SocketAddr>,
    /// How short links are made.
    pub(crate) links: LinkSettings,
    /// Where short links alone are listened for, if at all.
    pub(crate) links_listen: Option<SocketAddr>,
    /// The limits of HTTP connections.
    pub(crate) http_connections: Limits,
    /// Where SMPP is listened for, if at all.
    pub(crate) smpp: Option<SocketAddr>,
    /// Where SMPP is listened for over TLS, if at all.
    pub(crate) smpp_tls: Option<Tls>,
    /// The limits of SMPP connections.
    pub(crate) smpp_connections: Limits,
    /// Load balancers in front of SMPP.
    pub(crate) proxies: Vec<Network>,
    /// Silence of a client of SMPP after which it is asked whether it lives; zero for never.
    pub(crate) smpp_enquire_link: Duration,
    /// How long it may take to answer.
    pub(crate) smpp_response: Duration,
    /// The door for clients of UCP.
    pub(crate) ucp: OlderDoor,
    /// The door for clients of CIMD2.
    pub(crate) cimd2: OlderDoor,
    /// What is logged and how.
    pub(crate) log: Log,
    /// Who may administer; empty leaves it to the key in the data directory.
    pub(crate) admin_keys: Vec<AdminKey>,
    /// Where keys of administrators may be used from; empty is anywhere.
    pub(crate) admin_networks: Vec<Network>,
    /// How long texts, and messages that have ended, are kept.
    pub(crate) kept: Kept,
    /// When numbers count as dead.
    pub(crate) dead: DeadRule,
    /// The keys that values of the store are encrypted with.
    pub(crate) encryption: Keys,
    /// What is asked of users of the console.
    pub(crate) sign_in: postrider_access::Settings,
    /// How long lines of the audit log are kept.
    pub(crate) audit_kept: Duration,
    /// How long the stream of events can be resumed; zero: there is none.
    pub(crate) keep_events: Duration,
    /// The limits of media, and where people find them.
    pub(crate) media: MediaLimits,
    /// Whether media may be fetched from private addresses.
    pub(crate) fetch_private: bool,
    /// The accounts, upstreams and routes that the file declares, their secrets filled in.
    pub(crate) documents: Documents,
}

impl Config {
    /// Listeners that strangers may reach and listen in on, by their sections.
    pub(crate) fn exposed(&self) -> Vec<(&'static str, SocketAddr)> {
        let listeners = [
            ("http", Some(self.http)),
            ("smpp", self.smpp),
            ("ucp", self.ucp.listen),
            ("cimd2", self.cimd2.listen),
        ];
        let exposed = listeners.into_iter().filter_map(|(door, address)| Some((door, address?)));
        exposed.filter(|(_, address)| check::is_public(address.ip())).collect()
    }

    /// The settings that differ in `other` and take effect at a start only.
    pub(crate) fn need_restart(&self, other: &Self) -> Vec<&'static str> {
        let listens = |tls: &Option<Tls>| tls.as_ref().map(|tls| tls.listen);
        let media = |config: &Self| {
            let limits = &config.media;
            (limits.size_max, limits.account_max, limits.keep, config.fetch_private)
        };
        let differ = [
            ("node.data", self.data != other.data),
            ("node.store", self.store != other.store),
            ("node.number", self.number != other.number),
            ("node.store_wait", self.store_wait != other.store_wait),
            ("node.drain", self.drain != other.drain),
            ("node.drop_folder", self.drop_folder != other.drop_folder),
            ("outboxes", self.outboxes != other.outboxes),
            ("brokers", self.brokers != other.brokers),
            ("http.listen", self.http != other.http),
            ("http.tls.listen", listens(&self.http_tls) != listens(&other.http_tls)),
            ("http.monitoring", self.monitoring != other.monitoring),
            ("links", self.links != other.links),
            ("links.listen", self.links_listen != other.links_listen),
            ("http.connections", self.http_connections.in_all != other.http_connections.in_all),
            (
                "http.connections_per_address",
                self.http_connections.per_address != other.http_connections.per_address,
            ),
            ("smpp.listen", self.smpp != other.smpp),
            ("smpp.tls.listen", listens(&self.smpp_tls) != listens(&other.smpp_tls)),
            ("smpp.connections", self.smpp_connections.in_all != other.smpp_connections.in_all),
            (
                "smpp.connections_per_address",
                self.smpp_connections.per_address != other.smpp_connections.per_address,
            ),
            ("smpp.proxies", self.proxies != other.proxies),
            ("smpp.enquire_link", self.smpp_enquire_link != other.smpp_enquire_link),
            ("smpp.response_timeout", self.smpp_response != other.smpp_response),
            ("ucp.listen", self.ucp.listen != other.ucp.listen),
            ("ucp.tls.listen", listens(&self.ucp.tls) != listens(&other.ucp.tls)),
            ("ucp", self.ucp.settings != other.ucp.settings),
            ("cimd2.listen", self.cimd2.listen != other.cimd2.listen),
            ("cimd2.tls.listen", listens(&self.cimd2.tls) != listens(&other.cimd2.tls)),
            ("cimd2", self.cimd2.settings != other.cimd2.settings),
            ("log.format", self.log.format != other.log.format),
            ("admin.keys", self.admin_keys != other.admin_keys),
            ("admin.allow", self.admin_networks != other.admin_networks),
            ("retention", (self.kept, self.audit_kept) != (other.kept, other.audit_kept)),
            ("retention.events", self.keep_events != other.keep_events),
            ("http.public_url", self.media.public_url != other.media.public_url),
            ("media", media(self) != media(other)),
            ("sign_in", self.sign_in != other.sign_in),
        ];
        differ.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// The door of an older protocol.
#[derive(Clone, Debug)]
pub(crate) struct OlderDoor {
    /// Where it listens, if at all.
    pub(crate) listen: Option<SocketAddr>,
    /// Where it listens with TLS, if at all.
    pub(crate) tls: Option<Tls>,
    pub(crate) settings: stamped::Settings,
}

/// A database that nodes share.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shared {
    /// Its URL, which mostly holds a password.
    pub(crate) url: String,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// An encrypted listener.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// The certificate that it shows, with its chain and its key.
    pub(crate) identity: Arc<CertifiedKey>,
}

/// What is logged and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    /// How lines look; `None` leaves it to where they go.
    pub(crate) format: Option<LogFormat>,
    /// The level, as a filter of `tracing`.
    pub(crate) level: String,
}

/// A key of an administrator.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AdminKey {
    /// Under what name changes are recorded.
    pub(crate) name: String,
    /// The key's SHA-256.
    pub(crate) hash: postrider_core::account::KeyHash,
    /// What it may be used for.
    pub(crate) rights: postrider_core::principal::Rights,
}

impl std::fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A file that was looked at.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The file.
    pub(crate) source: Source,
    /// Mistakes and doubts.
    diagnostics: Vec<Diagnostic>,
    root: Node,
    mistakes: Vec<Mistake>,
    draft: Option<Config>,
}

impl Examined {
    /// Reads and checks a text. Paths in it are relative to `base`; environment variables are found in `variables`.
    /// What is declared is read but not judged: see [`Examined::reject`].
    pub(crate) fn of(source: Source, base: &Path, variables: Variables<'_>) -> Self {
        let (root, syntax) = syntax::parse(&source.text);
        let found = Found::default();
        let file: Option<settings::File> = read_table(&root, &found.notes());
        let mistakes = found.into_mistakes();
        let mut diagnostics: Vec<Diagnostic> =
            mistakes.iter().map(|mistake| explain::mistake(mistake, &root)).collect();
        // Where the syntax is wrong the value was guessed, and a wrong guess is nobody's mistake.
        diagnostics.retain(|one| !syntax.iter().any(|error| error.span.start == one.span.start));
        diagnostics.extend(syntax.iter().map(|error| explain::syntax(error, &source.text)));
        let draft = file.map(|file| {
            let mut checker = check::Checker::new(&root, base, variables, &mistakes);
            let config = checker.config(file);
            diagnostics.append(&mut checker.diagnostics);
            config
        });
        Self { source, diagnostics, root, mistakes, draft }
    }

    /// What it means; `None` if anything in it is a mistake.
    pub(crate) fn config(&self) -> Option<&Config> {
        self.draft.as_ref().filter(|_| self.mistakes().is_empty())
    }

    /// What it means to a gateway that starts, which goes on without upstreams that lack a file.
    pub(crate) fn config_to_start(&self) -> Option<&Config> {
        self.draft.as_ref().filter(|_| self.count(Severity::Error) == 0)
    }

    /// What it declares, as far as it can be read: to be judged even if there are mistakes elsewhere.
    pub(crate) fn documents(&self) -> Option<&Documents> {
        self.draft.as_ref().map(|config| &config.documents)
    }

    /// Adds what is wrong with what it declares.
    pub(crate) fn reject(&mut self, mistakes: &Mistakes) {
        let mut told: Vec<_> = self.mistakes.iter().map(|mistake| mistake.path.clone()).collect();
        for mistake in &mistakes.0 {
            // What could not be fetched is missing too: the first that is said of a place is its cause.
            if !told.iter().any(|earlier| mistake.path.starts_with(earlier)) {
                self.diagnostics.push(explain::mistake(mistake, &self.root));
                told.push(mistake.path.clone());
            }
        }
    }

    /// Adds a doubt if the file is empty, or declares some kinds of things and not all: it may be half-written, and a reload
    /// would delete what was there. A file that leaves all declarations to the API is beyond doubt.
    pub(crate) fn doubt_absence(&mut self) {
        let Some(documents) = self.documents() else { return };
        let kinds = [
            ("account", documents.accounts.is_empty()),
            ("upstream", documents.upstreams.is_empty()),
            ("route", documents.routes.is_empty()),
        ];
        let absent: Vec<&str> = kinds.iter().filter(|(_, absent)| *absent).map(|(kind, _)| *kind).collect();
        let leaves_all_to_api = absent.len() == kinds.len() && !self.source.text.trim().is_empty();
        if !absent.is_empty() && !leaves_all_to_api {
            let message = format!("the file declares no {}", absent.join(", no "));
            let help = "this is right if they are declared over the API; a gateway that has them from this file refuses a \
                        reload that deletes all of a kind, unless it is `postrider reload --allow-empty`";
            self.diagnostics.push(Diagnostic::warning(0..0, message).help(help));
        }
    }

    /// Mistakes and doubts in the order of the lines.
    pub(crate) fn diagnostics(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        all.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.severity));
        all.dedup();
        all
    }

    /// How many are as bad as this.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.diagnostics().iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// Shows all of it on standard error, as a compiler does.
    pub(crate) fn complain(&self) {
        for diagnostic in self.diagnostics() {
            terminal::complain(&format!("{}\n", diagnostic.show(&self.source)));
        }
    }

    /// Its mistakes, a line each, for logs.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let all = self.diagnostics().into_iter().filter(|one| one.severity != Severity::Warning);
        all.map(|one| one.line(&self.source)).collect()
    }

    /// The failure of a command that can't go on with this.
    pub(crate) fn failure(&self) -> Failure {
        let errors = self.count(Severity::Error);
        let noun = if errors == 1 { "mistake" } else { "mistakes" };
        Failure::usage(format!("{} has {errors} {noun}", self.source.name))
    }
}

/// What is wrong with the form of a document that is in no file, a line each.
pub(crate) fn mistakes_in<D: Document>(document: &serde_json::Value) -> Vec<String> {
    let root = Node::of_json(document);
    let (_, mistakes) = read::<D>(&root);
    let line = |mistake: &Mistake| {
        let Diagnostic { message, help, .. } = explain::mistake(mistake, &root);
        help.map_or(message.clone(), |help| format!("{message} ({help})"))
    };
    mistakes.iter().filter(|mistake| mistake.is_of_form()).map(line).collect()
}

/// Reads and checks a file, or the defaults if there is none, and judges what it declares.
pub(crate) async fn examine(path: Option<&Path>) -> Result<Examined, Failure> {
    let source = match path {
        Some(path) => Source { name: path.display().to_string(), text: read_file(path)? },
        None => Source { name: "the defaults".into(), text: String::new() },
    };
    let base = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let mut examined = Examined::of(source, base, &|name| std::env::var(name).ok());
    judge::judge(&mut examined).await?;
    Ok(examined)
}

fn read_file(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::InvalidData => "it is not a text in UTF-8".to_owned(),
            _ => plain(&error.to_string()).to_owned(),
        };
        let help = match error.kind() {
            ErrorKind::PermissionDenied => "run this as the user that the gateway runs as",
            ErrorKind::InvalidData => "save it in UTF-8; is it the right file?",
            _ => "name the file with `--config FILE`, or see `postrider config reference` to write one",
        };
        Failure::usage(format!("can't read the configuration file {}: {why}", path.display())).help(help)
    })
}

/// The file to be read: the one named, or `postrider.toml` if none is named and it is there.
pub(crate) fn find(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from(FILE)).filter(|path| path.exists()),
    }
}

/// The configuration of a node, from the file named, or else from `postrider.toml`, or else the defaults. What is
/// wrong is shown on the terminal.
pub(crate) async fn load(named: Option<&Path>) -> Result<Config, Failure> {
    let examined = examine(find(named).as_deref()).await?;
    examined.complain();
    examined.config_to_start().cloned().ok_or_else(|| examined.failure())
}

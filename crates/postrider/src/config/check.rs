//! What a file's values mean, and whether they can be meant: addresses, lengths of time, files and secrets of
//! the node. What accounts, upstreams and routes may say is their own affair and is only asked here.

use super::diagnostic::Diagnostic;
use super::explain::value_span;
use super::secrets::{self, Variables};
use super::settings::{
    AdminScope, AdminSection, DeadNumbersSection, File, HttpSection, LinksSection, MediaSection, NodeSection,
    OlderSection, RetentionSection, SmppSection, TlsSection,
};
use super::{AdminKey, Config, Log, OlderDoor, Shared, Tls, pem};
use postrider_apps::link::LinkSettings;
use postrider_core::contract::MediaLimits;
use postrider_core::dead::DeadRule;
use postrider_core::principal::Rights;
use postrider_core::retention::Kept;
use postrider_declare::tree::{Node, Step};
use postrider_declare::{Mistake, Secret, Span};
use postrider_downstream::connections::Limits;
use postrider_downstream::stamped;
use postrider_store::postgres;
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// The shortest key of an administrator, in characters.
const ADMIN_KEY_MIN: usize = 20;
/// The longest.
const ADMIN_KEY_MAX: usize = 200;

/// Checks one file.
pub(super) struct Checker<'a> {
    pub(super) root: &'a Node,
    pub(super) base: &'a Path,
    variables: Variables<'a>,
    mistakes: &'a [Mistake],
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// The way to a value by keys alone.
pub(super) fn keys(keys: &[&str]) -> Vec<Step> {
    keys.iter().map(|key| Step::Key((*key).to_owned())).collect()
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        root: &'a Node,
        base: &'a Path,
        variables: Variables<'a>,
        mistakes: &'a [Mistake],
    ) -> Self {
        Self { root, base, variables, mistakes, diagnostics: Vec::new() }
    }

    /// What the file means. It may be used only if nothing was complained of.
    pub(super) fn config(&mut self, file: File) -> Config {
        let smpp = self.smpp(&file.smpp);
        let http = self.http(&file.http);
        let (https, http_tls) = self.tls("http", file.http.tls.as_ref());
        let monitoring = self.monitoring(&file.http);
        let (links, links_listen) = (self.links(&file.links, &file.http), self.links_listen(&file.links));
        let (smpps, smpp_tls) = self.tls("smpp", file.smpp.tls.as_ref());
        let (ucp, cimd2) = (self.older("ucp", &file.ucp), self.older("cimd2", &file.cimd2));
        let encrypted = |door: &OlderDoor| door.tls.as_ref().map(|tls| tls.listen);
        self.collisions(&[
            (&["http", "listen"], http),
            (&["http", "tls", "listen"], https),
            (&["http", "monitoring"], monitoring),
            (&["links", "listen"], links_listen),
            (&["smpp", "listen"], smpp),
            (&["smpp", "tls", "listen"], smpps),
            (&["ucp", "listen"], ucp.listen),
            (&["ucp", "tls", "listen"], encrypted(&ucp)),
            (&["cimd2", "listen"], cimd2.listen),
            (&["cimd2", "tls", "listen"], encrypted(&cimd2)),
        ]);
        Config {
            data: secrets::beside(self.base, &file.node.data),
            store: self.store(&file.node),
            number: file.node.number,
            store_wait: file.node.store_wait.get(),
            outboxes: self.outboxes(&file),
            brokers: self.brokers(&file),
            base: self.base.to_owned(),
            drop_folder: file.node.drop_folder.as_ref().map(|path| secrets::beside(self.base, path)),
            drain: file.node.drain.get(),
            http: http.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
            http_tls,
            monitoring,
            links,
            links_listen,
            http_connections: limits(file.http.connections, file.http.connections_per_address),
            smpp,
            smpp_tls,
            smpp_connections: limits(file.smpp.connections, file.smpp.connections_per_address),
            proxies: file.smpp.proxies.iter().map(|network| **network).collect(),
            smpp_enquire_link: file.smpp.enquire_link.get(),
            smpp_response: file.smpp.response_timeout.get(),
            ucp,
            cimd2,
            log: Log { format: file.log.format, level: file.log.level.word().to_owned() },
            admin_keys: self.admin_keys(&file.admin),
            admin_networks: file.admin.allow.iter().map(|network| **network).collect(),
            encryption: self.encryption(&file.encryption),
            sign_in: self.sign_in(&file.sign_in),
            kept: kept(&file.retention),
            audit_kept: file.retention.audit.get(),
            dead: dead(&file.dead_numbers),
            keep_events: file.retention.events.get(),
            media: media(&file.media, &file.http),
            fetch_private: file.media.fetch_private,
            documents: self.documents(file.documents),
        }
    }

    /// Notes a mistake, unless the place is known to be wrong already.
    pub(super) fn error<'h>(
        &mut self,
        path: &[Step],
        message: impl Into<String>,
        help: impl Into<Option<&'h str>>,
    ) {
        if !self.mistakes.iter().any(|mistake| path.starts_with(&mistake.path)) {
            let mut mistake = Diagnostic::error(value_span(self.root, path), message);
            mistake.help = help.into().map(str::to_owned);
            self.diagnostics.push(mistake);
        }
    }

    /// Notes a doubt.
    pub(super) fn warn(&mut self, path: &[Step], message: impl Into<String>, help: impl Into<String>) {
        let span = value_span(self.root, path);
        self.diagnostics.push(Diagnostic::warning(span, message).help(help));
    }

    fn address(&mut self, path: &[&str], text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            self.error(&keys(path), format!("invalid address `{text}`"), better_address(text).as_str());
        }
        address
    }

    fn smpp(&mut self, section: &SmppSection) -> Option<SocketAddr> {
        let address = self.address(&["smpp", "listen"], &section.listen).filter(|_| section.enabled);
        self.exposed(
            &["smpp", "listen"],
            address,
            "listen at 127.0.0.1 here and use [smpp.tls] for clients elsewhere",
        );
        address
    }

    fn older(&mut self, door: &str, section: &OlderSection) -> OlderDoor {
        let place = [door, "listen"];
        let listen = section.listen.as_ref().and_then(|text| self.address(&place, text));
        let help = format!("listen at 127.0.0.1 here and use [{door}.tls] for clients elsewhere");
        self.exposed(&place, listen, &help);
        let (_, tls) = self.tls(door, section.tls.as_ref());
        OlderDoor {
            listen,
            tls,
            settings: stamped::Settings {
                connections: limits(section.connections, section.connections_per_address),
                proxies: section.proxies.iter().map(|network| **network).collect(),
                keepalive: section.keepalive.get(),
                response: section.response_timeout.get(),
                inactivity: section.inactivity.get(),
                utc_offset: section.utc_offset.as_ref().map_or(0, |offset| offset.0),
                checksum: section.checksum,
                ..stamped::Settings::default()
            },
        }
    }

    fn http(&mut self, section: &HttpSection) -> Option<SocketAddr> {
        let address = self.address(&["http", "listen"], &section.listen);
        self.exposed(
            &["http", "listen"],
            address,
            "listen at 127.0.0.1 here and use [http.tls] for clients elsewhere",
        );
        address
    }

    fn links_listen(&mut self, section: &LinksSection) -> Option<SocketAddr> {
        section.listen.as_ref().and_then(|text| self.address(&["links", "listen"], text))
    }

    fn links(&mut self, section: &LinksSection, http: &HttpSection) -> LinkSettings {
        let usual = http.public_url.as_ref().map(|url| format!("{}/l", url.0));
        let base = section.base_url.as_deref().map(|base| base.trim_end_matches('/')).or(usual.as_deref());
        let is_web = |base: &str| {
            let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
            rest.is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                    && rest.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '{' | '}'))
            })
        };
        if base.is_some_and(|base| !is_web(base)) {
            let message = "invalid address of short links";
            self.error(
                &keys(&["links", "base_url"]),
                message,
                "write an address such as `https://go.example/l`",
            );
        }
        LinkSettings { base: base.map(Into::into), valid_for: section.valid_for.get() }
    }

    fn monitoring(&mut self, section: &HttpSection) -> Option<SocketAddr> {
        section.monitoring.as_ref().and_then(|text| self.address(&["http", "monitoring"], text))
    }

    /// Where an encrypted listener is to be, and all of it if its certificate can be used too.
    fn tls(&mut self, door: &str, section: Option<&TlsSection>) -> (Option<SocketAddr>, Option<Tls>) {
        let Some(section) = section else { return (None, None) };
        let listen = self.address(&[door, "tls", "listen"], &section.listen);
        let tls = self
            .identity(door, section)
            .and_then(|identity| Some(Tls { listen: listen?, identity: Arc::new(identity) }));
        (listen, tls)
    }

    fn identity(&mut self, door: &str, section: &TlsSection) -> Option<CertifiedKey> {
        let place = |key: &str| keys(&[door, "tls", key]);
        let file = |path: &str| secrets::beside(self.base, path);
        let (chain, key) = (pem::chain(&file(&section.cert_file)), pem::key(&file(&section.key_file)));
        let (chain, key) = (self.usable(&place("cert_file"), chain), self.usable(&place("key_file"), key));
        self.usable(&place("key_file"), pem::identity(chain?, key?))
    }

    /// What a file holds, or a mistake noted.
    fn usable<T>(&mut self, path: &[Step], result: Result<T, pem::Unusable>) -> Option<T> {
        result.map_err(|unusable| self.error(path, unusable.what, unusable.help)).ok()
    }

    /// Warns of a listener that anybody can reach and listen in on.
    fn exposed(&mut self, path: &[&str], address: Option<SocketAddr>, help: &str) {
        if let Some(address) = address.filter(|address| is_public(address.ip())) {
            let message =
                format!("{address} is open to the network and not encrypted: keys can be read on the way");
            self.warn(&keys(path), message, help);
        }
    }

    /// Two listeners can't have one address.
    fn collisions(&mut self, doors: &[(&[&str], Option<SocketAddr>)]) {
        for (index, (place, address)) in doors.iter().enumerate() {
            let Some(address) = address.filter(|address| address.port() != 0) else { continue };
            if doors[..index].iter().any(|(_, other)| *other == Some(address)) {
                self.error(
                    &keys(place),
                    format!("two listeners have the address {address}"),
                    "give each its own port",
                );
            }
        }
    }

    /// The database that nodes share.
    fn store(&mut self, section: &NodeSection) -> Option<Shared> {
        let path = keys(&["node", "store"]);
        let secret = section.store.as_ref()?;
        let url = match secret {
            // Without a password there is nothing to hide.
            Secret::Literal(url) if !has_password(url) => url.clone(),
            secret => self.secret(&path, secret)?,
        };
        if section.number == Some(0) {
            let help = "write 1 to 255, or leave it out: then it is the first that no living node has";
            self.error(&keys(&["node", "number"]), "nodes that share a database are numbered from 1", help);
        }
        if let Err(why) = postgres::check_url(&url) {
            let help = "write it as `postgres://user:password@host/database`";
            self.error(&path, format!("invalid URL of a PostgreSQL database: {why}"), help);
        }
        Some(Shared { url })
    }

    fn admin_keys(&mut self, section: &AdminSection) -> Vec<AdminKey> {
        let mut found = Vec::new();
        for (name, secret) in &section.keys {
            let path = keys(&["admin", "keys", name]);
            let Some(key) = self.secret(&path, secret) else { continue };
            let length = key.chars().count();
            if (ADMIN_KEY_MIN..=ADMIN_KEY_MAX).contains(&length) {
                let rights = section.scopes.get(name).map_or(Rights::ALL, |scopes| rights(scopes));
                let hash = Sha256::digest(key.as_bytes()).into();
                found.push(AdminKey { name: name.clone(), hash, rights });
            } else {
                self.error(
                    &path,
                    format!(
                        "the key has {length} characters; {ADMIN_KEY_MIN} to {ADMIN_KEY_MAX} are allowed"
                    ),
                    "make one with `openssl rand -hex 24`",
                );
            }
        }
        for name in section.scopes.keys().filter(|name| !section.keys.contains_key(*name)) {
            let words = format!("there is no administrator's key `{name}`");
            self.error(&keys(&["admin", "scopes", name]), words, "name one of `admin.keys`");
        }
        found
    }

    /// The text of a secret; a warning if it stands in the file itself.
    pub(super) fn secret(&mut self, path: &[Step], secret: &Secret) -> Option<String> {
        if matches!(secret, Secret::Literal(_)) {
            self.warn_literal(path);
        }
        match secrets::resolve(secret, self.base, self.variables) {
            Ok(text) => Some(text),
            Err((message, help)) => {
                self.error(path, message, help.as_str());
                None
            }
        }
    }
}

fn limits(in_all: u32, per_address: u32) -> Limits {
    let count = |count| usize::try_from(count).unwrap_or(usize::MAX);
    Limits { in_all: count(in_all), per_address: count(per_address) }
}

/// Whether a URL holds a password: `postgres://user:password@host/database`.
pub(super) fn has_password(url: &str) -> bool {
    let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':')) || url.contains("password=")
}

/// Whether strangers may reach it: not this machine alone, and no private network.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_private() || v4.is_link_local()),
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

/// What to write instead of an address without a port, or of something else.
fn better_address(text: &str) -> String {
    let port = text.rsplit(':').next().unwrap_or("").parse::<u16>();
    match (text.parse::<IpAddr>(), port) {
        (Ok(address), _) => format!("add the port: `{}`", SocketAddr::new(address, 8080)),
        (_, Ok(port)) => format!("write an address and a port, such as `127.0.0.1:{port}`"),
        _ => "write an address and a port, such as `127.0.0.1:8080`".to_owned(),
    }
}

/// The rights of a key with these scopes.
fn rights(scopes: &[AdminScope]) -> Rights {
    Rights {
        read: scopes.contains(&AdminScope::Read),
        write: scopes.contains(&AdminScope::Write),
        trace: scopes.contains(&AdminScope::Trace),
    }
}

/// How long this node keeps texts and records of accounts that don't say it.
fn media(section: &MediaSection, http: &HttpSection) -> MediaLimits {
    MediaLimits {
        public_url: http.public_url.as_ref().map(|url| url.0.as_str().into()),
        size_max: section.size_max,
        account_max: u64::from(section.stored_max) << 20,
        keep: section.keep.get(),
    }
}

fn dead(section: &DeadNumbersSection) -> DeadRule {
    DeadRule { failures: section.failures, over: section.over.get(), holds: section.holds.get() }
}

fn kept(section: &RetentionSection) -> Kept {
    let records = section.messages.get();
    Kept { texts: section.texts.as_ref().map_or(records, Span::get).min(records), records }
}

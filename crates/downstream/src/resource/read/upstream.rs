//! Reads an upstream.

use super::super::mistake::Notes;
use super::super::{AddressType, DeclaredUpstream, Entry, TlsDocument, UpstreamDocument, Verify};

/// The longest password that is sent; SMPP says 8 characters (SMPP 3.4, 4.1.1), and some carriers give longer ones.
const PASSWORD_MAX: usize = 64;

/// The upstream that the document declares.
pub(super) fn read(entry: &Entry<UpstreamDocument>, notes: &mut Notes<'_>) -> DeclaredUpstream {
    let document = &entry.document;
    notes.name("", &document.name);
    notes.ascii("host", &document.host, 1..=253);
    if document.host.contains([' ', '/', '@']) {
        notes.mistake("host", "write a host name or an address alone; the port stands in 'port'");
    }
    notes.within("port", &document.port, 1..=u16::MAX);
    if let Some(tls) = &document.tls {
        read_tls(tls, notes);
    }
    notes.ascii("system_id", &document.system_id, 1..=15);
    notes.ascii("system_type", &document.system_type, 0..=12);
    notes.ascii("service_type", &document.service_type, 0..=5);
    let password = entry.secrets.get("password").unwrap_or_default();
    notes.ascii("password", password, 0..=PASSWORD_MAX);
    notes.within("binds", &document.binds, 1..=64);
    notes.within("window", &document.window, 1..=10_000);
    notes.rate("rate", document.rate);
    address("source", document.source, notes);
    address("dest", document.dest, notes);
    DeclaredUpstream {
        password: password.into(),
        enquire_link: notes.span("enquire_link", &document.enquire_link, "1s", "1h"),
        response_timeout: notes.span("response_timeout", &document.response_timeout, "1s", "10m"),
        reconnect_max: notes.span("reconnect_max", &document.reconnect_max, "1s", "1h"),
        document: document.clone(),
    }
}

fn read_tls(tls: &TlsDocument, notes: &mut Notes<'_>) {
    let wanted = tls.verify == Verify::CaFile;
    if wanted && tls.ca_file.is_none() {
        notes.mistake("tls.ca_file", "'verify' is 'ca_file', so the file must be named");
    } else if !wanted && tls.ca_file.is_some() {
        notes.mistake("tls.ca_file", "write verify = 'ca_file' for the file to be used");
    }
    match (&tls.cert_file, &tls.key_file) {
        (Some(_), None) => {
            notes.mistake("tls.key_file", "the key of 'cert_file' must be named");
        }
        (None, Some(_)) => {
            notes.mistake("tls.cert_file", "the certificate of 'key_file' must be named");
        }
        _ => {}
    }
    if let Some(name) = &tls.server_name {
        notes.ascii("tls.server_name", name, 1..=253);
    }
}

fn address(path: &str, address: Option<AddressType>, notes: &mut Notes<'_>) {
    if let Some(AddressType { ton, npi }) = address {
        notes.within(&format!("{path}.ton"), &ton, 0..=6);
        notes.within(&format!("{path}.npi"), &npi, 0..=18);
    }
}

//! Reads an upstream.

use super::super::mistake::Notes;
use super::super::{AddressType, DeclaredUpstream, Entry, TlsDocument, UpstreamDocument, Verify};

use std::net::Ipv6Addr;

/// The longest password that is sent; SMPP says 8 characters (SMPP 3.4, 4.1.1), and some carriers give longer ones.
const PASSWORD_MAX: usize = 64;

/// The upstream that the document declares.
pub(super) fn read(entry: &Entry<UpstreamDocument>, notes: &mut Notes<'_>) -> DeclaredUpstream {
    let document = &entry.document;
    notes.name("", &document.name);
    notes.ascii("host", &document.host, 1..=253);
    if !is_host(&document.host) {
        notes.mistake("host", "write a host name or an address alone; the port stands in 'port'");
    }
    notes.within("port", &document.port, 1..=u16::MAX);
    let fingerprint = document.tls.as_ref().and_then(|tls| read_tls(tls, notes));
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
        fingerprint,
        enquire_link: notes.span("enquire_link", &document.enquire_link, "1s", "1h"),
        response_timeout: notes.span("response_timeout", &document.response_timeout, "1s", "10m"),
        reconnect_max: notes.span("reconnect_max", &document.reconnect_max, "1s", "1h"),
        document: document.clone(),
    }
}

/// Whether nothing but a name or an address stands there. Of colons only addresses of IPv6 have any.
fn is_host(text: &str) -> bool {
    !text.contains([' ', '/', '@', '[', ']']) && (!text.contains(':') || text.parse::<Ipv6Addr>().is_ok())
}

/// Checks how the connection is encrypted; returns the fingerprint that is trusted, if one is.
fn read_tls(tls: &TlsDocument, notes: &mut Notes<'_>) -> Option<[u8; 32]> {
    let wanted = tls.verify == Verify::CaFile;
    if wanted && tls.ca_file.is_none() {
        notes.mistake("tls.ca_file", "no authority is named; write ca_file = '...', or another 'verify'");
    } else if !wanted && tls.ca_file.is_some() {
        notes.mistake("tls.ca_file", "nothing looks at this file; write verify = 'ca_file'");
    }
    match (&tls.cert_file, &tls.key_file) {
        (Some(_), None) => {
            notes.mistake(
                "tls.key_file",
                "a certificate is of no use without its key; write key_file = '...'",
            );
        }
        (None, Some(_)) => {
            notes.mistake(
                "tls.cert_file",
                "a key is of no use without its certificate; write cert_file = '...'",
            );
        }
        _ => {}
    }
    if let Some(name) = &tls.server_name {
        notes.ascii("tls.server_name", name, 1..=253);
    }
    read_fingerprint(tls, notes)
}

fn read_fingerprint(tls: &TlsDocument, notes: &mut Notes<'_>) -> Option<[u8; 32]> {
    let path = "tls.fingerprint";
    match (tls.verify, &tls.fingerprint) {
        (Verify::Fingerprint, Some(text)) => {
            let read = sha256(text);
            if read.is_none() {
                let help =
                    "write 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` shows them";
                notes.mistake(path, format_args!("'{text}' is no SHA-256; {help}"));
            }
            read
        }
        (Verify::Fingerprint, None) => {
            notes.mistake(path, "no fingerprint is given; write fingerprint = '...', or another 'verify'");
            None
        }
        (_, Some(_)) => {
            notes.mistake(path, "nothing looks at this fingerprint; write verify = 'fingerprint'");
            None
        }
        (_, None) => None,
    }
}

/// Octets as tools show them, with colons or without.
fn sha256(text: &str) -> Option<[u8; 32]> {
    let digits =
        text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()));
    let digits: Vec<u8> = digits.collect::<Option<_>>()?;
    let octets: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    octets.try_into().ok().filter(|_| digits.len() == 64)
}

fn address(path: &str, address: Option<AddressType>, notes: &mut Notes<'_>) {
    if let Some(AddressType { ton, npi }) = address {
        notes.within(&format!("{path}.ton"), &ton, 0..=6);
        notes.within(&format!("{path}.npi"), &npi, 0..=18);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_alone() {
        for right in ["smpp.example.net", "192.0.2.1", "2001:db8::1", "::1"] {
            assert!(is_host(right), "{right}");
        }
        for wrong in
            ["smpp.example.net:2775", "192.0.2.1:2775", "[::1]", "[::1]:2775", "x y", "smpp://x", "me@x"]
        {
            assert!(!is_host(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_fingerprint_is_read_as_tools_show_it() {
        let plain = "00ff".repeat(16);
        let colons = ["00:FF"; 16].join(":");
        let octets: [u8; 32] = std::array::from_fn(|index| if index % 2 == 0 { 0 } else { 0xFF });
        assert_eq!((sha256(&plain), sha256(&colons)), (Some(octets), Some(octets)));
        for wrong in ["", "00ff", &plain[1..], &format!("{plain}0"), &format!("+f{}", &plain[2..])] {
            assert_eq!(sha256(wrong), None, "{wrong}");
        }
    }
}

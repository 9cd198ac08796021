//! Reads an upstream.

use super::super::figures::number;
use super::super::mistake::Notes;
use super::super::parameter::{self, WrongParameter};
use super::super::{
    AddressType, AddressesDocument, DeclaredHost, DeclaredUpstream, Entry, Mode, ReceiverDocument,
    TlsDocument, UpstreamDocument, Verify,
};

use postrider_core::delivery::FaultKind;
use postrider_core::message::Parameter;
use postrider_core::receipt::Reported;
use postrider_core::rules::Ask;
use postrider_core::submission::{PARAMETERS_MAX, PARTS_MAX};
use postrider_wire::smpp::Status;
use std::net::{IpAddr, Ipv6Addr};

/// The longest name and password that are sent; SMPP says 15 and 8 characters (SMPP 3.4, 4.1.1), and some carriers give longer
/// ones.
const LOGIN_MAX: usize = 64;
/// The most codes of a carrier that are read otherwise than usual.
const ERRORS_MAX: usize = 256;
/// The most words of a carrier's own.
const WORDS_MAX: usize = 64;
/// The parts that a carrier is asked about a second, if nothing is said.
const ASK_RATE: u16 = 5;
/// The most hosts besides the first.
const BACKUP_HOSTS_MAX: usize = 8;

/// The upstream that the document declares.
pub(super) fn read(entry: &Entry<UpstreamDocument>, notes: &mut Notes<'_>) -> DeclaredUpstream {
    let document = &entry.document;
    notes.name("", &document.name);
    let hosts = hosts(document, notes);
    let fingerprint = document.tls.as_ref().and_then(|tls| read_tls(tls, notes));
    notes.ascii("system_id", &document.system_id, 1..=LOGIN_MAX);
    notes.ascii("system_type", &document.system_type, 0..=12);
    notes.ascii("address_range", &document.address_range, 0..=40);
    notes.ascii("service_type", &document.service_type, 0..=5);
    let password = entry.secrets.get("password").unwrap_or_default();
    notes.ascii("password", password, 0..=LOGIN_MAX);
    let receiver_password = entry.secrets.get("receiver.password").unwrap_or(password);
    notes.ascii("receiver.password", receiver_password, 0..=LOGIN_MAX);
    notes.within("binds", &document.binds, 1..=64);
    notes.within("window", &document.window, 1..=10_000);
    notes.rate("rate", document.rate);
    notes.within("parts_max", &document.parts_max, 1..=PARTS_MAX);
    notes.within("registered_delivery", &document.registered_delivery, 0..=31);
    addresses(document.addresses.as_ref(), notes);
    DeclaredUpstream {
        receiver_hosts: receiver_hosts(document, &hosts, notes),
        hosts,
        bind_ip: document.bind_ip.as_ref().and_then(|text| bind_ip(text, notes)),
        password: password.into(),
        receiver_password: receiver_password.into(),
        fingerprint,
        validity_max: notes.span("validity_max", &document.validity_max, "1m", "7d"),
        id_tag: id_tag(document, notes),
        words: words(document, notes),
        ask: ask(document, notes),
        parameters: parameters(document, notes),
        errors: errors(document, notes),
        pause: notes.span("pause", &document.pause, "1s", "1h"),
        login_retry: notes.span("login_retry", &document.login_retry, "1s", "1h"),
        session_timeout: notes.span("session_timeout", &document.session_timeout, "1s", "1h"),
        enquire_link: notes.span("enquire_link", &document.enquire_link, "0s", "1h"),
        response_timeout: notes.span("response_timeout", &document.response_timeout, "1s", "10m"),
        reconnect_max: notes.span("reconnect_max", &document.reconnect_max, "1s", "1h"),
        document: document.clone(),
    }
}

/// The hosts in the order in which they are tried.
fn hosts(document: &UpstreamDocument, notes: &mut Notes<'_>) -> Vec<DeclaredHost> {
    host("host", &document.host, notes);
    notes.within("port", &document.port, 1..=u16::MAX);
    let mut hosts = vec![DeclaredHost { name: document.host.as_str().into(), port: document.port }];
    notes.at_most("backup_hosts", document.backup_hosts.len(), BACKUP_HOSTS_MAX);
    for (index, text) in document.backup_hosts.iter().take(BACKUP_HOSTS_MAX).enumerate() {
        match host_and_port(text, document.port) {
            Some(host) => hosts.push(host),
            None => notes.mistake(
                &format!("backup_hosts[{index}]"),
                format_args!(
                    "'{text}' is no host: write smpp2.example.net, 192.0.2.7:2776 or [2001:db8::7]:2776"
                ),
            ),
        }
    }
    hosts
}

fn host(path: &str, text: &str, notes: &mut Notes<'_>) {
    notes.ascii(path, text, 1..=253);
    if !is_host(text) {
        notes.mistake(path, "write a host name or an address alone; the port stands in 'port'");
    }
}

/// A host with its port, if it has one of its own. An address of IPv6 needs brackets then.
fn host_and_port(text: &str, usual: u16) -> Option<DeclaredHost> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    let (name, port) = match (bracketed, text.rsplit_once(':')) {
        (Some((name, port)), _) => (name, port.parse().ok()?),
        (None, Some((name, port))) if !name.contains(':') => (name, port.parse().ok()?),
        _ => (text, usual),
    };
    let fits = (1..=253).contains(&name.len()) && name.is_ascii() && is_host(name) && port > 0;
    fits.then(|| DeclaredHost { name: name.into(), port })
}

/// Where receivers bind: at hosts of their own, or at the same with another port.
fn receiver_hosts(
    document: &UpstreamDocument,
    hosts: &[DeclaredHost],
    notes: &mut Notes<'_>,
) -> Vec<DeclaredHost> {
    let Some(receiver) = &document.receiver else { return hosts.to_vec() };
    if document.mode != Mode::TransmitterReceiver {
        notes.mistake("receiver", "there are no receivers; write mode = 'transmitter_receiver'");
    }
    if let Some(system_id) = &receiver.system_id {
        notes.ascii("receiver.system_id", system_id, 1..=LOGIN_MAX);
    }
    notes.within("receiver.port", &receiver.port.unwrap_or(1), 1..=u16::MAX);
    let ReceiverDocument { host: own, port, .. } = receiver;
    match own {
        Some(own) => {
            host("receiver.host", own, notes);
            vec![DeclaredHost { name: own.as_str().into(), port: port.unwrap_or(document.port) }]
        }
        None => hosts
            .iter()
            .map(|host| DeclaredHost { port: port.unwrap_or(host.port), ..host.clone() })
            .collect(),
    }
}

fn bind_ip(text: &str, notes: &mut Notes<'_>) -> Option<IpAddr> {
    let wrong = |_| format!("'{text}' is no address: write one of this machine's, such as 192.0.2.7");
    notes.take("bind_ip", text.parse().map_err(wrong))
}

/// The tag of the parameter that names the message in receipts.
fn id_tag(document: &UpstreamDocument, notes: &mut Notes<'_>) -> Option<u16> {
    let text = document.receipts.as_ref()?.id_tag.as_ref()?;
    let read = number(text).and_then(|number| u16::try_from(number).ok());
    notes.take("receipts.id_tag", read.ok_or_else(|| format!("'{text}' is no tag: write 0x1403, or 5123")))
}

/// When the carrier is asked about parts whose receipts don't come.
fn ask(document: &UpstreamDocument, notes: &mut Notes<'_>) -> Option<Ask> {
    let receipts = document.receipts.as_ref()?;
    let rate = receipts.ask_rate.unwrap_or(ASK_RATE);
    notes.within("receipts.ask_rate", &rate, 1..=1_000);
    if receipts.ask_after.is_none() && receipts.ask_rate.is_some() {
        notes.mistake(
            "receipts.ask_rate",
            "nothing is asked; write ask_after = '1h', or how long else to wait",
        );
    }
    let after = notes.span("receipts.ask_after", receipts.ask_after.as_ref()?, "1s", "72h");
    Some(Ask { after, rate })
}

/// What the carrier's own words mean.
fn words(document: &UpstreamDocument, notes: &mut Notes<'_>) -> Vec<(Box<str>, Reported)> {
    let Some(receipts) = &document.receipts else { return Vec::new() };
    notes.at_most("receipts.words", receipts.words.len(), WORDS_MAX);
    for word in receipts.words.keys() {
        let path = format!("receipts.words.{word}");
        notes.ascii(&path, word, 1..=32);
        if word.contains(' ') {
            notes.mistake(&path, "a state is one word");
        }
    }
    receipts.words.iter().map(|(word, meaning)| (word.as_str().into(), (*meaning).into())).collect()
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

/// What codes mean, by their numbers.
fn errors(document: &UpstreamDocument, notes: &mut Notes<'_>) -> Vec<(u32, FaultKind)> {
    notes.at_most("errors", document.errors.len(), ERRORS_MAX);
    let mut errors: Vec<(u32, FaultKind)> = Vec::new();
    for (code, action) in &document.errors {
        let path = format!("errors.{code}");
        let status = Status::from_name(code).map(|status| status.0).or_else(|| number(code));
        match status.filter(|status| *status != 0) {
            None => notes.mistake(&path, "this is no code: write 0x0B, 1027 or ESME_RINVDSTADR"),
            Some(status) if errors.iter().any(|(before, _)| *before == status) => {
                notes.mistake(&path, format_args!("0x{status:02X} stands here twice"));
            }
            Some(status) => errors.push((status, (*action).into())),
        }
    }
    errors
}

/// What every message is given that doesn't say it itself.
fn parameters(document: &UpstreamDocument, notes: &mut Notes<'_>) -> Box<[Parameter]> {
    notes.at_most("parameters", document.parameters.len(), PARAMETERS_MAX);
    match parameter::read(&document.parameters) {
        Ok(parameters) => parameters.into(),
        Err(wrong) => {
            for WrongParameter { name, why } in wrong {
                notes.mistake(&format!("parameters.{name}"), why);
            }
            Box::default()
        }
    }
}

fn addresses(addresses: Option<&AddressesDocument>, notes: &mut Notes<'_>) {
    let Some(addresses) = addresses else { return };
    let AddressesDocument { number, code, name, recipient, range, plus: _ } = addresses;
    for (kind, address) in
        [("number", number), ("code", code), ("name", name), ("recipient", recipient), ("range", range)]
    {
        if let Some(AddressType { ton, npi }) = address {
            notes.within(&format!("addresses.{kind}.ton"), ton, 0..=6);
            notes.within(&format!("addresses.{kind}.npi"), npi, 0..=18);
        }
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
    fn a_host_may_have_a_port_of_its_own() {
        let read = |text| host_and_port(text, 2775).map(|host| (host.name.into_string(), host.port));
        for (text, name, port) in [
            ("smpp2.example.net", "smpp2.example.net", 2775),
            ("smpp2.example.net:3550", "smpp2.example.net", 3550),
            ("192.0.2.7:1", "192.0.2.7", 1),
            ("2001:db8::7", "2001:db8::7", 2775),
            ("[2001:db8::7]:2776", "2001:db8::7", 2776),
        ] {
            assert_eq!(read(text), Some((name.to_owned(), port)), "{text}");
        }
        for wrong in ["", "x:", "x:0", "x:65536", ":2775", "[::1]", "[::1]:", "smpp://x", "a b", "é"] {
            assert_eq!(read(wrong), None, "{wrong}");
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

//! Upstreams as people declare them.

use super::account::hidden;
use super::{Document, Entry, Secret, Set, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A way out: a carrier or an aggregator, and how to speak with it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamDocument {
    /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. Where it stands in a URL or
    /// is a table's name it need not be repeated.
    #[serde(default)]
    pub name: String,
    /// Whether it is used. Default: true. A disabled upstream keeps its queue, sends nothing and is not connected.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The protocol that it speaks. Default: `smpp`.
    #[serde(default)]
    pub protocol: Protocol,
    /// Its host name or address.
    pub host: String,
    /// Its TCP port. Default: 2775.
    #[serde(default = "smpp_port")]
    #[schema(minimum = 1)]
    pub port: u16,
    /// How the connection is encrypted. Default: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsDocument>,
    /// The user name there, up to 15 printable ASCII characters.
    pub system_id: String,
    /// The password there, up to 8 printable ASCII characters (some carriers want more: up to 64 are sent). Default: none.
    /// Over the API it may be left out: then it is kept as it is.
    #[serde(default, skip_serializing_if = "hidden")]
    pub password: Option<Secret>,
    /// What the carrier calls this kind of client, up to 12 printable ASCII characters. Default: empty.
    #[serde(default)]
    pub system_type: String,
    /// The version of SMPP to ask for. Default: `3.4`.
    #[serde(default)]
    pub version: SmppVersion,
    /// Whether one session sends and receives, or one of each. Default: `transceiver`.
    #[serde(default)]
    pub mode: Mode,
    /// How many sessions are held, 1 to 64; pairs of sessions when `mode` is `transmitter_receiver`. Default: 1.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 64)]
    pub binds: u16,
    /// Parts of one session that may be unanswered, 1 to 10,000. Default: 10.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 10_000)]
    pub window: u16,
    /// Parts a second over all sessions together, above 0. Default: no limit, until the carrier says "too fast".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0)]
    pub rate: Option<f64>,
    /// What the carrier reads in a text of `data_coding` 0, its own default alphabet. Default: `gsm7`.
    #[serde(default)]
    pub alphabet: Alphabet,
    /// How texts that need several parts are sent. Default: `udh8`.
    #[serde(default)]
    pub long: LongText,
    /// What kind of address the sender is said to be. Default: found out from the sender itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AddressType>,
    /// What kind of address the recipient is said to be. Default: international (`ton` 1, `npi` 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dest: Option<AddressType>,
    /// SMPP's `service_type`, up to 5 printable ASCII characters. Default: empty.
    #[serde(default)]
    pub service_type: String,
    /// How long a session may be silent before it is asked whether it lives (`enquire_link`), from 1s to 1h.
    /// Default: `30s`.
    #[serde(default = "half_a_minute")]
    pub enquire_link: Span,
    /// How long an answer is waited for before the session is taken for broken, from 1s to 10m. Default: `30s`.
    #[serde(default = "half_a_minute")]
    pub response_timeout: Span,
    /// The longest pause between attempts to connect, from 1s to 1h; the first is 1 second, and each doubles.
    /// Default: `60s`.
    #[serde(default = "a_minute")]
    pub reconnect_max: Span,
}

/// A protocol of upstreams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// SMPP over TCP.
    #[default]
    Smpp,
}

/// How a connection is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TlsDocument {
    /// Whose certificates are trusted. Default: `system`.
    pub verify: Verify,
    /// A file of certificates (PEM) that are trusted when `verify` is `ca_file`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// The SHA-256 of the one certificate that is trusted when `verify` is `fingerprint`: 64 hexadecimal digits, with or
    /// without colons. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The name that the certificate must bear. Default: `host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// A file with the client's certificate and its chain (PEM). Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_file: Option<String>,
    /// A file with the key of the client's certificate (PEM). Default: none; needed with `cert_file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<String>,
}

/// Whose certificates are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// Those that the system trusts.
    #[default]
    System,
    /// Those in `ca_file`.
    CaFile,
    /// The one whose `fingerprint` is given, whatever name and dates it bears: for carriers that signed their own.
    Fingerprint,
    /// Any: encrypted, but open to whoever sits in between. For tests.
    Nobody,
}

/// A version of SMPP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum SmppVersion {
    /// SMPP 3.3.
    #[serde(rename = "3.3")]
    V33,
    /// SMPP 3.4.
    #[default]
    #[serde(rename = "3.4")]
    V34,
    /// SMPP 5.0.
    #[serde(rename = "5.0")]
    V50,
}

/// Which sessions are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Sessions that send and receive (`bind_transceiver`).
    #[default]
    Transceiver,
    /// For each session that sends (`bind_transmitter`) one that receives (`bind_receiver`).
    TransmitterReceiver,
}

/// What a carrier reads in a text of `data_coding` 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// The GSM 7-bit default alphabet, one septet to an octet.
    #[default]
    Gsm7,
    /// ISO 8859-1.
    Latin1,
    /// ASCII.
    Ascii,
    /// UTF-16BE.
    Ucs2,
}

/// How texts that need several parts are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LongText {
    /// In parts with a user data header whose reference has 8 bits (3GPP TS 23.040, 9.2.3.24.1).
    #[default]
    Udh8,
    /// In parts with a user data header whose reference has 16 bits (3GPP TS 23.040, 9.2.3.24.8).
    Udh16,
    /// In parts numbered by the optional parameters `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
    Sar,
    /// Whole, in the optional parameter `message_payload`; the carrier cuts it.
    Payload,
}

/// A kind of address, as SMPP tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressType {
    /// Type of number, 0 to 6 (SMPP 3.4, 5.2.5).
    #[schema(maximum = 6)]
    pub ton: u8,
    /// Numbering plan indicator, 0 to 18 (SMPP 3.4, 5.2.6).
    #[schema(maximum = 18)]
    pub npi: u8,
}

impl Document for UpstreamDocument {
    const KIND: &'static str = "upstream";
    const PLURAL: &'static str = "upstreams";

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, visit: &mut dyn FnMut(String, &mut Option<Secret>)) {
        visit("password".to_owned(), &mut self.password);
    }

    fn of(set: &Set) -> &BTreeMap<String, Arc<Entry<Self>>> {
        &set.upstreams
    }

    fn of_mut(set: &mut Set) -> &mut BTreeMap<String, Arc<Entry<Self>>> {
        &mut set.upstreams
    }
}

const fn yes() -> bool {
    true
}

const fn smpp_port() -> u16 {
    2775
}

const fn one() -> u16 {
    1
}

const fn ten() -> u16 {
    10
}

fn half_a_minute() -> Span {
    Span::new("30s")
}

fn a_minute() -> Span {
    Span::new("60s")
}

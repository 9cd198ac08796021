//! Upstreams as people declare them.

use super::account::hidden;
use super::dialect::{
    AddressAlphabet, AddressesDocument, Alphabet, Binary, ErrorAction, Flash, LongText, MessageMode,
    PortForm, ReceiptsDocument, SmppVersion, UnansweredDocument, ValidityForm,
};
use super::parameter::ParameterDocument;
use super::{Document, Entry, Secret, Set, Span};
use postrider_core::submission::PARTS_MAX;
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
    /// Where else it listens, up to 8 hosts in the order in which they are tried when the ones before can't be reached,
    /// each with its port if that is another than `port`: `smpp2.example.net`, `192.0.2.7:2776` or `[2001:db8::7]:2776`.
    /// Names are looked up anew each time. Default: nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backup_hosts: Vec<String>,
    /// The address of this machine to connect from, where the carrier admits only that one. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind_ip: Option<String>,
    /// How the connection is encrypted. Default: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsDocument>,
    /// The user name there, up to 15 printable ASCII characters (some carriers want more: up to 64 are sent).
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
    /// The addresses that a bind says it serves (`address_range`), up to 40 printable ASCII characters, where the carrier
    /// asks for them. Default: empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address_range: String,
    /// Whether one session sends and receives, or one of each, or only one that sends. Default: `transceiver`.
    #[serde(default)]
    pub mode: Mode,
    /// What is different for the sessions that receive when `mode` is `transmitter_receiver`. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<ReceiverDocument>,
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
    /// What the carrier reads in a text of `data_coding` 0, its own default alphabet; what that lacks goes as UCS-2.
    /// Default: `gsm7`.
    #[serde(default)]
    pub alphabet: Alphabet,
    /// What the carrier reads in alphanumeric addresses; what that lacks is respelled, or becomes `?`. Default: `latin1`.
    #[serde(default)]
    pub address_alphabet: AddressAlphabet,
    /// How texts that need several parts are sent. Default: `udh8`.
    #[serde(default)]
    pub long: LongText,
    /// The most parts of one message that the carrier takes, 1 to 64. Default: 64.
    #[serde(default = "all_parts")]
    #[schema(minimum = 1, maximum = 64)]
    pub parts_max: u8,
    /// How a text is marked that the handset shows at once. Default: `dcs_f0`.
    #[serde(default)]
    pub flash: Flash,
    /// The `data_coding` of octets that are no text. Default: `dcs_04`.
    #[serde(default)]
    pub binary: Binary,
    /// How the ports of applications are told. Default: `udh`.
    #[serde(default)]
    pub ports: PortForm,
    /// Optional parameters for every message that lacks them, up to 16: by the name that they have in the
    /// [manual](smpp-upstreams.md#parameters) or by the number of their tag, such as `0x1400`, each a text, a number or a
    /// table such as `{ hex = "0a0b" }`. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, ParameterDocument>,
    /// How addresses are written. Default: as most carriers take them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<AddressesDocument>,
    /// SMPP's `service_type`, up to 5 printable ASCII characters. Default: empty.
    #[serde(default)]
    pub service_type: String,
    /// The message mode that `esm_class` asks for. Default: `default`.
    #[serde(default)]
    pub message_mode: MessageMode,
    /// SMPP's `registered_delivery`, 0 to 31: 1 asks for a receipt of every final state, 0 for none, 17 for those on the way
    /// too. Without receipts messages stay `sent` and end as `unknown`. Default: 1.
    #[serde(default = "every_end")]
    #[schema(maximum = 31)]
    pub registered_delivery: u8,
    /// Whether and how the carrier is told until when a message is worth sending (`validity_period`). Default: `relative`.
    #[serde(default)]
    pub validity: ValidityForm,
    /// The longest time that it is told, from 1m to 7d; about what may wait longer it is told nothing, since many carriers
    /// refuse a long one. Default: `12h`.
    #[serde(default = "half_a_day")]
    pub validity_max: Span,
    /// What becomes of messages that were written and never answered, by class: the carrier may have them. Default: codes and
    /// what is transactional is sent again, advertising is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<UnansweredDocument>,
    /// A name of the carrier, for several upstreams that lead to it: a receipt for a message that went by one of them may
    /// come by another. Default: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub carrier: String,
    /// How receipts come. Default: as most carriers send them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts: Option<ReceiptsDocument>,
    /// What to do about codes with which the carrier refuses, where the [usual reading](smpp-upstreams.md#what-answers-mean)
    /// is wrong, up to 256 of them: by number, such as `0x0B` or `1027`, or by name, such as `ESME_RINVDSTADR`; each
    /// `retry`, `throttled`, `elsewhere`, `never` or `pause`. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, ErrorAction>,
    /// How long a link sends nothing after a code that means `pause`, from 1s to 1h. Default: `60s`.
    #[serde(default = "a_minute")]
    pub pause: Span,
    /// How long until the next try after the carrier refused the login, from 1s to 1h: trying sooner may get the account
    /// locked. Default: `5m`.
    #[serde(default = "five_minutes")]
    pub login_retry: Span,
    /// How long the carrier takes a session for living whose connection was lost, and refuses others with
    /// `ESME_RALYBND`, from 1s to 1h: so long it is left alone after it did so twice. As long a session stays away that the
    /// carrier ends whenever another is bound, and twice as long each time that it happens again. Default: `2m`.
    #[serde(default = "two_minutes")]
    pub session_timeout: Span,
    /// How long a session may be silent before it is asked whether it lives (`enquire_link`), up to 1h; 0s is for never, where the
    /// carrier doesn't answer such questions. Default: `30s`.
    #[serde(default = "half_a_minute")]
    pub enquire_link: Span,
    /// How long an answer is waited for, from 1s to 10m; after that the message is in doubt, and nothing more is sent until
    /// the carrier is heard again. If it has said nothing at all meanwhile, though it was asked (`enquire_link`) at half that
    /// time, the session is taken for broken. Default: `30s`.
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

/// Which sessions are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Sessions that send and receive (`bind_transceiver`).
    #[default]
    Transceiver,
    /// For each session that sends (`bind_transmitter`) one that receives (`bind_receiver`).
    TransmitterReceiver,
    /// Sessions that send alone: receipts don't come back.
    Transmitter,
}

/// What is different for sessions that receive.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiverDocument {
    /// The host name or address where receivers bind. Default: those of the upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The TCP port where receivers bind. Default: that of the upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub port: Option<u16>,
    /// The user name of receivers, as `system_id`. Default: that of the upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_id: Option<String>,
    /// The password of receivers. Default: that of the upstream. Over the API it may be left out: then it is kept as it is.
    #[serde(skip_serializing_if = "hidden")]
    pub password: Option<Secret>,
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
        if let Some(receiver) = &mut self.receiver {
            visit("receiver.password".to_owned(), &mut receiver.password);
        }
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

const fn all_parts() -> u8 {
    PARTS_MAX
}

const fn every_end() -> u8 {
    1
}

fn half_a_day() -> Span {
    Span::new("12h")
}

fn half_a_minute() -> Span {
    Span::new("30s")
}

fn two_minutes() -> Span {
    Span::new("2m")
}

fn five_minutes() -> Span {
    Span::new("5m")
}

fn a_minute() -> Span {
    Span::new("60s")
}

//! Settings of an SMPP upstream: the declared ones, with the secrets and TLS.

use postrider_core::delivery::FaultKind;
use postrider_core::message::Parameter;
use postrider_core::receipt::Reported;
use postrider_declare::Secrets;
use postrider_declare::upstream::connection;
use postrider_declare::upstream::smpp::{AddressType, IdPlace, SmppUpstream, ValidityForm};
pub use postrider_declare::upstream::smpp::{Flash, LongText as Long, Mode, PortForm};
use postrider_link::connect::{Dialer, Host};
use postrider_link::tls::Tls;
pub use postrider_text::{Alphabet, NameAlphabet};
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::{Npi, Ton};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Everything about one SMPP upstream.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name, for logs and metrics.
    pub name: Box<str>,
    /// Where the carrier listens; tried in order, each with every address its name has.
    pub hosts: Vec<Host>,
    /// Where it listens for receivers, if that is elsewhere and the mode is [`Mode::Pair`].
    pub receiver_hosts: Vec<Host>,
    /// TLS, if the carrier speaks it.
    pub tls: Option<Tls>,
    /// The local address to connect from, where the carrier admits only that one.
    pub bind_ip: Option<IpAddr>,
    /// The login.
    pub login: Login,
    /// The login of a receiver, if it is another one.
    pub receiver_login: Option<Login>,
    /// Which binds are made.
    pub mode: Mode,
    /// How many binds, or pairs of them; at least 1.
    pub binds: usize,
    /// Requests of one bind that may be unanswered at once; at least 1.
    pub window: usize,
    /// How texts are written.
    pub text: Text,
    /// How addresses are written.
    pub addresses: Addresses,
    /// `service_type`, at most 5 characters.
    pub service_type: Box<str>,
    /// The message mode bits of `esm_class`, 0 for the carrier's default; some want 3 (store and forward).
    pub message_mode: u8,
    /// `registered_delivery`, 1 for a receipt of every final state.
    pub registered_delivery: u8,
    /// How the carrier is told a message's validity.
    pub validity: Validity,
    /// What every message is told that doesn't say it itself.
    pub parameters: Box<[Parameter]>,
    /// What the carrier's own status codes mean, where the usual reading is wrong.
    pub faults: Vec<(u32, FaultKind)>,
    /// How receipts come.
    pub receipts: Receipts,
    /// How long everything may take.
    pub timers: Timers,
}

/// What a bind says (SMPP 3.4, 4.1.1).
#[derive(Clone)]
pub struct Login {
    /// The user name, at most 15 characters.
    pub system_id: Box<str>,
    /// The password, at most 8 characters.
    pub password: Box<str>,
    /// The kind of system, often empty, at most 12 characters.
    pub system_type: Box<str>,
    /// `interface_version`: 0x33, 0x34 or 0x50.
    pub version: u8,
    /// The type of number of `address_range`.
    pub ton: Ton,
    /// The numbering plan of `address_range`.
    pub npi: Npi,
    /// The addresses served, often empty, at most 40 characters.
    pub address_range: Box<str>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("system_id", &self.system_id).finish_non_exhaustive()
    }
}

/// How texts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// What the carrier reads `default_coding` as; what the alphabet lacks goes as UCS-2, and with [`Alphabet::Ucs2`]
    /// everything does.
    pub alphabet: Alphabet,
    /// The `data_coding` of texts in that alphabet.
    pub default_coding: u8,
    /// How more text than one part takes is sent.
    pub long: Long,
    /// How a text is marked that the handset shows at once.
    pub flash: Flash,
    /// The `data_coding` of octets that are no text and not flash: 0x04 or 0xF5.
    pub binary_coding: u8,
    /// How the ports of applications are told.
    pub ports: PortForm,
    /// The most parts of one message that the carrier takes.
    pub parts_max: u8,
}

/// Types of number and numbering plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Of senders that are international numbers.
    pub number: (Ton, Npi),
    /// Of short codes and national numbers.
    pub code: (Ton, Npi),
    /// Of names.
    pub name: (Ton, Npi),
    /// What the carrier reads names in.
    pub alphabet: NameAlphabet,
    /// Of recipients.
    pub recipient: (Ton, Npi),
    /// Whether numbers are written with `+`.
    pub plus: bool,
}

/// How the carrier is told a message's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Nothing: its own default holds.
    Omit,
    /// The time that is left, where it is less than this; what may wait longer is left to the carrier's default,
    /// since many carriers refuse a long one.
    Relative(Duration),
    /// The moment it ends in UTC, where it is nearer than this.
    Absolute(Duration),
}

/// How receipts come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// Whether `ACCEPTD` is the end of a message, as a few carriers mean it.
    pub accepted_is_final: bool,
    /// The vendor parameter that holds the message's identifier, where neither `receipted_message_id` nor the
    /// text does.
    pub id_tag: Option<u16>,
    /// Whether the text's identifier is believed before the parameter's, where they differ.
    pub id_in_text: bool,
    /// What words of the carrier's own mean in `stat`, and numbers of its own in `message_state`.
    pub words: Vec<(Box<str>, Reported)>,
    /// Whether `deliver_sm_resp` gives the receipted identifier back, as a few carriers ask.
    pub echo_id: bool,
    /// Whether the carrier is asked about parts whose receipts don't come.
    pub ask: bool,
}

/// How long everything may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// To connect to one address, TLS included.
    pub connect: Duration,
    /// To answer the bind.
    pub bind: Duration,
    /// To answer a message; after that its outcome is in doubt.
    pub response: Duration,
    /// Silence after which the carrier is asked whether it is there; zero never asks.
    pub enquire: Duration,
    /// To answer outstanding messages when the upstream is stopped.
    pub drain: Duration,
    /// The longest pause between attempts to connect; the first is a second, and each doubles.
    pub reconnect_max: Duration,
    /// Until the next attempt after the carrier refused the login: one that is tried again at once gets the account
    /// locked, and one that is never tried again outlasts the carrier's maintenance.
    pub login_retry: Duration,
    /// How long the carrier takes a session for living whose connection was lost.
    pub session_timeout: Duration,
    /// How long nothing is sent after an answer that says so ([`FaultKind::Paused`]).
    pub pause: Duration,
}

impl Settings {
    /// The settings as they are declared, TLS aside.
    #[must_use]
    pub fn of(name: &str, declared: &SmppUpstream, secrets: &Secrets) -> Self {
        let login = Login::of(declared, secrets);
        let timers = &declared.timers;
        let receipts = &declared.receipts;
        Self {
            name: name.into(),
            hosts: hosts(declared.hosts()),
            receiver_hosts: hosts(declared.receiver_hosts()),
            tls: None,
            bind_ip: declared.connection.bind_ip.as_ref().map(|address| **address),
            receiver_login: declared.receiver.as_ref().map(|receiver| Login {
                system_id: receiver.system_id.as_ref().unwrap_or(&declared.system_id).as_str().into(),
                password: secrets.get("receiver.password").unwrap_or(&login.password).into(),
                ..login.clone()
            }),
            login,
            mode: declared.mode,
            binds: declared.binds.into(),
            window: declared.window.into(),
            text: Text::of(declared),
            addresses: Addresses::of(declared),
            service_type: declared.service_type.as_str().into(),
            message_mode: declared.message_mode.bits(),
            registered_delivery: declared.registered_delivery,
            validity: match declared.validity {
                ValidityForm::Relative => Validity::Relative(declared.validity_max.get()),
                ValidityForm::Absolute => Validity::Absolute(declared.validity_max.get()),
                ValidityForm::Omit => Validity::Omit,
            },
            parameters: declared.parameters.to_vec().into(),
            faults: declared.errors.to_vec(),
            receipts: Receipts {
                accepted_is_final: receipts.accepted_is_final,
                id_tag: receipts.id_tag.as_ref().map(|tag| tag.0),
                id_in_text: receipts.id_from == IdPlace::Text,
                words: receipts
                    .words
                    .iter()
                    .map(|(word, means)| (word.as_str().into(), (*means).into()))
                    .collect(),
                echo_id: receipts.echo_id,
                ask: receipts.ask_after.is_some(),
            },
            timers: Timers {
                enquire: timers.enquire_link.get(),
                response: timers.response_timeout.get(),
                reconnect_max: timers.reconnect_max.get(),
                login_retry: timers.login_retry.get(),
                session_timeout: timers.session_timeout.get(),
                pause: timers.pause.get(),
                ..Timers::default()
            },
        }
    }

    /// One transceiver with a window of 10 and everything else as most carriers take it.
    #[must_use]
    pub fn new(name: &str, host: Host, system_id: &str, password: &str) -> Self {
        Self {
            name: name.into(),
            hosts: vec![host],
            receiver_hosts: Vec::new(),
            tls: None,
            bind_ip: None,
            login: Login::new(system_id, password),
            receiver_login: None,
            mode: Mode::Transceiver,
            binds: 1,
            window: 10,
            text: Text::default(),
            addresses: Addresses::default(),
            service_type: "".into(),
            message_mode: 0,
            registered_delivery: 1,
            validity: Validity::Relative(Duration::from_hours(12)),
            parameters: Box::default(),
            faults: Vec::new(),
            receipts: Receipts::default(),
            timers: Timers::default(),
        }
    }

    /// How many links [`run`](super::run) keeps, and so the indexes it gives to
    /// [`Desk::link`](postrider_core::contract::Desk::link): transmitting ones first.
    #[must_use]
    pub fn links(&self) -> usize {
        let each = if self.mode == Mode::Pair { 2 } else { 1 };
        self.binds.max(1) * each
    }

    /// Parts that may be sent and unanswered at once over all binds, for
    /// [`Upstream::window`](postrider_core::rules::Upstream::window).
    #[must_use]
    pub fn window_in_all(&self) -> usize {
        self.binds.max(1) * self.window.max(1)
    }

    /// What a bind of this kind says.
    pub(super) fn login(&self, mode: BindMode) -> &Login {
        self.receiver_login.as_ref().filter(|_| mode == BindMode::Receiver).unwrap_or(&self.login)
    }

    /// Where a bind of this kind is made.
    pub(super) fn hosts(&self, mode: BindMode) -> &[Host] {
        let elsewhere = mode == BindMode::Receiver && !self.receiver_hosts.is_empty();
        if elsewhere { &self.receiver_hosts } else { &self.hosts }
    }

    /// How its hosts are reached.
    pub(super) fn dialer(&self) -> Dialer {
        Dialer { tls: self.tls.clone(), local: self.bind_ip, patience: self.timers.connect }
    }

    pub(super) fn shared(self) -> Arc<Self> {
        Arc::new(Self { binds: self.binds.max(1), window: self.window.max(1), ..self })
    }
}

fn hosts(declared: Vec<connection::Host>) -> Vec<Host> {
    declared.into_iter().map(|connection::Host { name, port }| Host { name, port }).collect()
}

impl Text {
    fn of(declared: &SmppUpstream) -> Self {
        let text = &declared.text;
        Self {
            alphabet: text.alphabet,
            long: text.long,
            flash: text.flash,
            binary_coding: text.binary.data_coding(),
            ports: text.ports,
            parts_max: text.parts_max,
            ..Self::default()
        }
    }
}

impl Addresses {
    fn of(declared: &SmppUpstream) -> Self {
        let addresses = &declared.addresses;
        let kind = |AddressType { ton, npi }: &AddressType| (Ton(*ton), Npi(*npi));
        Self {
            number: kind(&addresses.number),
            code: kind(&addresses.code),
            name: kind(&addresses.name),
            alphabet: declared.address_alphabet,
            recipient: kind(&addresses.recipient),
            plus: addresses.plus,
        }
    }
}

impl Login {
    fn of(declared: &SmppUpstream, secrets: &Secrets) -> Self {
        let AddressType { ton, npi } = declared.addresses.range;
        Self {
            system_id: declared.system_id.as_str().into(),
            password: secrets.get("password").unwrap_or_default().into(),
            system_type: declared.system_type.as_str().into(),
            version: declared.version.octet(),
            ton: Ton(ton),
            npi: Npi(npi),
            address_range: declared.address_range.as_str().into(),
        }
    }

    /// A bind with version 3.4 and nothing but a name and a password.
    #[must_use]
    pub fn new(system_id: &str, password: &str) -> Self {
        Self {
            system_id: system_id.into(),
            password: password.into(),
            system_type: "".into(),
            version: 0x34,
            ton: Ton::UNKNOWN,
            npi: Npi::UNKNOWN,
            address_range: "".into(),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self {
            alphabet: Alphabet::Gsm7,
            default_coding: 0,
            long: Long::Udh8,
            flash: Flash::Class,
            binary_coding: 0x04,
            ports: PortForm::Header,
            parts_max: postrider_core::submission::PARTS_MAX,
        }
    }
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            number: (Ton::INTERNATIONAL, Npi::ISDN),
            code: (Ton::NETWORK_SPECIFIC, Npi::UNKNOWN),
            name: (Ton::ALPHANUMERIC, Npi::UNKNOWN),
            alphabet: NameAlphabet::Latin1,
            recipient: (Ton::INTERNATIONAL, Npi::ISDN),
            plus: false,
        }
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            bind: Duration::from_secs(10),
            response: Duration::from_secs(30),
            enquire: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            reconnect_max: Duration::from_mins(1),
            login_retry: Duration::from_mins(5),
            session_timeout: Duration::from_mins(2),
            pause: Duration::from_mins(1),
        }
    }
}

//! Settings of upstreams that speak SMPP. The adapter runs with them as they are.

mod errors;
mod words;

pub use errors::Errors;
pub use words::{
    AddressType, AddressesDocument, Binary, Flash, IdPlace, LongText, MessageMode, Mode, PortForm,
    ReceiptParts, ReceiptWord, ReceiptsDocument, SmppVersion, ValidityForm,
};

use super::connection::{Connection, Host, TlsDocument};
use super::{Speaks, Traits};
use crate::document::SecretPlace;
use crate::limit::{Above, Ascii, check_ascii};
use crate::mistake::{Found, Notes};
use crate::parameter::Parameters;
use crate::secret::{Secret, Secrets};
use crate::setting::Settings;
use crate::settings;
use crate::span::Span;
use crate::tree::{Entry, Node, Value};
use crate::written::{HostName, Written};
use postrider_core::carriage::Carriage;
use postrider_core::submission::PARTS_MAX;
use postrider_text::{Alphabet, NameAlphabet};

/// The longest name and password that are sent. SMPP says 15 and 8 characters (SMPP 3.4, 4.1.1), and some carriers give
/// longer ones.
const LOGIN_MAX: usize = 64;

settings! {
    /// Settings of SMPP.
    pub struct SmppUpstream {
        /// The TCP port of the carrier.
        port: u16 = 2775, 1..=u16::MAX;
        /// The user name there. SMPP allows 15 characters, some carriers want more.
        system_id: String, Ascii(1..=LOGIN_MAX);
        /// The password there, up to 64 printable ASCII characters. SMPP allows 8, some carriers want more. Over the API it may
        /// be left out: then it is kept. Default: none.
        password: Option<Secret> = None;
        /// The carrier's name for this kind of client. Default: empty.
        system_type: String = String::new(), Ascii(0..=12);
        /// The version of SMPP to ask for.
        version: SmppVersion = SmppVersion::V34;
        /// The addresses that a bind says it serves (`address_range`), where the carrier asks for them. Default: empty.
        address_range: String = String::new(), Ascii(0..=40);
        /// Whether one session sends and receives, or one of each, or only one that sends.
        mode: Mode = Mode::Transceiver;
        /// The settings that differ for sessions that receive, when `mode` is `transmitter_receiver`. Default: nothing.
        receiver: Option<ReceiverDocument> = None;
        /// The number of sessions; of pairs of sessions when `mode` is `transmitter_receiver`.
        binds: u16 = 1, 1..=64;
        /// Parts a second over each session alone. Default: no limit but `rate`.
        bind_rate: Option<f64> = None, Above(0.0);
        /// Parts of one session that may be unanswered.
        window: u16 = 10, 1..=10_000;
        /// The alphabet that the carrier reads in alphanumeric addresses. A message whose sender the alphabet lacks characters for
        /// doesn't go by this upstream.
        address_alphabet: NameAlphabet = NameAlphabet::Latin1;
        /// The form of addresses. Default: as most carriers take them.
        addresses: AddressesDocument = AddressesDocument::default();
        /// Whether messages from handsets with `ussd_service_op` are turns of USSD dialogues, which
        /// [menus](ussd.md) of accounts answer. Otherwise they are messages like others.
        ussd: bool = false;
        /// Optional parameters for every message that lacks them, up to 16: by the name that they have in the
        /// [manual](smpp-upstreams.md#parameters) or by the number of their tag, such as `0x1400`, each a text, a number or a
        /// table such as `{ hex = "0a0b" }`. Default: none.
        parameters: Parameters = Parameters::default();
        /// SMPP's `service_type`. Default: empty.
        service_type: String = String::new(), Ascii(0..=5);
        /// SMPP's `priority_flag` of every message, from 0 (lowest) to 3. Networks differ in its meaning (SMPP 3.4, 5.2.14).
        priority_flag: u8 = 0, 0..=3;
        /// The message mode that `esm_class` asks for.
        message_mode: MessageMode = MessageMode::Default;
        /// SMPP's `registered_delivery`: 1 asks for a receipt of every final state, 0 for none, 17 for those on the way too.
        /// Without receipts messages stay `sent` and end as `unknown`.
        registered_delivery: u8 = 1, 0..=31;
        /// Whether and how the carrier is told until when a message is worth sending (`validity_period`).
        validity: ValidityForm = ValidityForm::Relative;
        /// The longest time that the carrier is told. About a message that may wait longer it is told nothing, since many carriers
        /// refuse a long time.
        validity_max: Span = "12h".into(), "1m"..="7d";
        /// The form of delivery receipts. Default: as most carriers send them.
        receipts: ReceiptsDocument = ReceiptsDocument::default();
        /// The meaning of the carrier's error codes, where the [usual reading](smpp-upstreams.md#what-answers-mean)
        /// is wrong, up to 256 of them: by number, such as `0x0B` or `1027`, or by name, such as `ESME_RINVDSTADR`; each
        /// `retry`, `throttled`, `queue_full`, `elsewhere`, `never` or `pause`. Default: none.
        errors: Errors = Errors::default();
    }
    with {
        /// Where the carrier listens.
        connection: Connection,
        /// The form of texts.
        text: Text,
        /// Time limits.
        timers: Timers,
    }
}

settings! {
    /// The form of texts.
    pub struct Text: Default {
        /// The carrier's default alphabet, in which it reads texts of `data_coding` 0. A text with characters outside it
        /// goes as UCS-2.
        alphabet: Alphabet = Alphabet::Gsm7;
        /// The form of texts that need several parts.
        long: LongText = LongText::Udh8;
        /// The most parts of one message that the carrier takes.
        parts_max: u8 = PARTS_MAX, 1..=PARTS_MAX;
        /// The mark of a text that the handset shows at once (flash).
        flash: Flash = Flash::Class;
        /// The `data_coding` of octets that are not a text.
        binary: Binary = Binary::Dcs04;
        /// The form of application ports.
        ports: PortForm = PortForm::Header;
    }
}

settings! {
    /// Time limits.
    pub struct Timers: Default {
        /// The time for which a link sends nothing after a code that means `pause`.
        pause: Span = "60s".into(), "1s"..="1h";
        /// The wait before the next attempt after the carrier refused the login. An earlier attempt may lock the account.
        login_retry: Span = "5m".into(), "1s"..="1h";
        /// The time for which the carrier keeps a session whose connection was lost, and refuses others with `ESME_RALYBND`.
        /// After two such refusals the next bind waits for this time. A session that the carrier ends whenever another is bound stays away for this
        /// time too, and for twice as long each time that it happens again.
        session_timeout: Span = "2m".into(), "1s"..="1h";
        /// The silence of a session after which an `enquire_link` is sent. 0s means never, where the
        /// carrier doesn't answer such questions.
        enquire_link: Span = "30s".into(), "0s"..="1h";
        /// The time limit of an answer. After it the message is in doubt, and nothing more is sent until the carrier sends
        /// anything. The session is probed (`enquire_link`) at half of the time. If all of it passes in silence, the session
        /// ends.
        response_timeout: Span = "30s".into(), "1s"..="10m";
        /// The longest pause between attempts to connect. The first pause is 1 second, and each doubles.
        reconnect_max: Span = "60s".into(), "1s"..="1h";
    }
}

settings! {
    /// The settings that differ for sessions that receive.
    pub struct ReceiverDocument {
        /// The host name or address where receivers bind. Default: those of the upstream.
        host: Option<Written<HostName>> = None;
        /// The TCP port where receivers bind. Default: that of the upstream.
        port: Option<u16> = None, 1..=u16::MAX;
        /// The user name of receivers, as `system_id`. Default: that of the upstream.
        system_id: Option<String> = None, Ascii(1..=LOGIN_MAX);
        /// The password of receivers. Over the API it may be left out: then it is kept. Default: that of the upstream.
        password: Option<Secret> = None;
    }
}

impl SmppUpstream {
    /// The settings with nothing given but where to bind as whom.
    #[must_use]
    pub fn new(host: &str, port: u16, system_id: &str) -> Self {
        let given = [
            ("host", Value::Text(host.to_owned())),
            ("port", Value::Integer(port.into())),
            ("system_id", Value::Text(system_id.to_owned())),
        ];
        let entry = |(key, value): (&str, Value)| Entry {
            key: key.to_owned(),
            key_span: 0..0,
            node: Node::new(value),
        };
        let node = Node::new(Value::Table(given.map(entry).into()));
        Self::read_fields(&node, &Found::default().notes())
    }

    /// The addresses that the carrier takes.
    #[must_use]
    pub fn carriage(&self) -> Carriage {
        Carriage {
            names: self.address_alphabet,
            name_max: self.addresses.name_max.into(),
            short_codes: self.addresses.short_code.is_some(),
            ..Carriage::default()
        }
    }

    /// Where transmitters and transceivers are bound, in the order in which the hosts are tried.
    #[must_use]
    pub fn hosts(&self) -> Vec<Host> {
        self.connection.hosts(self.port)
    }

    /// Where receivers are bound: at a host of their own, or at the same hosts, perhaps at another port.
    #[must_use]
    pub fn receiver_hosts(&self) -> Vec<Host> {
        let hosts = self.hosts();
        let Some(receiver) = &self.receiver else { return hosts };
        match &receiver.host {
            Some(own) => vec![Host { name: own.0.clone(), port: receiver.port.unwrap_or(self.port) }],
            None => hosts
                .into_iter()
                .map(|host| Host { port: receiver.port.unwrap_or(host.port), ..host })
                .collect(),
        }
    }
}

impl Speaks for SmppUpstream {
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        visit(SecretPlace::at(&["password"]), &mut self.password);
        if let Some(receiver) = &mut self.receiver {
            visit(SecretPlace::at(&["receiver", "password"]), &mut receiver.password);
        }
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.connection.tls.iter_mut().for_each(|tls| tls.each_file(visit));
    }

    fn tls(&self) -> Option<&TlsDocument> {
        self.connection.tls.as_ref()
    }

    fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        let receiver = notes.key("receiver");
        let passwords =
            [("password", notes.key("password")), ("receiver.password", receiver.key("password"))];
        for (name, notes) in &passwords {
            check_ascii(secrets.get(name).unwrap_or_default(), &(0..=LOGIN_MAX), notes);
        }
        let addresses = notes.key("addresses");
        check_prefix(&self.addresses.recipient_prefix, &addresses.key("recipient_prefix"));
        check_prefix(&self.addresses.national_prefix, &addresses.key("national_prefix"));
        if let Some(tls) = &self.connection.tls {
            tls.check(&notes.key("tls"));
        }
        if self.receiver.is_some() && self.mode != Mode::Pair {
            receiver.wrong("there are no receivers", "write mode = 'transmitter_receiver'");
        }
        self.receipts.check(&notes.key("receipts"));
    }

    fn traits(&self) -> Traits {
        Traits {
            window: usize::from(self.window) * usize::from(self.binds),
            binds: self.binds,
            each_bind: Vec::new(),
            links_per_bind: if self.mode == Mode::Pair { 2 } else { 1 },
            reference_form: self.receipts.ids,
            one_receipt: self.receipts.parts == ReceiptParts::One,
            ask: self.receipts.ask(),
            carriage: self.carriage(),
            place: format!("{}:{}", self.connection.host, self.port).into(),
        }
    }
}

/// Notes a prefix of addresses that isn't digits alone.
fn check_prefix(prefix: &str, notes: &Notes<'_>) {
    if !prefix.bytes().all(|digit| digit.is_ascii_digit()) {
        notes.wrong(format_args!("'{prefix}' is not digits alone"), "write digits");
    }
}

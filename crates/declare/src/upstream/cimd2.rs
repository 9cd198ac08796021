//! Settings of upstreams that speak CIMD2. The adapter runs with them as they are.

use super::codes::Codes;
use super::connection::{Connection, TlsDocument};
use super::timers::Timers;
use super::{Speaks, Traits};
use crate::document::SecretPlace;
use crate::limit::{Above, Ascii, check_ascii};
use crate::mistake::{Found, Notes};
use crate::secret::{Secret, Secrets};
use crate::setting::Settings;
use crate::settings;
use crate::span::Span;
use crate::tree::{Entry, Node, Value};
use postrider_core::carriage::Carriage;
use postrider_core::reference::ReferenceForm;
use postrider_core::submission::PARTS_MAX;
use postrider_text::NameAlphabet;

/// The most characters of a user identity and a password (CIMD2, section 4.2).
const LOGIN_MAX: usize = 32;
/// The most characters of a sender's name.
const NAME_MAX: usize = 11;

settings! {
    /// Settings of CIMD2.
    pub struct Cimd2Upstream {
        /// The TCP port of the carrier. CIMD2 has no usual one.
        port: u16, 1..=u16::MAX;
        /// The user identity there.
        user: String, Ascii(1..=LOGIN_MAX);
        /// The password there, up to 32 printable ASCII characters. Over the API it may be left out: then it is kept.
        /// Default: none.
        password: Option<Secret> = None;
        /// The number of sessions.
        binds: u16 = 1, 1..=64;
        /// Parts a second over each session alone. Default: no limit but `rate`.
        bind_rate: Option<f64> = None, Above(0.0);
        /// Parts of one session that may be unanswered. More than 1 is asked for at the login.
        window: u16 = 1, 1..=128;
        /// Whether frames are written with a checksum. The carrier's are read with and without.
        checksum: bool = true;
        /// The digits that the carrier puts before the sender by itself: they are left out of senders that begin with them.
        /// Default: none.
        sender_prefix: String = String::new(), Ascii(0..=16);
        /// The status reports to ask for, a sum: 1 temporary error, 2 expired, 4 failed, 8 delivered, 16 cancelled, 32 deleted.
        /// 0 asks for none: then messages stay `sent` and end as `unknown`.
        reports: u8 = 14, 0..=63;
        /// The last digits of recipients' numbers by which status reports find their messages: as many as the carrier leaves
        /// unchanged.
        receipt_digits: u8 = 9, 4..=16;
        /// The most parts of one message that the carrier takes.
        parts_max: u8 = PARTS_MAX, 1..=PARTS_MAX;
        /// The longest time that the carrier is told. About a message that may wait longer it is told nothing.
        validity_max: Span = "12h".into(), "1m"..="7d";
        /// The meaning of the carrier's error codes, where the [usual reading](cimd2-upstreams.md#what-answers-mean) is wrong,
        /// up to 256 of them: by number, such as `300`; each `retry`, `throttled`, `queue_full`, `elsewhere`, `never` or
        /// `pause`. Default: none.
        errors: Codes = Codes::default();
    }
    with {
        /// Where the carrier listens.
        connection: Connection,
        /// Time limits.
        timers: Timers,
    }
}

impl Cimd2Upstream {
    /// The settings with nothing given but where to log in as whom.
    #[must_use]
    pub fn new(host: &str, port: u16, user: &str) -> Self {
        let given = [
            ("host", Value::Text(host.to_owned())),
            ("port", Value::Integer(port.into())),
            ("user", Value::Text(user.to_owned())),
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
        Carriage { names: NameAlphabet::Gsm7, name_max: NAME_MAX, short_codes: true, ..Carriage::default() }
    }
}

impl Speaks for Cimd2Upstream {
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        visit(SecretPlace::at(&["password"]), &mut self.password);
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.connection.tls.iter_mut().for_each(|tls| tls.each_file(visit));
    }

    fn tls(&self) -> Option<&TlsDocument> {
        self.connection.tls.as_ref()
    }

    fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        let password = secrets.get("password").unwrap_or_default();
        check_ascii(password, &(0..=LOGIN_MAX), &notes.key("password"));
        let digits = &self.sender_prefix;
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            let notes = notes.key("sender_prefix");
            notes.wrong(format_args!("'{digits}' is not digits alone"), "write digits");
        }
        if let Some(tls) = &self.connection.tls {
            tls.check(&notes.key("tls"));
        }
    }

    fn traits(&self) -> Traits {
        Traits {
            window: usize::from(self.window) * usize::from(self.binds),
            binds: self.binds,
            each_bind: Vec::new(),
            links_per_bind: 1,
            // The adapter makes the names of parts.
            reference_form: ReferenceForm::Exact,
            one_receipt: false,
            ask: None,
            carriage: self.carriage(),
            place: format!("{}:{}", self.connection.host, self.port).into(),
        }
    }
}

//! Settings of upstreams that speak UCP. The adapter runs with them as they are.

use super::codes::Codes;
use super::connection::{Connection, TlsDocument};
use super::timers::Timers;
use super::{Speaks, Traits};
use crate::document::SecretPlace;
use crate::limit::{Above, Ascii, check_ascii};
use crate::mistake::{Found, Notes};
use crate::secret::{Secret, Secrets};
use crate::setting::Settings;
use crate::span::Span;
use crate::tree::{Entry, Node, Value};
use crate::written::{FromText, Written};
use crate::{settings, words};
use postrider_core::carriage::Carriage;
use postrider_core::reference::ReferenceForm;
use postrider_core::submission::PARTS_MAX;
use postrider_text::NameAlphabet;

/// The most characters of a login number, a password and an authentication code (EMI/UCP 4.0, 5.1 and 6.1).
const LOGIN_MAX: usize = 16;
/// The most characters of a sender's name: 22 hexadecimal digits hold 11 septets.
const NAME_MAX: usize = 11;

settings! {
    /// Settings of UCP.
    pub struct UcpUpstream {
        /// The TCP port of the carrier. UCP has no usual one.
        port: u16, 1..=u16::MAX;
        /// The number to log in with (operation 60), such as a short code. Default: none, and no login is sent: the carrier knows
        /// the gateway by its address or by `authentication`.
        login: String = String::new(), Ascii(0..=LOGIN_MAX);
        /// The password there, up to 16 printable ASCII characters. Over the API it may be left out: then it is kept.
        /// Default: none.
        password: Option<Secret> = None;
        /// The type of the login number (OTON): 1 international, 2 national, 6 abbreviated, such as a short code.
        login_ton: u8 = 6, 0..=9;
        /// The numbering plan of the login number (ONPI): 1 telephone numbers, 3 data networks, 5 private.
        login_npi: u8 = 5, 0..=9;
        /// The authentication code of each message (AC), where the carrier asks for one. Default: none.
        authentication: Option<Secret> = None;
        /// The number of sessions.
        binds: u16 = 1, 1..=64;
        /// Parts a second over each session alone. Default: no limit but `rate`.
        bind_rate: Option<f64> = None, Above(0.0);
        /// Parts of one session that may be unanswered. 1 waits for each answer before the next part.
        window: u16 = 10, 1..=100;
        /// The sender of messages that have none: digits. Default: `login`.
        sender: String = String::new(), Ascii(0..=16);
        /// The digits before recipients' numbers, such as `00`. Default: none, numbers are in international form.
        recipient_prefix: String = String::new(), Ascii(0..=4);
        /// The notifications to ask for (NT), a sum: 1 delivered, 2 not delivered, 4 kept for later. 0 asks for none: then messages
        /// stay `sent` and end as `unknown`.
        notifications: u8 = 3, 0..=7;
        /// The address that notifications are sent to (NAdC), where the carrier asks for one. Default: none, they come by a session.
        notification_address: String = String::new(), Ascii(0..=16);
        /// The protocol of that address (NPID), 4 digits.
        notification_protocol: String = "0539".into(), Ascii(0..=4);
        /// The last digits of recipients' numbers by which notifications find their messages: as many as the carrier leaves
        /// unchanged.
        receipt_digits: u8 = 9, 4..=16;
        /// How the carrier reads texts.
        text_alphabet: TextAlphabet = TextAlphabet::Gsm7;
        /// The most parts of one message that the carrier takes.
        parts_max: u8 = PARTS_MAX, 1..=PARTS_MAX;
        /// The carrier's clock, as its offset from UTC, such as `+01:00`. It is needed to tell the carrier until when a message is
        /// worth sending (VP), since UCP's times are local. Default: unknown, and the carrier is told nothing.
        utc_offset: Option<Written<UtcOffset>> = None;
        /// The longest time that the carrier is told. About a message that may wait longer it is told nothing.
        validity_max: Span = "12h".into(), "1m"..="7d";
        /// The billing identifier of each message (extra service 0C). Default: none.
        billing: String = String::new(), Ascii(0..=40);
        /// The meaning of the carrier's error codes, where the [usual reading](ucp-upstreams.md#what-answers-mean) is wrong, up
        /// to 256 of them: by number, such as `04`; each `retry`, `throttled`, `queue_full`, `elsewhere`, `never` or `pause`.
        /// Default: none.
        errors: Codes = Codes::default();
    }
    with {
        /// Where the carrier listens.
        connection: Connection,
        /// Time limits.
        timers: Timers,
    }
}

words! {
    /// How a carrier reads texts of UCP.
    pub enum TextAlphabet {
        /// Each octet is a character of the GSM 7-bit default alphabet.
        Gsm7 = "gsm7",
        /// The German ISO 646, in which `[ \ ] { | } ~ @` are `Ä Ö Ü ä ö ü ß §`. A text with characters outside it goes as
        /// UCS-2.
        German = "iso21_german",
    }
}

/// A clock's offset from UTC, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcOffset(pub i16);

impl FromText for UtcOffset {
    fn from_text(text: &str) -> Result<Self, String> {
        offset(text).map(Self).ok_or_else(|| format!("invalid offset '{text}': write +01:00 or -03:30"))
    }
}

fn offset(text: &str) -> Option<i16> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse::<i16>().ok().filter(|_| is_number)
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

impl UcpUpstream {
    /// The settings with nothing given but where to connect.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        let given = [("host", Value::Text(host.to_owned())), ("port", Value::Integer(port.into()))];
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

impl Speaks for UcpUpstream {
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        visit(SecretPlace::at(&["password"]), &mut self.password);
        visit(SecretPlace::at(&["authentication"]), &mut self.authentication);
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.connection.tls.iter_mut().for_each(|tls| tls.each_file(visit));
    }

    fn tls(&self) -> Option<&TlsDocument> {
        self.connection.tls.as_ref()
    }

    fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        for name in ["password", "authentication"] {
            check_ascii(secrets.get(name).unwrap_or_default(), &(0..=LOGIN_MAX), &notes.key(name));
        }
        for (name, digits) in [
            ("recipient_prefix", &self.recipient_prefix),
            ("notification_address", &self.notification_address),
            ("notification_protocol", &self.notification_protocol),
            ("sender", &self.sender),
        ] {
            if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                notes.key(name).wrong(format_args!("'{digits}' is not digits alone"), "write digits");
            }
        }
        if self.login.is_empty() && self.password.is_some() {
            notes.key("password").wrong("this password is not used", "write login = '...'");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_hours_and_minutes() {
        for (text, minutes) in [("+00:00", 0), ("+01:00", 60), ("-03:30", -210), ("+14:00", 840)] {
            assert_eq!(UtcOffset::from_text(text), Ok(UtcOffset(minutes)), "{text}");
        }
        for wrong in ["", "01:00", "+1:00", "+15:00", "+01:60", "+0100", "+01:0x", "\u{2212}01:00"] {
            assert!(UtcOffset::from_text(wrong).is_err(), "{wrong}");
        }
    }
}

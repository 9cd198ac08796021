//! Settings of upstreams that are GSM or LTE modems. The adapter runs with them as they are.

use super::codes::Codes;
use super::connection::TlsDocument;
use super::{Speaks, Traits};
use crate::document::SecretPlace;
use crate::limit::{Above, Ascii, AtMost};
use crate::mistake::{Found, Notes};
use crate::secret::{Secret, Secrets};
use crate::setting::Settings;
use crate::span::Span;
use crate::tree::{Entry, Node, Value};
use crate::written::{FromText, HostAndPort, Written};
use crate::{settings, words};
use postrider_core::carriage::Carriage;
use postrider_core::reference::ReferenceForm;
use postrider_core::submission::PARTS_MAX;
use postrider_core::ussd::{BalancePattern, is_code};
use postrider_text::NameAlphabet;
use std::path::PathBuf;

/// The most characters of a number with its plus.
const NUMBER_MAX: usize = 16;
/// The most characters of a USSD code.
const CODE_MAX: usize = 32;
/// The most words of a hook's command.
const WORDS_MAX: usize = 32;
/// The digits of a PIN (3GPP TS 31.101, 9.5.1).
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=8;

settings! {
    /// Settings of modems.
    pub struct ModemUpstream {
        /// The line to the modem: a serial device by a name that stays, such as `/dev/serial/by-id/usb-...-if00-port0`; or the modem
        /// itself, `imei:DIGITS`, its SIM, `iccid:DIGITS`, or its place at the USB, `usb:1.4`, whose device is looked for; or
        /// `tcp://HOST:PORT` for a modem behind a converter, or `rfc2217://HOST:PORT` for one that speaks Telnet; without TLS, in a
        /// network that is yours.
        device: Written<Device>;
        /// The speed of a serial line, in bits a second. A modem on USB takes any.
        baud: u32 = 115_200, 300..=4_000_000;
        /// Whether the wires RTS and CTS of a serial line say when to send.
        hardware_flow: bool = false;
        /// The PIN of the SIM, 4 to 8 digits. It is given to a SIM that asks for it and has more than one try left. Default: none.
        pin: Option<Secret> = None;
        /// Whether the PIN is given, once for each start of the gateway, to a modem that doesn't say how many tries are left. A
        /// wrong PIN could spend the last one then.
        pin_blind: bool = false;
        /// The SIM's number in international form: the recipient of what handsets write. Default: what the SIM says, which
        /// often is nothing.
        number: String = String::new(), Ascii(0..=NUMBER_MAX);
        /// The number of the service centre, in international form. Default: the SIM's.
        service_centre: String = String::new(), Ascii(0..=NUMBER_MAX);
        /// How messages from handsets come.
        receive: Receive = Receive::Stored;
        /// Where the modem stores them.
        storage: Storage = Storage::Auto;
        /// Whether status reports are asked for. Without them messages stay `sent` and end as `unknown`.
        status_reports: bool = true;
        /// The last digits of recipients' numbers by which status reports find their messages: as many as the network leaves
        /// unchanged.
        receipt_digits: u8 = 9, 4..=16;
        /// The most parts of one message.
        parts_max: u8 = PARTS_MAX, 1..=PARTS_MAX;
        /// The longest time that the service centre is told to try. A message's own `valid_for` counts if it is shorter.
        validity_max: Span = "63d".into(), "5m"..="441d";
        /// The meaning of the modem's and the network's errors (`+CMS ERROR`), where the
        /// [usual reading](modem-upstreams.md#what-errors-mean) is wrong, up to 256 of them: by number, such as `38`; each
        /// `retry`, `throttled`, `queue_full`, `elsewhere`, `never` or `pause`. Default: none.
        errors: Codes = Codes::default();
        /// How the balance of a prepaid SIM is asked for. Default: not at all.
        balance: Option<BalanceDocument> = None;
        /// The last resort when the modem is of no use again and again. Default: none.
        hook: Option<HookDocument> = None;
    }
    with {
        /// Time limits.
        timers: ModemTimers,
    }
}

settings! {
    /// Time limits of modems.
    pub struct ModemTimers: Default {
        /// The time for which a link sends nothing after a code that means `pause`.
        pause: Span = "60s".into(), "1s"..="1h";
        /// The wait before the next attempt at a SIM that wants another PIN, or its PUK.
        login_retry: Span = "5m".into(), "1s"..="1h";
        /// The time that the modem may look for the network, and be without one, before it is started anew.
        registration_timeout: Span = "3m".into(), "5s"..="1h";
        /// How often the modem is asked for its network and its signal, and its storage is looked through.
        check_every: Span = "30s".into(), "5s"..="1h";
        /// The time limit of the network's answer to a message. After it the message is in doubt.
        response_timeout: Span = "60s".into(), "5s"..="10m";
        /// The longest pause between attempts to open the line. The first pause is 1 second, and each doubles.
        reconnect_max: Span = "60s".into(), "1s"..="1h";
    }
}

settings! {
    /// How the balance of a prepaid SIM is asked for.
    pub struct BalanceDocument {
        /// The USSD code, such as `*100#`.
        code: String, Ascii(1..=CODE_MAX);
        /// A regular expression for the network's answer, whose first group is the amount, such as `([0-9.,]+) EUR`.
        pattern: Written<BalancePattern>;
        /// How often it is asked for.
        every: Span = "1d".into(), "10m"..="31d";
        /// The amount below which a warning and the event `sim_balance.low` say that it is low. Default: none.
        low: Option<f64> = None, Above(0.0);
    }
}

settings! {
    /// The last resort when a modem is of no use again and again: the command or the URL may cut its power.
    pub struct HookDocument: Default {
        /// A program by its whole path, and its arguments. There is no shell, and the environment is empty but for `PATH`,
        /// `POSTRIDER_UPSTREAM` and `POSTRIDER_REASON`. It is ended after 30 seconds. Default: none.
        command: Vec<String> = Vec::new(), AtMost(WORDS_MAX);
        /// A URL, to which a JSON object of `upstream` and `reason` is posted. Default: none.
        url: Option<String> = None;
        /// How many failures in a row, to open the line or to make the modem ready, come before it.
        after: u8 = 3, 1..=100;
        /// The shortest time between two runs.
        every: Span = "10m".into(), "1m"..="7d";
    }
}

words! {
    /// How messages from handsets come.
    pub enum Receive {
        /// The modem stores them; they are read, and deleted once they are kept here. Nothing is lost whatever crashes.
        Stored = "stored",
        /// The modem gives them out at once (`+CMT`), and they are acknowledged once they are kept here, where the modem can do
        /// that; else they are stored.
        Direct = "direct",
    }
}

words! {
    /// Where a modem stores messages.
    pub enum Storage {
        /// Where it stores them by itself.
        Auto = "auto",
        /// In the SIM.
        Sim = "sim",
        /// In the modem.
        Modem = "modem",
    }
}

/// The line to a modem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// A serial device.
    Serial(PathBuf),
    /// The serial device of this modem, which is looked for.
    Sought(Mark),
    /// A converter behind a TCP port.
    Tcp {
        /// The name or the address.
        host: Box<str>,
        /// The port.
        port: u16,
        /// Whether it speaks Telnet with its option for serial ports (RFC 2217); else octets go as they are.
        telnet: bool,
    },
}

/// What tells a modem from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The number of the modem (IMEI), 15 digits.
    Imei(Box<str>),
    /// The number of the SIM card (ICCID), 18 to 20 digits.
    Iccid(Box<str>),
    /// The place at the USB, ports from the root hub on, such as `1.4`.
    Usb(Box<str>),
}

impl Mark {
    /// Reads a mark; `None` if the text is none.
    fn read(text: &str) -> Option<Result<Self, String>> {
        let (kind, value) = text.split_once(':')?;
        let digits = |most: std::ops::RangeInclusive<usize>| {
            let is_one = most.contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit());
            is_one.then(|| value.into())
        };
        let read = match kind {
            "imei" => digits(14..=16).map(Self::Imei).ok_or("an IMEI has 15 digits"),
            "iccid" => digits(18..=20).map(Self::Iccid).ok_or("an ICCID has 18 to 20 digits"),
            "usb" => {
                let is_place = value.split('.').all(|port| port.parse::<u8>().is_ok());
                is_place.then(|| Self::Usb(value.into())).ok_or("a place at the USB is such as usb:1.4")
            }
            _ => return None,
        };
        Some(read.map_err(|why| format!("invalid device '{text}': {why}")))
    }
}

impl FromText for BalancePattern {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::new(text)
    }
}

impl Default for Device {
    /// An empty path, which stands where the device is missing.
    fn default() -> Self {
        Self::Serial(PathBuf::new())
    }
}

impl FromText for Device {
    fn from_text(text: &str) -> Result<Self, String> {
        for (scheme, telnet) in [("tcp://", false), ("rfc2217://", true)] {
            let Some(place) = text.strip_prefix(scheme) else { continue };
            let HostAndPort { name, port } = HostAndPort::from_text(place)?;
            let missing = || format!("the port is missing in '{text}': write {scheme}HOST:PORT");
            return Ok(Self::Tcp { host: name, port: port.ok_or_else(missing)?, telnet });
        }
        if let Some(mark) = Mark::read(text) {
            return mark.map(Self::Sought);
        }
        if text.starts_with('/') && !text.ends_with('/') && !text.contains('\0') {
            return Ok(Self::Serial(text.into()));
        }
        Err(format!(
            "invalid device '{text}': write a path such as /dev/serial/by-id/..., imei:DIGITS, iccid:DIGITS, usb:1.4, tcp://HOST:PORT or rfc2217://HOST:PORT"
        ))
    }
}

impl ModemUpstream {
    /// The settings with nothing given but the device.
    #[must_use]
    pub fn new(device: &str) -> Self {
        let entry = Entry {
            key: "device".to_owned(),
            key_span: 0..0,
            node: Node::new(Value::Text(device.to_owned())),
        };
        Self::read_fields(&Node::new(Value::Table(vec![entry])), &Found::default().notes())
    }

    /// The addresses that it carries. The sender is always the SIM's number.
    #[must_use]
    pub fn carriage(&self) -> Carriage {
        Carriage { names: NameAlphabet::Utf8, short_codes: true, ..Carriage::default() }
    }
}

impl HookDocument {
    fn check(&self, notes: &Notes<'_>) {
        match (self.command.first(), &self.url) {
            (None, None) => notes.wrong(
                "the hook does nothing",
                "write command = ['/path/to/program'] or url = 'https://...'",
            ),
            (Some(_), Some(_)) => notes.wrong("the hook has a command and a URL", "write one of them"),
            (Some(program), None) if !program.starts_with('/') => {
                let why = format!("'{program}' is no whole path");
                notes
                    .key("command")
                    .wrong(why, "write the program's whole path, such as '/usr/local/bin/power-cycle'");
            }
            (Some(_), None) => {}
            (None, Some(url)) => {
                notes.key("url").take(crate::rules::check_url(url));
            }
        }
    }
}

impl Speaks for ModemUpstream {
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        visit(SecretPlace::at(&["pin"]), &mut self.pin);
    }

    fn each_file(&mut self, _: &mut dyn FnMut(&mut String)) {}

    fn tls(&self) -> Option<&TlsDocument> {
        None
    }

    fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        let is_pin =
            |pin: &str| PIN_DIGITS.contains(&pin.len()) && pin.bytes().all(|digit| digit.is_ascii_digit());
        if !secrets.get("pin").is_none_or(is_pin) {
            notes.key("pin").wrong("a PIN has 4 to 8 digits", "write the digits that the SIM came with");
        }
        if self.pin_blind && self.pin.is_none() {
            notes.key("pin_blind").wrong("there is no PIN to give", "write pin = '...'");
        }
        if let Some(balance) = self.balance.as_ref().filter(|balance| !is_code(&balance.code)) {
            let why = format!("'{}' can't be dialled", balance.code);
            notes.key("balance").key("code").wrong(why, "write digits with '*' and '#', such as '*100#'");
        }
        if let Some(hook) = &self.hook {
            hook.check(&notes.key("hook"));
        }
        for (name, number) in [("number", &self.number), ("service_centre", &self.service_centre)] {
            let digits = number.strip_prefix('+').unwrap_or(number);
            if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                notes.key(name).wrong(format_args!("'{number}' is no number"), "write +447700900123");
            }
        }
    }

    fn traits(&self) -> Traits {
        Traits {
            window: 1,
            binds: 1,
            links_per_bind: 1,
            // The adapter makes the names of parts.
            reference_form: ReferenceForm::Exact,
            one_receipt: false,
            ask: None,
            carriage: self.carriage(),
            place: self.device.text().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_a_path_or_a_place_in_the_network() {
        let tcp = |host: &str| Ok(Device::Tcp { host: host.into(), port: 4_001, telnet: false });
        for (text, device) in [
            ("/dev/ttyUSB0", Ok(Device::Serial("/dev/ttyUSB0".into()))),
            ("tcp://192.0.2.7:4001", tcp("192.0.2.7")),
            ("tcp://[2001:db8::7]:4001", tcp("2001:db8::7")),
            ("tcp://modems.example:4001", tcp("modems.example")),
            ("imei:490154203237518", Ok(Device::Sought(Mark::Imei("490154203237518".into())))),
            ("iccid:8949010000000000018", Ok(Device::Sought(Mark::Iccid("8949010000000000018".into())))),
            ("usb:1.4", Ok(Device::Sought(Mark::Usb("1.4".into())))),
            ("rfc2217://box:23", Ok(Device::Tcp { host: "box".into(), port: 23, telnet: true })),
        ] {
            assert_eq!(Device::from_text(text), device, "{text}");
        }
        for wrong in [
            "",
            "ttyUSB0",
            "/dev/",
            "tcp://192.0.2.7",
            "tcp://:4001",
            "http://192.0.2.7:4001",
            "COM3",
            "imei:12",
            "usb:x",
        ] {
            assert!(Device::from_text(wrong).is_err(), "{wrong}");
        }
    }
}

//! Settings of upstreams that are GSM or LTE modems. The adapter runs with them as they are.

use super::codes::Codes;
use super::connection::TlsDocument;
use super::{PartLimitsDocument, Speaks, Traits};
use crate::document::SecretPlace;
use crate::limit::{Above, Ascii, AtMost};
use crate::mistake::{self, Found, Notes};
use crate::secret::{Secret, Secrets};
use crate::setting::Settings;
use crate::span::Span;
use crate::tree::{Entry, Node, Step, Value};
use crate::written::{FromText, HostAndPort, Written};
use crate::{settings, words};
use postrider_core::bind::Bind;
use postrider_core::carriage::Carriage;
use postrider_core::reference::ReferenceForm;
use postrider_core::route::NetworkMatch;
use postrider_core::submission::PARTS_MAX;
use postrider_core::ussd::{BalancePattern, is_code};
use postrider_text::NameAlphabet;
use std::path::PathBuf;

/// The most characters of a number with its plus.
const NUMBER_MAX: usize = 16;
/// The most modems of one upstream.
const MODEMS_MAX: usize = 64;
/// The most networks that one is preferred for.
const NETWORKS_MAX: usize = 100;
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
        /// network that is yours. Default: none; `modems` are needed then.
        device: Option<Written<Device>> = None;
        /// Several modems, or SIMs, as one upstream. Each message goes by one of them that is ready: first by one of the
        /// recipient's network, and among equals by the one that has used the least share of its limit for the day and the month.
        /// Default: one, `device`.
        modems: Vec<ModemDocument> = Vec::new(), AtMost(MODEMS_MAX);
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
        /// often is nothing. With `modems` each has its own.
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
    /// One of several modems of an upstream. Its other settings are those of the upstream.
    pub struct ModemDocument {
        /// The line to it, as `device` of the upstream. Its limits are counted under this text.
        device: Written<Device>;
        /// The PIN of its SIM, 4 to 8 digits. Default: none.
        pin: Option<Secret> = None;
        /// The number of its SIM in international form. Default: what the SIM says, which often is nothing.
        number: String = String::new(), Ascii(0..=NUMBER_MAX);
        /// The networks whose recipients it is preferred for, by country and network code (`23410`), or by country code (`234`).
        /// Default: none in particular.
        networks: Vec<Written<NetworkMatch>> = Vec::new(), AtMost(NETWORKS_MAX);
        /// The most parts that it sends in periods of the calendar (UTC). The others go on. Default: `bind_limits` of the upstream.
        limits: Option<PartLimitsDocument> = None;
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
        /// `POSTRIDER_UPSTREAM`, `POSTRIDER_DEVICE` and `POSTRIDER_REASON`. It is ended after 30 seconds. Default: none.
        command: Vec<String> = Vec::new(), AtMost(WORDS_MAX);
        /// A URL, to which a JSON object of `upstream`, `device` and `reason` is posted. Default: none.
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

    /// The lines to its modems.
    pub fn devices(&self) -> impl Iterator<Item = &Written<Device>> {
        self.device.iter().chain(self.modems.iter().map(|modem| &modem.device))
    }

    /// The addresses that it carries. The sender is always the SIM's number.
    #[must_use]
    pub fn carriage(&self) -> Carriage {
        Carriage { names: NameAlphabet::Utf8, short_codes: true, ..Carriage::default() }
    }
}

impl ModemDocument {
    /// The name that its PIN is kept under.
    #[must_use]
    pub fn pin_name(&self) -> String {
        format!("modems.{}.pin", self.device)
    }

    fn bind(&self) -> Bind {
        Bind {
            name: self.device.text().into(),
            limits: self.limits.as_ref().map(PartLimitsDocument::limits).unwrap_or_default(),
            networks: self.networks.iter().map(|network| **network).collect(),
        }
    }
}

impl ModemUpstream {
    /// Notes what of one modem and of several contradicts each other.
    fn check_modems(&self, secrets: &Secrets, notes: &Notes<'_>) {
        match (&self.device, self.modems.is_empty()) {
            (None, true) => {
                notes.key("device").note(mistake::Kind::Missing("device".to_owned()));
            }
            (Some(_), false) => {
                notes.key("modems").wrong("there is a device, too", "write it as one of the modems");
            }
            (_, false) if secrets.get("pin").is_some() || !self.number.is_empty() => {
                notes.key("modems").wrong(
                    "the upstream has a PIN or a number, and several modems",
                    "write 'pin' and 'number' in each of the modems",
                );
            }
            _ => {}
        }
        for (index, modem) in self.modems.iter().enumerate() {
            let modems = notes.key("modems");
            let notes = modems.index(index);
            if self.modems.iter().take(index).any(|other| other.device == modem.device) {
                notes.key("device").wrong(format_args!("'{}' is there twice", modem.device), "leave one out");
            }
            check_pin(secrets.get(&modem.pin_name()), &notes);
            check_number(&modem.number, &notes.key("number"));
        }
    }
}

/// Notes a PIN that is none.
fn check_pin(pin: Option<&str>, notes: &Notes<'_>) {
    let is_pin =
        |pin: &str| PIN_DIGITS.contains(&pin.len()) && pin.bytes().all(|digit| digit.is_ascii_digit());
    if !pin.is_none_or(is_pin) {
        notes.key("pin").wrong("a PIN has 4 to 8 digits", "write the digits that the SIM came with");
    }
}

/// Notes a number that is none.
fn check_number(number: &str, notes: &Notes<'_>) {
    let digits = number.strip_prefix('+').unwrap_or(number);
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        notes.wrong(format_args!("'{number}' is no number"), "write +447700900123");
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
        for (index, modem) in self.modems.iter_mut().enumerate() {
            let path = vec![Step::Key("modems".into()), Step::Index(index), Step::Key("pin".into())];
            visit(SecretPlace { name: modem.pin_name(), path }, &mut modem.pin);
        }
    }

    fn each_file(&mut self, _: &mut dyn FnMut(&mut String)) {}

    fn tls(&self) -> Option<&TlsDocument> {
        None
    }

    fn check(&self, secrets: &Secrets, notes: &Notes<'_>) {
        check_pin(secrets.get("pin"), notes);
        self.check_modems(secrets, notes);
        let has_pin = |name: &str| secrets.get(name).is_some();
        let has_some = has_pin("pin") || self.modems.iter().any(|modem| has_pin(&modem.pin_name()));
        if self.pin_blind && !has_some {
            notes.key("pin_blind").wrong("there is no PIN to give", "write pin = '...'");
        }
        if let Some(balance) = self.balance.as_ref().filter(|balance| !is_code(&balance.code)) {
            let why = format!("'{}' can't be dialled", balance.code);
            notes.key("balance").key("code").wrong(why, "write digits with '*' and '#', such as '*100#'");
        }
        if let Some(hook) = &self.hook {
            hook.check(&notes.key("hook"));
        }
        check_number(&self.number, &notes.key("number"));
        check_number(&self.service_centre, &notes.key("service_centre"));
    }

    fn traits(&self) -> Traits {
        let count = u16::try_from(self.modems.len()).unwrap_or(u16::MAX);
        // A long message in the hands of one must not hold the others up.
        let window = if count == 0 { 1 } else { usize::from(count) * usize::from(self.parts_max) };
        let places: Vec<&str> = self.devices().map(Written::text).collect();
        Traits {
            window,
            binds: count.max(1),
            each_bind: self.modems.iter().map(ModemDocument::bind).collect(),
            links_per_bind: 1,
            // The adapter makes the names of parts.
            reference_form: ReferenceForm::Exact,
            one_receipt: false,
            ask: None,
            carriage: self.carriage(),
            place: places.join(" ").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_modems_are_binds_of_their_own() {
        let text = "bind_limits = { day = 9 }\n[[modems]]\ndevice = 'iccid:8944100000000000011'\nnetworks = ['23410', '234']\n\
            limits = { day = 100, month = 1000 }\n[[modems]]\ndevice = 'tcp://box:4001'\nnumber = '+447700900100'";
        let node: Node = toml::from_str(text).unwrap();
        let traits = ModemUpstream::read_fields(&node, &Found::default().notes()).traits();
        assert_eq!((traits.binds, traits.window), (2, 2 * usize::from(PARTS_MAX)));
        let names: Vec<&str> = traits.each_bind.iter().map(|bind| &*bind.name).collect();
        assert_eq!(names, ["iccid:8944100000000000011", "tcp://box:4001"]);
        assert_eq!(traits.each_bind[0].limits.to_string(), "100/day, 1000/month");
        assert_eq!(traits.each_bind[0].networks.len(), 2);
        assert!(traits.each_bind[1].limits.are_none());
    }

    #[test]
    fn one_modem_and_several_contradict_each_other() {
        for (text, places) in [
            ("", &["device"][..]),
            ("device = '/dev/a'", &[]),
            ("device = '/dev/a'\nmodems = [{ device = '/dev/b' }]", &["modems"]),
            ("number = '+1'\nmodems = [{ device = '/dev/b' }]", &["modems"]),
            ("modems = [{ device = '/dev/b' }, { device = '/dev/b' }]", &["modems[1].device"]),
            ("modems = [{ device = '/dev/b', number = 'x' }]", &["modems[0].number"]),
        ] {
            let node: Node = toml::from_str(text).unwrap();
            let found = Found::default();
            ModemUpstream::read_fields(&node, &found.notes()).check(&Secrets::default(), &found.notes());
            let told: Vec<String> = found.into_mistakes().iter().map(mistake::Mistake::place).collect();
            assert_eq!(told, places, "{text}");
        }
    }

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

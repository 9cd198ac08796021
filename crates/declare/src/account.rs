//! Accounts as people declare them.

use crate::billing::BillingDocument;
use crate::document::{Document, SecretPlace};
use crate::fraud::FraudDocument;
use crate::limit::{Above, Ascii, AtMost, Name};
use crate::mistake::Notes;
use crate::pem_files::check_certificates;
use crate::policy::{CAPS_MAX, CapDocument};
use crate::quiet_day::QuietDay;
use crate::rule::{ClockSpan, DayWord, Zone};
use crate::secret::Secret;
use crate::span::Span;
use crate::tree::Step;
use crate::upstream::PartLimitsDocument;
use crate::upstream::smpp::LongText;
use crate::written::{Expiry, Prefix, Written};
use crate::{settings, words};
use postrider_core::account::{LongForm, Network, REQUEST_RATE};
use postrider_core::consent::{CalendarSet, Preset};
use postrider_core::message::Class;
use postrider_core::numbering::{Country, NumberKind, Undeliverable};
use postrider_core::policy::CodeLimits;
use postrider_core::retention::Redact;
use postrider_core::sender::Sender;
use postrider_core::submission::PARTS_MAX;
use postrider_text::{Alphabet, NameAlphabet};
use std::collections::BTreeMap;
use std::time::Duration;

/// The most API keys of an account.
pub(crate) const KEYS_MAX: usize = 32;
/// The most scopes of a key.
pub(crate) const SCOPES_MAX: usize = 2;
/// The most purposes of consents that an account names.
pub(crate) const PURPOSES_MAX: usize = 16;
/// How many classes there are.
pub(crate) const CLASSES_MAX: usize = Class::COUNT;
/// The most USSD codes of an account.
pub(crate) const USSD_CODES_MAX: usize = 100;
/// The most prefixes of an account.
pub(crate) const PREFIXES_MAX: usize = 1_000;
/// The most address ranges of a login.
pub(crate) const NETWORKS_MAX: usize = 100;

settings! {
    /// An account: who may send messages, with keys, logins, defaults and limits.
    pub struct AccountDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// Whether it may submit. A disabled account is refused at every door; its queued messages are still sent.
        enabled: bool = true;
        /// Its API keys. Default: none.
        keys: Vec<KeyDocument> = Vec::new(), AtMost(KEYS_MAX);
        /// Its login for sessions of SMPP, UCP and CIMD2. Default: none, it can't open sessions.
        smpp: Option<SmppDocument> = None;
        /// Where its notices are posted. Default: nowhere.
        webhook: Option<WebhookDocument> = None;
        /// The country (ISO 3166, such as `GB`) whose national numbers it may write as recipients: `07700 900123`. Without it,
        /// and with `+` in any case, numbers are international. Default: none.
        country: Option<Written<Country>> = None;
        /// What it must keep to towards recipients. Default: opt-outs and blocks alone.
        policy: Option<PolicyDocument> = None;
        /// The sender of messages that name none: a number, a code of up to 20 digits, or a name of up to 11 characters.
        /// Default: none, the carrier decides.
        sender: Option<Written<Sender>> = None;
        /// The class of messages that name none.
        class: ClassWord = ClassWord::Transactional;
        /// The time that a message may wait until it is sent, if it doesn't say.
        valid_for: Span = "24h".into(), "1s"..="7d";
        /// The longest time that messages may wait once due, by class: those past it end as `expired` with the code
        /// `deadline_passed`. Default: as long as `valid_for`.
        deadlines: DeadlinesDocument = DeadlinesDocument::default();
        /// Parts that it may submit a second, over all doors together. Default: no limit.
        rate: Option<f64> = None, Above(0.0);
        /// Requests a second over REST that read, preview or cancel messages. Those of ten seconds may come at once.
        request_rate: u32 = REQUEST_RATE, 1..=100_000;
        /// The most parts that it may submit in a minute, an hour, a day and a month (UTC), over all doors and nodes together. What is beyond
        /// is refused (`quota_reached`). Default: no limit.
        quota: Option<PartLimitsDocument> = None;
        /// Its messages that may wait in the queue, over all nodes together. More are refused (`account_queue_full`). Default: no limit.
        queue_max: Option<u32> = None, 1..=u32::MAX;
        /// The names of routes that its messages may ask for (`route`), whichever come before them; `*` is every route. Default: none.
        routes: Vec<String> = Vec::new(), AtMost(PREFIXES_MAX);
        /// The countries (ISO 3166) that it may send to; then numbers of no country, such as satellite telephones, are refused as well.
        /// Default: every country.
        countries: Vec<Written<Country>> = Vec::new(), AtMost(PREFIXES_MAX);
        /// The first digits, without `+`, of the numbers that it may send to. Default: every number.
        allow_to: Vec<Written<Prefix>> = Vec::new(), AtMost(PREFIXES_MAX);
        /// The senders that it may use besides `sender`: a number (`+447700900123`), a code or a name, or their start and `*`. Case
        /// doesn't matter. Default: every sender.
        senders: Vec<String> = Vec::new(), AtMost(PREFIXES_MAX);
        /// The senders that it may use to a country (ISO 3166), in the place of `sender` and `senders`: `{ US = ["+15005550001"] }`.
        /// Default: none, `senders` hold everywhere.
        senders_by_country: BTreeMap<String, Vec<String>> = BTreeMap::new();
        /// The kinds of numbers that it is refused, since they take no messages or cost more: an empty list allows them all.
        refuse_to: Vec<RefusedNumber> = RefusedNumber::USUAL.into(), AtMost(RefusedNumber::ALL.len());
        /// The most parts of one message.
        parts_max: u8 = 10, 1..=PARTS_MAX;
        /// How it pays for its messages. Default: not at all, they are free.
        billing: Option<BillingDocument> = None;
        /// The classes of messages of which it is told whether they converted (`POST /v1/messages/{id}/conversion`), or the gateway
        /// knows, since it checks their codes. Routes by `surest` and `score` compare upstreams by that. Default: none.
        conversions: Vec<ClassWord> = Vec::new(), AtMost(CLASSES_MAX);
        /// How many one-time passwords its [verifications](verifications.md) send.
        codes: CodesDocument = CodesDocument::default();
        /// How long texts and records of its messages are kept. Default: as the node says in `[retention]`.
        retention: RetentionDocument = RetentionDocument::default();
        /// How its people share conversations with handsets. Default: without limits.
        conversations: ConversationsDocument = ConversationsDocument::default();
    }
}

settings! {
    /// The most one-time passwords that verifications send. A start beyond a limit is answered 429.
    pub struct CodesDocument: Default {
        /// To a number, in an hour.
        number_hour: u32 = CodeLimits::USUAL.number_hour, 1..=10_000;
        /// To a number, in a day.
        number_day: u32 = CodeLimits::USUAL.number_day, 1..=10_000;
        /// To numbers that differ in their last four digits only, in an hour: fraudsters buy numbers by ranges.
        prefix_hour: u32 = CodeLimits::USUAL.prefix_hour, 1..=10_000_000;
        /// For an address of the network (`ip`), in an hour.
        address_hour: u32 = CodeLimits::USUAL.address_hour, 1..=10_000_000;
        /// For addresses of one network of IPv4 (`/24`), or of IPv6 (`/48`), in an hour.
        network_hour: u32 = CodeLimits::USUAL.network_hour, 1..=10_000_000;
        /// By the account, in ten minutes.
        account_ten_minutes: u32 = CodeLimits::USUAL.account_ten_minutes, 1..=100_000_000;
    }
}

impl From<&CodesDocument> for CodeLimits {
    fn from(it: &CodesDocument) -> Self {
        let CodesDocument {
            number_hour,
            number_day,
            prefix_hour,
            address_hour,
            network_hour,
            account_ten_minutes,
        } = *it;
        Self { number_hour, number_day, prefix_hour, address_hour, network_hour, account_ten_minutes }
    }
}

settings! {
    /// The longest time that messages may wait once due, by class.
    pub struct DeadlinesDocument: Default {
        /// Of class `emergency`. Default: none.
        emergency: Option<Span> = None, "1s"..="7d";
        /// Of class `otp`: a code that comes too late is of no use. Default: none.
        otp: Option<Span> = None, "1s"..="7d";
        /// Of class `transactional`. Default: none.
        transactional: Option<Span> = None, "1s"..="7d";
        /// Of class `marketing`. Default: none.
        marketing: Option<Span> = None, "1s"..="7d";
    }
}

impl DeadlinesDocument {
    /// By class, in the order of classes.
    #[must_use]
    pub fn by_class(&self) -> [Option<Duration>; Class::COUNT] {
        [&self.emergency, &self.otp, &self.transactional, &self.marketing]
            .map(|deadline| deadline.as_ref().map(Span::get))
    }
}

/// The most dates that are quiet.
const QUIET_DATES_MAX: usize = 100;

settings! {
    /// What an account must keep to towards recipients, besides opt-outs and blocks.
    pub struct PolicyDocument {
        /// A preset: the rules of a country's law, which the other settings here replace. `postrider policy` says what each
        /// enforces. Default: none.
        preset: Option<PresetWord> = None;
        /// The classes of messages that need a recorded consent of the recipient (`/v1/consents`). Default: the preset's, or none.
        require_consent: Option<Vec<ClassWord>> = None;
        /// The purposes of consents that count. Default: any.
        purposes: Vec<String> = Vec::new(), AtMost(PURPOSES_MAX);
        /// Quiet hours in the recipient's zone, such as `21:00-08:00`, during which messages wait; the end is not within.
        /// Default: the preset's, or none.
        quiet: Option<Written<ClockSpan>> = None;
        /// Days of the week that are quiet from midnight to midnight, such as `sun`. Default: none.
        quiet_days: Vec<DayWord> = Vec::new(), AtMost(6);
        /// Dates that are quiet, such as holidays: `12-25` in every year, `2027-03-29` in one. Default: none.
        quiet_dates: Vec<Written<QuietDay>> = Vec::new(), AtMost(QUIET_DATES_MAX);
        /// Calendars of states and countries, whose hours and days hold besides for numbers of their places: `postrider policy` says
        /// what each enforces. Default: the preset's, or none.
        calendars: Option<Vec<CalendarWord>> = None;
        /// The classes that wait during quiet hours. An emergency and a one-time password never do.
        quiet_classes: Vec<ClassWord> = vec![ClassWord::Marketing], AtMost(CLASSES_MAX);
        /// The time zone of all recipients, such as `Europe/Berlin`. Default: those that the number may be in; where these differ,
        /// it is quiet if it is in any of them.
        zone: Option<Written<Zone>> = None;
        /// The first digits, without `+`, of numbers that it must not send to. Default: none.
        block_to: Vec<Written<Prefix>> = Vec::new(), AtMost(PREFIXES_MAX);
        /// How many messages of the account a recipient gets. Default: no limit.
        caps: Vec<CapDocument> = Vec::new(), AtMost(CAPS_MAX);
        /// How long the same content from the same sender to the same recipient is refused as a duplicate. Default: not at all.
        duplicates: Option<Span> = None, "1s"..="7d";
        /// The classes that an opt-out doesn't stop, such as one-time passwords that the recipient asks for. Default: none.
        opt_outs_spare: Vec<ClassWord> = Vec::new(), AtMost(CLASSES_MAX);
        /// Rules against fraud (traffic pumping). Default: none.
        fraud: Option<FraudDocument> = None;
    }
}

words! {
    /// The law of a country, as far as the gateway enforces it.
    pub enum PresetWord {
        /// United States: the Telephone Consumer Protection Act.
        Tcpa = "tcpa",
        /// European Union: the General Data Protection Regulation and the ePrivacy Directive.
        Gdpr = "gdpr",
        /// Canada: Canada's Anti-Spam Legislation.
        Casl = "casl",
        /// India: TRAI's regulations on commercial communications.
        Trai = "trai",
    }
}

words! {
    /// Calendars of marketing.
    pub enum CalendarWord {
        /// States of the United States with stricter hours than the federal ones, by area code.
        UsStates = "us_states",
        /// France: no Sundays, no holidays.
        France = "france",
    }
}

impl From<CalendarWord> for CalendarSet {
    fn from(word: CalendarWord) -> Self {
        match word {
            CalendarWord::UsStates => Self::UsStates,
            CalendarWord::France => Self::France,
        }
    }
}

impl From<PresetWord> for Preset {
    fn from(word: PresetWord) -> Self {
        match word {
            PresetWord::Tcpa => Self::Tcpa,
            PresetWord::Gdpr => Self::Gdpr,
            PresetWord::Casl => Self::Casl,
            PresetWord::Trai => Self::Trai,
        }
    }
}

settings! {
    /// A key for the HTTP API.
    pub struct KeyDocument {
        /// Its name, unique in the account, by which it is revoked; written like an account's.
        name: String, Name;
        /// The key, 20 to 200 characters. Over the API it may be left out: then the key of this name is kept, or a new one is
        /// made and shown once.
        key: Option<Secret> = None;
        /// What it may be used for.
        scopes: Vec<KeyScope> = vec![KeyScope::Send, KeyScope::Read], AtMost(SCOPES_MAX);
        /// Addresses that it may be used from: `192.0.2.0/24`, `2001:db8::/32` or one address. Default: all.
        allow: Vec<Written<Network>> = Vec::new(), AtMost(NETWORKS_MAX);
        /// When it ceases to be valid: `2027-01-31` is the end of that day in UTC, `2027-01-31T12:00:00Z` a time. Default: never.
        expires: Option<Written<Expiry>> = None;
    }
}

settings! {
    /// A login for sessions of SMPP, UCP and CIMD2.
    pub struct SmppDocument {
        /// The user name, unique among accounts.
        system_id: String, Ascii(1..=15);
        /// The password, 1 to 8 printable ASCII characters as SMPP allows. Over the API it may be left out: then it is kept,
        /// or a new one is made and shown once.
        password: Option<Secret> = None;
        /// Sessions that may be open at once.
        sessions: u32 = 4, 1..=256;
        /// Requests of a session that may wait for an answer.
        window: u32 = 100, 1..=10_000;
        /// Addresses that it may connect from: `192.0.2.0/24`, `2001:db8::/32` or one address. Default: all.
        allow: Vec<Written<Network>> = Vec::new(), AtMost(NETWORKS_MAX);
        /// The account's default alphabet: `data_coding` 0 in texts that it sends and in receipts that it gets. A session keeps
        /// the alphabet that held when it was bound.
        alphabet: Alphabet = Alphabet::Gsm7;
        /// The alphabet of its alphanumeric addresses.
        address_alphabet: NameAlphabet = NameAlphabet::Latin1;
        /// Whether a zero at the end of a text in the GSM alphabet is dropped. Programs end texts so and count it; in that
        /// alphabet it is an `@`.
        drop_nul: bool = true;
        /// How long the parts of a text that it cut itself wait for the others, but at most half of their validity. Then those
        /// that came are sent as they came.
        parts_wait: Span = "60s".into(), "1s"..="1h";
        /// The form of delivery receipts.
        receipts: ReceiptCommand = ReceiptCommand::DeliverSm;
        /// The form of messages from handsets that need several parts. A client that bound with 3.3 gets parts with headers
        /// in any case.
        long: LongText = LongText::Udh8;
    }
}

settings! {
    /// Where notices are posted.
    pub struct WebhookDocument {
        /// An https URL of up to 2,048 characters, without user name and password.
        url: String;
        /// A file of certificates (PEM) of the authorities that endpoints are trusted by, instead of the system's; for the URL
        /// and for callbacks of single messages. Default: none, those that the system trusts.
        ca_file: Option<String> = None;
        /// The key of the signatures as Standard Webhooks writes it: `whsec_` and 24 to 64 octets in base64. Over the API it
        /// may be left out: then it is kept, or a new one is made and shown once.
        secret: Option<Secret> = None;
        /// The key before it, while receivers change over: notices carry a signature by each. Over the API a rotation puts it
        /// here. Default: none.
        previous_secret: Option<Secret> = None;
        /// Whether plain http is allowed: anybody on the way can read the notices then. It is allowed in any case within this
        /// machine, with `allow_private`.
        allow_http: bool = false;
        /// Whether the URL, and callbacks of single messages, may lead to private, loopback and link-local addresses, and
        /// to any port. Otherwise the port is 443 or 8443, or with http 80 or 8080.
        allow_private: bool = false;
        /// The URL of a menu for USSD, written like `url`: it is posted each turn of a handset's dialogue, signed as notices are, and
        /// answers with the next page. Default: none.
        ussd_url: Option<String> = None;
        /// The service codes that the menu serves, such as `*123#`, which includes `*123*4#`; or a modem's `number`, for what its
        /// network asks. Default: none.
        ussd_codes: Vec<String> = Vec::new(), AtMost(USSD_CODES_MAX);
        /// The most events of one post. With 2 and more, each post is a list of events, also if it holds only one.
        batch: u8 = 1, 1..=100;
        /// Whether `X-Kannel-*` fields in the endpoint's answer say how its reply is sent: from whom, to whom, when and with which
        /// header. Octets are a reply then, too.
        kannel_headers: bool = false;
    }
}

settings! {
    /// How long texts and records of an account's messages are kept.
    pub struct RetentionDocument: Default {
        /// The time for which texts are kept after the message was accepted or came in, at most as long as records. A text that
        /// is still to be sent or told stays until then. Default: `retention.texts` of the node.
        texts: Option<Span> = None, "0s"..="3650d";
        /// The time for which messages are kept after they were accepted or came in, once they have ended. Default:
        /// `retention.messages` of the node.
        records: Option<Span> = None, "1h"..="3650d";
        /// The ends of messages at which texts are removed at once.
        redact: RedactWord = RedactWord::Never;
    }
}

settings! {
    /// How an account's people share conversations with handsets.
    pub struct ConversationsDocument: Default {
        /// The most open conversations that are assigned to one person. Default: any number.
        per_person: Option<u32> = None;
        /// How long an assigned conversation may wait for an answer until the queue (`POST /v1/conversations/next`) gives it to somebody
        /// else. Default: for ever.
        give_back: Option<Span> = None, "1m"..="30d";
    }
}

words! {
    /// The ends of messages at which texts are removed at once.
    pub enum RedactWord {
        /// None: texts are kept for `texts`.
        Never = "never",
        /// Delivery. Texts of messages that fail are kept for `texts`.
        Delivered = "delivered",
        /// Every end.
        Ended = "ended",
        /// Every end; and the API shows nobody the text before, either.
        AtOnce = "at_once",
    }
}

words! {
    /// What a key may be used for.
    pub enum KeyScope {
        /// Send, preview and cancel messages.
        Send = "send",
        /// List and look up messages.
        Read = "read",
    }
}

words! {
    /// The request that brings a client its receipts. A client that bound with 3.3 gets `deliver_sm` in any case.
    pub enum ReceiptCommand {
        /// `deliver_sm`, with the text in `short_message`.
        DeliverSm = "deliver_sm",
        /// `data_sm`, with the text in `message_payload`.
        DataSm = "data_sm",
    }
}

words! {
    /// The purpose of a message. It decides which messages go first, and what happens when an outcome is unknown.
    pub enum ClassWord {
        /// A warning to the public or to people on call: first in every queue, sent again when in doubt.
        Emergency = "emergency",
        /// A one-time password: behind emergencies alone, sent again when in doubt.
        Otp = "otp",
        /// Something that the recipient waits for: sent again when in doubt.
        Transactional = "transactional",
        /// Advertising: last in every queue, not sent again when in doubt.
        Marketing = "marketing",
    }
}

words! {
    /// A kind of numbers that an account may be refused.
    pub enum RefusedNumber {
        /// Numbers whose first digits are no country code.
        Unallocated = "unallocated",
        /// Numbers with more or fewer digits than any in their country.
        WrongLength = "wrong_length",
        /// Fixed lines. Where they can't be told from mobile ones, as in North America, they are not refused.
        Fixed = "fixed",
        /// Numbers whose callers pay more.
        Premium = "premium",
        /// Satellite telephones.
        Satellite = "satellite",
        /// Numbers whose callers pay nothing.
        TollFree = "toll_free",
        /// Numbers whose callers pay a share.
        SharedCost = "shared_cost",
        /// Numbers that lead to a person, wherever they are.
        Personal = "personal",
        /// Lines over the Internet.
        Voip = "voip",
        /// Pagers.
        Pager = "pager",
        /// Numbers of companies and services, such as voice mail.
        Service = "service",
        /// Short codes.
        ShortCode = "short_code",
        /// Numbers of unknown kind.
        Unknown = "unknown",
        /// Numbers that nobody has, as a [look-up](numbering.md#look-ups) or [earlier messages](numbering.md#dead-numbers) say.
        Dead = "dead",
    }
}

impl RefusedNumber {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Unallocated,
        Self::WrongLength,
        Self::Fixed,
        Self::Premium,
        Self::Satellite,
        Self::TollFree,
        Self::SharedCost,
        Self::Personal,
        Self::Voip,
        Self::Pager,
        Self::Service,
        Self::ShortCode,
        Self::Unknown,
        Self::Dead,
    ];
    /// Those that every account is refused that says nothing.
    pub const USUAL: [Self; 6] =
        [Self::Unallocated, Self::WrongLength, Self::Fixed, Self::Premium, Self::Satellite, Self::Dead];
}

impl From<RefusedNumber> for Undeliverable {
    fn from(word: RefusedNumber) -> Self {
        match word {
            RefusedNumber::Unallocated => Self::Unallocated,
            RefusedNumber::WrongLength => Self::WrongLength,
            RefusedNumber::Fixed => Self::Kind(NumberKind::Fixed),
            RefusedNumber::Premium => Self::Kind(NumberKind::Premium),
            RefusedNumber::Satellite => Self::Kind(NumberKind::Satellite),
            RefusedNumber::TollFree => Self::Kind(NumberKind::TollFree),
            RefusedNumber::SharedCost => Self::Kind(NumberKind::SharedCost),
            RefusedNumber::Personal => Self::Kind(NumberKind::Personal),
            RefusedNumber::Voip => Self::Kind(NumberKind::Voip),
            RefusedNumber::Pager => Self::Kind(NumberKind::Pager),
            RefusedNumber::Service => Self::Kind(NumberKind::Service),
            RefusedNumber::ShortCode => Self::Kind(NumberKind::ShortCode),
            RefusedNumber::Unknown => Self::Kind(NumberKind::Unknown),
            RefusedNumber::Dead => Self::Dead,
        }
    }
}

impl From<LongText> for LongForm {
    fn from(word: LongText) -> Self {
        match word {
            LongText::Udh8 => Self::Udh8,
            LongText::Udh16 => Self::Udh16,
            LongText::Sar => Self::Sar,
            LongText::Payload => Self::Payload,
        }
    }
}

impl From<RedactWord> for Redact {
    fn from(word: RedactWord) -> Self {
        match word {
            RedactWord::Never => Self::Never,
            RedactWord::Delivered => Self::Delivered,
            RedactWord::Ended => Self::Ended,
            RedactWord::AtOnce => Self::AtOnce,
        }
    }
}

impl From<ClassWord> for Class {
    fn from(word: ClassWord) -> Self {
        match word {
            ClassWord::Emergency => Self::Emergency,
            ClassWord::Otp => Self::Otp,
            ClassWord::Transactional => Self::Transactional,
            ClassWord::Marketing => Self::Marketing,
        }
    }
}

impl From<Class> for ClassWord {
    fn from(class: Class) -> Self {
        match class {
            Class::Emergency => Self::Emergency,
            Class::Otp => Self::Otp,
            Class::Transactional => Self::Transactional,
            Class::Marketing => Self::Marketing,
        }
    }
}

impl Document for AccountDocument {
    /// A new account must not see what a deleted one of its name has sent.
    const KEEPS_NUMBER: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn check_files(&self, notes: &Notes<'_>) {
        if let Some(file) = self.webhook.as_ref().and_then(|webhook| webhook.ca_file.as_ref()) {
            notes.key("webhook").key("ca_file").take(check_certificates(file));
        }
    }

    fn each_file(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.webhook.as_mut().and_then(|webhook| webhook.ca_file.as_mut()).map(visit);
    }

    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        for (index, key) in self.keys.iter_mut().enumerate() {
            let path = vec![Step::Key("keys".into()), Step::Index(index), Step::Key("key".into())];
            visit(SecretPlace { name: format!("keys.{}", key.name), path }, &mut key.key);
        }
        if let Some(smpp) = &mut self.smpp {
            visit(SecretPlace::at(&["smpp", "password"]), &mut smpp.password);
        }
        if let Some(webhook) = &mut self.webhook {
            visit(SecretPlace::at(&["webhook", "secret"]), &mut webhook.secret);
            visit(SecretPlace::at(&["webhook", "previous_secret"]), &mut webhook.previous_secret);
        }
    }
}

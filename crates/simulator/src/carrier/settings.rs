//! How a carrier behaves, each habit a setting that can be changed while it runs. What a single message meets by its
//! number is a fate (`fate`).

use super::{Alphabet, DateForm, Demand, Fate, IdForm, ModemForm, State};
use crate::twist::Octets;
use postrider_wire::smpp::Status;
use std::collections::HashMap;
use std::time::Duration;

/// The settings of a carrier. The default is a good-natured one: it lets everybody in, answers at once, and reports
/// every message delivered a tenth of a second later.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The protocol that it speaks. Connections that are there keep theirs.
    pub protocol: Protocol,
    /// The only system_id that may bind; `None` for any.
    pub system_id: Option<String>,
    /// The password that goes with it; `None` for any.
    pub password: Option<String>,
    /// The carrier's name in its bind_resp, at most 15 octets.
    pub name: String,
    /// The most binds at a time for one system_id; further ones are refused with ESME_RALYBND.
    pub max_binds: Option<usize>,
    /// Whether a bind ends the sessions that the same system_id has.
    pub displaces: bool,
    /// The number of first binds that are refused, and the status.
    pub refused_binds: Option<(u64, Status)>,
    /// The only interface_version that may bind; others are refused with ESME_RBINDFAIL.
    pub version: Option<u8>,
    /// The only system_type that may bind; others are refused with ESME_RINVSYSTYP.
    pub system_type: Option<String>,
    /// The only address_range that may bind; others are refused with ESME_RBINDFAIL.
    pub address_range: Option<String>,
    /// The only addr_ton and addr_npi that may bind; others are refused with ESME_RBINDFAIL.
    pub range_type: Option<(u8, u8)>,
    /// Whether bind_transceiver is known. If not, it is refused with ESME_RINVCMDID as by an old server.
    pub transceivers: bool,
    /// From a submit_sm to its answer.
    pub answer_delay: Delay,
    /// From the answer to the receipt.
    pub receipt_delay: Delay,
    /// Messages refused by chance.
    pub errors: Option<Errors>,
    /// The parts a second that one system_id may send; the others are refused with ESME_RTHROTTLED.
    pub throttle: Option<u32>,
    /// The treatment of messages above this rate.
    pub too_fast: TooFast,
    /// Demands that a message must meet to be taken.
    pub demands: Vec<Demand>,
    /// Closes the connection instead of answering the first submit_sm after this many on it.
    pub hang_up_after: Option<u64>,
    /// Unbinds after this many messages on a connection.
    pub unbind_after: Option<u64>,
    /// Closes the connection when more messages than this are unanswered on it.
    pub window_allowed: Option<usize>,
    /// Whether parts to one number within one second get one time stamp, by UCP and CIMD2. Their receipts can be told apart by
    /// their order alone.
    pub stamps_repeat: bool,
    /// Closes the connection after so much silence of the client; `None` for never.
    pub idle: Option<Duration>,
    /// Silence of the client after which it is asked whether it is there; `None` for never.
    pub enquire_link: Option<Duration>,
    /// The form of message_id in answers.
    pub ids: IdForm,
    /// After how many identifiers they begin again; `None` for never.
    pub ids_wrap: Option<u64>,
    /// The form of receipts.
    pub receipts: ReceiptForm,
    /// The messages that receipts are sent for, beyond the ones that ask.
    pub receipts_of: ReceiptsOf,
    /// Where receipts may be brought.
    pub receipts_to: ReceiptsTo,
    /// The text that a handset writes to each client as soon as it is bound.
    pub greeting: Option<String>,
    /// The alphabet of data_coding 0.
    pub alphabet: Alphabet,
    /// How texts of handsets are written.
    pub inbound: InboundForm,
    /// The fate of messages to all other numbers.
    pub fate: Fate,
    /// The fates of messages to these numbers, in international form, digits only.
    pub fates: HashMap<String, Fate>,
    /// Whether the magic numbers have the fates of their table.
    pub magic_numbers: bool,
    /// The deliver_sm that may be unanswered on a bind.
    pub window: usize,
    /// How long a deliver_sm may be unanswered before it is sent again.
    pub patience: Duration,
    /// Whether a receipt counts as taken only if its answer gives the identifier back.
    pub wants_echo: bool,
    /// Changes to octets before they are written.
    pub octets: Octets,
    /// The modem and its SIM, where it is one.
    pub modem: ModemForm,
    /// How much is remembered of the parts received.
    pub recording: Recording,
    /// Where chance begins: the same seed and the same messages give the same errors and delays.
    pub seed: u64,
}

/// The protocol that a carrier speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// SMPP.
    #[default]
    Smpp,
    /// EMI/UCP.
    Ucp,
    /// CIMD2.
    Cimd2,
    /// AT commands, as a modem takes them.
    Modem,
}

/// A time to wait, from `least` to `most`, by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Delay {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

/// Messages refused by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Errors {
    /// The share of all messages, 0 to 1.
    pub share: f64,
    /// The status that they are refused with.
    pub status: Status,
}

/// The treatment of messages that come too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooFast {
    /// They are refused with this.
    Refused(Status),
    /// They are not answered.
    Ignored,
    /// The connection is closed.
    HangUp,
}

/// Which parts receipts are sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReceiptsOf {
    /// Which parts of a long message.
    pub parts: Parts,
    /// Whether refused messages have receipts, too: as undeliverable, under an identifier that nobody was told.
    pub refused: bool,
    /// Whether another one comes before each, for a message that nobody sent.
    pub strangers: bool,
}

/// Which parts of a long message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Parts {
    /// Each.
    #[default]
    Each,
    /// The first alone.
    First,
    /// The last alone.
    Last,
}

/// Where receipts may be brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReceiptsTo {
    /// To any bind of the client.
    #[default]
    Any,
    /// To the bind on which the message came, while it is there.
    SameBind,
    /// To another bind than that on which the message came, if the client has one.
    OtherBind,
    /// To a later bind than that: the carrier unbinds so that there will be one.
    LaterBind,
}

/// How texts of handsets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct InboundForm {
    /// The data_coding that is claimed, whatever the text is in; `None` for the right one.
    pub data_coding: Option<u8>,
    /// How UCS-2 is written.
    pub ucs2: Ucs2,
}

/// How UCS-2 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ucs2 {
    /// Big-endian, as it should be.
    #[default]
    Big,
    /// Little-endian.
    Little,
    /// Big-endian after a byte order mark.
    Marked,
    /// Big-endian, and the last octet is missing.
    Odd,
}

/// How receipts look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptForm {
    /// The form of the identifier in receipts, which some carriers spell otherwise than in their answers.
    pub ids: IdForm,
    /// The text, where `{id}`, `{sub}`, `{dlvrd}`, `{submit}`, `{done}`, `{stat}`, `{err}` and `{text}` stand for
    /// what a receipt says. Empty for receipts that only have parameters.
    pub text: String,
    /// Whether receipted_message_id and message_state come along.
    pub tlvs: bool,
    /// The esm_class; 0x04 marks a receipt (SMPP 3.4 section 5.2.12).
    pub esm_class: u8,
    /// The data_coding; with 8 the text is written in UCS-2.
    pub data_coding: u8,
    /// Where the text is.
    pub carried: Carried,
    /// How times are written.
    pub dates: DateForm,
    /// The word after `stat:` for what was delivered.
    pub delivered: String,
    /// Whether source and destination are those of the message, rather than the other way round.
    pub unswapped: bool,
    /// A user data header in front of the text, with its length octet; empty for none.
    pub header: Vec<u8>,
}

/// Where the text of a receipt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Carried {
    /// In the short_message of a deliver_sm.
    #[default]
    ShortMessage,
    /// In the message_payload of a deliver_sm.
    Payload,
    /// In both of them.
    Both,
    /// In the message_payload of a data_sm.
    DataSm,
}

/// How much a carrier remembers of what it received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// The parts themselves; beyond so many the oldest are forgotten.
    Parts(usize),
    /// Only numbers, and a digest of each part accepted to know it again; room is made for so many.
    Counts(usize),
}

/// The receipt of SMPP 3.4 appendix B.
pub const APPENDIX_B: &str = "id:{id} sub:{sub} dlvrd:{dlvrd} submit date:{submit} done date:{done} stat:{stat} \
                              err:{err} text:{text}";

impl Default for Settings {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            system_id: None,
            password: None,
            name: "simulator".to_owned(),
            max_binds: None,
            displaces: false,
            transceivers: true,
            answer_delay: Delay::default(),
            receipt_delay: Delay::from(Duration::from_millis(100)),
            errors: None,
            refused_binds: None,
            version: None,
            system_type: None,
            address_range: None,
            range_type: None,
            throttle: None,
            too_fast: TooFast::Refused(Status::RTHROTTLED),
            demands: Vec::new(),
            hang_up_after: None,
            unbind_after: None,
            window_allowed: None,
            stamps_repeat: false,
            idle: None,
            enquire_link: Some(Duration::from_secs(30)),
            ids: IdForm::default(),
            ids_wrap: None,
            receipts_of: ReceiptsOf::default(),
            receipts_to: ReceiptsTo::default(),
            greeting: None,
            alphabet: Alphabet::default(),
            inbound: InboundForm::default(),
            octets: Octets::default(),
            receipts: ReceiptForm::default(),
            fate: Fate::delivered(),
            fates: HashMap::new(),
            magic_numbers: true,
            wants_echo: false,
            window: 100,
            patience: Duration::from_secs(10),
            modem: ModemForm::default(),
            recording: Recording::Parts(100_000),
            seed: 1,
        }
    }
}

impl Default for ReceiptForm {
    fn default() -> Self {
        Self {
            ids: IdForm::default(),
            text: APPENDIX_B.to_owned(),
            tlvs: true,
            esm_class: 0x04,
            data_coding: 0,
            carried: Carried::default(),
            dates: DateForm::default(),
            delivered: State::Delivered.word().to_owned(),
            unswapped: false,
            header: Vec::new(),
        }
    }
}

impl Delay {
    /// Any time from `least` to `most`.
    pub fn between(least: Duration, most: Duration) -> Self {
        Self { least, most }
    }

    /// The shortest time.
    pub const fn shortest(self) -> Duration {
        self.least
    }
}

impl From<Duration> for Delay {
    /// Always the same.
    fn from(always: Duration) -> Self {
        Self { least: always, most: always }
    }
}

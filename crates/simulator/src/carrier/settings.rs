//! How a carrier behaves, each habit a setting that can be changed while it runs. What a single message meets by its
//! number is a fate (`fate`).

use std::collections::HashMap;
use std::time::Duration;

use postrider_wire::smpp::Status;

use super::{Fate, IdForm};

/// The settings of a carrier. The default is a good-natured one: it lets everybody in, answers at once, and reports
/// every message delivered a tenth of a second later.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The only system_id that may bind; `None` for any.
    pub system_id: Option<String>,
    /// The password that goes with it; `None` for any.
    pub password: Option<String>,
    /// What the carrier calls itself in its bind_resp, at most 15 octets.
    pub name: String,
    /// The most binds at a time for one system_id; further ones are refused with ESME_RALYBND.
    pub max_binds: Option<usize>,
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
    /// Closes the connection instead of answering the first submit_sm after this many on it.
    pub hang_up_after: Option<u64>,
    /// The form of message_id in answers.
    pub ids: IdForm,
    /// The form of receipts.
    pub receipts: ReceiptForm,
    /// What becomes of messages to numbers that have no fate of their own.
    pub fate: Fate,
    /// What becomes of messages to these numbers, in international form, digits only.
    pub fates: HashMap<String, Fate>,
    /// Whether the magic numbers have the fates of their table.
    pub magic_numbers: bool,
    /// The deliver_sm that may be unanswered on a bind.
    pub window: usize,
    /// How long a deliver_sm may be unanswered before it is sent again.
    pub patience: Duration,
    /// How much is remembered of the parts received.
    pub recording: Recording,
    /// Where chance begins: the same seed and the same messages give the same errors and delays.
    pub seed: u64,
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
    /// What they are refused with.
    pub status: Status,
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
}

/// Where the text of a receipt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Carried {
    /// In the short_message of a deliver_sm.
    #[default]
    ShortMessage,
    /// In the message_payload of a deliver_sm.
    Payload,
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
            system_id: None,
            password: None,
            name: "simulator".to_owned(),
            max_binds: None,
            transceivers: true,
            answer_delay: Delay::default(),
            receipt_delay: Delay::from(Duration::from_millis(100)),
            errors: None,
            throttle: None,
            hang_up_after: None,
            ids: IdForm::default(),
            receipts: ReceiptForm::default(),
            fate: Fate::delivered(),
            fates: HashMap::new(),
            magic_numbers: true,
            window: 100,
            patience: Duration::from_secs(10),
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
        }
    }
}

impl Delay {
    /// Any time from `least` to `most`.
    pub fn between(least: Duration, most: Duration) -> Self {
        Self { least, most }
    }
}

impl From<Duration> for Delay {
    /// Always the same.
    fn from(always: Duration) -> Self {
        Self { least: always, most: always }
    }
}

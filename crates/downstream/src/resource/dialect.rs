//! How one carrier's SMPP differs from another's: the words that a declared upstream chooses between.

use super::Span;
use postrider_core::delivery::FaultKind;
use postrider_core::delivery::Unanswered;
use postrider_core::receipt::Reported;
use postrider_core::reference::NameForm;
use postrider_text::NameAlphabet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A version of SMPP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum SmppVersion {
    /// SMPP 3.3.
    #[serde(rename = "3.3")]
    V33,
    /// SMPP 3.4.
    #[default]
    #[serde(rename = "3.4")]
    V34,
    /// SMPP 5.0.
    #[serde(rename = "5.0")]
    V50,
}

/// What `data_coding` 0 means for a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// The GSM 7-bit default alphabet, one septet to an octet.
    #[default]
    Gsm7,
    /// The same, eight septets to seven octets.
    Gsm7Packed,
    /// ISO 8859-1.
    Latin1,
    /// ASCII.
    Ascii,
    /// UTF-8.
    Utf8,
    /// UTF-16BE.
    Ucs2,
}

impl From<Alphabet> for postrider_text::Alphabet {
    fn from(alphabet: Alphabet) -> Self {
        match alphabet {
            Alphabet::Gsm7 => Self::Gsm7,
            Alphabet::Gsm7Packed => Self::Gsm7Packed,
            Alphabet::Latin1 => Self::Latin1,
            Alphabet::Ascii => Self::Ascii,
            Alphabet::Utf8 => Self::Utf8,
            Alphabet::Ucs2 => Self::Ucs2,
        }
    }
}

/// What an alphanumeric address is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressAlphabet {
    /// The GSM 7-bit default alphabet, one septet to an octet. Its `@` would end the address and becomes `?`.
    Gsm7,
    /// ISO 8859-1.
    #[default]
    Latin1,
    /// ASCII.
    Ascii,
    /// UTF-8.
    Utf8,
}

impl From<AddressAlphabet> for NameAlphabet {
    fn from(alphabet: AddressAlphabet) -> Self {
        match alphabet {
            AddressAlphabet::Gsm7 => Self::Gsm7,
            AddressAlphabet::Latin1 => Self::Latin1,
            AddressAlphabet::Ascii => Self::Ascii,
            AddressAlphabet::Utf8 => Self::Utf8,
        }
    }
}

/// How texts that need several parts are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LongText {
    /// In parts with a user data header whose reference has 8 bits (3GPP TS 23.040, 9.2.3.24.1).
    #[default]
    Udh8,
    /// In parts with a user data header whose reference has 16 bits (3GPP TS 23.040, 9.2.3.24.8).
    Udh16,
    /// In parts numbered by the optional parameters `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
    Sar,
    /// Whole, in the optional parameter `message_payload`; the carrier cuts it.
    Payload,
}

/// How a text is marked that the handset shows at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// By message class 0 in `data_coding` 0xF0, or 0x18 for UCS-2 (3GPP TS 23.038, 4).
    #[default]
    DcsF0,
    /// By message class 0 in `data_coding` 0x10, or 0x18 for UCS-2 (3GPP TS 23.038, 4).
    #[serde(rename = "dcs_10")]
    Dcs10,
    /// By the optional parameter `dest_addr_subunit` 1 (SMPP 3.4, 5.3.2.1).
    DestAddrSubunit,
}

/// The `data_coding` of octets that are no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binary {
    /// 0x04 (SMPP 3.4, 5.2.19).
    #[default]
    #[serde(rename = "dcs_04")]
    Dcs04,
    /// 0xF5: 8-bit data of message class 1 (3GPP TS 23.038, 4).
    DcsF5,
}

/// How the ports of applications are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortForm {
    /// In a user data header (3GPP TS 23.040, 9.2.3.24.4).
    #[default]
    Udh,
    /// By the optional parameters `source_port` and `destination_port` (SMPP 3.4, 5.3.2.20 and 5.3.2.21).
    Parameters,
}

/// The message mode in `esm_class` (SMPP 3.4, 5.2.12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageMode {
    /// The carrier's own default (bits 00).
    #[default]
    Default,
    /// Tried once (bits 01).
    Datagram,
    /// Answered when it was delivered or failed (bits 10).
    Forward,
    /// Kept by the carrier until it can be delivered (bits 11).
    StoreAndForward,
}

/// What the carrier is told about a message's validity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValidityForm {
    /// The time that is left.
    #[default]
    Relative,
    /// The moment when it ends, in UTC.
    Absolute,
    /// Nothing.
    Omit,
}

/// What to do about a message that the carrier refused with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorAction {
    /// Another attempt, later, by whichever upstream of the route is next.
    Retry,
    /// It was too fast: slower, and the message again. It costs no attempt.
    Throttled,
    /// At once by the next upstream of the route; behind the last it is `rejected`.
    Elsewhere,
    /// Nothing: it is `rejected`.
    Never,
    /// The link sends nothing for the time of `pause`, and the message goes later. It costs no attempt.
    Pause,
}

impl From<ErrorAction> for FaultKind {
    fn from(action: ErrorAction) -> Self {
        match action {
            ErrorAction::Retry => Self::Temporary,
            ErrorAction::Throttled => Self::Throttled,
            ErrorAction::Elsewhere => Self::Elsewhere,
            ErrorAction::Never => Self::Permanent,
            ErrorAction::Pause => Self::Paused,
        }
    }
}

/// How addresses are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AddressesDocument {
    /// What a sender that is an international number is said to be. Default: international (`ton` 1, `npi` 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<AddressType>,
    /// What a sender that is a short code or a national number is said to be. Default: network specific (`ton` 3, `npi` 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<AddressType>,
    /// What a sender that is a name is said to be. Default: alphanumeric (`ton` 5, `npi` 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<AddressType>,
    /// What the recipient is said to be. Default: international (`ton` 1, `npi` 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<AddressType>,
    /// What a bind says of `address_range`. Default: unknown (`ton` 0, `npi` 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<AddressType>,
    /// Whether international numbers are written with `+`. Default: false.
    pub plus: bool,
}

/// A kind of address, as SMPP tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressType {
    /// Type of number, 0 to 6 (SMPP 3.4, 5.2.5).
    #[schema(maximum = 6)]
    pub ton: u8,
    /// Numbering plan indicator, 0 to 18 (SMPP 3.4, 5.2.6).
    #[schema(maximum = 18)]
    pub npi: u8,
}

/// How a carrier spells in receipts the identifiers that it gives in its answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdForm {
    /// Found out from the first receipts, and then kept.
    #[default]
    Auto,
    /// The same, but for case, leading zeros and `0x`.
    Same,
    /// To the letter the same.
    Exact,
    /// Hexadecimal in answers, decimal in receipts.
    HexThenDecimal,
    /// Decimal in answers, hexadecimal in receipts.
    DecimalThenHex,
    /// In receipts, the hexadecimal octets of the answer's characters: `414243` for `ABC`.
    Octets,
}

impl From<IdForm> for NameForm {
    fn from(form: IdForm) -> Self {
        match form {
            IdForm::Auto => Self::Auto,
            IdForm::Same => Self::Same,
            IdForm::Exact => Self::Exact,
            IdForm::HexThenDecimal => Self::HexThenDecimal,
            IdForm::DecimalThenHex => Self::DecimalThenHex,
            IdForm::Octets => Self::Octets,
        }
    }
}

/// What becomes of messages that were written and never answered, by class: the carrier may have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnansweredDocument {
    /// Of class `otp`. Default: `retry`.
    pub otp: WhenUnanswered,
    /// Of class `transactional`. Default: `retry`.
    pub transactional: WhenUnanswered,
    /// Of class `marketing`. Default: `fail`.
    pub marketing: WhenUnanswered,
}

/// What becomes of a message that was written and never answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnanswered {
    /// It is sent again, marked as a possible duplicate.
    Retry,
    /// It is not sent again, and stays `sent` until the carrier says something, or as long as receipts are waited for.
    Hold,
    /// It is not sent again, and ends as `unknown` at once.
    Fail,
}

impl Default for UnansweredDocument {
    fn default() -> Self {
        let retry = WhenUnanswered::Retry;
        Self { otp: retry, transactional: retry, marketing: WhenUnanswered::Fail }
    }
}

impl UnansweredDocument {
    /// By class, as the rules have it.
    pub(super) fn by_class(self) -> [Unanswered; 3] {
        [self.otp, self.transactional, self.marketing].map(|word| match word {
            WhenUnanswered::Retry => Unanswered::Retry,
            WhenUnanswered::Hold => Unanswered::Hold,
            WhenUnanswered::Fail => Unanswered::Fail,
        })
    }
}

/// Which of a receipt's two identifiers is believed first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdPlace {
    /// That of `receipted_message_id`, or of the parameter that `id_tag` names.
    #[default]
    Parameter,
    /// That of the text.
    Text,
}

/// How a message of several parts is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptParts {
    /// By a receipt for each part.
    #[default]
    Each,
    /// By one receipt, for whichever part.
    One,
}

/// What a word of the carrier's says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptWord {
    /// It is on its way: nothing changes.
    Sent,
    /// It reached the handset.
    Delivered,
    /// It did not and will not.
    Undelivered,
    /// Its time ran out at the carrier.
    Expired,
    /// The carrier or the network refused it.
    Rejected,
    /// The carrier doesn't know.
    Unknown,
}

impl From<ReceiptWord> for Reported {
    fn from(word: ReceiptWord) -> Self {
        match word {
            ReceiptWord::Sent => Self::Underway,
            ReceiptWord::Delivered => Self::Delivered,
            ReceiptWord::Undelivered => Self::Undelivered,
            ReceiptWord::Expired => Self::Expired,
            ReceiptWord::Rejected => Self::Rejected,
            ReceiptWord::Unknown => Self::Unknown,
        }
    }
}

/// How receipts come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiptsDocument {
    /// How the carrier spells in receipts the identifiers that it gives in its answers. Default: `auto`.
    pub ids: IdForm,
    /// Whether `ACCEPTD` says that a message was delivered rather than that it is on its way. Default: false.
    pub accepted_is_final: bool,
    /// Whether each part of a long message has a receipt of its own, or one receipt, for whichever part, is about all of
    /// them. Default: `each`.
    pub parts: ReceiptParts,
    /// Which identifier is believed first where the text names another message than the parameter. The other is tried if no
    /// message has the first. Default: `parameter`.
    pub id_from: IdPlace,
    /// What words of the carrier's own mean in `stat`, up to 64 of them in whatever case, such as `{ BLOCKED =
    /// "undelivered" }`; where there is no `stat`, numbers of its own in `message_state`. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, ReceiptWord>,
    /// The optional parameter that names the message where neither `receipted_message_id` nor the text does: the number of
    /// its tag, such as `0x1403`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_tag: Option<String>,
    /// Whether the answer to a receipt gives the message's name back, as a few carriers ask. Default: false.
    pub echo_id: bool,
    /// How long after a part was sent the carrier is asked what became of it (`query_sm`) if no receipt has come, from 1s to
    /// 72h, and as long again after each time. Default: it is never asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask_after: Option<Span>,
    /// The most parts that it is asked about a second, 1 to 1,000. Default: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000)]
    pub ask_rate: Option<u16>,
}

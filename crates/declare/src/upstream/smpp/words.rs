//! How one carrier's SMPP differs from another's: the words that an upstream chooses between, and the tables of addresses and
//! receipts.

use crate::describe::Bounds;
use crate::limit::{Ascii, Limit};
use crate::mistake::Notes;
use crate::span::Span;
use crate::written::{Tag, Written};
use crate::{settings, words};
use postrider_core::numbering::Country;
use postrider_core::receipt::Reported;
use postrider_core::reference::ReferenceForm;
use postrider_core::rules::Ask;
use postrider_text::{Alphabet, NameAlphabet};
use std::collections::BTreeMap;

/// The most characters of a sender's name that every carrier takes (3GPP TS 23.040, 9.1.2.5).
const NAME_USUAL: u8 = 11;

words! {
    /// A version of SMPP.
    pub enum SmppVersion {
        /// SMPP 3.3.
        V33 = "3.3",
        /// SMPP 3.4.
        V34 = "3.4",
        /// SMPP 5.0.
        V50 = "5.0",
    }
}

impl SmppVersion {
    /// `interface_version` of a bind (SMPP 3.4, 5.2.4).
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Self::V33 => 0x33,
            Self::V34 => 0x34,
            Self::V50 => 0x50,
        }
    }
}

words! {
    /// The meaning of `data_coding` 0 for a text.
    impl Alphabet for Alphabet {
        /// The GSM 7-bit default alphabet, one septet to an octet.
        Gsm7 = "gsm7",
        /// The same, eight septets to seven octets.
        Gsm7Packed = "gsm7_packed",
        /// ISO 8859-1.
        Latin1 = "latin1",
        /// ASCII.
        Ascii = "ascii",
        /// UTF-8.
        Utf8 = "utf8",
        /// UTF-16BE.
        Ucs2 = "ucs2",
    }
}

words! {
    /// The alphabet of an alphanumeric address.
    impl AddressAlphabet for NameAlphabet {
        /// The GSM 7-bit default alphabet, one septet to an octet. Its `@` would end the address and becomes `?`.
        Gsm7 = "gsm7",
        /// ISO 8859-1.
        Latin1 = "latin1",
        /// ASCII.
        Ascii = "ascii",
        /// UTF-8.
        Utf8 = "utf8",
    }
}

words! {
    /// Which sessions are opened.
    pub enum Mode {
        /// Sessions that send and receive (`bind_transceiver`).
        Transceiver = "transceiver",
        /// For each session that sends (`bind_transmitter`) one that receives (`bind_receiver`).
        Pair = "transmitter_receiver",
        /// Sessions that send alone: receipts don't come back.
        Transmitter = "transmitter",
    }
}

words! {
    /// The form of texts that need several parts.
    pub enum LongText {
        /// In parts with a user data header whose reference has 8 bits (3GPP TS 23.040, 9.2.3.24.1).
        Udh8 = "udh8",
        /// In parts with a user data header whose reference has 16 bits (3GPP TS 23.040, 9.2.3.24.8).
        Udh16 = "udh16",
        /// In parts numbered by the optional parameters `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
        Sar = "sar",
        /// Whole, in the optional parameter `message_payload`; the receiver cuts it if it must.
        Payload = "payload",
    }
}

words! {
    /// The mark of a text that the handset shows at once (flash).
    pub enum Flash {
        /// By message class 0 in `data_coding` 0xF0, or 0x18 for UCS-2 (3GPP TS 23.038, 4).
        Class = "dcs_f0",
        /// By message class 0 in `data_coding` 0x10, or 0x18 for UCS-2 (3GPP TS 23.038, 4).
        GeneralClass = "dcs_10",
        /// By the optional parameter `dest_addr_subunit` 1 (SMPP 3.4, 5.3.2.1).
        Subunit = "dest_addr_subunit",
    }
}

words! {
    /// The `data_coding` of octets that are not a text.
    pub enum Binary {
        /// 0x04 (SMPP 3.4, 5.2.19).
        Dcs04 = "dcs_04",
        /// 0xF5: 8-bit data of message class 1 (3GPP TS 23.038, 4).
        DcsF5 = "dcs_f5",
    }
}

impl Binary {
    /// The `data_coding`.
    #[must_use]
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Dcs04 => 0x04,
            Self::DcsF5 => 0xF5,
        }
    }
}

words! {
    /// The form of application ports.
    pub enum PortForm {
        /// In a user data header (3GPP TS 23.040, 9.2.3.24.4).
        Header = "udh",
        /// By the optional parameters `source_port` and `destination_port` (SMPP 3.4, 5.3.2.20 and 5.3.2.21).
        Parameters = "parameters",
    }
}

words! {
    /// The message mode in `esm_class` (SMPP 3.4, 5.2.12).
    pub enum MessageMode {
        /// The carrier's own default (bits 00).
        Default = "default",
        /// Tried once (bits 01).
        Datagram = "datagram",
        /// Answered when it was delivered or failed (bits 10).
        Forward = "forward",
        /// Kept by the carrier until it can be delivered (bits 11).
        StoreAndForward = "store_and_forward",
    }
}

impl MessageMode {
    /// Its bits in `esm_class`.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Datagram => 1,
            Self::Forward => 2,
            Self::StoreAndForward => 3,
        }
    }
}

words! {
    /// The form of a message's validity.
    pub enum ValidityForm {
        /// The time that is left.
        Relative = "relative",
        /// The moment when it ends, in UTC.
        Absolute = "absolute",
        /// Nothing.
        Omit = "omit",
    }
}

settings! {
    /// The form of addresses.
    pub struct AddressesDocument: Default {
        /// The type of a sender that is an international number.
        number: AddressType = AddressType::INTERNATIONAL;
        /// The type of a sender that is a short code or a national number.
        code: AddressType = AddressType { ton: 3, npi: 0 };
        /// The type of a sender that is a name.
        name: AddressType = AddressType { ton: 5, npi: 0 };
        /// The type of the recipient.
        recipient: AddressType = AddressType::INTERNATIONAL;
        /// The type of a recipient that is a short code (3 to 6 digits), where the carrier takes such. Default: none, and no
        /// message to a short code goes by this upstream.
        short_code: Option<AddressType> = None;
        /// The most characters of a sender's name, where the carrier takes more than a handset usually shows.
        name_max: u8 = NAME_USUAL, 11..=20;
        /// The type of a bind's `address_range`.
        range: AddressType = AddressType { ton: 0, npi: 0 };
        /// Whether international numbers are written with `+`.
        plus: bool = false;
        /// The digits before recipients in international form, such as `00`. Default: none.
        recipient_prefix: String = String::new(), Ascii(0..=4);
        /// The country whose recipients are written without the country's code, where the carrier wants that. Default: none, all are
        /// in international form.
        national_country: Option<Written<Country>> = None;
        /// The type of recipients in national form.
        national_recipient: AddressType = AddressType { ton: 2, npi: 1 };
        /// The digits before recipients in national form, such as the trunk prefix `0`. Default: none.
        national_prefix: String = String::new(), Ascii(0..=4);
    }
}

settings! {
    /// A kind of address, as SMPP tells it.
    pub struct AddressType {
        /// Type of number (SMPP 3.4, 5.2.5).
        ton: u8, 0..=6;
        /// Numbering plan indicator (SMPP 3.4, 5.2.6).
        npi: u8, 0..=18;
    }
}

impl AddressType {
    /// An international number (SMPP 3.4, 5.2.5 and 5.2.6).
    pub const INTERNATIONAL: Self = Self { ton: 1, npi: 1 };
    /// An address of which nothing is said.
    pub const UNKNOWN: Self = Self { ton: 0, npi: 0 };
}

words! {
    /// The spelling, in receipts, of the message IDs that a carrier gives in its answers.
    impl IdForm for ReferenceForm {
        /// Found out from the first receipts, and then kept.
        Auto = "auto",
        /// The same, but for case, leading zeros and `0x`.
        Same = "same",
        /// To the letter the same.
        Exact = "exact",
        /// Hexadecimal in answers, decimal in receipts.
        HexThenDecimal = "hex_then_decimal",
        /// Decimal in answers, hexadecimal in receipts.
        DecimalThenHex = "decimal_then_hex",
        /// In receipts, the hexadecimal octets of the answer's characters: `414243` for `ABC`.
        Octets = "octets",
    }
}

words! {
    /// Which of a receipt's two identifiers is believed first.
    pub enum IdPlace {
        /// That of `receipted_message_id`, or of the parameter that `id_tag` names.
        Parameter = "parameter",
        /// That of the text.
        Text = "text",
    }
}

words! {
    /// The reports of a message of several parts.
    pub enum ReceiptParts {
        /// By a receipt for each part.
        Each = "each",
        /// By one receipt, for whichever part.
        One = "one",
    }
}

words! {
    /// The meaning of a carrier's own word for a state.
    pub enum ReceiptWord {
        /// It is on its way: nothing changes.
        Sent = "sent",
        /// It reached the handset.
        Delivered = "delivered",
        /// It did not and will not.
        Undelivered = "undelivered",
        /// Its time ran out at the carrier.
        Expired = "expired",
        /// The carrier or the network refused it.
        Rejected = "rejected",
        /// The carrier doesn't know.
        Unknown = "unknown",
    }
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

/// The most words of a carrier's own.
const WORDS_MAX: usize = 64;
/// The parts that a carrier is asked about a second, if nothing is said.
const ASK_RATE: u16 = 5;

settings! {
    /// The form of delivery receipts.
    pub struct ReceiptsDocument: Default {
        /// The spelling, in receipts, of the message IDs that the carrier gives in its answers.
        ids: ReferenceForm = ReferenceForm::Auto;
        /// Whether `ACCEPTD` says that a message was delivered rather than that it is on its way.
        accepted_is_final: bool = false;
        /// Whether each part of a long message has a receipt of its own, or one receipt, for whichever part, is about all of
        /// them.
        parts: ReceiptParts = ReceiptParts::Each;
        /// Which identifier is believed first where the text names another message than the parameter. The other is tried if no
        /// message has the first.
        id_from: IdPlace = IdPlace::Parameter;
        /// Meanings of the carrier's own words in `stat`, up to 64, in any case, such as `{ BLOCKED = "undelivered" }`; without a
        /// `stat`, of its own numbers in `message_state`. Default: none.
        words: BTreeMap<String, ReceiptWord> = BTreeMap::new(), States;
        /// The optional parameter that names the message where neither `receipted_message_id` nor the text does: the number of
        /// its tag, such as `0x1403`. Default: none.
        id_tag: Option<Written<Tag>> = None;
        /// Whether the answer to a receipt gives the message's name back, as a few carriers ask.
        echo_id: bool = false;
        /// The time without a receipt after which the carrier is asked for the state of a part (`query_sm`), and then the
        /// interval of further questions. Default: no questions.
        ask_after: Option<Span> = None, "1s"..="72h";
        /// The most parts that it is asked about a second. Default: 5.
        ask_rate: Option<u16> = None, 1..=1_000;
    }
}

impl ReceiptsDocument {
    /// The time after which the carrier is asked about parts without receipts (`query_sm`).
    #[must_use]
    pub fn ask(&self) -> Option<Ask> {
        let after = self.ask_after.as_ref()?.get();
        Some(Ask { after, rate: self.ask_rate.unwrap_or(ASK_RATE) })
    }

    /// Notes settings that need others.
    pub(super) fn check(&self, notes: &Notes<'_>) {
        if self.ask_after.is_none() && self.ask_rate.is_some() {
            let help = "write ask_after = '1h', or how long else to wait";
            notes.key("ask_rate").wrong("the carrier is never asked", help);
        }
    }
}

/// States of messages in a carrier's own words.
struct States;

impl Limit<BTreeMap<String, ReceiptWord>> for States {
    fn hold(&self, words: &BTreeMap<String, ReceiptWord>, notes: &Notes<'_>) {
        crate::limit::check_count(words.len(), WORDS_MAX, notes);
        for word in words.keys() {
            let notes = notes.key(word);
            crate::limit::check_ascii(word, &(1..=32), &notes);
            if word.contains(' ') {
                notes.wrong("a state is one word", "");
            }
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds::All
    }
}

//! Data coding octets: SMPP's `data_coding` (SMPP 3.4, 5.2.19) and the TP-DCS that it is made after
//! (3GPP TS 23.038, section 4). Not the alphabets that they name.

use crate::Encoding;

/// What a data coding octet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coding {
    /// How the characters are carried. Character sets this crate does not read (JIS, ISO 8859-5 and -8, KS C 5601
    /// and so on) are [`Encoding::Octets`].
    pub encoding: Encoding,
    /// The message class, 0 to 3: 0 is shown at once and not kept (flash), 1 is for the handset, 2 for the SIM,
    /// 3 for other equipment.
    pub class: Option<u8>,
    /// Whether the text is compressed (3GPP TS 23.042), and so no text that this crate reads.
    pub compressed: bool,
    /// Whether the handset should delete the message once read.
    pub delete_after_reading: bool,
    /// A message waiting indication.
    pub waiting: Option<Waiting>,
}

impl Coding {
    const fn plain(encoding: Encoding) -> Self {
        Self { encoding, class: None, compressed: false, delete_after_reading: false, waiting: None }
    }

    /// Whether the message is shown at once and not kept.
    pub fn is_flash(&self) -> bool {
        self.class == Some(0)
    }
}

/// A message waiting indication (3GPP TS 23.038, section 4, groups 1100 to 1110).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// What waits.
    pub kind: WaitingKind,
    /// Whether the indication is to be switched on rather than off.
    pub active: bool,
    /// Whether the message itself is to be kept.
    pub store: bool,
}

/// What waits for a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitingKind {
    /// Voice mail.
    Voicemail,
    /// A fax.
    Fax,
    /// Electronic mail.
    Email,
    /// Something else.
    Other,
}

/// Reads SMPP's `data_coding`. Every octet means something: 0x00 to 0x0E what SMPP says, the others what they
/// mean as a TP-DCS, since that is how carriers use those that SMPP reserves (0x10 and 0x18 for flash texts).
///
/// 0x00 is the carrier's own default, taken for GSM 7-bit; where a carrier means something else by it, that is
/// for its configuration to say.
pub fn of_data_coding(data_coding: u8) -> Coding {
    match data_coding {
        0x00 => Coding::plain(Encoding::Gsm7),
        // ASCII is Latin-1 as far as it goes.
        0x01 | 0x03 => Coding::plain(Encoding::Latin1),
        0x08 => Coding::plain(Encoding::Ucs2),
        0x02 | 0x04..=0x07 | 0x09..=0x0E => Coding::plain(Encoding::Octets),
        other => of_dcs(other),
    }
}

/// Whether a `data_coding` says no more than an encoding that this crate reads and a class: then another octet can say the
/// same. Of the others it is for whoever gave them to say what their octets mean: message waiting indications, compressed
/// texts, texts that the handset deletes, other character sets, and what is reserved.
pub fn is_plain(data_coding: u8) -> bool {
    matches!(data_coding, 0x00..=0x04 | 0x08 | 0x10..=0x1B | 0xF0..=0xF7)
}

/// Reads a TP-DCS. Reserved values mean GSM 7-bit without class, as the specification has it.
pub fn of_dcs(dcs: u8) -> Coding {
    let plain = Coding::plain(alphabet(dcs));
    match dcs >> 4 {
        group @ 0x0..=0x7 => Coding {
            class: (dcs & 0x10 != 0).then_some(dcs & 0x03),
            compressed: dcs & 0x20 != 0,
            delete_after_reading: group >= 0x4,
            ..plain
        },
        0xC => Coding { waiting: Some(waiting(dcs, false)), ..Coding::plain(Encoding::Gsm7) },
        0xD => Coding { waiting: Some(waiting(dcs, true)), ..Coding::plain(Encoding::Gsm7) },
        0xE => Coding { waiting: Some(waiting(dcs, true)), ..Coding::plain(Encoding::Ucs2) },
        0xF => {
            let encoding = if dcs & 0x04 == 0 { Encoding::Gsm7 } else { Encoding::Octets };
            Coding { class: Some(dcs & 0x03), ..Coding::plain(encoding) }
        }
        _ => Coding::plain(Encoding::Gsm7),
    }
}

/// SMPP's `data_coding` for an encoding and a class, of which the lowest two bits count.
///
/// With a class: 0xF0 to 0xF7 for GSM 7-bit and octets, which SMPP names; 0x18 to 0x1B for UCS-2, which it leaves
/// to the TP-DCS; Latin-1 has no octet with a class, and the class is lost.
pub fn data_coding(encoding: Encoding, class: Option<u8>) -> u8 {
    match encoding {
        Encoding::Latin1 => 0x03,
        Encoding::Gsm7 => dcs_of(0x00, class),
        Encoding::Octets => dcs_of(0x04, class),
        Encoding::Ucs2 => dcs_of(0x08, class),
    }
}

/// The TP-DCS for an encoding and a class, of which the lowest two bits count; none for Latin-1, which does not
/// exist on the radio path.
pub fn dcs(encoding: Encoding, class: Option<u8>) -> Option<u8> {
    (encoding != Encoding::Latin1).then(|| data_coding(encoding, class))
}

fn dcs_of(alphabet: u8, class: Option<u8>) -> u8 {
    match class {
        None => alphabet,
        Some(class) if alphabet == 0x08 => 0x18 | class & 0x03,
        Some(class) => 0xF0 | alphabet | class & 0x03,
    }
}

/// The alphabet bits of the groups 00xx and 01xx; the fourth value is reserved.
fn alphabet(dcs: u8) -> Encoding {
    match dcs >> 2 & 0x03 {
        1 => Encoding::Octets,
        2 => Encoding::Ucs2,
        _ => Encoding::Gsm7,
    }
}

fn waiting(dcs: u8, store: bool) -> Waiting {
    let kind = match dcs & 0x03 {
        0 => WaitingKind::Voicemail,
        1 => WaitingKind::Fax,
        2 => WaitingKind::Email,
        _ => WaitingKind::Other,
    };
    Waiting { kind, active: dcs & 0x08 != 0, store }
}

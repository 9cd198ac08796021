//! USSD texts as modems write them (3GPP TS 27.007, 7.15; TS 23.038, 5): as they are, as digits of packed septets, or in UCS-2.

use postrider_text::{gsm, septets, ucs2};
use postrider_wire::hex;
use postrider_wire::modem::Command;
use std::time::Duration;

/// The time limit of the network's answer.
pub(super) const ANSWER: Duration = Duration::from_secs(40);
/// The time limit of the modem's own answer.
const TAKEN: Duration = Duration::from_secs(15);
/// The fewest digits that are taken for packed septets: fewer may as well be an amount.
const PACKED_MIN: usize = 8;

/// How a modem wants what is dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    #[default]
    Plain,
    /// Packed septets in hexadecimal digits, as Huawei's modems want it.
    Packed,
}

/// Dials a code, or answers the network.
///
/// # Errors
/// In words, when the text can't be written.
pub(super) fn dial(text: &str, form: Form) -> Result<Command, String> {
    let mut units = Vec::new();
    if text.is_empty() || text.contains(['"', '\r', '\n', '\u{1b}']) || gsm::encode(text, &mut units).is_err()
    {
        return Err(format!("'{text}' can't be sent by USSD: write digits, '*', '#' or plain words"));
    }
    let written = match form {
        Form::Plain => text.to_owned(),
        Form::Packed => {
            let mut octets = Vec::new();
            septets::pack(&units, 0, &mut octets);
            octets.into_iter().flat_map(hex::pair).map(char::from).collect()
        }
    };
    Ok(Command::new(format!("AT+CUSD=1,\"{written}\",15")).within(TAKEN))
}

/// Ends the dialogue.
pub(super) fn hang_up() -> Command {
    Command::new("AT+CUSD=2")
}

/// The text of an answer.
pub(super) fn read(text: &str, coding: Option<u8>) -> String {
    let Some(octets) = hex::read(text.as_bytes()) else { return text.to_owned() };
    if coding.is_some_and(is_ucs2) {
        return ucs2::decode(&octets);
    }
    if !looks_packed(text) {
        return text.to_owned();
    }
    let unpacked = gsm::decode(&septets::unpack_all(&octets, 0));
    // Seven bits at the end are filled up with a carriage return, or with nothing, which is an `@`.
    let is_full = octets.len().is_multiple_of(7);
    let trimmed = unpacked.strip_suffix(['\r', '@']).filter(|_| is_full).unwrap_or(&unpacked);
    let is_text = |c: char| !c.is_control() || matches!(c, '\r' | '\n');
    if trimmed.chars().all(is_text) { trimmed.to_owned() } else { text.to_owned() }
}

/// Whether a coding of cell broadcast data is UCS-2 (3GPP TS 23.038, 5).
const fn is_ucs2(coding: u8) -> bool {
    coding == 0x11 || coding & 0xCC == 0x48
}

/// Whether digits are more likely packed septets than a text.
fn looks_packed(text: &str) -> bool {
    text.len() >= PACKED_MIN
        && text.bytes().any(|octet| octet.is_ascii_uppercase())
        && !text.bytes().any(|octet| octet.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_every_form() {
        for (text, coding, expected) in [
            ("Your balance is 12.34 EUR", Some(15), "Your balance is 12.34 EUR"),
            ("E8329BFD4697D9EC37", None, "hellohello"),
            ("04110430043B0430043D0441", Some(72), "\u{411}\u{430}\u{43b}\u{430}\u{43d}\u{441}"),
            ("04110430043B0430043D0441", Some(17), "\u{411}\u{430}\u{43b}\u{430}\u{43d}\u{441}"),
            // Amounts are no septets.
            ("1234", Some(15), "1234"),
            ("12345678", Some(15), "12345678"),
            ("", Some(15), ""),
        ] {
            assert_eq!(read(text, coding), expected, "{text} {coding:?}");
        }
    }

    #[test]
    fn codes_are_written_in_both_forms_and_nothing_else_gets_in() {
        let written = |form| dial("*100#", form).unwrap().text().to_owned();
        assert_eq!(written(Form::Plain), "AT+CUSD=1,\"*100#\",15");
        assert_eq!(written(Form::Packed), "AT+CUSD=1,\"AA180C3602\",15");
        for wrong in ["", "1\"", "1\rAT+CFUN=0", "1\u{1a}", "\u{411}"] {
            assert!(dial(wrong, Form::Plain).is_err(), "{wrong:?}");
        }
    }
}

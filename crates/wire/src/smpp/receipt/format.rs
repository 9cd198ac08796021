//! Writing the text of our own receipts, to the letter of SMPP 3.4 appendix B.

use super::MessageState;
use crate::smpp::pdu::Hidden;
use crate::smpp::time::Civil;

/// A receipt to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OwnReceipt<'a> {
    /// The message's identifier, without spaces.
    pub id: &'a str,
    /// The count of submitted messages, mostly 1.
    pub sub: u16,
    /// The count of delivered messages.
    pub dlvrd: u16,
    /// When it was submitted, in the time the receiver expects.
    pub submitted: Civil,
    /// When it reached this state, in the same time.
    pub done: Civil,
    /// The state.
    pub state: MessageState,
    /// The error code, mostly three digits, without spaces; `000` for none.
    pub err: &'a str,
    /// The message's text in the receipt's alphabet; its first twenty octets are written.
    pub text: &'a [u8],
}

/// The most octets of the message's text in a receipt.
const TEXT: usize = 20;
/// What most receipts have room in.
const ROOM: usize = 144;

impl std::fmt::Debug for OwnReceipt<'_> {
    /// All fields except the message's text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnReceipt")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("err", &self.err)
            .field("text", &Hidden(self.text))
            .finish_non_exhaustive()
    }
}

impl OwnReceipt<'_> {
    /// The receipt's text, to be put into short_message. It fits there with an identifier of up to 64 octets.
    pub fn to_text(&self) -> Vec<u8> {
        let Self { id, sub, dlvrd, submitted, done, state, err, text } = self;
        let mut receipt = Vec::with_capacity(ROOM);
        receipt.extend_from_slice(b"id:");
        receipt.extend_from_slice(id.as_bytes());
        receipt.extend_from_slice(b" sub:");
        push_number(&mut receipt, (*sub).into(), 3);
        receipt.extend_from_slice(b" dlvrd:");
        push_number(&mut receipt, (*dlvrd).into(), 3);
        receipt.extend_from_slice(b" submit date:");
        push_date(&mut receipt, submitted);
        receipt.extend_from_slice(b" done date:");
        push_date(&mut receipt, done);
        receipt.extend_from_slice(b" stat:");
        receipt.extend_from_slice(state.stat().as_bytes());
        receipt.extend_from_slice(b" err:");
        receipt.extend_from_slice(err.as_bytes());
        receipt.extend_from_slice(b" text:");
        receipt.extend_from_slice(text.get(..TEXT).unwrap_or(text));
        receipt
    }
}

/// Appends `YYMMDDhhmm`.
fn push_date(receipt: &mut Vec<u8>, at: &Civil) {
    push_number(receipt, at.year.rem_euclid(100).unsigned_abs(), 2);
    for part in [at.month, at.day, at.hour, at.minute] {
        push_number(receipt, part.into(), 2);
    }
}

/// Appends a number with at least `digits` digits. Nearly every message has a receipt, so this avoids `format!`.
fn push_number(receipt: &mut Vec<u8>, number: u32, least: u32) {
    let digits = number.checked_ilog10().map_or(1, |power| power + 1).max(least);
    let powers = (0..digits).rev().map(|power| 10_u32.saturating_pow(power));
    receipt.extend(powers.map(|power| b'0' + (number / power % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::receipt::ReceiptText;

    fn receipt() -> OwnReceipt<'static> {
        let at = |minute| Civil { year: 2026, month: 11, day: 21, hour: 22, minute, second: 32 };
        OwnReceipt {
            id: "0123456789abcdef",
            sub: 1,
            dlvrd: 1,
            submitted: at(50),
            done: at(51),
            state: MessageState::Delivered,
            err: "000",
            text: b"The quick brown fox jumps",
        }
    }

    #[test]
    fn to_the_letter() {
        let expected = "id:0123456789abcdef sub:001 dlvrd:001 submit date:2611212250 done date:2611212251 \
                        stat:DELIVRD err:000 text:The quick brown fox ";
        assert_eq!(String::from_utf8(receipt().to_text()).unwrap(), expected);
    }

    #[test]
    fn the_longest_fits_a_short_message() {
        let id = "x".repeat(64);
        let longest = OwnReceipt { id: &id, sub: u16::MAX, dlvrd: u16::MAX, ..receipt() };
        assert!(longest.to_text().len() <= 254);
    }

    #[test]
    fn reads_back() {
        let own = receipt();
        let text = own.to_text();
        let read = ReceiptText::parse(&text).unwrap();
        assert_eq!(read.id, Some(own.id.as_bytes()));
        assert_eq!(read.stat.and_then(MessageState::from_stat), Some(own.state));
        assert_eq!(read.done(), Some(Civil { second: 0, ..own.done }));
    }
}

//! Messages from handsets (operation 52).

use crate::user_data::{self, UserData};
use postrider_core::inbound::{Address, Inbound};
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_declare::upstream::ucp::TextAlphabet;
use postrider_text::{Encoding, gsm, septets};
use postrider_wire::hex;
use postrider_wire::ucp::operation::Message;
use postrider_wire::ucp::{name, xser};

/// The longest address that is kept, in characters.
const ADDRESS_MAX: usize = 64;

/// Reads a message. Never fails: what is no text is kept as octets.
pub(super) fn read(message: &Message<'_>, alphabet: TextAlphabet) -> Inbound {
    let services = xser::read(message.xser);
    let service =
        |kind: u8| services.iter().find(|(found, _)| *found == kind).map(|(_, data)| data.as_slice());
    let coding = service(xser::kind::DCS).and_then(|data| data.first()).copied();
    let data = UserData {
        coding: coding.unwrap_or_else(|| usual_coding(message)),
        header: service(xser::kind::UDH).and_then(|header| header.get(1..)).unwrap_or_default(),
        data: octets(message, coding, alphabet),
    };
    let flash = message.mcls == b"0" || data.is_flash();
    let (encoding, body) = user_data::read(&data);
    Inbound {
        from: sender(message),
        to: address(message.adc, false),
        encoding,
        flash,
        body,
        reference: None,
        parameters: Box::default(),
    }
}

/// The TP-DCS of a message that names none: transparent data are octets, anything else is a text.
fn usual_coding(message: &Message<'_>) -> u8 {
    if message.mt == b"4" || message.dcs == b"1" { 0x04 } else { 0x00 }
}

/// The user data: septets one to an octet, UCS-2 or octets.
fn octets(message: &Message<'_>, coding: Option<u8>, alphabet: TextAlphabet) -> Vec<u8> {
    let is_gsm = coding.is_none_or(|coding| user_data::encoding(coding) == Encoding::Gsm7);
    match message.mt {
        b"2" => message.msg.to_vec(),
        b"4" => {
            let octets = hex::read(message.msg).unwrap_or_default();
            // Texts in transparent data are packed; the number of bits says how many septets there are.
            match bits(message) {
                Some(bits) if coding.is_some() && is_gsm => septets::unpack(&octets, bits / 7, 0),
                _ => octets,
            }
        }
        _ => {
            let octets = hex::read(message.msg).unwrap_or_default();
            if alphabet == TextAlphabet::German && is_gsm { from_german(&octets) } else { octets }
        }
    }
}

fn bits(message: &Message<'_>) -> Option<usize> {
    std::str::from_utf8(message.nb).ok()?.parse().ok()
}

/// A text in the German ISO 646 as septets.
fn from_german(octets: &[u8]) -> Vec<u8> {
    let text: String = octets.iter().map(|octet| super::encode::german_letter(*octet)).collect();
    let mut units = Vec::new();
    // An octet that is no character of it is dropped.
    let known: String = text.chars().filter(|c| gsm::units(c.encode_utf8(&mut [0; 4])).is_ok()).collect();
    let encoded = gsm::encode(&known, &mut units);
    debug_assert!(encoded.is_ok(), "characters without a code are left out");
    units
}

/// The sender by its type (OTOA): a name, a number in international form, or digits of which nothing is said.
fn sender(message: &Message<'_>) -> Address {
    if message.otoa == b"5039"
        && let Some((count, packed)) = name::read(message.oadc)
    {
        let given: String = gsm::decode(&septets::unpack(&packed, count, 0));
        let given = given.trim_end_matches(['\0', '\r']);
        return Address { understood: Sender::parse(given).ok(), given: given.into() };
    }
    address(message.oadc, message.otoa == b"1139")
}

fn address(digits: &[u8], is_international: bool) -> Address {
    let given = String::from_utf8_lossy(digits.trim_ascii());
    let given: String = given.chars().filter(|c| !c.is_control()).take(ADDRESS_MAX).collect();
    let number = || Number::parse(given.strip_prefix('+').unwrap_or(&given)).ok().map(Sender::Number);
    let understood = if is_international { number() } else { None }.or_else(|| Sender::parse(&given).ok());
    Address { given: given.into(), understood }
}

#[cfg(test)]
mod tests;

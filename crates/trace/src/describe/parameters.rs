//! Optional parameters by name (SMPP 3.4 section 5.3.2, 5.0 section 4.8).

use super::{Parameter, Value, content, hexadecimal};
use postrider_wire::smpp::Tlvs;
use postrider_wire::smpp::tlv::tag;

/// The parameters in their order. `read` is the `esm_class` and `data_coding` of a text among them.
pub(super) fn parameters(tlvs: &Tlvs<'_>, (esm_class, data_coding): (u8, u8)) -> Vec<Parameter> {
    let parameter = |(tag, octets): (u16, &[u8])| Parameter {
        tag,
        name: tag::name(tag),
        value: match tag {
            tag::MESSAGE_PAYLOAD => content(octets, esm_class, data_coding),
            tag => value(tag, octets),
        },
    };
    tlvs.iter().map(parameter).collect()
}

/// Whether SMPP defines the parameter as a string, however short.
fn is_word(tag: u16) -> bool {
    matches!(tag, tag::RECEIPTED_MESSAGE_ID | tag::ADDITIONAL_STATUS_INFO_TEXT)
}

/// The value: SMPP's own parameters of up to four octets are mostly numbers; others are shown as words if they look like
/// words.
fn value(tag: u16, octets: &[u8]) -> Value {
    let is_number = tag::name(tag).is_some() && !is_word(tag) && [1, 2, 4].contains(&octets.len());
    if is_number {
        return Value::Number(octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)));
    }
    let text = octets.strip_suffix(&[0]).unwrap_or(octets);
    match std::str::from_utf8(text) {
        Ok(text) if text.bytes().all(|octet| octet.is_ascii_graphic() || octet == b' ') => {
            Value::Word(text.to_owned())
        }
        _ => Value::Octets(hexadecimal(octets)),
    }
}

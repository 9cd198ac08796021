//! Optional parameters of SMPP as people write them, by name or by tag, and which of them may stand in a message.

use crate::describe::Kind;
use crate::figures::{hex, number};
use crate::json::{Json, Table};
use crate::limit::check_count;
use crate::mistake::Notes;
use crate::setting::{Setting, unexpected};
use crate::suggest::suggest;
use crate::tree::{Node, Value};
use postrider_core::message::Parameter;
use postrider_core::submission::PARAMETERS_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Deref;

/// An optional parameter's value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(
    untagged,
    expecting = "a parameter is a text, a number from 0, or a table of one of string, c_string, u8, u16, u32 and hex, such as { u16 = 7 }"
)]
pub enum ParameterDocument {
    /// A text, in the form that a parameter of this name has; by a tag alone, its characters and nothing more.
    Text(String),
    /// A number, in as many octets as a parameter of this name has.
    Number(u32),
    /// A value that says its form.
    Typed(TypedParameter),
}

/// A value that says its form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TypedParameter {
    /// Printable ASCII characters.
    String(String),
    /// Printable ASCII characters, with a zero behind them.
    CString(String),
    /// A number in one octet. What doesn't fit is told when it is read, in words.
    U8(u32),
    /// A number in two octets, the high one first.
    U16(u32),
    /// A number in four octets, the highest first.
    U32(u32),
    /// Octets in hexadecimal.
    Hex(String),
}

impl TypedParameter {
    /// The word of its form, and its value.
    fn written(&self) -> (&'static str, Json) {
        match self {
            Self::String(text) => ("string", text.write()),
            Self::CString(text) => ("c_string", text.write()),
            Self::U8(number) => ("u8", number.write()),
            Self::U16(number) => ("u16", number.write()),
            Self::U32(number) => ("u32", number.write()),
            Self::Hex(digits) => ("hex", digits.write()),
        }
    }
}

/// A mistake in a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongParameter {
    /// Its name.
    pub name: String,
    /// Why it can't be.
    pub why: String,
}

/// Optional parameters of a document, and the octets that they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    written: BTreeMap<String, ParameterDocument>,
    read: Box<[Parameter]>,
}

impl Deref for Parameters {
    type Target = [Parameter];

    fn deref(&self) -> &[Parameter] {
        &self.read
    }
}

impl From<Vec<Parameter>> for Parameters {
    fn from(read: Vec<Parameter>) -> Self {
        let hex = |(name, digits)| (name, ParameterDocument::Typed(TypedParameter::Hex(digits)));
        Self { written: tell_parameters(&read).into_iter().map(hex).collect(), read: read.into() }
    }
}

impl Setting for Parameters {
    fn kind() -> Kind {
        Kind::Map(Box::new(Kind::Parameter))
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let written: BTreeMap<String, ParameterDocument> = Setting::read(node, notes)?;
        check_count(written.len(), PARAMETERS_MAX, notes);
        // These depend on the message.
        for (name, tag, _) in &FIELDS {
            if *tag != field::PROTOCOL_ID && written.contains_key(*name) {
                notes.key(name).wrong("a message alone can have this field", "");
            }
        }
        match read_parameters(&written) {
            Ok(read) => Some(Self { written, read: read.into() }),
            Err(wrong) => {
                wrong.iter().for_each(|WrongParameter { name, why }| notes.key(name).wrong(why, ""));
                None
            }
        }
    }

    fn write(&self) -> Json {
        self.written.write()
    }
}

impl Setting for ParameterDocument {
    fn kind() -> Kind {
        Kind::Parameter
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) => Some(Self::Text(text.clone())),
            Value::Integer(number) => u32::try_from(*number).ok().map(Self::Number),
            _ => node.only_entry().and_then(|entry| typed(&entry.key, &entry.node.value)).map(Self::Typed),
        };
        read.or_else(|| unexpected(node, FORMS, notes))
    }

    fn write(&self) -> Json {
        match self {
            Self::Text(text) => Json::text(text.clone()),
            Self::Number(number) => Json::Whole(*number),
            Self::Typed(typed) => {
                let mut table = Table::default();
                let (form, value) = typed.written();
                table.put(form, value);
                Json::Table(table)
            }
        }
    }
}

/// The forms in which a parameter can be written.
const FORMS: &str = "a text, a number from 0, or a table of one of string, c_string, u8, u16, u32 and hex, such as { u16 = 7 }";

fn typed(form: &str, value: &Value) -> Option<TypedParameter> {
    let number = |number: &i64| u32::try_from(*number).ok();
    match (form, value) {
        ("string", Value::Text(text)) => Some(TypedParameter::String(text.clone())),
        ("c_string", Value::Text(text)) => Some(TypedParameter::CString(text.clone())),
        ("hex", Value::Text(text)) => Some(TypedParameter::Hex(text.clone())),
        ("u8", Value::Integer(value)) => number(value).map(TypedParameter::U8),
        ("u16", Value::Integer(value)) => number(value).map(TypedParameter::U16),
        ("u32", Value::Integer(value)) => number(value).map(TypedParameter::U32),
        _ => None,
    }
}

/// The form of a parameter that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    String,
    CString,
    U8,
    U16,
    Octets,
}

/// Parameters that may stand in a message, by name: those of SMPP 3.4 (5.3.2) and 5.0 (4.8.4) that tell a carrier
/// something and that the gateway doesn't write itself, and those of carriers that are the same for many.
const NAMED: [(&str, u16, Form); 31] = [
    ("alert_on_message_delivery", 0x130C, Form::Octets),
    ("billing_identification", 0x060B, Form::Octets),
    ("callback_num", 0x0381, Form::Octets),
    ("callback_num_atag", 0x0303, Form::Octets),
    ("callback_num_pres_ind", 0x0302, Form::U8),
    ("dest_bearer_type", 0x0007, Form::U8),
    ("dest_network_id", 0x060E, Form::CString),
    ("dest_network_type", 0x0006, Form::U8),
    ("dest_subaddress", 0x0203, Form::Octets),
    ("dest_telematics_id", 0x0008, Form::U16),
    ("display_time", 0x1201, Form::U8),
    // India's registry of senders and templates: the principal entity, the template, and the chain of telemarketers.
    ("dlt_chain_hash", 0x1402, Form::String),
    ("dlt_entity_id", 0x1400, Form::String),
    ("dlt_template_id", 0x1401, Form::String),
    ("its_reply_type", 0x1380, Form::U8),
    ("its_session_info", 0x1383, Form::Octets),
    ("language_indicator", 0x020D, Form::U8),
    ("more_messages_to_send", 0x0426, Form::U8),
    ("ms_msg_wait_facilities", 0x0030, Form::U8),
    ("ms_validity", 0x1204, Form::Octets),
    ("number_of_messages", 0x0304, Form::U8),
    ("payload_type", 0x0019, Form::U8),
    ("privacy_indicator", 0x0201, Form::U8),
    ("sms_signal", 0x1203, Form::U16),
    ("source_bearer_type", 0x000F, Form::U8),
    ("source_network_id", 0x060D, Form::CString),
    ("source_network_type", 0x000E, Form::U8),
    ("source_subaddress", 0x0202, Form::Octets),
    ("source_telematics_id", 0x0010, Form::U8),
    ("user_response_code", 0x0205, Form::U8),
    ("ussd_service_op", 0x0501, Form::U8),
];

/// Fields of a message for which SMPP has no optional parameter. They are kept as parameters, with tags that SMPP reserves.
pub mod field {
    /// `data_coding`, where it goes on as it came: the carrier reads more in it than an encoding and a class.
    pub const DATA_CODING: u16 = 0x0001;
    /// The message class: 1 for the handset, 2 for the SIM, 3 for other equipment (3GPP TS 23.038, 4). Class 0 is flash.
    pub const MESSAGE_CLASS: u16 = 0x0002;
    /// `protocol_id`, other than 0 (3GPP TS 23.040, 9.2.3.9).
    pub const PROTOCOL_ID: u16 = 0x0003;

    /// Whether a tag stands for a field.
    #[must_use]
    pub const fn is_field(tag: u16) -> bool {
        matches!(tag, DATA_CODING | MESSAGE_CLASS | PROTOCOL_ID)
    }
}

/// The fields by name.
const FIELDS: [(&str, u16, Form); 3] = [
    ("data_coding", field::DATA_CODING, Form::U8),
    ("message_class", field::MESSAGE_CLASS, Form::U8),
    ("protocol_id", field::PROTOCOL_ID, Form::U8),
];

/// All that has a name.
fn named() -> impl Iterator<Item = &'static (&'static str, u16, Form)> {
    NAMED.iter().chain(&FIELDS)
}

/// Whether a message may hold a parameter with this tag: it is a vendor's own (SMPP 3.4, 5.3.2: 0x1400 to 0x3FFF), or has a
/// name here.
pub fn passes(tag: u16) -> bool {
    (0x1400..=0x3FFF).contains(&tag) || NAMED.iter().any(|(_, named, _)| *named == tag)
}

/// Reads parameters by name or tag, or says all that is wrong with them.
pub fn read_parameters(
    parameters: &BTreeMap<String, ParameterDocument>,
) -> Result<Vec<Parameter>, Vec<WrongParameter>> {
    let mut read: Vec<Parameter> = Vec::with_capacity(parameters.len());
    let mut wrong = Vec::new();
    for (name, document) in parameters {
        match one(name, document, &read) {
            Ok(parameter) => read.push(parameter),
            Err(why) => wrong.push(WrongParameter { name: name.clone(), why }),
        }
    }
    if wrong.is_empty() { Ok(read) } else { Err(wrong) }
}

fn one(name: &str, document: &ParameterDocument, before: &[Parameter]) -> Result<Parameter, String> {
    let (tag, form) = find(name)?;
    if before.iter().any(|before| before.tag == tag) {
        return Err(format!("0x{tag:04X} is given twice, by name and by tag"));
    }
    let value = value(document, form)?;
    check_field(tag, &value)?;
    Ok(Parameter { tag, value: value.into() })
}

/// Says what is wrong with the value of a field.
fn check_field(tag: u16, value: &[u8]) -> Result<(), String> {
    match (tag, value) {
        (field::MESSAGE_CLASS, [1..=3]) | (field::PROTOCOL_ID | field::DATA_CODING, [_]) => Ok(()),
        (field::MESSAGE_CLASS, _) => Err("the message class is 1, 2 or 3; class 0 is 'flash'".into()),
        (tag, _) if field::is_field(tag) => Err("this field has one octet: a number up to 255".into()),
        _ => Ok(()),
    }
}

/// Parameters by name, if they have one, or tag, with their octets in hexadecimal.
pub fn tell_parameters(parameters: &[Parameter]) -> BTreeMap<String, String> {
    let told = |Parameter { tag, value }: &Parameter| {
        let named = named().find(|(_, named, _)| named == tag);
        let name = named.map_or_else(|| format!("0x{tag:04X}"), |(name, ..)| (*name).to_owned());
        let digits = value.iter().fold(String::new(), |mut digits, octet| {
            let _ = write!(digits, "{octet:02x}");
            digits
        });
        (name, digits)
    };
    parameters.iter().map(told).collect()
}

fn find(name: &str) -> Result<(u16, Option<Form>), String> {
    if let Some((_, tag, form)) = named().find(|(named, ..)| *named == name) {
        return Ok((*tag, Some(*form)));
    }
    let Some(tag) = number(name) else {
        let near = suggest(name, named().map(|(named, ..)| *named));
        let help = near.map_or_else(
            || String::from("write its tag, such as 0x1400"),
            |near| format!("did you mean '{near}'?"),
        );
        return Err(format!("there is no parameter of this name: {help}"));
    };
    let tag = u16::try_from(tag).ok().filter(|tag| passes(*tag));
    let form = |tag: &u16| NAMED.iter().find(|(_, named, _)| named == tag).map(|(.., form)| *form);
    tag.map(|tag| (tag, form(&tag))).ok_or_else(|| {
        String::from("a message can't hold this parameter: vendors' own are from 0x1400 to 0x3FFF")
    })
}

fn value(document: &ParameterDocument, form: Option<Form>) -> Result<Vec<u8>, String> {
    match (document, form) {
        (ParameterDocument::Typed(typed), _) => typed_value(typed),
        (ParameterDocument::Text(text), None | Some(Form::String)) => characters(text),
        (ParameterDocument::Text(text), Some(Form::CString)) => characters(text).map(terminated),
        (ParameterDocument::Text(text), Some(Form::Octets)) => octets(text),
        (ParameterDocument::Text(_), Some(Form::U8 | Form::U16)) => Err("this parameter is a number".into()),
        (ParameterDocument::Number(number), Some(Form::U8)) => one_octet(*number),
        (ParameterDocument::Number(number), Some(Form::U16)) => two_octets(*number),
        (ParameterDocument::Number(_), None) => {
            Err("say in how many octets the number goes, such as { u16 = 7 }".into())
        }
        (ParameterDocument::Number(_), Some(Form::String | Form::CString)) => {
            Err("this parameter is a text: put it in quotes".into())
        }
        (ParameterDocument::Number(_), Some(Form::Octets)) => {
            Err("this parameter is octets: write them in hexadecimal, in quotes".into())
        }
    }
}

fn typed_value(typed: &TypedParameter) -> Result<Vec<u8>, String> {
    match typed {
        TypedParameter::String(text) => characters(text),
        TypedParameter::CString(text) => characters(text).map(terminated),
        TypedParameter::U8(number) => one_octet(*number),
        TypedParameter::U16(number) => two_octets(*number),
        TypedParameter::U32(number) => Ok(number.to_be_bytes().to_vec()),
        TypedParameter::Hex(text) => octets(text),
    }
}

fn one_octet(number: u32) -> Result<Vec<u8>, String> {
    let fits = u8::try_from(number).map_err(|_| format!("{number} doesn't fit into one octet"))?;
    Ok(vec![fits])
}

fn two_octets(number: u32) -> Result<Vec<u8>, String> {
    let fits = u16::try_from(number).map_err(|_| format!("{number} doesn't fit into two octets"))?;
    Ok(fits.to_be_bytes().to_vec())
}

fn characters(text: &str) -> Result<Vec<u8>, String> {
    match text.bytes().all(|octet| (0x20..0x7F).contains(&octet)) {
        true => Ok(text.as_bytes().to_vec()),
        false => Err("only printable ASCII characters can stand here; write others as { hex = ... }".into()),
    }
}

fn terminated(mut octets: Vec<u8>) -> Vec<u8> {
    octets.push(0);
    octets
}

fn octets(text: &str) -> Result<Vec<u8>, String> {
    hex(text).ok_or_else(|| "write octets in hexadecimal, such as 0A1B2C".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_wire::smpp::tlv;

    fn parsed(json: &str) -> Result<Vec<(u16, Vec<u8>)>, String> {
        let read = read_parameters(&serde_json::from_str(json).map_err(|error| error.to_string())?);
        let plain = |parameter: Parameter| (parameter.tag, parameter.value.to_vec());
        read.map(|read| read.into_iter().map(plain).collect()).map_err(|wrong| wrong[0].name.clone())
    }

    #[test]
    fn names_are_those_of_the_specification() {
        assert!(NAMED.is_sorted_by_key(|(name, ..)| *name));
        for (name, tag, _) in NAMED {
            assert!(passes(tag), "{name}");
            if !(0x1400..=0x3FFF).contains(&tag) {
                assert_eq!(tlv::tag::name(tag), Some(name));
            }
        }
        for ours in [tlv::tag::MESSAGE_PAYLOAD, tlv::tag::SAR_MSG_REF_NUM, tlv::tag::DESTINATION_PORT, 0x4000]
        {
            assert!(!passes(ours), "{ours:#06x}");
        }
    }

    #[test]
    fn a_value_has_the_form_of_its_name_or_its_own() {
        for (json, tag, octets) in [
            (r#"{"dlt_entity_id":"1701158019811410068"}"#, 0x1400, &b"1701158019811410068"[..]),
            (r#"{"0x1400":"17"}"#, 0x1400, b"17"),
            (r#"{"5121":{"c_string":"17"}}"#, 0x1401, b"17\0"),
            (r#"{"dlt_chain_hash":{"hex":"00ff"}}"#, 0x1402, b"\0\xff"),
            (r#"{"ussd_service_op":2}"#, 0x0501, &[2]),
            (r#"{"sms_signal":515}"#, 0x1203, &[2, 3]),
            (r#"{"source_network_id":"a"}"#, 0x060D, b"a\0"),
            (r#"{"its_session_info":"0102"}"#, 0x1383, &[1, 2]),
            (r#"{"0x3fff":{"u32":1}}"#, 0x3FFF, &[0, 0, 0, 1]),
            (r#"{"0x2000":{"u16":1}}"#, 0x2000, &[0, 1]),
            (r#"{"0x2000":{"u8":1}}"#, 0x2000, &[1]),
            (r#"{"0x2000":{"string":"x"}}"#, 0x2000, b"x"),
        ] {
            assert_eq!(parsed(json), Ok(vec![(tag, octets.to_vec())]), "{json}");
        }
        for (json, tag, value) in [
            (r#"{"protocol_id":127}"#, field::PROTOCOL_ID, 127),
            (r#"{"message_class":2}"#, field::MESSAGE_CLASS, 2),
            (r#"{"data_coding":200}"#, field::DATA_CODING, 200),
        ] {
            assert_eq!(parsed(json), Ok(vec![(tag, vec![value])]), "{json}");
            assert!(!passes(tag), "a client's parameter with this tag is not the field");
        }
        for (json, name) in [
            (r#"{"message_class":4}"#, "message_class"),
            (r#"{"message_class":0}"#, "message_class"),
            (r#"{"protocol_id":256}"#, "protocol_id"),
            (r#"{"protocol_id":{"u16":1}}"#, "protocol_id"),
            (r#"{"0x0003":{"u8":1}}"#, "0x0003"),
            (r#"{"dlt_entity":"1"}"#, "dlt_entity"),
            (r#"{"message_payload":"1"}"#, "message_payload"),
            (r#"{"0x0424":"1"}"#, "0x0424"),
            (r#"{"0x10000":"1"}"#, "0x10000"),
            (r#"{"ussd_service_op":256}"#, "ussd_service_op"),
            (r#"{"ussd_service_op":"2"}"#, "ussd_service_op"),
            (r#"{"dlt_entity_id":17}"#, "dlt_entity_id"),
            (r#"{"dlt_entity_id":"\u00e9"}"#, "dlt_entity_id"),
            (r#"{"its_session_info":"1"}"#, "its_session_info"),
            (r#"{"0x2000":1}"#, "0x2000"),
            (r#"{"0x2000":{"u8":256}}"#, "0x2000"),
            (r#"{"0x2000":{"u16":65536}}"#, "0x2000"),
            (r#"{"dlt_entity_id":"1","0x1400":"1"}"#, "dlt_entity_id"),
        ] {
            assert_eq!(parsed(json), Err(name.to_owned()), "{json}");
        }
        assert!(parsed(r#"{"0x2000":{"u32":-1}}"#).is_err() && parsed(r#"{"0x2000":[1]}"#).is_err());
    }

    #[test]
    fn all_that_is_wrong_is_told_together() {
        let documents = serde_json::from_str(r#"{"0x1500":{"u8":300},"0x1501":"x","0x0424":"x"}"#).unwrap();
        let wrong = read_parameters(&documents).unwrap_err();
        let told = wrong.iter().map(|WrongParameter { name, why }| (name.as_str(), why.as_str()));
        let expected = [
            ("0x0424", "a message can't hold this parameter: vendors' own are from 0x1400 to 0x3FFF"),
            ("0x1500", "300 doesn't fit into one octet"),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_a_message_holds_is_told_by_name() {
        let parameter = |tag, value: &[u8]| Parameter { tag, value: value.into() };
        let told = tell_parameters(&[parameter(0x1400, b"17"), parameter(0x2000, &[0, 255])]);
        let expected = [("0x2000", "00ff"), ("dlt_entity_id", "3137")];
        assert_eq!(told, expected.map(|(name, digits)| (name.to_owned(), digits.to_owned())).into());
    }
}

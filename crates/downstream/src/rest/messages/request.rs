//! What a client asks to be sent, as JSON, and the submissions that it makes.

use super::EncodingWord;
use super::content::Content;
use crate::resource::{ClassWord, ParameterDocument, Span, WrongParameter, check_url, read_parameters};
use crate::rest::moment;
use crate::rest::payload::parse;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use postrider_core::message::Receipts;
use postrider_core::submission::Submission;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

/// The most messages of one request.
const BATCH_MAX: usize = 1_000;

/// A message to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct MessageRequest {
    /// The recipient in international form, such as `+447700900123`; or, outside `messages`, a list of up to 1,000 of
    /// them, each of whom gets a message.
    to: To,
    /// The sender that the recipient sees: a number, a code of up to 20 digits, or a name of up to 11 characters.
    /// Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// The text, up to 10,000 characters; it is split into as many parts as it takes, and encoded as it needs.
    #[serde(default)]
    text: Option<String>,
    /// Octets in hexadecimal, in the place of a text: up to 140 together with the header, in one part.
    #[serde(default)]
    data: Option<String>,
    /// The user data header of `data` in hexadecimal, without its length octet (3GPP TS 23.040, 9.2.3.24).
    #[serde(default)]
    udh: Option<String>,
    /// How `data` is to be read; `gsm7` data has a septet in each octet. Default: `octets`.
    #[serde(default)]
    encoding: Option<EncodingWord>,
    /// The application port that it is for (3GPP TS 23.040, 9.2.3.24.4), such as 2948 for WAP Push: the text or `data` then
    /// goes in one part, and no `udh` is given. Default: none.
    #[serde(default)]
    destination_port: Option<u16>,
    /// The application port that it is from. Default: 0.
    #[serde(default)]
    source_port: Option<u16>,
    /// Not before this time: RFC 3339 with its offset from UTC, up to a year ahead. Default: at once.
    #[serde(default)]
    #[schema(format = "date-time", example = "2030-01-31T09:00:00Z")]
    send_at: Option<String>,
    /// How long it may wait once it is due, before it is given up: seconds, or a time such as `10m`, from 1s to 7d.
    /// Default: the account's.
    #[serde(default)]
    valid_for: Option<Span>,
    /// What it is for. Default: the account's.
    #[serde(default)]
    class: Option<ClassWord>,
    /// Your own word for it, up to 128 octets.
    #[serde(default)]
    reference: Option<String>,
    /// Where notices of this message are posted, in the place of the account's webhook, whose secret signs them all the
    /// same: an http or https URL of up to 2,048 characters. Only an account that has a webhook may give one.
    #[serde(default)]
    callback_url: Option<String>,
    /// Your own data, which comes back in notices: an object of up to 2,048 octets of JSON.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
    /// Whether the handset shows it at once and doesn't keep it. Default: false.
    #[serde(default)]
    flash: bool,
    /// What the carrier is told besides, up to 16 optional parameters of SMPP with up to 255 octets each: by the name that
    /// they have in the manual, such as `dlt_entity_id`, or by the number of their tag, such as `0x1400`.
    #[serde(default)]
    parameters: BTreeMap<String, ParameterDocument>,
    /// Which final states are told. Default: `all`.
    #[serde(default)]
    receipts: ReceiptsWord,
}

/// One recipient or several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a number as a string, or a list of them")]
pub(in crate::rest) enum To {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Which final states are told.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum ReceiptsWord {
    /// Every one.
    #[default]
    All,
    /// None.
    None,
    /// Only that it was not delivered.
    Failures,
    /// Only that it was delivered.
    Successes,
}

impl From<ReceiptsWord> for Receipts {
    fn from(word: ReceiptsWord) -> Self {
        match word {
            ReceiptsWord::All => Self::All,
            ReceiptsWord::None => Self::None,
            ReceiptsWord::Failures => Self::Failures,
            ReceiptsWord::Successes => Self::Successes,
        }
    }
}

/// Several messages, each its own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct BatchRequest {
    /// The messages, up to 1,000.
    #[serde(deserialize_with = "objects")]
    messages: Vec<MessageRequest>,
}

/// A list of objects. Serde would take an array for an object too, with a value for each field in the order in which they
/// stand here, which is nobody's to know.
fn objects<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<MessageRequest>, D::Error> {
    struct Object(MessageRequest);

    impl<'de> Deserialize<'de> for Object {
        fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
            object.deserialize_map(Fields).map(Self)
        }
    }

    struct Fields;

    impl<'de> Visitor<'de> for Fields {
        type Value = MessageRequest;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<MessageRequest, A::Error> {
            MessageRequest::deserialize(MapAccessDeserializer::new(fields))
        }
    }

    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<MessageRequest>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<MessageRequest>, A::Error> {
            let mut messages = Vec::new();
            while let Some(Object(message)) = list.next_element()? {
                messages.push(message);
            }
            Ok(messages)
        }
    }

    list.deserialize_seq(List)
}

/// A request to send.
pub(in crate::rest) struct Request {
    /// The messages; for each that is no submission, the reason.
    pub(in crate::rest) items: Vec<Result<Submission, Problem>>,
    /// Whether it is one message rather than a list that happens to have one.
    pub(super) is_single: bool,
}

/// Reads the body of a request to send: a message, a message with a list in `to`, or a list of messages.
/// `callbacks` is whether the account may name its own URL for notices.
pub(in crate::rest) fn read(body: &[u8], callbacks: bool) -> Result<Request, Problem> {
    if is_batch(body) {
        let batch: BatchRequest = parse(body)?;
        limited(batch.messages.len(), "messages")?;
        let item = |(index, message): (usize, MessageRequest)| match message.to {
            To::One(_) => Ok(message.submission(callbacks)),
            To::Many(_) => {
                let detail = "within 'messages' each message has one recipient";
                Err(Problem::bad("invalid_request", detail).at(format!("messages[{index}].to")))
            }
        };
        let items: Result<_, _> = batch.messages.into_iter().enumerate().map(item).collect();
        return Ok(Request { items: items?, is_single: false });
    }
    let mut message: MessageRequest = parse(body)?;
    let To::Many(recipients) = &mut message.to else {
        return Ok(Request { items: vec![message.submission(callbacks)], is_single: true });
    };
    let recipients = std::mem::take(recipients);
    limited(recipients.len(), "to")?;
    let one = message.submission(callbacks);
    let item = |to| match &one {
        Ok(submission) => Ok(Submission { to, ..submission.clone() }),
        Err(problem) => Err(problem.clone()),
    };
    Ok(Request { items: recipients.into_iter().map(item).collect(), is_single: false })
}

fn limited(count: usize, field: &'static str) -> Result<(), Problem> {
    match count {
        0 => Err(Problem::bad("empty_batch", "the list is empty").at(field)),
        1..=BATCH_MAX => Ok(()),
        _ => {
            Err(Problem::bad("batch_too_large", format!("{count} are given; {BATCH_MAX} are allowed"))
                .at(field))
        }
    }
}

/// Whether the body's object starts with `messages`. Nothing else may stand beside it, so it is always the first.
fn is_batch(body: &[u8]) -> bool {
    let inside = body.trim_ascii_start().strip_prefix(b"{");
    inside.is_some_and(|inside| inside.trim_ascii_start().starts_with(b"\"messages\""))
}

impl MessageRequest {
    /// The submission that it makes; what is no number, text or time is found out later, by those who know.
    fn submission(self, callbacks: bool) -> Result<Submission, Problem> {
        let to = match self.to {
            To::One(to) => to,
            To::Many(_) => String::new(),
        };
        if self.callback_url.is_some() && !callbacks {
            let detail = "the account has no webhook, whose secret would sign notices: declare one first";
            return Err(invalid("callback_not_allowed", "callback_url", detail));
        }
        if let Some(Err(reason)) = self.callback_url.as_deref().map(check_url) {
            return Err(invalid("invalid_callback", "callback_url", reason));
        }
        if self.metadata.as_ref().is_some_and(|metadata| !metadata.get().starts_with('{')) {
            return Err(invalid("invalid_metadata", "metadata", "metadata must be an object"));
        }
        let wrong_parameter = |mut wrong: Vec<WrongParameter>| {
            let WrongParameter { name, why } = wrong.swap_remove(0);
            let field = format!("parameters.{name}");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_carrier_parameter", why).at(field)
        };
        let parameters = read_parameters(&self.parameters).map_err(wrong_parameter)?;
        let content = Content {
            text: self.text.filter(|text| !text.is_empty()),
            data: self.data,
            udh: self.udh,
            encoding: self.encoding,
            destination_port: self.destination_port,
            source_port: self.source_port,
        };
        let wrong_time =
            || invalid("invalid_schedule", "send_at", "write a time such as 2030-01-31T09:00:00Z");
        let send_at = self.send_at.map(|text| moment::read(&text).ok_or_else(wrong_time)).transpose()?;
        let wrong_span =
            |error: crate::resource::NotASpan| invalid("invalid_validity", "valid_for", error.to_string());
        let valid_for = self.valid_for.map(|span| span.read().map_err(wrong_span)).transpose()?;
        Ok(Submission {
            to,
            from: self.from,
            body: content.body()?,
            class: self.class.map(Into::into),
            send_at,
            valid_for,
            reference: self.reference,
            metadata: self.metadata.map(|metadata| Box::<str>::from(metadata).into_string()),
            callback: self.callback_url,
            receipts: self.receipts.into(),
            via: None,
            flash: self.flash,
            parameters,
        })
    }
}

/// A problem with one field of a message.
pub(super) fn invalid(code: &'static str, field: &'static str, detail: impl Into<Box<str>>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::message::{Body, Class, Parameter};
    use postrider_core::time::Time;
    use postrider_text::Encoding;
    use std::borrow::Cow;
    use std::time::Duration;

    fn one(json: &str) -> Result<Submission, (Cow<'static, str>, Option<Box<str>>)> {
        let request = read(json.as_bytes(), true).map_err(|problem| (problem.code, problem.field))?;
        assert!(request.is_single);
        request.items.into_iter().next().unwrap().map_err(|problem| (problem.code, problem.field))
    }

    #[test]
    fn every_field_arrives() {
        let submission =
            one(r#" { "to":"+447700900123","from":"Shop","text":"Hi","send_at":"2030-01-31T10:00:00+01:00",
            "valid_for":"10m","class":"otp","reference":"r1","callback_url":"https://a.example/x",
            "metadata":{"order": 7},"parameters":{"0x1400":"17"},"flash":true,"receipts":"failures"}"#)
            .unwrap();
        assert_eq!(submission.to, "+447700900123");
        assert_eq!(submission.body, Some(Body::Text("Hi".into())));
        assert_eq!(submission.send_at, Some(Time(1_896_080_400_000)));
        assert_eq!(
            (submission.valid_for, submission.class),
            (Some(Duration::from_secs(600)), Some(Class::Otp))
        );
        assert_eq!(submission.metadata.as_deref(), Some(r#"{"order": 7}"#));
        assert_eq!((submission.flash, submission.receipts), (true, Receipts::Failures));
        assert_eq!(submission.parameters, [Parameter { tag: 0x1400, value: (*b"17").into() }]);
        let plain = one(r#"{"to":"+447700900123","text":"Hi","valid_for":90}"#).unwrap();
        assert_eq!((plain.valid_for, plain.receipts), (Some(Duration::from_secs(90)), Receipts::All));
    }

    #[test]
    fn data_is_hexadecimal() {
        let submission = one(r#"{"to":"+447700900123","data":"0a 1B","udh":"050003"}"#).unwrap();
        let expected =
            Body::Data { encoding: Encoding::Octets, header: [5, 0, 3].into(), data: [0x0A, 0x1B].into() };
        assert_eq!(submission.body, Some(expected));
    }

    #[test]
    fn ports_become_a_header() {
        // 3GPP TS 23.040, 9.2.3.24.4: the destination first.
        let header: Box<[u8]> = [5, 4, 0x0B, 0x84, 0x23, 0xF0].into();
        for (fields, encoding, data) in [
            (r#""data":"0102""#, Encoding::Octets, &[1, 2][..]),
            (r#""text":"h\u00e9""#, Encoding::Gsm7, b"h\x05"),
            (r#""text":"\u0416""#, Encoding::Ucs2, b"\x04\x16"),
            (r#""data":"68","encoding":"latin1""#, Encoding::Latin1, b"h"),
        ] {
            let ports = r#""destination_port":2948,"source_port":9200"#;
            let submission = one(&format!(r#"{{"to":"+447700900123",{fields},{ports}}}"#)).unwrap();
            let expected = Body::Data { encoding, header: header.clone(), data: data.into() };
            assert_eq!(submission.body, Some(expected), "{fields}");
        }
    }

    #[test]
    fn each_mistake_has_its_code_and_field() {
        let cases = [
            (r#""send_at":"tomorrow""#, "invalid_schedule", "send_at"),
            (r#""valid_for":"soon""#, "invalid_validity", "valid_for"),
            (r#""metadata":[1]"#, "invalid_metadata", "metadata"),
            (r#""callback_url":"ftp://x""#, "invalid_callback", "callback_url"),
            (r#""data":"0a1""#, "invalid_data", "data"),
            (r#""data":"xx""#, "invalid_data", "data"),
            (r#""data":"00","udh":"é""#, "invalid_data", "udh"),
            (r#""udh":"00""#, "invalid_data", "udh"),
            (r#""encoding":"ucs2""#, "invalid_data", "encoding"),
            (r#""text":"x","data":"00""#, "invalid_data", "data"),
            (r#""text":"x","source_port":1"#, "invalid_data", "source_port"),
            (r#""data":"00","udh":"00","destination_port":1"#, "invalid_data", "udh"),
            (r#""destination_port":65536"#, "invalid_request", "destination_port"),
            (r#""parameters":{"0x0424":"x"}"#, "invalid_carrier_parameter", "parameters.0x0424"),
            (r#""class":"urgent""#, "invalid_request", "class"),
            (r#""colour":"red""#, "invalid_request", "colour"),
        ];
        for (fields, code, field) in cases {
            let error = one(&format!(r#"{{"to":"+447700900123",{fields}}}"#)).unwrap_err();
            assert_eq!((&*error.0, error.1.as_deref()), (code, Some(field)), "{fields}");
        }
        assert_eq!(one(r#"{"text":"x"}"#).unwrap_err().0, "invalid_request");
        assert_eq!(one(r#"{"to":"+447700900123","text":""}"#).unwrap().body, None);
    }

    #[test]
    fn a_callback_needs_a_secret_to_sign_it() {
        let json = br#"{"to":"+447700900123","text":"x","callback_url":"https://a.example"}"#;
        let request = read(json, false).unwrap();
        assert_eq!(request.items[0].as_ref().unwrap_err().code, "callback_not_allowed");
    }

    #[test]
    fn an_array_is_no_message() {
        let array =
            r#"["+447700900123",null,"x",null,null,null,null,null,null,null,null,null,false,{},"all"]"#;
        for body in [array.to_owned(), format!(r#"{{"messages":[{array}]}}"#)] {
            assert_eq!(
                read(body.as_bytes(), true).err().map(|problem| problem.code),
                Some("invalid_request".into()),
                "{body}"
            );
        }
        let problem = read(br#"{"messages":[{"to":"1","txt":"x"}]}"#, true).err().unwrap();
        assert_eq!(problem.field.as_deref(), Some("messages[0].txt"));
    }

    #[test]
    fn lists_are_counted_and_keep_their_order() {
        let tos = |json: &str| {
            let request = read(json.as_bytes(), true).map_err(|problem| problem.code)?;
            assert!(!request.is_single);
            Ok::<_, Cow<'static, str>>(
                request.items.into_iter().map(|item| item.unwrap().to).collect::<Vec<_>>(),
            )
        };
        assert_eq!(tos(r#"{"to":["a","b"],"text":"x"}"#), Ok(vec!["a".into(), "b".into()]));
        let batch = r#"{"messages" : [{"to":"a","text":"x"},{"to":"b","text":"y"}]}"#;
        assert_eq!(tos(batch), Ok(vec!["a".into(), "b".into()]));
        let numbers = |count| format!(r#"{{"to":{:?},"text":"x"}}"#, vec!["1"; count]);
        assert_eq!(tos(&numbers(1_000)).map(|tos| tos.len()), Ok(1_000));
        assert_eq!(tos(&numbers(1_001)), Err("batch_too_large".into()));
        assert_eq!(tos(r#"{"to":[],"text":"x"}"#), Err("empty_batch".into()));
        assert_eq!(tos(r#"{"messages":[]}"#), Err("empty_batch".into()));
        assert_eq!(tos(r#"{"messages":[{"to":["a"],"text":"x"}]}"#), Err("invalid_request".into()));
        assert_eq!(tos(r#"{"to":["a"],"messages":[]}"#), Err("invalid_request".into()));
    }
}

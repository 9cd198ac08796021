//! Requests to send, as JSON, and the submissions in them.

mod list;
mod null;

use super::EncodingWord;
use super::content::Content;
use crate::rest::moment;
use crate::rest::payload::parse;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use null::{null_or, without_nulls};
use postrider_core::message::Receipts;
use postrider_core::submission::Submission;
use postrider_declare::{
    ClassWord, Endpoints, ParameterDocument, Span, WrongParameter, check_url, read_parameters,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most messages of one request.
const BATCH_MAX: usize = 1_000;

/// A message to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct MessageRequest {
    /// The recipient in international form, such as `+447700900123`. Outside `messages` it may be a list of up to 1,000
    /// recipients; each gets a message.
    to: To,
    /// The sender that the recipient sees: a number, a code of up to 20 digits, or a name of up to 11 characters.
    /// Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// The text, up to 10,000 characters. It is encoded and split into parts as needed.
    #[serde(default)]
    text: Option<String>,
    /// Octets in hexadecimal, instead of a text: up to 140 together with the header, in one part.
    #[serde(default)]
    data: Option<String>,
    /// The user data header of `data` in hexadecimal, without its length octet (3GPP TS 23.040, 9.2.3.24).
    #[serde(default)]
    udh: Option<String>,
    /// The encoding of `data`; in `gsm7` each octet has one septet. Default: `octets`.
    #[serde(default)]
    encoding: Option<EncodingWord>,
    /// The destination's application port (3GPP TS 23.040, 9.2.3.24.4), such as 2948 for WAP Push. The text or `data` is
    /// then sent in one part, and `udh` can't be given. Default: none.
    #[serde(default)]
    destination_port: Option<u16>,
    /// The source's application port. Default: 0.
    #[serde(default)]
    source_port: Option<u16>,
    /// The earliest time of sending: RFC 3339 with its offset from UTC, up to a year ahead. Default: at once.
    #[serde(default)]
    #[schema(format = "date-time", example = "2030-01-31T09:00:00Z")]
    send_at: Option<String>,
    /// The time for which it may wait once it is due, before it expires: seconds, or a span such as `10m`, from 1s to 7d.
    /// Default: the account's.
    #[serde(default)]
    valid_for: Option<Span>,
    /// The class of the message. Default: the account's.
    #[serde(default)]
    class: Option<ClassWord>,
    /// Your own reference for it, up to 128 octets. Notices have it, and lists can be filtered by it.
    #[serde(default)]
    reference: Option<String>,
    /// The URL to which notices of this message are posted, instead of the account's webhook: http or https, up to 2,048
    /// characters. The account needs a webhook, since its secret signs these notices too.
    #[serde(default)]
    callback_url: Option<String>,
    /// Your own data, a JSON object of up to 2,048 octets. Notices have it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
    /// Whether the handset shows it at once and doesn't store it (a flash message). Default: false.
    #[serde(default, deserialize_with = "null_or")]
    flash: bool,
    /// Optional SMPP parameters for the carrier, up to 16 of up to 255 octets each. The key is a name from the manual, such as
    /// `dlt_entity_id`, or a tag, such as `0x1400`.
    #[serde(default, deserialize_with = "without_nulls")]
    parameters: BTreeMap<String, ParameterDocument>,
    /// The final states of which you are notified. Default: `all`.
    #[serde(default, deserialize_with = "null_or")]
    receipts: ReceiptsWord,
}

/// One recipient or several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a number as a string, or a list of them")]
pub(in crate::rest) enum To {
    /// One recipient.
    One(String),
    /// Several recipients.
    Many(Vec<String>),
}

/// The final states of which a client is notified.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum ReceiptsWord {
    /// All final states.
    #[default]
    All,
    /// None of them.
    None,
    /// All but `delivered`.
    Failures,
    /// `delivered` only.
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

/// Several messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct BatchRequest {
    /// The messages, up to 1,000.
    #[serde(deserialize_with = "list::objects")]
    messages: Vec<MessageRequest>,
}

/// A request to send.
pub(in crate::rest) struct Request {
    /// The messages; for each that is no submission, the reason.
    pub(in crate::rest) items: Vec<Result<Submission, Problem>>,
    /// Whether it is one message rather than a list that happens to have one.
    pub(super) is_single: bool,
}

/// Reads the body of a request to send: a message, a message with a list in `to`, or a list of messages. `callbacks` says
/// where a `callback_url` may lead; `None` if messages may have none.
///
/// # Errors
/// The body can't be read, or has no messages or too many.
pub(in crate::rest) fn read(body: &[u8], callbacks: Option<Endpoints>) -> Result<Request, Problem> {
    let explained = |problem| beside_messages(body).unwrap_or(problem);
    if is_batch(body) {
        let batch: BatchRequest = parse(body).map_err(explained)?;
        limited(batch.messages.len(), "messages")?;
        let item = |(index, message): (usize, MessageRequest)| match message.to {
            To::One(_) => Ok(message.submission(callbacks)),
            To::Many(_) => {
                let detail = "a message within 'messages' has one recipient, not a list";
                Err(Problem::bad("invalid_request", detail).at(format!("messages[{index}].to")))
            }
        };
        let items: Result<_, _> = batch.messages.into_iter().enumerate().map(item).collect();
        return Ok(Request { items: items?, is_single: false });
    }
    let mut message: MessageRequest = parse(body).map_err(explained)?;
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
        0 => Err(Problem::bad("empty_batch", "the list is empty: give at least one").at(field)),
        1..=BATCH_MAX => Ok(()),
        _ => {
            Err(Problem::bad("batch_too_large", format!("{count} are given; {BATCH_MAX} are allowed"))
                .at(field))
        }
    }
}

/// Whether the body's object starts with `messages`. No other field may come with it, so it is always the first.
fn is_batch(body: &[u8]) -> bool {
    let inside = body.trim_ascii_start().strip_prefix(b"{");
    inside.is_some_and(|inside| inside.trim_ascii_start().starts_with(b"\"messages\""))
}

/// The problem that a field stands beside `messages`, if one does.
fn beside_messages(body: &[u8]) -> Option<Problem> {
    let fields: BTreeMap<String, IgnoredAny> = serde_json::from_slice(body).ok()?;
    let other = fields.keys().find(|name| *name != "messages").filter(|_| fields.contains_key("messages"))?;
    let detail = format!(
        "'{other}' stands beside 'messages': send one message, or a list whose messages have their own fields"
    );
    Some(Problem::bad("invalid_request", detail).at(other.as_str()))
}

impl MessageRequest {
    /// The submission. Core validates numbers, texts and times later.
    fn submission(self, callbacks: Option<Endpoints>) -> Result<Submission, Problem> {
        let to = match self.to {
            To::One(to) => to,
            To::Many(_) => String::new(),
        };
        if self.callback_url.is_some() && callbacks.is_none() {
            let detail = "the account has no webhook, whose secret signs notices: declare a webhook first";
            return Err(invalid("callback_not_allowed", "callback_url", detail));
        }
        let check = |url| check_url(url).and_then(|()| callbacks.map_or(Ok(()), |may| may.check(url)));
        if let Some(Err(reason)) = self.callback_url.as_deref().map(check) {
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
        let wrong_time = |error: String| invalid("invalid_schedule", "send_at", error);
        let send_at = self.send_at.map(|text| moment::read(&text).map_err(wrong_time)).transpose()?;
        let wrong_span =
            |error: postrider_declare::NotASpan| invalid("invalid_validity", "valid_for", error.to_string());
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
mod tests;

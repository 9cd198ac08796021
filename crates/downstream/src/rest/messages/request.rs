//! Requests to send, as JSON, and the submissions in them.

mod built;
mod list;
mod null;
mod read;
mod schedule;
#[cfg(test)]
mod schema;
mod template;

use super::EncodingWord;
use super::content::Content;
use crate::rest::media::MediaRef;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use built::{Asked, CardRequest, EventRequest, OtaBookmark, WapPush, build};
use null::{null_or, without_nulls};
use postrider_core::media::Multimedia;
use postrider_core::message::{Body, Parameter, Receipts};
use postrider_core::submission::Submission;
use postrider_declare::{
    ClassWord, ParameterDocument, Span, WrongParameter, check_url, field, read_parameters,
};
pub(in crate::rest) use read::read;
pub(super) use read::{Item, Request, contents};
pub(in crate::rest) use schedule::Schedule;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
pub(in crate::rest) use template::{Approved, Context, TemplateUse, fill};
use utoipa::ToSchema;

/// A message to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct MessageRequest {
    /// The recipient in international form, such as `+447700900123`, or a short code where the carrier takes such. Outside
    /// `messages` it may be a list of up to 1,000 recipients; each gets a message.
    #[serde(default)]
    #[schema(required = true, value_type = To)]
    to: Option<To>,
    /// The sender that the recipient sees: a number, a code of up to 20 digits, or a name of up to 11 characters, or 20 where
    /// the carrier allows it. Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// The text, up to 10,000 characters. It is encoded and split into parts as needed.
    #[serde(default)]
    #[schema(max_length = 10_000)]
    text: Option<String>,
    /// Pictures, videos and sounds that go with the text, up to 10. Where the way has no MMS, the text gets a link to a page that
    /// shows them.
    #[serde(default)]
    #[schema(max_items = 10)]
    media: Option<Vec<MediaRef>>,
    /// The subject of a message with `media`, up to 40 characters.
    #[serde(default)]
    subject: Option<String>,
    /// A template whose text is sent, instead of `text`.
    #[serde(default)]
    template: Option<TemplateUse>,
    /// Octets in hexadecimal, instead of a text: up to 140 together with the header, in one part.
    #[serde(default)]
    #[schema(pattern = "^ *([0-9A-Fa-f] *[0-9A-Fa-f] *)*$")]
    data: Option<String>,
    /// The user data header of `data` in hexadecimal, without its length octet (3GPP TS 23.040, 9.2.3.24).
    #[serde(default)]
    #[schema(pattern = "^ *([0-9A-Fa-f] *[0-9A-Fa-f] *)*$")]
    udh: Option<String>,
    /// The encoding of `data`; in `gsm7` each octet has one septet. Default: `octets`.
    #[serde(default)]
    encoding: Option<EncodingWord>,
    /// The destination's application port (3GPP TS 23.040, 9.2.3.24.4), such as 2948 for WAP Push. The text or `data` is
    /// then sent in one part, and `udh` can't be given. Default: none.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 65_535)]
    destination_port: Option<u16>,
    /// The source's application port. Default: 0.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 65_535)]
    source_port: Option<u16>,
    /// A WAP push, which the gateway builds, instead of a text. Like `data` it takes one part.
    #[serde(default)]
    wap_push: Option<WapPush>,
    /// A business card, which the gateway builds, instead of a text. Like `data` it takes one part.
    #[serde(default)]
    vcard: Option<CardRequest>,
    /// An event of a calendar, which the gateway builds, instead of a text. Like `data` it takes one part.
    #[serde(default)]
    vcalendar: Option<EventRequest>,
    /// A bookmark for the handset's browser, which the gateway builds, instead of a text. Like `data` it takes one part.
    #[serde(default)]
    ota_bookmark: Option<OtaBookmark>,
    /// The earliest time of sending, up to a year ahead: RFC 3339 with its offset from UTC, or without one and with `send_zone`.
    /// Default: at once.
    #[serde(default)]
    #[schema(format = "date-time", example = "2030-01-31T09:00:00Z")]
    send_at: Option<String>,
    /// The time zone of a `send_at` without an offset: a name such as `Europe/Berlin`, or `recipient` for the recipient's own. Where
    /// a number may be in several zones, it is that in which the time comes last.
    #[serde(default)]
    #[schema(example = "recipient")]
    send_zone: Option<String>,
    /// The time for which it may wait once it is due, before it expires: seconds, or a span such as `10m`, from 1s to 7d.
    /// Default: the account's.
    #[serde(default)]
    valid_for: Option<Span>,
    /// The class of the message. Default: the account's.
    #[serde(default)]
    class: Option<ClassWord>,
    /// Your own reference for it, up to 128 octets. Notices have it, and lists can be filtered by it.
    #[serde(default)]
    #[schema(max_length = 128)]
    reference: Option<String>,
    /// Messages of the account with the same key leave in the order in which they were submitted, through retries: the next one
    /// waits until the one before has its answer from the carrier, or has ended. 1 to 128 octets. Default: none.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128)]
    ordering_key: Option<String>,
    /// Words that routes, pauses, limits and actions look at, such as `["vip", "spring sale"]`: up to 10, each of up to 64 octets.
    #[serde(default)]
    #[schema(max_items = 10)]
    tags: Vec<String>,
    /// The name of the route that it asks for, whichever come before it. The account's setting `routes` must name it, and its conditions must
    /// be met.
    #[serde(default)]
    route: Option<String>,
    /// Whether it is canceled if its recipient writes to the account before it leaves, such as a reminder that was answered. Words of
    /// opt-out and help don't count. Default: false.
    #[serde(default, deserialize_with = "null_or")]
    cancel_on_reply: bool,
    /// The URL to which notices of this message are posted, instead of the account's webhook: http or https, up to 2,048
    /// characters. The account needs a webhook, since its secret signs these notices too.
    #[serde(default)]
    #[schema(max_length = 2_048, format = "uri")]
    callback_url: Option<String>,
    /// Your own data, a JSON object of up to 2,048 octets. Notices have it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
    /// Whether short links on the operator's domain take the place of the addresses in the text. A webhook is told once when the
    /// recipient follows one. Default: false.
    #[serde(default, deserialize_with = "null_or")]
    shorten_links: bool,
    /// Whether the handset shows it at once and doesn't store it (a flash message). Default: false.
    #[serde(default, deserialize_with = "null_or")]
    flash: bool,
    /// Optional SMPP parameters for the carrier, up to 16 of up to 255 octets each. The key is a name from the manual, such as
    /// `dlt_entity_id`, or a tag, such as `0x1400`. Three fields of SMPP are among them: `protocol_id`, `message_class` (1 to
    /// 3) and, with `data`, `data_coding`.
    #[serde(default, deserialize_with = "without_nulls")]
    #[schema(value_type = schema::Parameters)]
    parameters: BTreeMap<String, ParameterDocument>,
    /// The final states of which you are notified. Default: `all`.
    #[serde(default, deserialize_with = "null_or")]
    receipts: ReceiptsWord,
}

/// One recipient or several.
#[derive(Debug, Deserialize)]
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
#[schema(as = Receipts)]
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
#[schema(as = MessageListRequest)]
pub(in crate::rest) struct BatchRequest {
    /// The messages, up to 1,000.
    #[serde(deserialize_with = "list::objects")]
    #[schema(min_items = 1, max_items = 1_000)]
    messages: Vec<MessageRequest>,
}

impl MessageRequest {
    /// The submission. Core validates numbers, texts and times later.
    fn submission(mut self, context: Context<'_>) -> Result<Submission, Problem> {
        let callbacks = context.callbacks;
        self.write_template(context)?;
        self.write_built()?;
        let media = self.multimedia(context)?;
        let to = match self.to {
            Some(To::One(to)) => to,
            Some(To::Many(_)) | None => String::new(),
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
        let data_coding = check_fields(&parameters, self.flash, self.data.is_some())?;
        let content = Content {
            data_coding,
            text: self.text.filter(|text| !text.is_empty()),
            data: self.data,
            udh: self.udh,
            encoding: self.encoding,
            destination_port: self.destination_port,
            source_port: self.source_port,
        };
        let (send_at, send_at_local) =
            match Schedule::read(self.send_at.as_deref(), self.send_zone.as_deref())? {
                Schedule::At(at) => (at, None),
                Schedule::AtRecipients(local) => (None, Some(local)),
            };
        let wrong_span =
            |error: postrider_declare::NotASpan| invalid("invalid_validity", "valid_for", error.to_string());
        let valid_for = self.valid_for.map(|span| span.read().map_err(wrong_span)).transpose()?;
        Ok(Submission {
            exempt: false,
            is_resent: false,
            avoid: None,
            cut: None,
            to,
            from: self.from,
            body: with_media(content.body()?, media)?,
            class: self.class.map(Into::into),
            send_at,
            send_at_local,
            valid_for,
            reference: self.reference,
            ordering_key: self.ordering_key,
            cancel_on_reply: self.cancel_on_reply,
            metadata: self.metadata.map(|metadata| Box::<str>::from(metadata).into_string()),
            callback: self.callback_url,
            route: self.route,
            tags: self.tags,
            receipts: self.receipts.into(),
            via: None,
            flash: self.flash,
            parameters,
        })
    }

    /// The media, if there are any, without their text.
    fn multimedia(&mut self, context: Context<'_>) -> Result<Option<Multimedia>, Problem> {
        let named = self.media.take().unwrap_or_default();
        if named.is_empty() {
            return match self.subject.as_deref() {
                Some(_) => Err(invalid("invalid_subject", "subject", "a subject needs 'media'")),
                None => Ok(None),
            };
        }
        let item = |(place, named)| {
            context.media.item(named).map_err(|problem: Problem| problem.at(format!("media[{place}]")))
        };
        let items = named.iter().enumerate().map(item).collect::<Result<_, _>>()?;
        let subject = self.subject.take().unwrap_or_default().into();
        Ok(Some(Multimedia { subject, text: "".into(), link: context.media.link.clone(), items }))
    }

    /// Puts the text of the template in its place, if the message names one.
    fn write_template(&mut self, context: Context<'_>) -> Result<(), Problem> {
        if let Some(template) = self.template.take() {
            if self.text.is_some() || self.data.is_some() {
                let detail = "give one of 'text', 'data' and 'template'";
                return Err(invalid("invalid_template", "template", detail));
            }
            self.text = Some(template.text(context.templates, &mut self.parameters)?);
        }
        Ok(())
    }

    /// Puts the octets of what is built in their place: of a WAP push or a card.
    fn write_built(&mut self) -> Result<(), Problem> {
        let asked = Asked {
            wap_push: self.wap_push.take(),
            vcard: self.vcard.take(),
            vcalendar: self.vcalendar.take(),
            ota_bookmark: self.ota_bookmark.take(),
        };
        let Some(built) = build(asked)? else { return Ok(()) };
        let others = [self.text.is_some(), self.data.is_some(), self.udh.is_some(), self.encoding.is_some()];
        let has_port = self.destination_port.is_some() || self.source_port.is_some();
        if has_port || others.contains(&true) {
            let detail = format!(
                "'{}' is the whole content: leave out text, data, udh, encoding and ports",
                built.field
            );
            return Err(invalid("invalid_data", built.field, detail));
        }
        self.data = Some(built.octets.iter().map(|octet| format!("{octet:02X}")).collect());
        self.destination_port = Some(built.destination_port);
        self.source_port = Some(built.source_port);
        Ok(())
    }
}

/// The body of a message with media: they go with a text, or alone.
fn with_media(body: Option<Body>, media: Option<Multimedia>) -> Result<Option<Body>, Problem> {
    let Some(media) = media else { return Ok(body) };
    let text = match body {
        None => "".into(),
        Some(Body::Text(text)) => text,
        Some(_) => {
            let detail = "media go with a text: leave out data, udh and ports";
            return Err(invalid("invalid_media", "media", detail));
        }
    };
    Ok(Some(Body::Multimedia(Box::new(Multimedia { text, ..media }))))
}

/// Fields of SMPP that are among the parameters: those that exclude each other or another field. Returns `data_coding`.
fn check_fields(parameters: &[Parameter], flash: bool, is_data: bool) -> Result<Option<u8>, Problem> {
    let found = |tag| parameters.iter().find(|parameter| parameter.tag == tag)?.value.first().copied();
    let (coding, class) = (found(field::DATA_CODING), found(field::MESSAGE_CLASS));
    let wrong = |field, detail| Err(invalid("invalid_carrier_parameter", field, detail));
    let (in_coding, in_class) = ("parameters.data_coding", "parameters.message_class");
    match (coding, class) {
        (Some(_), _) if !is_data => {
            wrong(in_coding, "'data_coding' needs 'data': a text gets the coding of its characters")
        }
        (Some(_), Some(_)) => wrong(in_class, "give 'data_coding' or 'message_class', not both"),
        (Some(_), None) if flash => wrong(in_coding, "give 'data_coding' or 'flash', not both"),
        (None, Some(_)) if flash => wrong(in_class, "'flash' is message class 0: give one of the two"),
        _ => Ok(coding),
    }
}

/// A problem with one field of a message.
pub(super) fn invalid(code: &'static str, field: &'static str, detail: impl Into<Box<str>>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at(field)
}

#[cfg(test)]
mod tests;

//! Previews: the encoding and parts of a text, before it is sent.

use super::EncodingWord;
use super::request::{Approved, Context, contents};
use super::shorten;
use super::submit::SubmitRequest;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Sender;
use crate::rest::media::NamedMedia;
use crate::rest::payload::Payload;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::account::Account;
use postrider_core::message::Body;
use postrider_core::principal::Scope;
use postrider_core::submission::{OCTETS_MAX, PARTS_MAX, Refusal, Submission, TEXT_MAX, validate};
use postrider_core::time::Time;
use postrider_declare::Endpoints;
use postrider_text::{Encoding, gsm, segment, transliterate};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most characters that are listed as causes of UCS-2.
const CAUSES_MAX: usize = 20;

/// The encoding and parts of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub(in crate::rest) struct PreviewAnswer {
    /// Its encoding.
    encoding: EncodingWord,
    /// The number of its parts; at most 64 are sent.
    parts: usize,
    /// The number of a text's characters; absent for `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    characters: Option<usize>,
    /// Its length in units of the encoding: septets of `gsm7`, 16-bit units of `ucs2`, octets of others.
    units: usize,
    /// The units that fit into each part.
    units_per_part: usize,
    /// The units that are free in the last part.
    units_left: usize,
    /// The characters, up to 20, that `gsm7` doesn't have; empty if it has all of them.
    forced_by: Vec<Cause>,
}

/// A character that the GSM 7-bit default alphabet doesn't have.
#[derive(Serialize, ToSchema)]
#[schema(as = ForcedBy)]
pub(in crate::rest) struct Cause {
    /// The character.
    character: char,
    /// The index of its first occurrence, in characters from 0.
    index: usize,
    /// A possible replacement in the alphabet.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<&'static str>,
}

/// The encoding and parts of several messages.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct PreviewList {
    /// The messages, in the order of the request.
    messages: Vec<PreviewAnswer>,
}

/// The encoding and parts of one message, or of each of a list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::rest) enum Previews {
    /// Of the one message that was asked about.
    One(PreviewAnswer),
    /// Of a list.
    List(PreviewList),
}

/// Shows the encoding and parts of a message. Nothing is sent.
///
/// The body is the same as for sending; recipients may be left out. A message that could not be sent because of its fields
/// is refused as it would be then. Routes and rates are not looked at. A list of messages gets a list of answers.
#[utoipa::path(
    post, path = "/v1/messages/preview", tag = "messages", request_body = SubmitRequest, operation_id = "previewMessage",
    responses(
        (status = 200, description = "The encoding and parts.", body = Previews),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn preview(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let account = match &caller.scope {
        Scope::Account(account) => Some(&**account),
        Scope::Administrator => None,
    };
    let templates = match account {
        Some(account) => Approved::of(&rest, account.id, &body).await?,
        None => Approved::default(),
    };
    let media = NamedMedia::sketch(&rest);
    let context = Context { callbacks: callbacks(account), templates: &templates, media: &media };
    let request = contents(&body, context)?;
    let now = rest.live.now();
    let previews = request.items.into_iter().enumerate().map(|(index, item)| {
        let preview =
            shorten::as_long(&rest, item).and_then(|submission| previewed(submission, account, now));
        preview.map_err(|problem| if request.is_single { problem } else { within_list(problem, index) })
    });
    let mut messages = previews.collect::<Result<Vec<_>, _>>()?;
    let previews = match messages.pop_if(|_| request.is_single) {
        Some(previewed) => Previews::One(previewed),
        None => Previews::List(PreviewList { messages }),
    };
    Ok(json(StatusCode::OK, &previews))
}

/// Where callbacks may lead: anywhere if an administrator asks, who has no webhook.
pub(super) fn callbacks(account: Option<&Account>) -> Option<Endpoints> {
    match account {
        Some(account) => account.webhook.as_deref().map(Endpoints::of),
        None => Some(Endpoints::ANY),
    }
}

/// The problem, with its field's place in a list.
pub(super) fn within_list(problem: Problem, index: usize) -> Problem {
    let place = match &problem.field {
        Some(field) => format!("messages[{index}].{field}"),
        None => format!("messages[{index}]"),
    };
    problem.at(place)
}

/// The number that stands for a recipient that is left out. It is reserved for fiction.
const ANYBODY: &str = "+15555550100";

/// The preview of a message that its account could send.
fn previewed(
    mut submission: Submission,
    account: Option<&Account>,
    now: Time,
) -> Result<PreviewAnswer, Problem> {
    if submission.to.is_empty() {
        submission.to = ANYBODY.to_owned();
    }
    let body = submission.body.clone().ok_or_else(|| Problem::from(&Refusal::Empty))?;
    if let Some(account) = account {
        validate(submission, account, now).map_err(|refusal| Problem::from(&refusal))?;
    }
    match body {
        Body::Text(text) => measure(&text),
        Body::Multimedia(media) => measure(&media.as_text()),
        Body::Data { encoding, header, data } => Ok(measure_data(encoding, header.len(), data.len())),
        // No request has several parts of its own.
        Body::Parts(_) | Body::Redacted | Body::Sealed(_) => Err(Problem::from(&Refusal::Empty)),
    }
}

/// The preview of data, which has one part.
fn measure_data(encoding: Encoding, header: usize, data: usize) -> PreviewAnswer {
    let header = if header == 0 { 0 } else { header + 1 };
    let free = OCTETS_MAX.saturating_sub(header);
    let (units, room) = match encoding {
        Encoding::Gsm7 => (data, free * 8 / 7),
        Encoding::Ucs2 => (data / 2, free / 2),
        Encoding::Latin1 | Encoding::Octets => (data, free),
    };
    PreviewAnswer {
        encoding: encoding.into(),
        parts: 1,
        characters: None,
        units,
        units_per_part: room,
        units_left: room.saturating_sub(units),
        forced_by: Vec::new(),
    }
}

/// The preview of a text.
pub(in crate::rest) fn measure(text: &str) -> Result<PreviewAnswer, Problem> {
    let characters = text.chars().count();
    if characters > TEXT_MAX {
        return Err(Problem::from(&Refusal::TextTooLong(characters)));
    }
    let cost = segment::cost(text, &segment::Options::default());
    let forced_by = if cost.encoding == Encoding::Gsm7 { Vec::new() } else { causes(text) };
    Ok(PreviewAnswer {
        encoding: cost.encoding.into(),
        parts: cost.parts,
        characters: Some(characters),
        units: cost.units,
        units_per_part: cost.room,
        units_left: cost.units_left,
        forced_by,
    })
}

/// The characters that the GSM alphabet doesn't have, each once.
fn causes(text: &str) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    for (index, character) in text.chars().enumerate() {
        if causes.len() == CAUSES_MAX {
            break;
        }
        if !gsm::contains(character) && !causes.iter().any(|cause| cause.character == character) {
            causes.push(Cause { character, index, instead: transliterate::respell(character) });
        }
    }
    causes
}

const _: () = assert!(PARTS_MAX == 64, "the reference says how many parts are sent");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;

    #[test]
    fn a_text_has_its_encoding_parts_and_causes() {
        let answer = measure("Hello").unwrap();
        assert_eq!((answer.encoding, answer.parts, answer.units_left), (EncodingWord::Gsm7, 1, 155));
        assert!(answer.forced_by.is_empty());
        let answer = measure("It\u{2019}s 5 \u{2019}o clock ж").unwrap();
        assert_eq!(answer.encoding, EncodingWord::Ucs2);
        let causes: Vec<_> = answer.forced_by.iter().map(|cause| (cause.character, cause.index)).collect();
        assert_eq!(causes, [('\u{2019}', 2), ('ж', 16)]);
        assert_eq!(answer.forced_by[0].instead, Some("'"));
        assert_eq!(measure(&"x".repeat(10_001)).err().unwrap().code, "text_too_long");
        assert_eq!(measure(&"x".repeat(161)).unwrap().parts, 2);
    }

    #[test]
    fn what_is_sent_can_be_previewed() {
        let preview = |body: &str| {
            let request = contents(body.as_bytes(), Some(Endpoints::ANY))?;
            request
                .items
                .into_iter()
                .map(|item| previewed(item.submission?, Some(&account()), Time(0)))
                .collect()
        };
        let preview = |body: &str| -> Result<Vec<PreviewAnswer>, Problem> { preview(body) };
        let one = |body: &str| preview(body).unwrap().pop().unwrap();
        let text = one(
            r#"{"to":["+447700900123","+447700900124"],"from":"Shop","text":"Hi","class":"otp","flash":true}"#,
        );
        assert_eq!((text.encoding, text.parts, text.characters), (EncodingWord::Gsm7, 1, Some(2)));
        let data = one(r#"{"to":"+447700900123","data":"0A1B","udh":"050100"}"#);
        assert_eq!(
            (data.encoding, data.units, data.units_per_part, data.units_left),
            (EncodingWord::Octets, 2, 136, 134)
        );
        let ported = one(r#"{"text":"h\u00e9","destination_port":2948}"#);
        assert_eq!((ported.encoding, ported.units, ported.units_per_part), (EncodingWord::Gsm7, 2, 152));
        assert_eq!(
            preview(r#"{"messages":[{"text":"x"},{"to":"+447700900123","text":"\u0416"}]}"#).unwrap().len(),
            2
        );
        for (body, code) in [
            (r#"{"to":"07700","text":"x"}"#, "invalid_recipient"),
            (r#"{"to":"+447700900123"}"#, "empty_message"),
            (r#"{"to":"+447700900123","text":"x","txt":"y"}"#, "invalid_request"),
            (r#"{"text":"x","valid_for":"9d"}"#, "invalid_validity"),
        ] {
            assert_eq!(preview(body).err().unwrap().code, code, "{body}");
        }
    }
}

//! Previews: the encoding and parts of a text, before it is sent.

use super::EncodingWord;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Caller;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::submission::{PARTS_MAX, Refusal, TEXT_MAX};
use postrider_text::{Encoding, gsm, segment, transliterate};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The most characters that are listed as causes of UCS-2.
const CAUSES_MAX: usize = 20;

/// A text to preview.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct PreviewRequest {
    /// The text, up to 10,000 characters.
    text: String,
}

/// The encoding and parts of a text.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct PreviewAnswer {
    /// Its encoding.
    encoding: EncodingWord,
    /// The number of its parts; at most 64 are sent.
    parts: usize,
    /// The number of its characters.
    characters: usize,
    /// Its length in units of the encoding: septets of `gsm7`, 16-bit units of `ucs2`.
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
pub(in crate::rest) struct Cause {
    /// The character.
    character: char,
    /// The index of its first occurrence, in characters from 0.
    index: usize,
    /// A possible replacement in the alphabet.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<&'static str>,
}

/// Shows the encoding and parts of a text. Nothing is sent.
#[utoipa::path(
    post, path = "/v1/messages/preview", tag = "messages", request_body = PreviewRequest,
    responses(
        (status = 200, description = "The encoding and parts.", body = PreviewAnswer),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn preview(
    State(_): State<Arc<Rest>>,
    _caller: Caller,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: PreviewRequest = parse(&body)?;
    Ok(json(StatusCode::OK, &measure(&request.text)?))
}

fn measure(text: &str) -> Result<PreviewAnswer, Problem> {
    let characters = text.chars().count();
    if characters > TEXT_MAX {
        return Err(Problem::from(&Refusal::TextTooLong(characters)));
    }
    let cost = segment::cost(text, &segment::Options::default());
    let forced_by = if cost.encoding == Encoding::Gsm7 { Vec::new() } else { causes(text) };
    Ok(PreviewAnswer {
        encoding: cost.encoding.into(),
        parts: cost.parts,
        characters,
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
}

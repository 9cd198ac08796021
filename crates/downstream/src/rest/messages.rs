//! Messages over HTTP: submission, look-up, lists, cancellation and previews.

mod actions;
mod cancel;
mod content;
mod conversion;
mod decision;
mod explain;
mod history;
mod idempotency;
mod list;
mod preview;
mod request;
mod shorten;
mod submit;
mod timeline;
mod view;
mod waiting;

pub(super) use actions::*;
pub(super) use cancel::*;
pub(super) use conversion::*;
pub(super) use decision::{RefusedMessage, SubmitAnswer};
pub(super) use explain::*;
pub(super) use history::*;
pub(super) use idempotency::{conflict, key_of};
pub(super) use list::*;
pub(super) use preview::*;
pub(super) use request::{Schedule, fill, read};
pub(super) use submit::*;
pub(super) use view::MessageView;

use super::problem::Problem;
use postrider_core::id::MessageId;
use postrider_text::Encoding;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::Display;
use utoipa::ToSchema;

/// An encoding of characters or octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Encoding)]
pub(super) enum EncodingWord {
    /// The GSM 7-bit default alphabet.
    Gsm7,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16BE.
    Ucs2,
    /// Binary data.
    Octets,
}

impl From<EncodingWord> for Encoding {
    fn from(word: EncodingWord) -> Self {
        match word {
            EncodingWord::Gsm7 => Self::Gsm7,
            EncodingWord::Latin1 => Self::Latin1,
            EncodingWord::Ucs2 => Self::Ucs2,
            EncodingWord::Octets => Self::Octets,
        }
    }
}

impl From<Encoding> for EncodingWord {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Gsm7 => Self::Gsm7,
            Encoding::Latin1 => Self::Latin1,
            Encoding::Ucs2 => Self::Ucs2,
            Encoding::Octets => Self::Octets,
        }
    }
}

/// The encoding of a text, unless the settings of its upstream say otherwise.
fn encoding_of(text: &str) -> EncodingWord {
    if postrider_text::gsm::units(text).is_ok() { EncodingWord::Gsm7 } else { EncodingWord::Ucs2 }
}

/// Serializes a value as its text, without an allocation.
fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Serializes a value as its text, if there is one.
fn as_optional_text<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// The identifier in a path.
fn message_id(text: &str) -> Result<MessageId, Problem> {
    text.parse().map_err(|_| Problem::not_found("there is no such message"))
}

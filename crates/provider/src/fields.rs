//! The fields of a message that templates can name, and the conditions that they can ask.

use crate::encoding::{OctetsForm, hex};
use crate::moment::{MomentForm, written};
use postrider_core::media::{ITEMS_MAX, MediaClass, Multimedia};
use postrider_core::message::{Body, Message, Octets};
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use postrider_text::{Encoding, gsm, header, latin1, ucs2};
use serde::Deserialize;
use std::borrow::Cow;

/// The fields, with their meanings for the manual.
pub(crate) const FIELDS: [(&str, &str); 26] = [
    ("to", "the recipient's digits, without `+`"),
    ("to_plus", "the recipient with `+`"),
    ("from", "the sender: digits without `+`, or a name"),
    ("from_plus", "the sender: a number with `+`, a short code or a name"),
    ("text", "the text"),
    ("subject", "the subject of a message with media"),
    (
        "media_1",
        "the URL of its first picture, video or sound; `media_2` to `media_10` are those of the others",
    ),
    ("media_1_type", "its media type, such as `image/jpeg`"),
    ("media_1_kind", "its kind: `image`, `video`, `audio` or `file`"),
    ("text_utf16_hex", "the text in UTF-16BE, as hexadecimal digits"),
    ("data_hex", "the octets of a binary message, as hexadecimal digits"),
    ("data_base64", "the same in base64"),
    ("udh_hex", "the header of a binary message with its length octet, as hexadecimal digits"),
    ("id", "the message's identifier"),
    ("uuid", "the same as a UUID"),
    ("reference", "the client's reference"),
    ("callback", "the URL of the upstream's callbacks, if `public_url` is set"),
    ("created_http", "when the message was accepted, as HTTP writes dates"),
    ("expires", "when the message expires, such as `2026-11-29T08:30:07Z`"),
    ("validity_seconds", "how long the message is still valid, in seconds, at least 1"),
    ("validity_minutes", "the same in minutes, at least 1"),
    ("validity_ms", "the same in milliseconds"),
    ("timestamp", "now, in seconds since 1970"),
    ("date_http", "now, as HTTP writes dates"),
    ("nonce", "a random text, new for each request"),
    ("own_reference", "the name of the message where the provider gives none: its identifier"),
];

/// A question that a template can ask of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Its text has characters outside the GSM 7-bit default alphabet.
    Unicode,
    /// It is shown at once and not kept.
    Flash,
    /// It is octets.
    Binary,
    /// Its sender is a name.
    FromName,
    /// Its sender is an international number.
    FromNumber,
    /// The upstream has callbacks.
    Callback,
    /// It has pictures, videos or sounds.
    Media,
    /// Its first medium is of this kind.
    FirstMedium(&'static str),
}

impl Condition {
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        Ok(match word {
            "unicode" => Self::Unicode,
            "flash" => Self::Flash,
            "binary" => Self::Binary,
            "from_name" => Self::FromName,
            "from_number" => Self::FromNumber,
            "callback" => Self::Callback,
            "media" => Self::Media,
            "media_image" => Self::FirstMedium("image"),
            "media_video" => Self::FirstMedium("video"),
            "media_audio" => Self::FirstMedium("audio"),
            "media_file" => Self::FirstMedium("file"),
            _ => {
                return Err(format!(
                    "unknown condition '{word}': unicode, flash, binary, from_name, from_number, callback, media, media_image, \
                     media_video, media_audio or media_file"
                ));
            }
        })
    }
}

/// What a field says of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediumField {
    Url,
    Type,
    Kind,
}

/// The place, from 0, of the medium that a field such as `media_1` or `media_1_type` names.
pub(crate) fn media_place(name: &str) -> Option<usize> {
    medium_field(name).map(|(place, _)| place)
}

fn medium_field(name: &str) -> Option<(usize, MediumField)> {
    let rest = name.strip_prefix("media_")?;
    let (number, field) = match rest.split_once('_') {
        None => (rest, MediumField::Url),
        Some((number, "type")) => (number, MediumField::Type),
        Some((number, "kind")) => (number, MediumField::Kind),
        Some(_) => return None,
    };
    let number: usize = number.parse().ok()?;
    (1..=ITEMS_MAX).contains(&number).then(|| (number - 1, field))
}

/// What a provider takes besides texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Takes {
    /// Octets.
    pub(crate) binary: bool,
    /// So many pictures, videos and sounds of a message, by their URLs. A message with more goes as a text with the link of its page.
    pub(crate) media: usize,
}

/// A message as a provider gets it.
#[derive(Clone, Debug)]
pub(crate) struct Carried<'a> {
    pub(crate) message: &'a Message,
    pub(crate) content: Content<'a>,
    pub(crate) validity: Validity,
    /// Its media, where the provider carries such.
    pub(crate) media: Option<&'a Multimedia>,
}

/// The validity that a provider can be told, in seconds. It is told nothing of a longer one; a shorter one is rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validity {
    #[serde(default = "one")]
    min: u64,
    #[serde(default = "endless")]
    max: u64,
}

impl Default for Validity {
    fn default() -> Self {
        Self { min: one(), max: endless() }
    }
}

const fn one() -> u64 {
    1
}

const fn endless() -> u64 {
    u64::MAX
}

/// Its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Text(Cow<'a, str>),
    /// Octets with their header.
    Data {
        header: &'a [u8],
        data: &'a [u8],
    },
}

impl<'a> Carried<'a> {
    /// The message, if a provider can carry it: as a text, or as octets or with media where it takes those.
    pub(crate) fn new(message: &'a Message, takes: Takes, validity: Validity) -> Option<Self> {
        let media = message.body.media().filter(|media| media.items.len() <= takes.media);
        let content = match &message.body {
            Body::Text(text) => Content::Text(Cow::Borrowed(&**text)),
            Body::Multimedia(it) if media.is_some() => Content::Text(Cow::Borrowed(&*it.text)),
            Body::Multimedia(it) => Content::Text(it.as_text().into()),
            Body::Data { encoding, header, data } => match decoded(*encoding, data) {
                Some(text) if header.is_empty() => Content::Text(text.into()),
                _ if takes.binary => Content::Data { header, data },
                _ => return None,
            },
            // Providers cut texts themselves.
            Body::Parts(parts) => {
                let text = |part: &Octets| {
                    let has_ports = header::ports(&part.header).is_some();
                    decoded(part.encoding, &part.data).filter(|_| !has_ports)
                };
                Content::Text(parts.iter().map(text).collect::<Option<String>>()?.into())
            }
            Body::Redacted | Body::Sealed(_) => return None,
        };
        Some(Self { message, content, validity, media })
    }

    pub(crate) fn holds(&self, condition: Condition) -> bool {
        match condition {
            Condition::Unicode => {
                matches!(&self.content, Content::Text(text) if gsm::units(text).is_err())
            }
            Condition::Flash => self.message.flash,
            Condition::Binary => matches!(self.content, Content::Data { .. }),
            Condition::FromName => matches!(self.message.from, Some(Sender::Name(_))),
            Condition::FromNumber => matches!(self.message.from, Some(Sender::Number(_))),
            Condition::Callback => false,
            Condition::Media => self.media.is_some(),
            Condition::FirstMedium(kind) => self.medium_kind(0) == Some(kind),
        }
    }

    /// The value of a field that is the message's own.
    pub(crate) fn value(&self, name: &str, now: Time) -> Option<Cow<'_, str>> {
        let message = self.message;
        let valid = message.expires.since(now).as_secs().max(self.validity.min);
        if valid > self.validity.max && (name == "expires" || name.starts_with("validity_")) {
            return None;
        }
        Some(match name {
            "to" => message.to.digits().to_string().into(),
            "to_plus" => format!("+{}", message.to.digits()).into(),
            "from" => match message.from.as_ref()? {
                Sender::Number(number) => number.digits().to_string().into(),
                Sender::Code(text) | Sender::Name(text) => Cow::Borrowed(&**text),
            },
            "from_plus" => message.from.as_ref()?.to_string().into(),
            // Media may come alone.
            "text" => self.text().filter(|text| self.media.is_none() || !text.is_empty())?.into(),
            "subject" => {
                self.media.map(|media| &*media.subject).filter(|subject| !subject.is_empty())?.into()
            }
            "text_utf16_hex" => {
                let mut octets = Vec::new();
                ucs2::encode(self.text()?, &mut octets);
                hex(&octets).into()
            }
            "data_hex" => hex(self.data()?.1).into(),
            "data_base64" => OctetsForm::Base64.write(self.data()?.1).into(),
            "udh_hex" => {
                let header = self.data()?.0;
                let length = u8::try_from(header.len()).ok().filter(|length| *length > 0)?;
                (hex(&[length]) + &hex(header)).into()
            }
            "reference" => Cow::Borrowed(message.reference.as_deref()?),
            "created_http" => written(message.created(), MomentForm::HttpDate).into(),
            "expires" => written(message.expires, MomentForm::Rfc3339).into(),
            "validity_seconds" => valid.to_string().into(),
            "validity_minutes" => (valid / 60).max(1).to_string().into(),
            "validity_ms" => valid.saturating_mul(1_000).to_string().into(),
            _ => match medium_field(name) {
                Some((place, MediumField::Url)) => self.media_link(place)?.into(),
                Some((place, MediumField::Type)) => self.media?.items.get(place)?.kind.mime().into(),
                Some((place, MediumField::Kind)) => self.medium_kind(place)?.into(),
                None => return identifier(message, name),
            },
        })
    }

    /// The URL of the medium at a place, from 0.
    fn media_link(&self, place: usize) -> Option<String> {
        let media = self.media.filter(|media| place < media.items.len())?;
        media.item_link(place)
    }

    fn medium_kind(&self, place: usize) -> Option<&'static str> {
        Some(match self.media?.items.get(place)?.kind.class() {
            MediaClass::Image => "image",
            MediaClass::Video => "video",
            MediaClass::Audio => "audio",
            MediaClass::Document => "file",
        })
    }

    fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Data { .. } => None,
        }
    }

    fn data(&self) -> Option<(&[u8], &[u8])> {
        match &self.content {
            Content::Text(_) => None,
            Content::Data { header, data } => Some((header, data)),
        }
    }
}

/// A text of octets; `None` if they are none.
fn decoded(encoding: Encoding, data: &[u8]) -> Option<String> {
    match encoding {
        Encoding::Gsm7 => Some(gsm::decode(data)),
        Encoding::Latin1 => Some(latin1::decode(data)),
        Encoding::Ucs2 => Some(ucs2::decode(data)),
        Encoding::Octets => None,
    }
}

/// The identifier of a message, in the form that a field names.
pub(crate) fn identifier(message: &Message, name: &str) -> Option<Cow<'static, str>> {
    match name {
        "id" | "own_reference" => Some(message.id.to_string().into()),
        "uuid" => Some(uuid(message.id.number()).into()),
        _ => None,
    }
}

/// A UUID of version 8 (RFC 9562, 5.8) that holds an identifier.
fn uuid(number: u64) -> String {
    let digits = format!("{number:016x}");
    format!("{}-{}-8{}-8{}-{:0>12}", &digits[..8], &digits[8..12], &digits[12..15], "000", &digits[15..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_holds_an_identifier() {
        assert_eq!(uuid(0x0123_4567_89AB_CDEF), "01234567-89ab-8cde-8000-00000000000f");
    }
}

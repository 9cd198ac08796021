//! Submissions: a client's [`Submission`] in, a [`Draft`] or a [`Refusal`] out.

pub mod local_time;
mod refusal;

use crate::account::Account;
use crate::client_part::{Cut, PART_OCTETS_MAX, fitted};
use crate::media::{ITEMS_MAX, Multimedia, SUBJECT_MAX};
use crate::message::{Body, Class, Parameter, Receipts, Via};
use crate::number::Number;
use crate::route::UpstreamId;
use crate::sender::Sender;
use crate::time::Time;
use jiff::civil::DateTime;
use postrider_text::{Encoding, segment};
pub use refusal::Refusal;
use std::time::Duration;

/// The longest a message may wait, and the farthest ahead it may be scheduled.
pub const VALIDITY_MAX: Duration = Duration::from_hours(7 * 24);
/// The farthest ahead that a message may be scheduled.
pub const SCHEDULE_MAX: Duration = Duration::from_hours(365 * 24);
/// The longest that the earliest time of sending may be ago: clocks differ, and requests are repeated after an outage.
pub const SCHEDULE_PAST_MAX: Duration = Duration::from_hours(1);
/// The longest text, in characters.
pub const TEXT_MAX: usize = 10_000;
/// The longest `reference`, in octets.
pub const REFERENCE_MAX: usize = 128;
/// The longest `ordering_key`, in octets.
pub const ORDERING_KEY_MAX: usize = 128;
/// The most tags of a message.
pub const TAGS_MAX: usize = 10;
/// The longest tag, in octets.
pub const TAG_MAX: usize = 64;
/// The longest `metadata`, in octets of JSON.
pub const METADATA_MAX: usize = 2_048;
/// The most parameters of one message.
pub const PARAMETERS_MAX: usize = 16;
/// The longest value of a parameter, in octets.
pub const PARAMETER_MAX: usize = 255;
/// The most octets that one part carries, header and its length octet included.
pub const OCTETS_MAX: usize = 140;
/// The most parts that any message may have; accounts may be held to fewer.
pub const PARTS_MAX: u8 = 64;

/// A client's request to send a message, untrusted.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The recipient as it was written.
    pub to: String,
    /// The sender as it was written.
    pub from: Option<String>,
    /// The content.
    pub body: Option<Body>,
    /// Where it is a part of a text that the client cut itself: which one.
    pub cut: Option<Cut>,
    /// Its purpose.
    pub class: Option<Class>,
    /// Not before this.
    pub send_at: Option<Time>,
    /// Not before this by the recipient's clock, in the place of `send_at`.
    pub send_at_local: Option<DateTime>,
    /// How long it may wait once due.
    pub valid_for: Option<Duration>,
    /// The client's own reference.
    pub reference: Option<String>,
    /// Messages of the account with the same key leave in their order.
    pub ordering_key: Option<String>,
    /// Whether it is canceled if its recipient writes to the account before it leaves.
    pub cancel_on_reply: bool,
    /// The client's own data, a JSON object as text.
    pub metadata: Option<String>,
    /// A webhook for this message alone.
    pub callback: Option<String>,
    /// Which ends it wants to hear of.
    pub receipts: Receipts,
    /// The way in which it wants to hear of them.
    pub via: Option<Via>,
    /// Whether the handset shows it at once.
    pub flash: bool,
    /// Further parameters for the carrier.
    pub parameters: Vec<Parameter>,
    /// Whether it goes out though its recipient has opted out. No door sets it: only the gateway's own answers have it.
    pub exempt: bool,
    /// Whether it is sent again on purpose: it is no duplicate.
    pub is_resent: bool,
    /// An upstream that comes last in its plan, since it did not deliver the same before. No door sets it.
    pub avoid: Option<UpstreamId>,
    /// The name of the route that it asks for, in the place of the first one that takes it.
    pub route: Option<String>,
    /// Words that routes and selections look at.
    pub tags: Vec<String>,
}

/// A submission whose every field is valid by type.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The recipient.
    pub to: Number,
    /// The sender, if one was named or the account has one.
    pub from: Option<Sender>,
    /// The content.
    pub body: Body,
    /// How many parts that makes; where it is one of several that the client cut itself, how many these are.
    pub parts: u8,
    /// Where it is a part of a text that the client cut itself: which one.
    pub cut: Option<Cut>,
    /// Its purpose.
    pub class: Class,
    /// Not before this.
    pub send_at: Option<Time>,
    /// How long it may wait once due.
    pub valid_for: Duration,
    /// The client's own reference.
    pub reference: Option<Box<str>>,
    /// Messages of the account with the same key leave in their order.
    pub ordering_key: Option<Box<str>>,
    /// Whether it is canceled if its recipient writes to the account before it leaves.
    pub cancel_on_reply: bool,
    /// The client's own data.
    pub metadata: Option<Box<str>>,
    /// A webhook for this message alone.
    pub callback: Option<Box<str>>,
    /// Which ends are reported.
    pub receipts: Receipts,
    /// The way in which they are reported.
    pub via: Via,
    /// Whether the handset shows it at once.
    pub flash: bool,
    /// Further parameters for the carrier; no tag stands there twice.
    pub parameters: Box<[Parameter]>,
    /// Whether it goes out though its recipient has opted out.
    pub exempt: bool,
    /// Whether it is sent again on purpose: it is no duplicate.
    pub is_resent: bool,
    /// An upstream that comes last in its plan.
    pub avoid: Option<UpstreamId>,
    /// The name of the route that it asks for.
    pub route: Option<Box<str>>,
    /// Words that routes and selections look at, a line for each.
    pub tags: Option<Box<str>>,
}

/// Tags, a line for each, if there are any.
fn tags(tags: &[String]) -> Result<Option<Box<str>>, Refusal> {
    let is_tag = |tag: &&str| !tag.is_empty() && tag.len() <= TAG_MAX && !tag.contains(char::is_control);
    let tags: Vec<&str> = tags.iter().map(|tag| tag.trim()).collect();
    if tags.len() > TAGS_MAX || !tags.iter().all(is_tag) {
        return Err(Refusal::Tags);
    }
    Ok((!tags.is_empty()).then(|| tags.join("\n").into()))
}

/// Makes a draft of what was asked, with the account's defaults where nothing was said.
pub fn validate(submission: Submission, account: &Account, now: Time) -> Result<Draft, Refusal> {
    let to = Number::parse_recipient_in(&submission.to, account.country).map_err(Refusal::Recipient)?;
    let from = match submission.from.as_deref() {
        None | Some("") => account.default_sender.clone(),
        Some(text) => Some(Sender::parse(text).map_err(Refusal::Sender)?),
    };
    let body = submission.body.ok_or(Refusal::Empty)?;
    let parts = match &submission.cut {
        Some(cut) => count_cut(&body, cut)?,
        None => count_parts(&body)?,
    };
    let valid_for = submission.valid_for.unwrap_or(account.default_validity);
    if valid_for < Duration::from_secs(1) || valid_for > VALIDITY_MAX {
        return Err(Refusal::Validity);
    }
    let send_at = match submission.send_at_local {
        Some(local) => Some(local_time::moment(local, to).ok_or(Refusal::NoZone)?),
        None => submission.send_at,
    };
    if send_at.is_some_and(|at| at > now + SCHEDULE_MAX) {
        return Err(Refusal::Schedule);
    }
    if send_at.is_some_and(|at| at < now - SCHEDULE_PAST_MAX) {
        return Err(Refusal::Past);
    }
    let via = submission.via.unwrap_or(match (&submission.callback, &account.webhook) {
        (None, None) => Via::Asking,
        _ => Via::Webhook,
    });
    Ok(Draft {
        to,
        from,
        body,
        parts,
        cut: submission.cut,
        class: submission.class.unwrap_or(account.default_class),
        send_at,
        valid_for,
        reference: limited(submission.reference, REFERENCE_MAX).map_err(|()| Refusal::ReferenceTooLong)?,
        ordering_key: ordering_key(submission.ordering_key)?,
        cancel_on_reply: submission.cancel_on_reply,
        metadata: limited(submission.metadata, METADATA_MAX).map_err(|()| Refusal::MetadataTooLong)?,
        callback: submission.callback.map(String::into_boxed_str),
        receipts: submission.receipts,
        via,
        flash: submission.flash,
        parameters: parameters(submission.parameters)?,
        exempt: submission.exempt,
        is_resent: submission.is_resent,
        avoid: submission.avoid,
        route: submission.route.map(String::into_boxed_str),
        tags: tags(&submission.tags)?,
    })
}

fn parameters(parameters: Vec<Parameter>) -> Result<Box<[Parameter]>, Refusal> {
    if parameters.len() > PARAMETERS_MAX {
        return Err(Refusal::TooManyParameters(parameters.len()));
    }
    for (index, Parameter { tag, value }) in parameters.iter().enumerate() {
        if value.len() > PARAMETER_MAX {
            return Err(Refusal::ParameterTooLong(*tag, value.len()));
        }
        if parameters.iter().take(index).any(|before| before.tag == *tag) {
            return Err(Refusal::ParameterTwice(*tag));
        }
    }
    Ok(parameters.into())
}

fn ordering_key(key: Option<String>) -> Result<Option<Box<str>>, Refusal> {
    match limited(key, ORDERING_KEY_MAX) {
        Ok(Some(key)) if key.is_empty() => Err(Refusal::OrderingKey),
        Ok(key) => Ok(key),
        Err(()) => Err(Refusal::OrderingKey),
    }
}

fn limited(text: Option<String>, most: usize) -> Result<Option<Box<str>>, ()> {
    match text {
        Some(text) if text.len() > most => Err(()),
        other => Ok(other.map(String::into_boxed_str)),
    }
}

/// How many parts a body takes, or why it can't be carried at all.
pub fn count_parts(body: &Body) -> Result<u8, Refusal> {
    let needed = match body {
        Body::Text(text) => text_parts(text)?,
        // As many as it takes where there is no MMS.
        Body::Multimedia(media) => {
            check_media(media)?;
            text_parts(&media.as_text())?
        }
        Body::Data { encoding, header, data } => {
            fits_one(*encoding, header, data)?;
            1
        }
        Body::Parts(parts) => parts.len(),
        Body::Redacted | Body::Sealed(_) => return Err(Refusal::Empty),
    };
    limited_parts(needed)
}

fn text_parts(text: &str) -> Result<usize, Refusal> {
    let characters = text.chars().count();
    if characters > TEXT_MAX {
        return Err(Refusal::TextTooLong(characters));
    }
    Ok(segment::cost(text, &segment::Options::default()).parts)
}

fn check_media(media: &Multimedia) -> Result<(), Refusal> {
    let (items, subject) = (media.items.len(), media.subject.chars().count());
    match (items, subject) {
        (0, _) => Err(Refusal::Empty),
        (ITEMS_MAX.., _) if items > ITEMS_MAX => Err(Refusal::TooManyMedia(items)),
        (_, SUBJECT_MAX..) if subject > SUBJECT_MAX => Err(Refusal::SubjectTooLong(subject)),
        _ => Ok(()),
    }
}

/// How many parts a text has that its client cut itself, by what it says of one of them.
fn count_cut(body: &Body, cut: &Cut) -> Result<u8, Refusal> {
    if let Body::Data { encoding, header, data } = body {
        match cut.alphabet {
            Some(_) if data.len() > PART_OCTETS_MAX => return Err(Refusal::DataTooLong(data.len())),
            Some(_) => {}
            None => fits_one(*encoding, header, data)?,
        }
    }
    // Alone it may take several, which must not be too many if all others do as well.
    limited_parts(usize::from(cut.total) * fitted(body, cut).len().max(1))?;
    Ok(cut.total)
}

fn fits_one(encoding: Encoding, header: &[u8], data: &[u8]) -> Result<(), Refusal> {
    let octets = data_octets(encoding, header.len(), data.len());
    if octets > OCTETS_MAX { Err(Refusal::DataTooLong(octets)) } else { Ok(()) }
}

fn limited_parts(needed: usize) -> Result<u8, Refusal> {
    u8::try_from(needed)
        .ok()
        .filter(|parts| *parts <= PARTS_MAX)
        .map(|parts| parts.max(1))
        .ok_or(Refusal::TooManyParts { needed, allowed: PARTS_MAX })
}

/// Octets on the air: septets are packed there, a header has its length octet in front.
pub(crate) fn data_octets(encoding: Encoding, header: usize, data: usize) -> usize {
    let header = if header == 0 { 0 } else { header + 1 };
    match encoding {
        Encoding::Gsm7 => header + (data * 7).div_ceil(8),
        Encoding::Latin1 | Encoding::Ucs2 | Encoding::Octets => header + data,
    }
}

#[cfg(test)]
mod tests;

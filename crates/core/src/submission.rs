//! Submissions: a client's [`Submission`] in, a [`Draft`] or a [`Refusal`] out.

mod local_time;

use crate::account::Account;
use crate::budget::Period;
use crate::carriage::Uncarried;
use crate::client_part::{COLLECTED_MAX, Cut, PART_OCTETS_MAX, fitted};
use crate::fraud::Suspicion;
use crate::id::MessageId;
use crate::media::{ITEMS_MAX, Multimedia, SUBJECT_MAX};
use crate::message::{Body, Class, Parameter, Receipts, Via};
use crate::money::Unpriced;
use crate::number::{NotANumber, Number};
use crate::numbering::{Country, NumberKind, Undeliverable};
use crate::route::UpstreamId;
use crate::sender::{NotASender, Sender};
use crate::time::Time;
use jiff::civil::DateTime;
use postrider_text::{Encoding, segment};
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

/// The refusals of submissions. Each has a stable code that clients may branch on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The recipient is no number.
    #[error("the recipient is not a valid number: {0}")]
    Recipient(NotANumber),
    /// The sender is none.
    #[error("the sender is not valid: {0}")]
    Sender(NotASender),
    /// No message can be delivered to the recipient, as far as its digits say.
    #[error("{}", undeliverable(*.0))]
    Undeliverable(Undeliverable),
    /// No upstream of the route can carry the sender or the recipient as it is.
    #[error("{0}")]
    Uncarried(Uncarried),
    /// Neither text nor data.
    #[error("there is nothing to send: give a text or data")]
    Empty,
    /// A text over the limit.
    #[error("the text has {0} characters; {TEXT_MAX} are allowed")]
    TextTooLong(usize),
    /// More octets than one part carries.
    #[error("header and data take {0} octets; one part carries {OCTETS_MAX}")]
    DataTooLong(usize),
    /// More media than allowed.
    #[error("{0} media are given; {ITEMS_MAX} are allowed")]
    TooManyMedia(usize),
    /// A subject over the limit.
    #[error("the subject has {0} characters; {SUBJECT_MAX} are allowed")]
    SubjectTooLong(usize),
    /// More parts than allowed.
    #[error("the text needs {needed} parts; {allowed} are allowed")]
    TooManyParts {
        /// How many it needs.
        needed: usize,
        /// How many the account may use.
        allowed: u8,
    },
    /// A validity of nothing, or over the limit.
    #[error("valid_for must be from 1 second to 7 days")]
    Validity,
    /// Too far ahead.
    #[error("send_at must be within a year")]
    Schedule,
    /// Too long ago.
    #[error("send_at is more than an hour ago: leave it out to send at once")]
    Past,
    /// A time by the recipient's clock, whose zone isn't known.
    #[error("the recipient's time zone isn't known: name a zone")]
    NoZone,
    /// A `reference` over the limit.
    #[error("reference has at most {REFERENCE_MAX} octets")]
    ReferenceTooLong,
    /// An `ordering_key` that is empty or over the limit.
    #[error("ordering_key must have 1 to {ORDERING_KEY_MAX} octets")]
    OrderingKey,
    /// Tags that are empty, too long or too many.
    #[error("there are at most {TAGS_MAX} tags, each a line of 1 to {TAG_MAX} octets")]
    Tags,
    /// `metadata` over the limit.
    #[error("metadata has at most {METADATA_MAX} octets of JSON")]
    MetadataTooLong,
    /// More parameters than allowed.
    #[error("{0} parameters are given; {PARAMETERS_MAX} are allowed")]
    TooManyParameters(usize),
    /// The value of a parameter over the limit.
    #[error("the parameter 0x{0:04X} has {1} octets; {PARAMETER_MAX} are allowed")]
    ParameterTooLong(u16, usize),
    /// A parameter given twice.
    #[error("the parameter 0x{0:04X} is given twice")]
    ParameterTwice(u16),
    /// The account may not send there.
    #[error("this account may not send to numbers that start so")]
    RecipientNotAllowed,
    /// The account may not send to the recipient's country; `None` is a number of no country.
    #[error("{}", foreign(*.0))]
    CountryNotAllowed(Option<Country>),
    /// The account may not ask for this route.
    #[error("this account may not ask for the route '{0}': its setting routes lists those that it may name")]
    RouteNotAllowed(Box<str>),
    /// The recipient has opted out.
    #[error("the recipient has opted out of these messages")]
    OptedOut,
    /// The number is on a list of numbers that are not to be written to.
    #[error("this number is blocked")]
    RecipientBlocked,
    /// The account needs the recipient's consent, and there is no record of it.
    #[error("no consent of the recipient is on record for messages of this class")]
    NoConsent,
    /// The recipient got as many messages as a frequency cap allows.
    #[error("the recipient gets at most {most} such messages in {per}: the next one can go in {} s", retry_after.as_secs())]
    FrequencyCap {
        /// How many.
        most: usize,
        /// In which time.
        per: Box<str>,
        /// When the next one can go.
        retry_after: Duration,
    },
    /// The account may not use this sender.
    #[error("this account may not use this sender: its setting senders lists those that it may use")]
    SenderNotAllowed,
    /// The sender is a protected brand, or looks like it.
    #[error("this sender looks like the protected brand '{0}'")]
    SenderProtected(Box<str>),
    /// It looks like fraud, and a rule refuses what does.
    #[error("this looks like fraud: {0}")]
    FraudSuspected(Suspicion),
    /// The account sent the same content from the same sender to the recipient a while ago.
    #[error("message {0} has the same recipient, sender and content")]
    Duplicate(MessageId),
    /// The account is switched off.
    #[error("this account is disabled")]
    AccountDisabled,
    /// No route leads there.
    #[error("no route leads to this number")]
    NoRoute(Option<Country>),
    /// The account has not enough credit.
    #[error("the account has not enough credit for this message")]
    InsufficientCredit,
    /// The account has spent what it may on this day, on messages to this country or on all.
    #[error("{}", capped(*.0))]
    DailyCap(Option<Country>),
    /// The account's tariff has no price for the number.
    #[error("the account's tariff has no price for this number")]
    NoPrice,
    /// Every upstream costs more than the account pays.
    #[error("no way to this number costs less than the account pays for it")]
    BelowCost,
    /// Too many parts of the account's texts wait for others.
    #[error("{COLLECTED_MAX} parts wait for others of their texts: try again when some have gone")]
    TooManyCollected,
    /// The account's rate is used up.
    #[error("too fast: try again in {} ms", retry_after.as_millis())]
    TooFast {
        /// When to try again.
        retry_after: Duration,
    },
    /// As many messages of the account wait as may.
    #[error("{most} messages of this account wait already: try again when some have gone")]
    QueueFull {
        /// How many may wait.
        most: u32,
    },
    /// The account has submitted the parts that it may submit in this time.
    #[error("this account may submit {most} parts a {}: try again in {} s", period.word(), retry_after.as_secs())]
    QuotaReached {
        /// How many.
        most: u64,
        /// In which time.
        period: Period,
        /// Until the next one begins.
        retry_after: Duration,
    },
}

/// When a full queue is looked at again.
const QUEUE_LOOK: Duration = Duration::from_secs(5);

/// Which country an account may not send to, in words.
fn foreign(country: Option<Country>) -> String {
    let what = country.map_or_else(|| "numbers of no country".to_owned(), |country| country.to_string());
    format!("this account may not send to {what}: its setting countries lists where it may")
}

/// Whose day's sum is spent, in words.
fn capped(country: Option<Country>) -> String {
    match country {
        None => "the account has spent what it may spend today (UTC)".to_owned(),
        Some(country) => {
            format!("the account has spent what it may spend today (UTC) on messages to {country}")
        }
    }
}

/// Why a recipient is refused, in words.
fn undeliverable(why: Undeliverable) -> String {
    let what = match why {
        Undeliverable::Unallocated => "the recipient's first digits are no country code".to_owned(),
        Undeliverable::WrongLength => "no number of the recipient's country has so many digits".to_owned(),
        Undeliverable::Kind(NumberKind::Unknown) => "the recipient is of no known kind".to_owned(),
        Undeliverable::Kind(kind) => format!("the recipient is {}", kind.phrase()),
        Undeliverable::Dead => {
            "nobody has the recipient's number, as a look-up or earlier messages say".to_owned()
        }
    };
    format!("{what}: this account is refused such numbers ('{}' in refuse_to)", why.word())
}

impl From<Unpriced> for Refusal {
    fn from(why: Unpriced) -> Self {
        match why {
            Unpriced::NoPrice => Self::NoPrice,
            Unpriced::BelowCost => Self::BelowCost,
        }
    }
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Recipient(_) => "invalid_recipient",
            Self::Sender(_) => "invalid_sender",
            Self::Uncarried(Uncarried::ShortCode(_)) => "invalid_recipient",
            Self::Uncarried(Uncarried::Origin | Uncarried::MediaOnly | Uncarried::NoLink) => "no_route",
            Self::Uncarried(_) => "invalid_sender",
            Self::Undeliverable(_) => "undeliverable_recipient",
            Self::Empty => "empty_message",
            Self::TextTooLong(_) => "text_too_long",
            Self::DataTooLong(_) => "data_too_long",
            Self::TooManyMedia(_) => "too_many_media",
            Self::SubjectTooLong(_) => "subject_too_long",
            Self::TooManyParts { .. } => "too_many_parts",
            Self::Validity => "invalid_validity",
            Self::Schedule | Self::Past | Self::NoZone => "invalid_schedule",
            Self::ReferenceTooLong => "reference_too_long",
            Self::OrderingKey => "invalid_ordering_key",
            Self::Tags => "invalid_tags",
            Self::MetadataTooLong => "metadata_too_long",
            Self::TooManyParameters(_) => "too_many_parameters",
            Self::ParameterTooLong(..) => "parameter_too_long",
            Self::ParameterTwice(_) => "parameter_twice",
            Self::RecipientNotAllowed => "recipient_not_allowed",
            Self::CountryNotAllowed(_) => "country_not_allowed",
            Self::RouteNotAllowed(_) => "route_not_allowed",
            Self::OptedOut => "opted_out",
            Self::RecipientBlocked => "recipient_blocked",
            Self::NoConsent => "no_consent",
            Self::FrequencyCap { .. } => "frequency_cap",
            Self::SenderNotAllowed => "sender_not_allowed",
            Self::SenderProtected(_) => "sender_protected",
            Self::FraudSuspected(_) => "fraud_suspected",
            Self::Duplicate(_) => "duplicate",
            Self::AccountDisabled => "account_disabled",
            Self::NoRoute(_) => "no_route",
            Self::InsufficientCredit => "insufficient_credit",
            Self::DailyCap(_) => "daily_cap_reached",
            Self::NoPrice => "no_price",
            Self::BelowCost => "below_cost",
            Self::TooManyCollected => "too_many_parts_waiting",
            Self::TooFast { .. } => "rate_limited",
            Self::QueueFull { .. } => "account_queue_full",
            Self::QuotaReached { .. } => "quota_reached",
        }
    }

    /// How long to wait until the same may be accepted, where the account has asked for too much; `None` for other reasons.
    #[must_use]
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::TooFast { retry_after } | Self::QuotaReached { retry_after, .. } => Some(*retry_after),
            Self::QueueFull { .. } => Some(QUEUE_LOOK),
            _ => None,
        }
    }

    /// The field that it is about, by its name in the APIs.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::OptedOut
            | Self::RecipientBlocked
            | Self::NoConsent
            | Self::FrequencyCap { .. }
            | Self::FraudSuspected(_) => Some("to"),
            Self::Recipient(_)
            | Self::RecipientNotAllowed
            | Self::CountryNotAllowed(_)
            | Self::Undeliverable(_)
            | Self::NoRoute(_) => Some("to"),
            Self::RouteNotAllowed(_) => Some("route"),
            Self::Uncarried(
                Uncarried::Origin | Uncarried::ShortCode(_) | Uncarried::MediaOnly | Uncarried::NoLink,
            ) => Some("to"),
            Self::Sender(_) | Self::SenderNotAllowed | Self::SenderProtected(_) | Self::Uncarried(_) => {
                Some("from")
            }
            Self::Empty | Self::TextTooLong(_) | Self::TooManyParts { .. } => Some("text"),
            Self::DataTooLong(_) => Some("data"),
            Self::TooManyMedia(_) => Some("media"),
            Self::SubjectTooLong(_) => Some("subject"),
            Self::Validity => Some("valid_for"),
            Self::Schedule | Self::Past | Self::NoZone => Some("send_at"),
            Self::ReferenceTooLong => Some("reference"),
            Self::OrderingKey => Some("ordering_key"),
            Self::Tags => Some("tags"),
            Self::MetadataTooLong => Some("metadata"),
            Self::TooManyParameters(_) | Self::ParameterTooLong(..) | Self::ParameterTwice(_) => {
                Some("parameters")
            }
            Self::NoPrice | Self::BelowCost => Some("to"),
            Self::InsufficientCredit | Self::DailyCap(_) => None,
            Self::Duplicate(_)
            | Self::AccountDisabled
            | Self::TooFast { .. }
            | Self::QueueFull { .. }
            | Self::QuotaReached { .. }
            | Self::TooManyCollected => None,
        }
    }
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

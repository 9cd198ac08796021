//! Refusals of submissions: their codes, the fields that they are about, and their words.

use super::{
    METADATA_MAX, OCTETS_MAX, ORDERING_KEY_MAX, PARAMETER_MAX, PARAMETERS_MAX, REFERENCE_MAX, TAG_MAX,
    TAGS_MAX, TEXT_MAX,
};
use crate::budget::Period;
use crate::carriage::Uncarried;
use crate::client_part::COLLECTED_MAX;
use crate::fraud::Suspicion;
use crate::id::MessageId;
use crate::media::{ITEMS_MAX, SUBJECT_MAX};
use crate::money::Unpriced;
use crate::number::NotANumber;
use crate::numbering::{Country, NumberKind, Undeliverable};
use crate::sender::NotASender;
use std::time::Duration;

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

//! The events of a delivery.

use super::Outcome;
use crate::cause::{Cause, Code};
use crate::id::MessageId;
use crate::policy::Held;
use crate::receipt::Report;
use crate::route::UpstreamId;
use crate::time::Time;

/// The outcome of sending one part. Sending can't fail: every failure is one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartOutcome {
    /// The carrier took it and gave it this name, if it gave one.
    Accepted(Option<Box<str>>),
    /// The carrier, or the upstream itself, refused it.
    Refused(Fault),
    /// Written and never answered: the carrier may have it.
    Unanswered,
    /// Never written: the link went, or a part before it was refused.
    NotSent,
}

/// Why a part was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What follows from it.
    pub kind: FaultKind,
    /// The cause, for people and applications. Nobody branches on it.
    pub cause: Cause,
}

/// The kinds of refusals, by what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Too fast: the same again, later, and it costs no attempt.
    Throttled,
    /// A queue is full. It may be the recipient's: it may work later or elsewhere, and only many recipients say that the
    /// upstream is too fast.
    QueueFull,
    /// It may work later or elsewhere.
    Temporary,
    /// It will never work here; it may by the next upstream of the route, at once.
    Elsewhere,
    /// It will never work.
    Permanent,
    /// Nothing works here for a while: the same again, later, and it costs no attempt. The upstream itself stands still.
    Paused,
}

impl FaultKind {
    /// What the gateway does then, in words.
    #[must_use]
    pub const fn reaction(self) -> &'static str {
        match self {
            Self::Throttled => "the gateway slows down and sends the message again",
            Self::QueueFull | Self::Temporary => "the gateway tries again later",
            Self::Elsewhere => "the next upstream of the route sends the message at once",
            Self::Permanent => "the message is rejected",
            Self::Paused => "the upstream pauses, and the message is sent again later",
        }
    }
}

/// An event of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The upstream is done with the parts that it was given: each part's number and outcome, and how many
    /// parts the whole message has.
    Answered {
        /// Parts of the whole message.
        parts: u8,
        /// The outcome of each part that was to be sent this time.
        outcomes: Vec<(u8, PartOutcome)>,
    },
    /// A receipt came for a part.
    Reported {
        /// The part.
        part: u8,
        /// The receipt.
        report: Report,
    },
    /// The carrier's answer came after the part was given up as unanswered: it has it.
    Named {
        /// The part.
        part: u8,
        /// Parts of the whole message.
        parts: u8,
        /// The carrier's name for the part.
        reference: Box<str>,
    },
    /// A node stopped, or was taken for dead, that had it in hand: it may have been sent.
    InDoubt,
    /// Its time ran out before it was sent.
    Expired,
    /// Its receipt was waited for long enough, or all have come and nobody saw the end.
    Silent,
    /// Somebody took it back, for this reason if one was given.
    Canceled(Option<Box<str>>),
    /// Somebody had it fail, for this reason if one was given.
    Failed(Option<Box<str>>),
    /// It need not wait any more for another attempt, or for what held it back.
    Resumed,
    /// It must not go out any more, for this reason: its recipient has opted out while it waited.
    Forbidden(Code),
    /// It must wait.
    Held(Held),
    /// It must wait until then: a pause holds it, for this reason.
    Paused(Time, Box<str>),
    /// A limit's parts are used up until then; in words which.
    Limited(Time, Box<str>),
    /// It is of parts that came again after their message had ended: it isn't sent, and ends alike.
    Repeated {
        /// The message.
        of: MessageId,
        /// Its end.
        end: Box<Outcome>,
    },
    /// Its upstream is no more, or has been down for a while, and this one is to send it.
    Rerouted(UpstreamId),
}

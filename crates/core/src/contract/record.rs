//! The ledger's record: one transaction of what happened to messages.

use super::EndedText;
use crate::consent;
use crate::delivery::Change;
use crate::id::MessageId;
use crate::inbound::Received;
use crate::inbound::parts::InboundPart;
use crate::message::Message;
use crate::notice::{Notice, NoticeId};
use crate::receipt::Report;
use crate::route::UpstreamId;
use crate::stream::OtherEvent;
use crate::time::Time;
use std::sync::Arc;

/// One transaction of what happened.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Steps of deliveries, in order.
    pub changes: Vec<Change>,
    /// Receipts that found no message: they may be early.
    pub parked: Vec<Parked>,
    /// Parked receipts that have found their message.
    pub unparked: Vec<(UpstreamId, Box<str>)>,
    /// Messages from handsets.
    pub inbound: Vec<Arc<Received>>,
    /// Parts of messages from handsets.
    pub parts: Vec<InboundPart>,
    /// Changes of what holds of numbers, in order.
    pub consent: Vec<Arc<consent::Change>>,
    /// Notices of other things than ends of messages.
    pub notices: Vec<Notice>,
    /// Events of the stream besides ends of messages and messages from handsets, which are in it as they are.
    pub events: Vec<OtherEvent>,
    /// Texts to be removed, of messages that end in this record.
    pub redacted: Vec<EndedText>,
}

impl Record {
    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // A text goes with the end of its message, which is a change.
        let Self { changes, parked, unparked, inbound, parts, consent, notices, events, redacted: _ } = self;
        let is_quiet = inbound.is_empty()
            && parts.is_empty()
            && consent.is_empty()
            && notices.is_empty()
            && events.is_empty();
        changes.is_empty() && parked.is_empty() && unparked.is_empty() && is_quiet
    }
}

/// The result of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Notices of messages' ends that were to be in this node's hands and are not kept: their messages had ended before, or
    /// are another node's to end.
    pub dropped: Vec<NoticeId>,
    /// Messages that were not in this node's hands any more, though their steps took them for this node's. Another copy of
    /// each may be under way. What the store keeps of them says so; what memory says of them doesn't hold any more.
    pub taken_over: Vec<MessageId>,
}

/// A receipt that waits for its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The upstream that brought it.
    pub upstream: UpstreamId,
    /// The receipt.
    pub report: Report,
    /// The key of its reference, as far as the carrier's form of references is known.
    pub key: Box<str>,
    /// When it came.
    pub at: Time,
}

/// A sent part without a final receipt, about which its carrier can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheard {
    /// The part's message.
    pub message: Arc<Message>,
    /// The key of the part's reference.
    pub key: Box<str>,
    /// The reference as the carrier gave it.
    pub given: Box<str>,
}

impl Unheard {
    /// Its place among others: parts of the oldest message come first.
    #[must_use]
    pub fn place(&self) -> (MessageId, Box<str>) {
        (self.message.id, self.key.clone())
    }
}

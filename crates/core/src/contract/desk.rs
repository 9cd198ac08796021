//! The desk of an upstream: its adapter fetches work there and brings back the results.

use super::{StoreError, Unheard};
use crate::delivery::{Delivery, PartOutcome};
use crate::inbound::Inbound;
use crate::receipt::Report;
use crate::stream::OtherEvent;
use async_trait::async_trait;
use std::time::{Duration, Instant};

/// The result of a delivery that an adapter had taken.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The delivery, returned.
    pub delivery: Delivery,
    /// How many parts the whole message has on this upstream.
    pub parts: u8,
    /// The outcome of each part that was to be sent this time.
    pub outcomes: Vec<(u8, PartOutcome)>,
}

/// The late answer to a part that was given up as unanswered: the carrier took it after all.
#[derive(Clone, Debug)]
pub struct Late {
    /// The delivery as it was when the part was given up.
    pub delivery: Delivery,
    /// The part.
    pub part: u8,
    /// How many parts the whole message has on this upstream.
    pub parts: u8,
    /// The carrier's reference of the part.
    pub reference: Box<str>,
}

/// Something that came from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A delivery receipt.
    Report(Report),
    /// A message from a handset.
    Inbound(Box<Inbound>),
    /// An event for those who follow the stream. Its time is set when it is recorded.
    Event(OtherEvent),
}

/// The state of one link of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Being made.
    Connecting,
    /// Ready to send.
    Up,
    /// Another node's to keep.
    Elsewhere,
    /// Down.
    Down {
        /// Why, in words.
        reason: String,
        /// How long until it is tried again.
        retry_in: Duration,
    },
}

impl LinkState {
    /// Whether this node keeps the link.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        !matches!(self, Self::Elsewhere)
    }
}

/// Other nodes' links of an upstream, as far as this node has heard of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemoteLinks {
    /// When one was bound last.
    pub bound: Option<Instant>,
    /// Whether the node that bound it has told of no end since.
    pub up: bool,
}

/// The engine's counter for one upstream. Its adapter fetches work here when its window has room, and brings back the
/// results.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Takes deliveries of about `parts` parts together, as the rate permits: none when there is nothing to do.
    /// A delivery's `taken` parts must not be sent again.
    fn take(&self, parts: usize) -> Vec<Delivery>;

    /// The same for this bind, counted from 0. Where binds differ it may get nothing, since another that waits is the better choice.
    fn take_for(&self, _bind: usize, parts: usize) -> Vec<Delivery> {
        self.take(parts)
    }

    /// Tells whether this bind waits for work: it is up, and would take a message at once.
    fn waits(&self, _bind: usize, _waits: bool) {}

    /// Parts that this bind, counted from 0, may be given now by limits of its own; and if there are none, how long until it is to be
    /// asked again.
    fn room_of_bind(&self, _bind: usize) -> Result<usize, Duration> {
        Ok(usize::MAX)
    }

    /// Tells of parts that this bind took.
    fn spent_by_bind(&self, _bind: usize, _parts: usize) {}

    /// Waits until [`Desk::take`] may have something, given what [`Desk::work`] returned last (0 at first).
    async fn work(&self, seen: u64) -> u64;

    /// Brings back deliveries with their outcomes.
    fn answered(&self, answers: Vec<Answer>);

    /// Brings references of parts that were brought back as unanswered.
    fn named_late(&self, late: Vec<Late>);

    /// Brings what came from the network. When it returns, all of it is durable and may be acknowledged.
    ///
    /// # Errors
    /// When it could not be kept: the carrier should bring it again.
    async fn heard(&self, heard: Vec<Heard>) -> Result<(), StoreError>;

    /// Takes up to `most` parts whose receipts are overdue. The carrier is to be asked about them now.
    fn ask(&self, most: usize) -> Vec<Unheard>;

    /// Brings what the carrier said of parts when it was asked. A report's `reference` is the part's
    /// [`key`](Unheard::key).
    fn replied(&self, replies: Vec<Report>);

    /// Tells how loaded the carrier says it is, from 0 to 100 per cent.
    fn loaded(&self, per_cent: u8);

    /// Tells how long the carrier took to answer parts, from their writing: the mean of those of one read. For people only.
    fn round_trip(&self, mean: Duration) {
        let _ = mean;
    }

    /// Tells the state of a link.
    fn link(&self, link: usize, state: LinkState);

    /// Other nodes' links of this upstream, as far as this node has heard of them.
    fn remote_links(&self) -> RemoteLinks;

    /// Waits until this bind, counted from 0, is this node's to keep. It is not made before.
    async fn admitted(&self, bind: usize);

    /// Waits until this bind is to be given up to another node, and says how long answers may be waited for. Its links
    /// then end in order, and say [`LinkState::Elsewhere`] once they have.
    async fn dismissed(&self, bind: usize) -> Duration;
}

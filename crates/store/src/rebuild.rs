//! Deliveries, rebuilt from the tables after a start or a lease. The core decides what happens to them next.

use crate::table::{Damaged, Source, Stored};
use postrider_core::delivery::{Delivery, PartSet, State};
use postrider_core::message::Message;
use postrider_core::time::Time;
use std::sync::Arc;

/// The columns of `queue q` that [`queued`] reads, before a message's.
pub(crate) const QUEUE: &str = "q.upstream, q.failed, q.taken, q.possible_duplicate";
/// The columns of `waiting w` and, outer-joined, `queue q` that [`awaited`] reads.
pub(crate) const WAITING: &str = "w.upstream, w.part, w.parts, w.sent_at, w.possible_duplicate, coalesce(w.given, w.reference), \
                                  q.failed, q.taken, q.possible_duplicate";
/// The columns of `waiting` that [`Parts::waiting`] reads.
pub(crate) const PART_WAITING: &str = "part, coalesce(given, reference), sent_at, parts, possible_duplicate";
/// The columns of `part` that [`Parts::ended`] reads.
pub(crate) const PART_ENDED: &str = "part, reference, sent_at, state, error";

/// The delivery in columns [`QUEUE`] and a message's. The results of its parts are missing.
pub(crate) fn queued<'r>(row: &mut impl Source<'r>) -> Result<Delivery, Damaged> {
    let upstream = row.read("upstream")?;
    let (failed, taken) = (row.read("failed")?, row.read("taken")?);
    let possible_duplicate = row.read("possible_duplicate")?;
    let delivery = Delivery::new(Arc::new(Message::read(row)?), upstream);
    Ok(Delivery { failed, taken, possible_duplicate, ..delivery })
}

/// The delivery of a message, and the part, in columns [`WAITING`]. The results of the other parts are missing.
pub(crate) fn awaited<'r>(
    message: Arc<Message>,
    row: &mut impl Source<'r>,
) -> Result<(Delivery, u8), Damaged> {
    let mut delivery = Delivery::new(message, row.read("upstream")?);
    let part = row.read("part")?;
    delivery.parts = row.read("parts")?;
    delivery.sent_at = Some(row.read("sent_at")?);
    delivery.possible_duplicate = row.read("possible_duplicate")?;
    delivery.reference = Some(row.read("reference")?);
    if row.is_null() {
        delivery.state = State::Sent;
        delivery.taken = all(delivery.parts);
    } else {
        // Some of its parts still wait to be sent.
        delivery.failed = row.read("failed")?;
        delivery.taken = row.read("taken")?;
        delivery.possible_duplicate |= row.read::<bool>("possible_duplicate")?;
    }
    Ok((delivery, part))
}

/// The parts of a message of several and their results, put together row by row.
pub(crate) struct Parts<'d> {
    delivery: &'d mut Delivery,
    /// The first part that the carrier has named, and its reference.
    first: Option<(u8, Box<str>)>,
}

impl<'d> Parts<'d> {
    /// Nothing is known of the delivery's parts yet.
    pub(crate) const fn of(delivery: &'d mut Delivery) -> Self {
        Self { delivery, first: None }
    }

    /// Adds a part whose receipt is waited for, in columns [`PART_WAITING`].
    pub(crate) fn waiting<'r>(&mut self, row: &mut impl Source<'r>) -> Result<(), Damaged> {
        self.named(row.read("part")?, row.read("reference")?);
        let sent_at: Time = row.read("sent_at")?;
        self.delivery.sent_at = self.delivery.sent_at.max(Some(sent_at));
        self.delivery.parts = row.read("parts")?;
        self.delivery.possible_duplicate |= row.read::<bool>("possible_duplicate")?;
        Ok(())
    }

    /// Adds a part that has ended, in columns [`PART_ENDED`], in the order of ends.
    pub(crate) fn ended<'r>(&mut self, row: &mut impl Source<'r>) -> Result<(), Damaged> {
        let part = row.read("part")?;
        self.named(part, row.read("reference")?);
        self.delivery.sent_at = self.delivery.sent_at.max(row.read("sent_at")?);
        self.delivery.reported = self.delivery.reported.with(part);
        let state = row.read("state")?;
        self.delivery.has_arrived |= state == State::Delivered;
        let is_worse = match &self.delivery.worst {
            None => true,
            Some((worst, _)) => *worst == State::Delivered && state != State::Delivered,
        };
        if is_worse {
            self.delivery.worst = Some((state, row.read("error")?));
        }
        Ok(())
    }

    /// All rows were added.
    pub(crate) fn finish(self) {
        if let Some((_, reference)) = self.first {
            self.delivery.reference = Some(reference);
        }
    }

    fn named(&mut self, part: u8, reference: Option<Box<str>>) {
        if let Some(reference) = reference
            && self.first.as_ref().is_none_or(|(earliest, _)| part < *earliest)
        {
            self.first = Some((part, reference));
        }
    }
}

/// The set of the first `parts` parts.
fn all(parts: u8) -> PartSet {
    (0..parts).fold(PartSet::default(), PartSet::with)
}

/// The state of a message: one that has neither ended nor waits in the queue was sent.
pub(crate) fn state(ended: Option<State>, is_queued: bool) -> State {
    ended.unwrap_or(if is_queued { State::Queued } else { State::Sent })
}

//! A carrier's answers to questions about messages (`query_sm`; SMPP 3.4 section 4.8): what its receipts say, or
//! would say if they were sent, from when they would be.

use super::State;
use super::world::World;
use postrider_link::wall;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::QuerySm;
use std::time::{Duration, SystemTime};

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its identifier, as it was asked for.
    pub(crate) id: String,
    pub(crate) state: State,
    /// When that was reached, if it is the end.
    pub(crate) done: Option<SystemTime>,
}

impl World {
    /// Where the message stands that a client asks about: one that it sent itself, from the same source.
    pub(crate) fn inquire(&mut self, client: &str, question: &QuerySm<'_>) -> Result<Standing, Status> {
        self.counts.queries += 1;
        let id = String::from_utf8_lossy(question.message_id).into_owned();
        let part = self.record.newest(|part| {
            &*part.system_id == client
                && part.message_id() == Some(&id)
                && part.source.as_bytes() == question.source.digits
        });
        let part = part.ok_or(Status::RQUERYFAIL)?;
        let fate = self.judge.fate(part.destination.as_bytes());
        let delay = fate.receipt_delay.unwrap_or(self.settings().receipt_delay.most);
        let reports = u32::try_from(fate.receipts.len()).unwrap_or(u32::MAX).max(1);
        let done = part.at + delay.saturating_mul(reports).min(Duration::from_hours(24));
        let end = fate.receipts.last().copied().unwrap_or(State::Delivered);
        let is_done = end.is_final() && done <= wall();
        let state = if is_done { end } else { State::Enroute };
        Ok(Standing { id, state, done: is_done.then_some(done) })
    }
}

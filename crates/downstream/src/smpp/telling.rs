//! Notices as deliver_sm and data_sm.

use super::login::Bound;
use super::{message, receipt};
use crate::sessions::notices::{Answer, Telling, Unwritten};
use crate::sessions::pieces::{Piece, pieces};
use postrider_core::delivery::Outcome;
use postrider_core::inbound::Received;
use postrider_core::message::{KnownAs, Message};
use postrider_wire::smpp::{RequestError, Session, Status};
use std::collections::VecDeque;
use std::time::Instant;

/// A bound session that is told notices.
pub(super) struct Told<'a> {
    pub(super) session: &'a mut Session<u32>,
    pub(super) bound: &'a Bound,
}

impl Telling for Told<'_> {
    type Piece = Piece;

    fn room(&self) -> usize {
        self.session.window_free().min(self.bound.window.saturating_sub(self.session.outstanding()))
    }

    fn pieces(&self, received: &Received) -> VecDeque<Piece> {
        pieces(received, self.bound.messages())
    }

    fn receipt(
        &mut self,
        token: u32,
        end: (&Message, &Outcome),
        known_as: Option<&KnownAs>,
        now: Instant,
    ) -> Result<(), Unwritten> {
        let Bound { alphabets, .. } = self.bound;
        let written =
            receipt::write(self.session, token, end, known_as, self.bound.receipts(), *alphabets, now);
        written.map(drop).map_err(unwritten)
    }

    fn message(
        &mut self,
        token: u32,
        received: &Received,
        piece: &Piece,
        now: Instant,
    ) -> Result<(), Unwritten> {
        let written = message::write(self.session, token, received, piece, self.bound.messages(), now);
        written.map(drop).map_err(unwritten)
    }
}

fn unwritten(error: RequestError) -> Unwritten {
    match error {
        RequestError::Encode(error) => Unwritten::Never(error.to_string()),
        _ => Unwritten::NotNow,
    }
}

/// What a client's answer to a deliver_sm means; `None` for one that did not come in time.
pub(super) fn answer(status: Option<Status>) -> Answer {
    match status {
        None => Answer::Missing("deliver_sm"),
        Some(status) if status.is_ok() => Answer::Taken,
        Some(status) => {
            let pauses = matches!(status, Status::RTHROTTLED | Status::RMSGQFUL);
            let later = pauses || matches!(status, Status::RX_T_APPN | Status::RSYSERR);
            Answer::Refused { later, pauses, words: format!("deliver_sm was answered with {status}") }
        }
    }
}

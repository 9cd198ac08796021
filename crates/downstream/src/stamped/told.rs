//! A session that is told notices.

use super::conversation::{Conversation, Reading};
use super::end::Ending;
use crate::sessions::notices::{Telling, Unwritten};
use crate::sessions::pieces::{Alphabets, Piece, Taking, pieces};
use postrider_core::account::LongForm;
use postrider_core::delivery::Outcome;
use postrider_core::inbound::Received;
use postrider_core::message::{KnownAs, Message};
use postrider_text::NameAlphabet;
use std::collections::VecDeque;
use std::time::Instant;

pub(super) struct Told<'a, C> {
    pub(super) conversation: &'a mut C,
    /// Requests of ours that may be unanswered.
    pub(super) window: usize,
    pub(super) reading: Reading,
}

impl<C: Conversation> Telling for Told<'_, C> {
    type Piece = Piece;

    fn room(&self) -> usize {
        self.conversation.window_free().min(self.window.saturating_sub(self.conversation.outstanding()))
    }

    fn pieces(&self, received: &Received) -> VecDeque<Piece> {
        let alphabets =
            Alphabets { text: self.conversation.alphabet(self.reading), name: NameAlphabet::default() };
        pieces(received, Taking { alphabets, long: LongForm::Udh8, has_parameters: false })
    }

    fn receipt(
        &mut self,
        token: u32,
        (message, outcome): (&Message, &Outcome),
        known_as: Option<&KnownAs>,
        now: Instant,
    ) -> Result<(), Unwritten> {
        let ending = Ending::new(message, outcome, known_as)
            .ok_or_else(|| Unwritten::Never(String::from("the message has no time stamp")))?;
        self.conversation.receipt(token, &ending, self.reading, now)
    }

    fn message(
        &mut self,
        token: u32,
        received: &Received,
        piece: &Piece,
        now: Instant,
    ) -> Result<(), Unwritten> {
        self.conversation.message(token, received, piece, self.reading, now)
    }
}

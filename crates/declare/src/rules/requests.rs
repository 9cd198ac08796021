//! Words by which handsets opt out, opt in and ask for help. The gateway acts on them itself, so that they are keywords of
//! nothing else.

use crate::mistake::Notes;
use crate::number::{NumberDocument, StopWord};
use postrider_core::consent::asks;

impl NumberDocument {
    /// Whether the gateway acts on words such as STOP that are sent to it.
    pub(super) fn takes_requests(&self) -> bool {
        self.stop != StopWord::Nothing
    }
}

/// Notes a keyword that never reaches whatever it is a keyword of.
pub(super) fn check_word(word: &str, notes: &Notes<'_>) {
    if let Some(intent) = asks(word) {
        let what = format!(
            "'{word}' is a word for {}, on which the gateway acts itself",
            intent.word().to_uppercase()
        );
        notes.wrong(what, "write another word, or set `stop` of the number to 'nothing'");
    }
}

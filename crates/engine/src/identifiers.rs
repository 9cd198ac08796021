//! Identifiers for new messages.

use postrider_core::concatenation::Concatenations;
use postrider_core::id::{IdMaker, MessageId};
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::sync::{Mutex, PoisonError};

/// Makes this node's identifiers.
pub(crate) struct Identifiers(Mutex<(IdMaker, Concatenations)>);

impl Identifiers {
    /// The maker of the node with this number.
    pub(crate) fn new(node: u8) -> Self {
        Self(Mutex::new((IdMaker::new(node), Concatenations::default())))
    }

    /// The identifier of the next message, of so many parts, to this number.
    pub(crate) fn identify(&self, to: Number, parts: u8, now: Time) -> MessageId {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (ids, concatenations) = &mut *guard;
        concatenations.identify(ids, to, parts, now)
    }

    /// The identifier of the next message that goes to nobody's handset.
    pub(crate) fn next(&self, now: Time) -> MessageId {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.next(now)
    }
}

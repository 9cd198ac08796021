//! Pauses, as people declare them.

use crate::document::{Document, SecretPlace};
use crate::secret::Secret;
use crate::selector::SelectorDocument;
use crate::written::{Expiry, Written};
use crate::{settings, words};
use postrider_core::pause::Mode;

/// The most characters of a reason.
pub(crate) const REASON_MAX: usize = 200;

settings! {
    /// A pause: messages that meet all of its conditions wait, or its upstreams take no new ones. It ends when it is deleted, or at
    /// `until`. Validity and deadlines go on meanwhile.
    pub struct PauseDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// Why, up to 200 characters; the timelines of held messages show it.
        reason: String;
        /// When it ends: `2027-01-31` is the end of that day in UTC, `2027-01-31T12:00:00Z` a time. Default: when it is deleted.
        until: Option<Written<Expiry>> = None;
        /// What it does.
        mode: Mode = Mode::Hold;
    }
    with {
        /// The messages that it is about.
        conditions: SelectorDocument,
    }
}

words! {
    /// What a pause does.
    impl PauseMode for Mode {
        /// Messages are accepted and wait.
        Hold = "hold",
        /// The upstreams take no new messages, and send those that they have. Other conditions are not allowed.
        Drain = "drain",
    }
}

impl Document for PauseDocument {
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {}
}

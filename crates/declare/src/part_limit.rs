//! Limits of what is sent, as people declare them.

use crate::document::{Document, SecretPlace};
use crate::limit::{Above, AtMost};
use crate::secret::Secret;
use crate::selector::SelectorDocument;
use crate::upstream::PartLimitsDocument;
use crate::{settings, words};
use postrider_core::limit::Each;

settings! {
    /// A limit: the most parts in a time, of the messages that meet all of its conditions, over all upstreams and nodes. Other messages
    /// wait. Validity and deadlines go on meanwhile.
    pub struct LimitDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// What has a budget of its own: with `["account", "sender"]` each sender of each account. Default: all messages share one.
        each: Vec<Each> = Vec::new(), AtMost(Each::COUNT);
        /// Parts a second; half a second's may go out at once. Default: no limit.
        second: Option<f64> = None, Above(0.0);
    }
    with {
        /// Periods of the calendar (UTC).
        periods: PartLimitsDocument,
        /// The messages that it is about.
        conditions: SelectorDocument,
    }
}

words! {
    /// What a limit has budgets of its own for.
    impl EachWord for Each {
        /// Each account.
        Account = "account",
        /// Each sender.
        Sender = "sender",
        /// Each network of recipients, as the numbering plan says; numbers of unknown networks share one.
        Network = "network",
        /// Each country of recipients.
        Country = "country",
        /// Each upstream.
        Upstream = "upstream",
    }
}

impl Document for LimitDocument {
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {}
}

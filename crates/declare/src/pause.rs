//! Pauses, as people declare them.

use crate::account::{CLASSES_MAX, ClassWord};
use crate::document::{Document, SecretPlace};
use crate::limit::AtMost;
use crate::secret::Secret;
use crate::written::{Expiry, Prefix, Written};
use crate::{settings, words};
use postrider_core::numbering::Country;
use postrider_core::pause::Mode;
use postrider_core::route::NetworkMatch;

/// The most values of one condition.
pub(crate) const VALUES_MAX: usize = 1_000;
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
        /// Names of upstreams. Default: all.
        upstreams: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Names of accounts. Default: all.
        accounts: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Classes. Default: all.
        classes: Vec<ClassWord> = Vec::new(), AtMost(CLASSES_MAX);
        /// Countries (ISO 3166, such as `GB`) of recipients. Default: all.
        countries: Vec<Written<Country>> = Vec::new(), AtMost(VALUES_MAX);
        /// Networks of recipients: MCC and MNC, such as `23410`, or the MCC alone. Default: all.
        networks: Vec<Written<NetworkMatch>> = Vec::new(), AtMost(VALUES_MAX);
        /// The first digits of recipients, without `+`. Default: all.
        prefixes: Vec<Written<Prefix>> = Vec::new(), AtMost(VALUES_MAX);
        /// Senders: a number (`+447700900123`), a code or a name, or their start and `*`. Default: all.
        senders: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Names of routes by which messages were accepted. Default: all.
        routes: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Clients' own references of messages; campaigns have `campaign-` and their identifier. Default: all.
        references: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
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

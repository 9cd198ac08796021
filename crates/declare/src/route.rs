//! Routes as people declare them.

use crate::document::{Document, SecretPlace};
use crate::limit::AtMost;
use crate::secret::Secret;
use crate::settings;
use crate::written::{Prefix, Written};

/// The most upstreams of one route.
pub(crate) const UPSTREAMS_MAX: usize = 16;

settings! {
    /// Which way messages go whose numbers begin alike. The longest prefix that fits a number decides.
    pub struct RouteDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// The first digits of the numbers that it takes, up to 15, without `+`. No two routes may have the same. Default:
        /// none, for every number that no other route takes.
        prefix: Written<Prefix> = Written::default();
        /// Names of 1 to 16 upstreams, the best first: the first one that is up sends, the next ones when an attempt there has
        /// failed.
        upstreams: Vec<String>, AtMost(UPSTREAMS_MAX);
    }
}

impl Document for RouteDocument {
    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {}
}

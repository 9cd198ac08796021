//! Conditions of messages, as people declare them for pauses and limits.

use crate::account::{CLASSES_MAX, ClassWord};
use crate::limit::AtMost;
use crate::settings;
use crate::written::{Prefix, Written};
use postrider_core::numbering::Country;
use postrider_core::route::NetworkMatch;

/// The most values of one condition.
pub(crate) const VALUES_MAX: usize = 1_000;

settings! {
    /// Conditions that a message must meet, all of them.
    pub struct SelectorDocument: Default {
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
        /// Tags, one of which messages are marked with. Default: any, or none.
        tags: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
        /// Clients' own references of messages; campaigns have `campaign-` and their identifier. Default: all.
        references: Vec<String> = Vec::new(), AtMost(VALUES_MAX);
    }
}

//! Policies towards recipients that hold for several accounts, and frequency caps, as people declare them.

use crate::account::{CLASSES_MAX, ClassWord, PREFIXES_MAX};
use crate::document::{Document, SecretPlace};
use crate::fraud::FraudDocument;
use crate::limit::AtMost;
use crate::secret::Secret;
use crate::span::Span;
use crate::written::{Prefix, Written};
use crate::{settings, words};
use postrider_core::policy::Beyond;

/// The most frequency caps of one policy.
pub(crate) const CAPS_MAX: usize = 16;
/// The most brands of one policy.
const BRANDS_MAX: usize = 1_000;
/// The most accounts that a policy names.
pub(crate) const ACCOUNTS_MAX: usize = 1_000;

settings! {
    /// A policy that holds for several accounts, or for all: what they must keep to towards recipients, besides the `policy` of
    /// each.
    pub struct SharedPolicyDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// Names of the accounts that it holds for. Default: every account.
        accounts: Vec<String> = Vec::new(), AtMost(ACCOUNTS_MAX);
        /// The first digits, without `+`, of numbers that nothing is sent to. Default: none.
        block_to: Vec<Written<Prefix>> = Vec::new(), AtMost(PREFIXES_MAX);
        /// Names that its accounts must not use as senders, nor names that look like them, such as `PayPaI` for `PayPal`. An account whose
        /// `sender` or `senders` names such a sender may use it. Default: none.
        brands: Vec<String> = Vec::new(), AtMost(BRANDS_MAX);
        /// How many messages a recipient gets. The messages of all its accounts count together. Default: no limit.
        caps: Vec<CapDocument> = Vec::new(), AtMost(CAPS_MAX);
        /// Rules against fraud (traffic pumping). The messages of each account count by themselves. Default: none.
        fraud: Option<FraudDocument> = None;
    }
}

settings! {
    /// A frequency cap: the most messages to one recipient within any stretch of time.
    pub struct CapDocument {
        /// The most messages.
        most: u32, 1..=1_000;
        /// The length of the stretch.
        per: Span = "7d".into(), "1m"..="90d";
        /// The classes that it counts, and holds to it.
        classes: Vec<ClassWord> = vec![ClassWord::Marketing], AtMost(CLASSES_MAX);
        /// The fate of a message beyond it.
        beyond: BeyondWord = BeyondWord::Hold;
    }
}

words! {
    /// The fate of a message beyond a frequency cap.
    pub enum BeyondWord {
        /// It waits until the cap lets it go. One that would wait longer than `per` is refused.
        Hold = "hold",
        /// It is refused with `frequency_cap`.
        Refuse = "refuse",
    }
}

impl From<BeyondWord> for Beyond {
    fn from(word: BeyondWord) -> Self {
        match word {
            BeyondWord::Hold => Self::Hold,
            BeyondWord::Refuse => Self::Refuse,
        }
    }
}

impl Document for SharedPolicyDocument {
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {}
}

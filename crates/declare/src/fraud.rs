//! Rules against fraud, as people declare them.

use crate::account::{CLASSES_MAX, ClassWord};
use crate::limit::AtMost;
use crate::span::Span;
use crate::written::Written;
use crate::{settings, words};
use postrider_core::numbering::Country;

/// The most countries that a rule names.
const COUNTRIES_MAX: usize = 300;

settings! {
    /// Rules against fraud (traffic pumping). A message that looks like it is refused, or held until an operator releases or cancels it, or
    /// its validity ends. Each account's messages count by themselves.
    pub struct FraudDocument: Default {
        /// A preset, whose limits the other settings here replace. Default: none, only what is set here holds.
        preset: Option<FraudPresetWord> = None;
        /// What becomes of a message that looks like fraud.
        action: FraudActionWord = FraudActionWord::Hold;
        /// The classes that are looked at.
        classes: Vec<ClassWord> = vec![ClassWord::Otp], AtMost(CLASSES_MAX);
        /// The most messages to one number. Default: the preset's, or no limit.
        per_number: Option<VelocityDocument> = None;
        /// The most messages to a range: numbers that differ in their last three digits. Default: the preset's, or no limit.
        per_range: Option<VelocityDocument> = None;
        /// The most messages to a prefix: numbers that differ in their last six digits. Default: the preset's, or no limit.
        per_prefix: Option<VelocityDocument> = None;
        /// The most numbers that follow each other; up to two may be left out between them. Default: the preset's, or no limit.
        sequence: Option<VelocityDocument> = None;
        /// Whether messages to countries are held to which the account has delivered nothing yet, as far as reports go back. A country is
        /// known once a message to it was released. It holds nothing while no country of the account is known. Default: the
        /// preset's, or not.
        new_countries: Option<bool> = None;
        /// Countries (ISO 3166, such as `GB`) that are not new, besides the account's `country`. Default: none.
        countries: Vec<Written<Country>> = Vec::new(), AtMost(COUNTRIES_MAX);
        /// The least share of messages that must convert, by prefix. It holds nothing while no conversion of the account is fed
        /// back. Default: the preset's, or none.
        conversion: Option<ConversionDocument> = None;
    }
}

settings! {
    /// The most messages, or numbers, within a stretch of time.
    pub struct VelocityDocument {
        /// The most.
        most: u32, 1..=1_000_000;
        /// The length of the stretch.
        per: Span = "10m".into(), "1s"..="1d";
    }
}

settings! {
    /// The least share of messages that must convert: whose codes are entered, for example. Messages of the last hour count, less
    /// the newest ten to twenty minutes.
    pub struct ConversionDocument {
        /// The least share, in percent.
        least: u8, 1..=100;
        /// The messages to a prefix from which on the share is looked at.
        of: u32 = 100, 1..=1_000_000;
    }
}

words! {
    /// What becomes of a message that looks like fraud.
    pub enum FraudActionWord {
        /// It is accepted and held, until an operator releases or cancels it.
        Hold = "hold",
        /// It is refused (`fraud_suspected`).
        Refuse = "refuse",
    }
}

words! {
    /// A preset of rules against fraud.
    pub enum FraudPresetWord {
        /// At most 5 messages to a number and 20 to a range in 10 minutes, 1,000 to a prefix in an hour, 10 numbers that follow each
        /// other in 10 minutes; new countries are held, and prefixes where fewer than 10 % of 100 messages convert.
        Standard = "standard",
    }
}

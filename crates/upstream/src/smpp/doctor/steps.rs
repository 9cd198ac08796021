//! The steps of an examination that are SMPP's own.

use postrider_link::doctor::Step;

/// Logging in.
pub(super) const BIND: Step = Step::new("bind");
/// Asking whether the session lives.
pub(super) const ENQUIRE_LINK: Step = Step::new("enquire_link");
/// Logging out.
pub(super) const UNBIND: Step = Step::new("unbind");
/// Handing in a short text.
pub(super) const SEND: Step = Step::new("send");
/// How identifiers are spelled.
pub(super) const IDS: Step = Step::new("ids");
/// How receipts come.
pub(super) const RECEIPTS: Step = Step::new("receipts");
/// How long texts go.
pub(super) const LONG: Step = Step::new("long");
/// What `data_coding` 0 means.
pub(super) const ALPHABET: Step = Step::new("alphabet");
/// How a text is marked that is shown at once.
pub(super) const FLASH: Step = Step::new("flash");
/// How many messages may be unanswered.
pub(super) const WINDOW: Step = Step::new("window");
/// How many messages a second are taken.
pub(super) const RATE: Step = Step::new("rate");

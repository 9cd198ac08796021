//! Alerts: what monitoring tools report is told to whoever is on call, step by step, until somebody acknowledges it.
//!
//! A report is durable before its tool hears of it. What follows from it is decided by functions over documents, and written together:
//! an alert's next step and the texts that it makes are one write, so that a step is never done twice, whatever crashes.

mod acting;
mod calendar;
mod desk;
mod escalation;
mod format;
mod group;
mod numbering;
mod person;
mod receiving;
mod reply;
mod signal;
mod source;
mod state;
mod telling;
#[cfg(test)]
mod tests;
mod texting;
mod watching;
mod wording;

pub use calendar::Shift;
pub use desk::{Alerts, Filter, NotSet};
pub use format::{Format, Unread};
pub use group::{Group, Member, Override, Rotation, Step, WrongGroup};
pub use receiving::{NotReceived, Reception};
pub use source::{Fields, Source, SourceState, WrongSource};
pub use state::{Alert, Entry, State};

//! Runs: the same message to many recipients. A batch has recipients that a program adds; a campaign also takes an audience of
//! contacts, a schedule and a second pair of eyes.
//!
//! Recipients are rows with a place each. A run goes through them in the order of their places and hands messages in, some hundred
//! at a time, under an idempotency key made of the run and the place at which these begin. So whatever is repeated after a crash, by
//! whichever node, finds what was accepted before.

mod audience;
mod checking;
mod chunk;
mod cloning;
mod columns;
mod desk;
mod document;
mod engine;
mod estimate;
mod failing;
mod fallback;
mod hours;
mod launching;
mod making;
mod measuring;
mod networks;
mod opt_outs;
mod personal;
mod restored;
mod sending;
mod telling;
mod test_message;
#[cfg(test)]
mod tests;
mod trial;

pub use desk::{LinkClicks, NewRun, NotDone, Runs};
pub use document::{
    Audience, Failures, NAME_MAX, Outgoing, PER_MINUTE_MAX, Pace, RECIPIENTS_MAX, Run, RunKind, RunState,
    Schedule, TemplateName,
};
pub use estimate::{Estimate, Longest, Price, Saving};
pub use fallback::{AFTER_MAX, AFTER_MIN, Fallback, FallbackOutcome};
pub use hours::{DAILY_CAP_MAX, Forecast, SendingHours, StandsStill, WhyStill};
pub use networks::{NetworkCounts, NetworkName};
pub use personal::Personal;
pub use trial::{CHOOSE_WINNER, Measure, Trial, Variant, VariantResults};

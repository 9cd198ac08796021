//! Runs the core: takes messages in, sends them out, hears of them, tells of them, and does the chores.
//!
//! The engine knows no protocol and no SQL: doors and adapters stand at the counters of
//! [`postrider_core::contract`], and what must survive is handed to its `Store`. All that happens to a
//! delivery passes through one place, the [`ledger`], so that steps are recorded in the order in which
//! they happened.
#![expect(clippy::disallowed_methods, reason = "clocks are still read in many places of this crate")]

mod archive;
mod ask;
mod clock;
mod comings;
mod dispatch;
mod elsewhere;
mod ends;
mod engine;
mod inbox;
mod intake;
mod lane;
pub mod ledger;
mod meters;
mod names;
mod node;
mod notify;
mod tend;

pub use clock::{Clock, SystemClock};
pub use engine::{Engine, Settings, UpstreamView};

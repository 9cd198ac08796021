//! Schedules: messages that are sent again and again, at the times of a cron expression by the clocks of a zone.

mod cron;
mod desk;
mod sending;
mod state;
#[cfg(test)]
mod tests;

pub use desk::{NotScheduled, Request, Schedules};
pub use state::{Occurrence, Schedule, State};

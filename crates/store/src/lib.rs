//! What survives a crash: the store of messages, outcomes, notices and declared resources.
//!
//! [`sqlite`] is the embedded engine, [`postgres`] the one that several nodes share. What every engine must do stands in `conformance`, which is built for tests
//! and with the feature of its name; what the verbs mean stands in [`postrider_core::contract::Store`].
#![expect(clippy::disallowed_methods, reason = "clocks are still read in many places of this crate")]

mod codes;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod copy;
mod damage;
mod decided;
mod limits;
mod parameters;
pub mod postgres;
mod rebuild;
pub mod sqlite;
mod table;
mod verdicts;

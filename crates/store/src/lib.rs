//! The store of messages, outcomes, notices and declared resources: it survives a crash.
//!
//! [`sqlite`] is the embedded engine, [`postgres`] the one that several nodes share. `conformance` says what every engine must
//! do; it is built for tests, and with the feature of its name. [`postrider_core::contract::Store`] says what the verbs mean.

mod app_records;
pub mod audit;
mod clock;
mod codes;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod copy;
mod damage;
mod decided;
mod event_page;
mod limits;
mod media;
mod money;
mod multimedia;
mod number_facts;
mod parameters;
mod person;
pub mod postgres;
mod rebuild;
mod recipients;
mod report;
mod retention;
pub mod sealed;
mod sealing;
mod search;
mod sessions;
mod several;
pub mod sql_outbox;
pub mod sqlite;
mod table;
pub mod vault;
mod verdicts;

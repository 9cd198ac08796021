//! Applications within the gateway: one-time passwords, templates, snippets, contacts, campaigns,
//! batches, short links, appointments, schedules and alerts; and actions on many messages.
//!
//! They hand messages in as any client does, and keep what they know in a store of their own. Without this crate messages still flow.

pub mod action;
pub mod alert;
pub mod appointment;
mod apps;
pub mod authenticator;
pub mod contact;
pub mod csv;
pub mod drop_folder;
pub mod events;
pub mod failed_post;
mod fields;
pub mod following;
mod hearing;
pub mod import;
mod kept;
pub mod link;
mod random;
mod rule_services;
pub mod run;
mod runner;
pub mod schedule;
pub mod sheet;
pub mod snippet;
pub mod sql_outbox;
pub mod template;
#[cfg(test)]
mod testing;
pub mod verification;

pub use apps::{Apps, Parts};

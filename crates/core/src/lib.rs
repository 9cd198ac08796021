//! The decisions of the gateway, as functions over data: no I/O, no clock, no dice, no tasks.
//!
//! The way of a message can be read off the modules: a [`submission`] becomes a [`message`], a
//! [`route`] is found, a [`delivery`] steps from state to state under [`retry`] and [`pace`], what the
//! carrier reports is a [`receipt`], and the client hears of it by a [`notice`]. What the core asks of
//! the world stands in [`contract`].

pub mod account;
pub mod audit;
pub mod automation;
pub mod bind;
pub mod budget;
pub mod carriage;
pub mod cause;
pub mod client_part;
pub mod concatenation;
pub mod consent;
pub mod contract;
pub mod conversation;
pub mod csv;
pub mod dead;
pub mod decision;
pub mod delivery;
pub mod fraud;
pub mod id;
pub mod inbound;
pub mod limit;
pub mod lookup;
pub mod media;
pub mod message;
pub mod money;
pub mod node;
pub mod notice;
pub mod number;
mod numbered_parts;
pub mod numbering;
pub mod numbers;
pub mod pace;
pub mod patience;
pub mod pause;
pub mod policy;
pub mod principal;
pub mod quality;
pub mod quota;
pub mod receipt;
pub mod reconciliation;
pub mod reference;
pub mod report;
pub mod retention;
pub mod retry;
pub mod rewriting;
pub mod route;
pub mod rules;
pub mod selector;
pub mod sender;
pub mod stream;
pub mod submission;
pub mod template;
#[doc(hidden)]
pub mod testing;
pub mod time;
pub mod traffic;
pub mod user;
pub mod ussd;

//! Runs the core: takes messages in, sends them out, hears of them, tells of them, and does the chores.
//!
//! The engine knows no protocol and no SQL: doors and adapters stand at the counters of
//! [`postrider_core::contract`], and what must survive is handed to its `Store`. All that happens to a
//! delivery passes through one place, the `ledger`, so that steps are recorded in the order in which
//! they happened.
//!
//! Decisions are values with time as an argument: a `shelf`, `binds`, `links`, a `lane`, the ledger's book.
//! Tasks move data between these and the world; `engine` starts them, and nothing else knows it.

mod account_queues;
mod account_quotas;
mod archive;
mod arrivals;
mod assembling;
mod automation;
mod backlog;
mod beat;
mod binds;
mod bookkeeping;
mod bulk;
mod chores;
mod clock;
mod collecting;
mod consent;
mod counter;
mod engine;
mod fees;
mod flow;
mod gauges;
mod identifiers;
mod inbound_notices;
mod inbox;
mod inquiries;
mod intake;
mod known_numbers;
mod lane;
mod learned_forms;
mod lease_plan;
mod ledger;
mod limiting;
mod links;
#[doc(hidden)]
pub mod measured;
mod measuring;
mod media;
mod meters;
mod naming;
mod news;
mod outbox;
mod outcome_metrics;
mod peer_links;
mod peer_log;
mod peers;
mod people;
mod quality;
mod replaying;
mod rerouting;
mod resuming;
mod retention;
mod retrying;
mod sender_health;
mod shelf;
mod shelves;
mod store_health;
mod streams;
mod submissions;
#[cfg(test)]
mod testing;
mod traffic;
mod upstreams;
mod usage;
mod window;

pub use clock::{Clock, SystemClock};
pub use engine::{Engine, Settings, UpstreamView};

//! Stories: the real program, a carrier, customers, and one behaviour a file.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic is how a story fails"
)]
#![expect(clippy::disallowed_methods, reason = "stories happen in real time")]

mod alerts;
mod alphabets;
mod applications;
mod appointments;
mod automation;
mod bad_input;
mod bench_configuration;
mod broadcasts;
mod campaigns;
mod cancel_and_schedule;
mod carrier_gone;
mod carrier_mute;
mod carrier_silent;
mod carriers_manners;
mod client_away;
mod client_cut_texts;
mod commands;
mod console;
mod container;
mod conversations;
mod conversion;
#[expect(dead_code, reason = "what this doesn't use, stories of several nodes do")]
mod crowd;
mod crowded_doors;
mod disk_full;
mod doctor;
mod drain;
mod drop_folder;
mod early_receipts;
mod events;
mod examples;
mod fail2ban;
mod familiar_flows;
mod fraud;
#[expect(dead_code, unused_imports, reason = "what stories don't use, judges do, or stories to come")]
mod harness;
mod http_providers;
mod idempotency;
mod inbound;
mod isolation;
mod keys;
mod kill_nine;
mod log_floods;
mod long_messages;
mod metrics;
mod mms;
mod modems;
mod money;
mod older_clients;
mod older_protocols;
mod opt_outs;
mod order_updates;
mod packaging;
mod parameters;
mod privacy;
mod queue;
mod quick_start;
mod refusals;
mod reload;
mod resources;
mod routes;
mod sql_outbox;
mod straight_line;
mod templates;
mod throttling;
mod tls;
mod trace;
mod users;
mod verifications;
mod waiting;
mod webhook_lists;
mod webhook_retries;
mod zoo;

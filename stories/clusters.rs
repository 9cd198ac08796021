//! Stories of several nodes on one PostgreSQL, told with the real program and real clusters, which are made from Debian's
//! package `postgresql` and thrown away.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic is how a story fails"
)]
#![expect(clippy::disallowed_methods, reason = "stories happen in real time")]

mod crowd;
#[expect(dead_code, unused_imports, reason = "what these stories don't use, others do")]
mod harness;

mod clusters {
    mod actions;
    mod balanced;
    mod clock;
    mod company;
    mod cut;
    mod cut_texts;
    mod dump;
    mod failover;
    mod frozen;
    mod house;
    mod hung;
    mod in_doubt;
    mod inbound;
    mod killed;
    mod late;
    mod line;
    mod manual;
    mod menus;
    mod money;
    mod opt_outs;
    mod outage;
    mod rates;
    mod recovery;
    mod rolling;
    mod shared;
    mod superseded;
    mod two_nodes;
    mod waits;
}

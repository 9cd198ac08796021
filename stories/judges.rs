//! Judges: software that others wrote meets the real program, and says whether we speak as the rest of the world does.
//! `./test` installs what they need.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic is how a story fails"
)]
#![expect(clippy::disallowed_methods, reason = "stories happen in real time")]

#[expect(dead_code, unused_imports, reason = "what judges don't use, stories do")]
mod harness;

mod judges {
    mod alerting;
    mod boxes;
    mod brokers;
    mod capture;
    mod console;
    mod contact_files;
    mod contract;
    mod customers;
    mod dissector;
    mod kafka;
    mod kannel;
    mod manners;
    mod mms;
    mod modems;
    mod n8n;
    mod net_smpp;
    mod numbers;
    mod oidc;
    mod older_protocols;
    mod opensmppbox;
    mod providers;
    mod replies;
    mod run;
    mod sampler;
    mod signature;
    mod tools;
    mod trace;
    mod upstream;
    mod wiretap;
}

//! Any octets, played as a script against an SMPP session. What must hold stands beside the crate's tests, which replay
//! the corpus.
#![no_main]

#[path = "../../crates/wire/tests/targets/session.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::script(data));

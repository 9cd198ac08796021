//! The target `session` for cargo-fuzz. `../targets/session.rs` says what must hold.
#![no_main]

#[path = "../targets/session.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::script(data));

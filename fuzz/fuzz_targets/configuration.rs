//! The target `configuration` for cargo-fuzz. `../targets/configuration.rs` says what must hold.
#![no_main]

#[path = "../targets/configuration.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::file(data));

//! The target `modem` for cargo-fuzz. `../targets/modem.rs` says what must hold.
#![no_main]

#[path = "../targets/modem.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::stream(data));

//! The target `ucp` for cargo-fuzz. `../targets/ucp.rs` says what must hold.
#![no_main]

#[path = "../targets/ucp.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::stream(data));

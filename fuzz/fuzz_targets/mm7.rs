//! The target `mm7` for cargo-fuzz. `../targets/mm7.rs` says what must hold.
#![no_main]

#[path = "../targets/mm7.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::body(data));

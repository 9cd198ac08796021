//! The target `cimd2` for cargo-fuzz. `../targets/cimd2.rs` says what must hold.
#![no_main]

#[path = "../targets/cimd2.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::stream(data));

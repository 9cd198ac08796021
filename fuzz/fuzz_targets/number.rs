//! The target `number` for cargo-fuzz. `../targets/number.rs` says what must hold.
#![no_main]

#[path = "../targets/number.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::text(data));

//! The target `pdu` for cargo-fuzz. `../targets/pdu.rs` says what must hold.
#![no_main]

#[path = "../targets/pdu.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::stream(data));

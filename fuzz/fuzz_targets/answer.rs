//! The target `answer` for cargo-fuzz. `../targets/answer.rs` says what must hold.
#![no_main]

#[path = "../targets/answer.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::octets(data));

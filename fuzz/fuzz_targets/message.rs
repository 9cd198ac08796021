//! The target `message` for cargo-fuzz. `../targets/message.rs` says what must hold.
#![no_main]

#[path = "../targets/message.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::body(data));

//! The target `application` for cargo-fuzz. `../targets/application.rs` says what must hold.
#![no_main]

#[path = "../targets/application.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::stream(data));

//! The target `resource` for cargo-fuzz. `../targets/resource.rs` says what must hold.
#![no_main]

#[path = "../targets/resource.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::body(data));

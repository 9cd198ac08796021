//! Any octets, read as a stream of SMPP PDUs. What must hold stands beside the crate's tests, which replay the corpus.
#![no_main]

#[path = "../../crates/wire/tests/targets/pdu.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::stream(data));

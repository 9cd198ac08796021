//! The kept inputs of the fuzz targets, replayed.

use std::fs;
use std::path::Path;

/// Runs `target` on every file kept for it and on every beginning of each.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let octets = fs::read(entry.unwrap().path()).unwrap();
        target(&octets);
        for end in 0..octets.len().min(400) {
            target(&octets[..end]);
        }
        count += 1;
    }
    assert!(count >= 20, "only {count} inputs are kept in {}", folder.display());
}

#[test]
fn pdus() {
    replay("pdu", crate::pdu_target::stream);
}

#[test]
fn sessions() {
    replay("session", crate::session_target::script);
}

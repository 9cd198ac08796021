//! Configuration files: every mistake is found and shown, and none of it panics.

use postrider::fuzzing::mistakes;

/// One file.
pub(crate) fn file(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    for shown in mistakes(text) {
        assert!(shown.starts_with("error: ") || shown.starts_with("warning: "), "{shown}");
        assert!(shown.contains("--> fuzzed.toml:"), "{shown}");
    }
}

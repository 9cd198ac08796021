//! The disk under the data directory.

use metrics::gauge;
use std::io;
use std::path::Path;

/// Sets the metric of free space. If it can't be read, the metric keeps its value: the store reports errors of its disk.
pub(super) fn measure(data: &Path) {
    if let Ok(octets) = free(data) {
        #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
        gauge!("postrider_disk_free_bytes").set(octets as f64);
    }
}

/// Free octets on the file system of `path`, without those reserved for root.
fn free(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_there_has_room_and_one_that_is_not_is_an_error() {
        let place = tempfile::tempdir().unwrap();
        assert!(free(place.path()).unwrap() > 0);
        assert_eq!(free(&place.path().join("gone")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

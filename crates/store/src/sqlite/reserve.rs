//! The reserve: a file that only takes room, and gives it up when the disk is full. So what is under way can still be
//! recorded, and the write-ahead log can be carried over into the database, which takes room before it frees any.

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The reserve's file in the store's directory.
pub(super) const RESERVE: &str = "postrider.reserve";
/// The share of the disk that the reserve takes, one in so many.
const SHARE: u64 = 16;
/// The smallest reserve, in octets.
const SMALLEST: u64 = 1 << 20;

/// The room that is kept free for an emergency.
pub(super) struct Reserve {
    path: PathBuf,
    octets: u64,
}

impl Reserve {
    /// The reserve of this directory, at most `most` octets. It is not made yet.
    pub(super) fn of(directory: &Path, most: u64) -> Self {
        let octets = total(directory).map_or(SMALLEST, |total| (total / SHARE).max(SMALLEST)).min(most);
        Self { path: directory.join(RESERVE), octets }
    }

    /// Its size in octets.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    /// Octets that must be free before it is made: itself, and a quarter of that to work with.
    pub(super) fn needed(&self) -> u64 {
        self.octets + self.octets / 4
    }

    /// Free octets on its disk.
    pub(super) fn free(&self) -> io::Result<u64> {
        let disk = statvfs(self.path.parent().unwrap_or(Path::new(".")))?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Makes it if it isn't there.
    ///
    /// # Errors
    /// When the disk has not the room, or the file can't be written.
    pub(super) fn make(&self) -> io::Result<()> {
        if std::fs::metadata(&self.path).is_ok_and(|file| file.len() == self.octets) {
            return Ok(());
        }
        if self.free()? < self.needed() {
            return Err(ErrorKind::StorageFull.into());
        }
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.path)?;
        let made = take_room(&file, self.octets);
        if made.is_err() {
            self.give_up();
        }
        made
    }

    /// Gives up its room. Returns whether there was any.
    pub(super) fn give_up(&self) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }
}

fn take_room(mut file: &File, octets: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, octets) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
        result => return result.map_err(io::Error::from),
    }
    // A file system that can't take room without octets gets them.
    let block = vec![0x5A; 1 << 16];
    let mut left = octets;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
        file.write_all(block.get(..part).unwrap_or_default())?;
        left -= part as u64;
    }
    file.sync_all()
}

/// Octets of the disk under a path.
fn total(path: &Path) -> Option<u64> {
    let disk = statvfs(path).ok()?;
    Some(disk.f_blocks.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_taken_given_up_and_taken_again() {
        let directory = tempfile::tempdir().unwrap();
        let reserve = Reserve::of(directory.path(), 2 << 20);
        let taken = || {
            use std::os::unix::fs::MetadataExt;
            std::fs::metadata(directory.path().join(RESERVE)).map(|file| file.blocks() * 512).ok()
        };
        for _ in 0..2 {
            reserve.make().unwrap();
            reserve.make().unwrap();
            assert!(taken() >= Some(2 << 20));
            assert!(reserve.give_up() && !reserve.give_up());
            assert_eq!(taken(), None);
        }
        let endless = Reserve { octets: u64::MAX / 4, ..reserve };
        assert_eq!(endless.make().unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(taken(), None);
    }
}

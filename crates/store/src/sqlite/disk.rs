//! The disk under the database: whether it has room, and whether the files are still those that were opened.
//!
//! When a write finds the disk full, the reserve is given up and the write-ahead log is carried over. From then on what is
//! under way is recorded in the room of the reserve, and new messages are refused, until there is room for a reserve again.

use super::error::is_full;
use super::open::DATABASE;
use super::reserve::Reserve;
use crate::clock;
use postrider_core::contract::StoreError;
use rusqlite::Connection;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Octets of a page of the database.
const PAGE: u64 = 4096;
/// Pages of the write-ahead log after which a commit carries them over into the database.
const CHECKPOINT_PAGES: u64 = 20_000;
/// Octets that the write-ahead log keeps when it has been carried over.
const LOG_KEPT: u64 = 128 << 20;
/// Pages of the write-ahead log at least, before a commit carries them over.
const CHECKPOINT_LEAST: u64 = 256;

/// The disk, as the writer knows it.
pub(super) struct Disk {
    reserve: Reserve,
    files: Vec<Identified>,
    /// How often it is looked at.
    every: Duration,
    looked: Instant,
    standing: Standing,
    /// Whether it stands otherwise than fine, for whoever doesn't wait for the writer.
    troubled: Arc<AtomicBool>,
}

/// Whether the disk can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Fine,
    /// The last write failed, for another reason than these.
    Failing,
    /// The disk is full: what needs room is refused.
    Full(String),
    /// A file was taken away: everything is refused.
    Gone(String),
}

/// A file that was opened.
struct Identified {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Disk {
    /// The disk under a database that was opened just now. Its write-ahead log is kept smaller than the reserve.
    pub(super) fn under(
        directory: &Path,
        connection: &Connection,
        reserve_max: u64,
        every: Duration,
    ) -> rusqlite::Result<Self> {
        let reserve = Reserve::of(directory, reserve_max);
        let pages = (reserve.octets() / PAGE).clamp(CHECKPOINT_LEAST, CHECKPOINT_PAGES);
        let kept = LOG_KEPT.min(reserve.octets() * 3 / 2);
        connection.execute_batch(&format!(
            "PRAGMA wal_autocheckpoint = {pages}; PRAGMA journal_size_limit = {kept};"
        ))?;
        let files = ["", "-wal"]
            .iter()
            .filter_map(|suffix| Identified::of(directory.join(format!("{DATABASE}{suffix}"))));
        let files = files.collect();
        let mut disk = Self {
            reserve,
            files,
            every,
            looked: clock::moment(),
            standing: Standing::Fine,
            troubled: Arc::default(),
        };
        disk.restore_reserve();
        Ok(disk)
    }

    /// Whether writes fail, or failed when one was last tried.
    pub(super) fn troubled(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.troubled)
    }

    /// Looks at the disk, if it was not looked at just now.
    pub(super) fn look(&mut self, connection: &Connection) {
        let now = clock::moment();
        if now.duration_since(self.looked) < self.every {
            return;
        }
        self.looked = now;
        if let Some(file) = self.files.iter().find(|file| !file.is_there()) {
            self.standing = Standing::Gone(format!(
                "{} was removed or replaced while the gateway runs: put it back, or restart the gateway with the \
                 directory that holds the store",
                file.path.display()
            ));
            self.troubled.store(true, Ordering::Relaxed);
            return;
        }
        if matches!(self.standing, Standing::Full(_) | Standing::Gone(_)) {
            // The log first: it may be what takes the room.
            carry_over(connection);
            self.restore_reserve();
        }
    }

    /// Why a write is refused without trying it; `needs_room` for one that can wait.
    pub(super) fn refusal(&self, needs_room: bool) -> Option<StoreError> {
        match &self.standing {
            Standing::Gone(why) => Some(StoreError::Unavailable(why.clone())),
            Standing::Full(why) if needs_room => Some(StoreError::Unavailable(why.clone())),
            _ => None,
        }
    }

    /// Takes note of what came of a write.
    pub(super) fn wrote(&mut self, outcome: Result<(), &rusqlite::Error>) {
        match (&self.standing, outcome) {
            (Standing::Fine, Err(_)) => self.standing = Standing::Failing,
            (Standing::Failing, Ok(())) => self.standing = Standing::Fine,
            _ => {}
        }
        self.troubled.store(self.standing != Standing::Fine, Ordering::Relaxed);
    }

    /// Gives up the reserve if this error says that the disk is full. Returns whether that makes another try worthwhile.
    pub(super) fn relieve(&mut self, connection: &Connection, error: &rusqlite::Error) -> bool {
        if matches!(self.standing, Standing::Full(_) | Standing::Gone(_)) || !is_full(error) {
            return false;
        }
        self.reserve.give_up();
        carry_over(connection);
        self.looked = clock::moment();
        self.standing = Standing::Full(self.fullness());
        self.troubled.store(true, Ordering::Relaxed);
        true
    }

    fn restore_reserve(&mut self) {
        self.standing = match self.reserve.make() {
            Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                Standing::Full(self.fullness())
            }
            // A directory in which the store can be written and this file can't: there is no reserve then.
            _ => Standing::Fine,
        };
        self.troubled.store(self.standing != Standing::Fine, Ordering::Relaxed);
    }

    fn fullness(&self) -> String {
        let free = self.reserve.free().map_or_else(|error| error.to_string(), mebibytes);
        format!(
            "the disk is full: {free} are free, and new messages need {}; make room on the disk of node.data",
            mebibytes(self.reserve.needed())
        )
    }
}

impl Identified {
    fn of(path: PathBuf) -> Option<Self> {
        let file = std::fs::metadata(&path).ok()?;
        Some(Self { device: file.dev(), inode: file.ino(), path })
    }

    /// Whether the path still leads to the file.
    fn is_there(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|file| file.dev() == self.device && file.ino() == self.inode)
    }
}

/// Carries the write-ahead log over into the database and empties it, as far as that is possible.
fn carry_over(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    tracing::debug!(?done, "the write-ahead log was carried over");
}

fn mebibytes(octets: u64) -> String {
    format!("{} MiB", octets >> 20)
}

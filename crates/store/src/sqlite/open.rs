//! Opening the store's directory: one process at a time, files that only their owner reads, connections set
//! up for safety. What the database holds is for [`super::schema`].

use super::error::is_full;
use super::foreign;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's file in the store's directory.
pub const DATABASE: &str = "postrider.db";
/// The file that says which process has the store open.
pub(super) const LOCK: &str = "postrider.lock";

/// Compiled statements that a connection keeps: more than the verbs have.
const STATEMENTS_KEPT: usize = 64;

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it can't be made or opened.
    #[error("can't open {path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error("the store in {directory} is in use by another process ({holder}); one at a time may open it")]
    InUse {
        /// The store's directory.
        directory: PathBuf,
        /// The process that has it, as far as it says.
        holder: String,
    },
    /// The file is no store.
    #[error("{path} is not a message store: {what}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// It was written by a later version of the program.
    #[error(
        "the database has schema {found}, this program knows schemas up to {known}: it was written by a later \
         version; use that version, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The schema's number in the database.
        found: u32,
        /// The last one that this program knows.
        known: u32,
    },
    /// A migration failed; the database is as it was before it.
    #[error("can't bring the database to schema {to}: {source}")]
    Migration {
        /// The schema that it was to have.
        to: u32,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The database can't be read or set up.
    #[error("can't open the database in {directory}: {source}")]
    Database {
        /// The store's directory.
        directory: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file system can't share memory between connections, as a network's often can't.
    #[error("the database in {directory} can't keep a write-ahead log there; put the store on a local disk")]
    NoLog {
        /// The store's directory.
        directory: PathBuf,
    },
    /// The disk has no room for what a start writes.
    #[error("the disk that holds {directory} is full")]
    Full {
        /// The store's directory.
        directory: PathBuf,
    },
    /// The thread that writes can't be started.
    #[error("can't start the store's thread: {0}")]
    Thread(std::io::Error),
}

impl OpenError {
    /// Whether the database is damaged.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Migration { source, .. } | Self::Database { source, .. } => {
                source.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
            }
            _ => false,
        }
    }

    /// Whether it is for want of room on the disk.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::File { source, .. } => {
                matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            }
            Self::Migration { source, .. } | Self::Database { source, .. } => is_full(source),
            _ => false,
        }
    }
}

/// The locks of a process that has the store open. They hold until it is dropped, which must be after all connections are
/// closed: the system forgets what SQLite has locked of a file when any descriptor of it is closed.
#[derive(Debug)]
pub(super) struct Lock {
    /// The database itself, by whatever name it was opened: it can't be removed and made anew as the other file can.
    _database: File,
    /// The file that says which process it is.
    _holder: File,
}

/// Makes the directory and the database's file if they are not there, and locks them. SQLite would make a file that is readable
/// to all; the log beside it takes over its mode.
pub(super) fn lock(directory: &Path) -> Result<Lock, OpenError> {
    make(directory)?;
    let database = locked(directory, DATABASE)?;
    Ok(Lock { _holder: lock_directory(directory)?, _database: database })
}

/// Makes the directory if it is not there, and locks it, whether it has a database or not.
pub(super) fn lock_directory(directory: &Path) -> Result<File, OpenError> {
    make(directory)?;
    let mut holder = locked(directory, LOCK)?;
    let words = format!("process {}\n", std::process::id());
    holder
        .set_len(0)
        .and_then(|()| holder.rewind())
        .and_then(|()| holder.write_all(words.as_bytes()))
        .map_err(failed(&directory.join(LOCK)))?;
    Ok(holder)
}

fn make(directory: &Path) -> Result<(), OpenError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed(directory))
}

/// Opens a file of the directory, made if need be, and locks it, whatever other names it has. This lock (`flock`) and those of
/// SQLite (`fcntl`) know nothing of each other.
fn locked(directory: &Path, name: &str) -> Result<File, OpenError> {
    let path = directory.join(name);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(in_use(directory)),
        Err(TryLockError::Error(source)) => Err(failed(&path)(source)),
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::File { path: path.clone(), source }
}

fn in_use(directory: &Path) -> OpenError {
    let mut holder = String::new();
    // Best effort: the process may not have written its number yet, or the file may have been removed.
    let read = File::open(directory.join(LOCK)).and_then(|file| file.take(64).read_to_string(&mut holder));
    let holder = match (read, holder.trim()) {
        (Ok(_), known) if !known.is_empty() => known.to_owned(),
        _ => "unknown".to_owned(),
    };
    OpenError::InUse { directory: directory.to_owned(), holder }
}

/// The connection that writes: a commit returns when it is on the disk.
pub(super) fn writing(directory: &Path, cache_mib: u32) -> Result<Connection, OpenError> {
    let failed = |source| foreign::unreadable(directory, source);
    let connection = connect(directory, OpenFlags::SQLITE_OPEN_READ_WRITE, cache_mib).map_err(failed)?;
    foreign::refuse(&connection, directory)?;
    let mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(OpenError::NoLog { directory: directory.to_owned() });
    }
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = FAST;")
        .map_err(failed)?;
    Ok(connection)
}

/// A connection that reads what was committed.
pub(super) fn reading(directory: &Path, cache_mib: u32) -> rusqlite::Result<Connection> {
    let connection = connect(directory, OpenFlags::SQLITE_OPEN_READ_ONLY, cache_mib)?;
    // The writer may hold a reader up for a moment when the log starts anew.
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// The one connection of a database in memory.
pub(super) fn in_memory() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    stay_with_plans(&connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Has statements keep the plans that they were compiled with. Otherwise SQLite compiles a statement anew when values are
/// bound that its statistics might know of, and these databases have no statistics.
fn stay_with_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn connect(directory: &Path, access: OpenFlags, cache_mib: u32) -> rusqlite::Result<Connection> {
    // Each connection is used by one thread at a time, and needs no lock of its own.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.join(DATABASE), flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    stay_with_plans(&connection)?;
    let cache = u64::from(cache_mib) * 1024;
    connection.execute_batch(&format!("PRAGMA cache_size = -{cache}; PRAGMA temp_store = MEMORY;"))?;
    Ok(connection)
}

//! Copies of the whole store as one file, made while the gateway runs, and their way back.

use super::open::{self, DATABASE, OpenError};
use super::seal;
use rusqlite::{Connection, OpenFlags, Result as Sql};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The contents of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Messages.
    pub messages: u64,
    /// Of them, those that were still to be sent.
    pub queued: u64,
    /// Receipts waited for.
    pub awaited: u64,
    /// Octets of the file.
    pub octets: u64,
}

/// Why no copy was made, or none taken back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no store, or no copy, where one was named.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// This user may not read the file, or a directory above it.
    #[error("can't read {0}: permission denied")]
    Denied(PathBuf),
    /// A file is there that would be overwritten.
    #[error("{0} is there already; nothing is overwritten")]
    Exists(PathBuf),
    /// The copy is not whole.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The copy.
        path: PathBuf,
        /// SQLite's finding.
        what: String,
    },
    /// The store itself is not whole.
    #[error("{path} is damaged: {what}")]
    DamagedStore {
        /// The database.
        path: PathBuf,
        /// SQLite's finding.
        what: String,
    },
    /// It is a database of something else.
    #[error("{0} is no copy of a message store: {1}")]
    Foreign(PathBuf, rusqlite::Error),
    /// SQLite can't read or write it.
    #[error("can't copy {path}: {source}")]
    Database {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A file can't be made or read.
    #[error("can't write {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The place to which a copy is taken back can't be used.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl BackupError {
    /// Advice, where the error itself has none.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Missing(path) if path.ends_with(DATABASE) => Some(
                "name the store's directory with `--data DIR`; a database that nodes share is backed up with PostgreSQL's \
                 own tools",
            ),
            Self::Exists(path) if path.ends_with(DATABASE) => {
                Some("name a directory that has no store, or move this one away")
            }
            Self::Exists(_) => Some("name a new file, such as postrider-$(date +%F).db"),
            Self::Denied(_) => Some(
                "run this as the user that the gateway runs as, for example `sudo -u postrider postrider backup ...`, or as root",
            ),
            Self::DamagedStore { .. } => Some(
                "stop the gateway, move the database away, and bring back a backup: `postrider restore FILE --data DIR`",
            ),
            Self::Damaged { .. } => Some("take an older copy"),
            _ => None,
        }
    }
}

/// Copies the store in `directory`, as it is at one moment, to the new file `copy`, and verifies the copy. The gateway
/// may run meanwhile; its write-ahead log grows until the copy is made. Blocks for as long as it takes.
///
/// # Errors
/// When there is no store, when `copy` is there already, and when it can't be written or isn't whole.
pub fn back_up(directory: &Path, copy: &Path) -> Result<Contents, BackupError> {
    let database = directory.join(DATABASE);
    look(&database)?;
    let partial = partial(copy);
    create(copy, &partial)?;
    // From here on what is half made is taken away again.
    let made = write(directory, &partial).and_then(|()| {
        seal::set(&partial).map_err(|source| BackupError::File { path: partial.clone(), source })?;
        let contents = verify(&partial)?;
        settle(&partial, copy)?;
        Ok(contents)
    });
    if made.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    made
}

/// The size of a file that is there and may be read, in octets.
fn look(path: &Path) -> Result<u64, BackupError> {
    let found = std::fs::File::open(path).and_then(|file| file.metadata());
    match found {
        Ok(found) if found.is_file() => Ok(found.len()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(BackupError::Denied(path.to_owned()))
        }
        _ => Err(BackupError::Missing(path.to_owned())),
    }
}

/// Looks whether a copy is whole, and says what it holds. Blocks for as long as it takes.
///
/// # Errors
/// When it isn't there, or isn't whole.
pub fn verify(copy: &Path) -> Result<Contents, BackupError> {
    let octets = look(copy)?;
    let damaged = |what: String| BackupError::Damaged { path: copy.to_owned(), what };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags).map_err(|error| damaged(error.to_string()))?;
    let found: Sql<String> = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
    match found {
        Ok(found) if found == "ok" => {}
        Ok(found) => return Err(damaged(found)),
        Err(error) => return Err(damaged(error.to_string())),
    }
    // SQLite looks at what holds the file together, and not at texts and numbers.
    if !seal::is_whole(copy).map_err(|error| damaged(error.to_string()))? {
        return Err(damaged("it is not as it was written".into()));
    }
    let count = |table: &str| -> Result<u64, BackupError> {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: Sql<i64> = connection.query_row(&sql, [], |row| row.get(0));
        Ok(count.map_err(|error| BackupError::Foreign(copy.to_owned(), error))?.unsigned_abs())
    };
    Ok(Contents { messages: count("message")?, queued: count("queue")?, awaited: count("waiting")?, octets })
}

/// Makes a store of a copy, in a directory that has none. What was queued may have been sent after the copy was made,
/// and is marked so. The store is marked as restored, so that campaigns pause. Blocks for as long as it takes.
///
/// # Errors
/// When the copy isn't whole, when the directory has a store, or a gateway uses it.
pub fn restore(copy: &Path, directory: &Path) -> Result<Contents, BackupError> {
    let contents = verify(copy)?;
    let _lock = open::lock_directory(directory)?;
    let database = directory.join(DATABASE);
    let partial = partial(&database);
    create(&database, &partial)?;
    let failed = |source| BackupError::File { path: partial.clone(), source };
    std::fs::copy(copy, &partial).map_err(failed)?;
    let connection = Connection::open(&partial)
        .map_err(|source| BackupError::Database { path: partial.clone(), source })?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA application_id = 0; UPDATE queue SET possible_duplicate = 1, owner = min(owner, 0); \
             UPDATE notice SET owner = min(owner, 0); \
             INSERT INTO app_record (account, kind, id, version, document) VALUES (0, 'restored', '', 1, '{}') \
             ON CONFLICT DO NOTHING")
        .map_err(|source| BackupError::Database { path: partial.clone(), source })?;
    drop(connection);
    settle(&partial, &database)?;
    Ok(contents)
}

/// The name under which a file is made, until it is whole.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Makes the file that only its owner reads, if nothing of the final name is there.
fn create(target: &Path, partial: &Path) -> Result<(), BackupError> {
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(partial);
    made.map(drop).map_err(|source| BackupError::File { path: partial.to_owned(), source })
}

/// `VACUUM INTO` reads as of one moment, however long it takes and whatever is written meanwhile; SQLite's backup would
/// begin anew with each transaction of the gateway.
fn write(directory: &Path, partial: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::Database { path: directory.join(DATABASE), source };
    let connection = open::reading(directory, 8).map_err(failed)?;
    connection.execute("VACUUM INTO ?1", [partial.to_string_lossy()]).map_err(failed)?;
    Ok(())
}

/// Brings the file to the disk and gives it its name.
fn settle(partial: &Path, target: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::File { path: target.to_owned(), source };
    File::open(partial).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(partial, target).map_err(failed)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

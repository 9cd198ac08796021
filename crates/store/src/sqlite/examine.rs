//! Examination of a database: a short look after it was opened, and a whole one by a command.

use super::backup::BackupError;
use super::open::{self, DATABASE, LOCK};
use super::reserve::RESERVE;
use crate::clock;
use rusqlite::{Connection, ErrorCode, Result};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How long the look after a start may take. Of a large database it sees a part only.
const LOOK: Duration = Duration::from_secs(2);
/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;

/// The fault of a directory that was used before, but whose database is missing or empty. It is asked for before the
/// database is made.
pub(super) fn loss(directory: &Path) -> Option<&'static str> {
    let length = |name: &str| std::fs::metadata(directory.join(name)).ok().map(|file| file.len());
    let was_used = [LOCK, RESERVE].iter().any(|name| length(name).is_some());
    match length(DATABASE) {
        None if was_used => Some("missing"),
        Some(0) if was_used => Some("empty"),
        _ => None,
    }
}

/// Has the log tell of a lost database.
pub(super) fn tell_of_loss(directory: &Path, fault: &str) {
    let path = directory.join(DATABASE);
    tracing::error!(
        path = %path.display(),
        "the database is {fault}, though its directory was used before: the gateway begins with an empty one. If there were \
         messages, stop the gateway, move this database away, and bring back a backup: `postrider restore FILE --data DIR`"
    );
}

/// A look at a database that is in use. It runs on a thread of its own, so that a start doesn't wait for it, and ends when
/// this is dropped.
#[derive(Debug)]
pub(super) struct Look {
    ended: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Look {
    /// Begins to look at the database in `directory`, and has the log tell of damage.
    pub(super) fn begin(directory: &Path) -> io::Result<Self> {
        let (directory, ended) = (directory.to_owned(), Arc::new(AtomicBool::new(false)));
        let end = Arc::clone(&ended);
        let thread = Builder::new().name("store-look".into()).spawn(move || look(&directory, &end))?;
        Ok(Self { ended, thread: Mutex::new(Some(thread)) })
    }

    /// Ends it, after which the database isn't open here any more.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the look at the database had panicked");
        }
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.end();
    }
}

fn look(directory: &Path, ended: &Arc<AtomicBool>) {
    if let Some(found) = glance(directory, ended) {
        tracing::error!(
            path = %directory.join(DATABASE).display(),
            found,
            "the database is damaged; the gateway goes on with what can be read. Examine all of it with `postrider store \
             check`, and bring back a backup: stop the gateway, move the database away, `postrider restore FILE --data DIR`"
        );
    }
}

/// The first fault that is found within [`LOOK`].
fn glance(directory: &Path, ended: &Arc<AtomicBool>) -> Option<String> {
    let (until, ended) = (clock::moment() + LOOK, Arc::clone(ended));
    let stop = move || ended.load(Ordering::Relaxed) || clock::moment() >= until;
    let found = open::reading(directory, 1).and_then(|mut connection| {
        connection.progress_handler(STEPS, Some(stop))?;
        // Pages first, then what indexes say of tables.
        let found = first_fault(&connection, "quick_check")?;
        found.map_or_else(|| first_fault(&connection, "integrity_check"), |it| Ok(Some(it)))
    });
    match found {
        Ok(found) => found,
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => None,
        Err(error) => Some(error.to_string()),
    }
}

fn first_fault(connection: &Connection, check: &str) -> Result<Option<String>> {
    let found: String = connection.query_row(&format!("PRAGMA {check}(1)"), [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// Examines the whole database in `directory`, also while a gateway uses it. Blocks for as long as it takes.
///
/// # Errors
/// When there is none, when it can't be read, and when it is damaged.
pub fn check(directory: &Path) -> std::result::Result<(), BackupError> {
    let path = directory.join(DATABASE);
    if !path.exists() {
        return Err(BackupError::Missing(path));
    }
    let fault =
        open::reading(directory, 8).and_then(|connection| first_fault(&connection, "integrity_check"));
    match fault {
        Ok(None) => Ok(()),
        Ok(Some(what)) => Err(BackupError::DamagedStore { path, what }),
        Err(error) => Err(BackupError::DamagedStore { path, what: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{Settings, Sqlite};

    #[test]
    fn a_lost_database_is_told_from_a_new_directory() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        assert_eq!(loss(directory), None);
        drop(Sqlite::open(directory, Settings::default()).unwrap());
        assert_eq!(loss(directory), None);
        std::fs::write(directory.join(DATABASE), "").unwrap();
        assert_eq!(loss(directory), Some("empty"));
        std::fs::remove_file(directory.join(DATABASE)).unwrap();
        assert_eq!(loss(directory), Some("missing"));
    }

    #[test]
    fn a_look_finds_damage_and_can_be_ended() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        drop(Sqlite::open(directory, Settings::default()).unwrap());
        let going = Arc::new(AtomicBool::new(false));
        assert_eq!(glance(directory, &going), None);
        damage(directory);
        assert!(glance(directory, &going).is_some());
        let look = Look::begin(directory).unwrap();
        look.end();
        assert_eq!(Arc::strong_count(&look.ended), 1, "its thread is gone");
    }

    /// Spoils octets of every page but the first.
    fn damage(directory: &Path) {
        let path = directory.join(DATABASE);
        let mut octets = std::fs::read(&path).unwrap();
        for place in (4_096..octets.len()).step_by(509) {
            octets[place] ^= 0xFF;
        }
        std::fs::write(&path, octets).unwrap();
    }

    #[test]
    fn a_whole_database_passes_and_a_damaged_one_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        assert!(matches!(check(directory), Err(BackupError::Missing(_))));
        drop(Sqlite::open(directory, Settings::default()).unwrap());
        check(directory).unwrap();
        damage(directory);
        let error = check(directory).unwrap_err();
        assert!(matches!(error, BackupError::DamagedStore { .. }), "{error}");
        assert!(error.help().unwrap().contains("postrider restore"));
    }
}

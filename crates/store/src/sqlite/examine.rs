//! Examination of a database: a short look when it is opened, and a whole one by a command.

use super::backup::BackupError;
use super::open::{self, DATABASE, LOCK};
use super::reserve::RESERVE;
use crate::clock;
use rusqlite::{Connection, ErrorCode, Result};
use std::path::Path;
use std::time::Duration;

/// How long the look at the start may take. Of a large database it sees a part only.
const LOOK: Duration = Duration::from_secs(1);
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

/// Looks at a database for a moment, and has the log tell of damage.
pub(super) fn look(connection: &mut Connection, directory: &Path) -> Result<()> {
    let until = clock::moment() + LOOK;
    connection.progress_handler(STEPS, Some(move || clock::moment() >= until))?;
    // Pages first, then what indexes say of tables.
    let found = first_fault(connection, "quick_check").and_then(|found| {
        found.map_or_else(|| first_fault(connection, "integrity_check"), |it| Ok(Some(it)))
    });
    connection.progress_handler(0, None::<fn() -> bool>)?;
    let found = match found {
        Ok(found) => found,
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => None,
        Err(error) => Some(error.to_string()),
    };
    if let Some(found) = found {
        tracing::error!(
            path = %directory.join(DATABASE).display(),
            found,
            "the database is damaged; the gateway goes on with what can be read. Examine all of it with `postrider store \
             check`, and bring back a backup: stop the gateway, move the database away, `postrider restore FILE --data DIR`"
        );
    }
    Ok(())
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
    fn a_whole_database_passes_and_a_damaged_one_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        assert!(matches!(check(directory), Err(BackupError::Missing(_))));
        drop(Sqlite::open(directory, Settings::default()).unwrap());
        check(directory).unwrap();
        let path = directory.join(DATABASE);
        let mut octets = std::fs::read(&path).unwrap();
        for place in (4_096..octets.len()).step_by(509) {
            octets[place] ^= 0xFF;
        }
        std::fs::write(&path, octets).unwrap();
        let error = check(directory).unwrap_err();
        assert!(matches!(error, BackupError::DamagedStore { .. }), "{error}");
        assert!(error.help().unwrap().contains("postrider restore"));
    }
}

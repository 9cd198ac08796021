//! The files that the store lies in, and who may open them.

use super::{Directory, Sql};
use crate::sqlite::{DATABASE, OpenError, Settings, Sqlite};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn a_second_process_is_told_who_has_the_store() {
    let directory = Directory::new();
    let first = directory.sqlite();
    let Err(error) = Sqlite::open(directory.0.path(), Settings::default()) else { panic!("it opened twice") };
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    directory.sqlite();
}

/// The lock is on the database itself, whatever becomes of names.
#[tokio::test]
async fn no_other_name_lets_a_second_process_in() {
    let directory = Directory::new();
    let first = directory.sqlite();
    let path = |name: &str| directory.0.path().join(name);
    std::fs::remove_file(path("postrider.lock")).unwrap();
    for name in ["linked", "pointed", "renamed"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    std::fs::hard_link(path(DATABASE), path("linked").join(DATABASE)).unwrap();
    std::os::unix::fs::symlink(path(DATABASE), path("pointed").join(DATABASE)).unwrap();
    std::os::unix::fs::symlink(directory.0.path(), path("whole")).unwrap();
    for name in [".", "linked", "pointed", "whole"] {
        let Err(error) = Sqlite::open(&path(name), Settings::default()) else { panic!("{name} opened") };
        assert!(matches!(error, OpenError::InUse { .. }), "{name}: {error}");
    }
    std::fs::rename(path(DATABASE), path("renamed").join(DATABASE)).unwrap();
    assert!(matches!(Sqlite::open(&path("renamed"), Settings::default()), Err(OpenError::InUse { .. })));
    drop(first);
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let directory = Directory::new();
    directory.sqlite().write(Sql("PRAGMA user_version = 99")).await.unwrap();
    let Err(error) = Sqlite::open(directory.0.path(), Settings::default()) else { panic!("it opened") };
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn a_database_of_another_program_is_left_as_it_is() {
    for (version, table) in [(0, "bookmarks"), (7, "message")] {
        let directory = Directory::new();
        let path = directory.0.path().join(DATABASE);
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch(&format!("CREATE TABLE {table} (x); PRAGMA user_version = {version}")).unwrap();
        drop(other);
        let before = std::fs::read(&path).unwrap();
        let Err(error) = Sqlite::open(directory.0.path(), Settings::default()) else { panic!("it opened") };
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
        assert!(error.to_string().contains(&format!("it has the table \"{table}\"")), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "it was written to");
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let directory = Directory::new();
    std::fs::write(directory.0.path().join(DATABASE), vec![b'x'; 8192]).unwrap();
    let Err(error) = Sqlite::open(directory.0.path(), Settings::default()) else { panic!("it opened") };
    assert!(error.to_string().ends_with("is not a message store: it is no SQLite database"), "{error}");
    let beneath_a_file = directory.0.path().join(DATABASE).join("store");
    assert!(matches!(Sqlite::open(&beneath_a_file, Settings::default()), Err(OpenError::File { .. })));
}

#[tokio::test]
async fn only_the_owner_reads_the_files() {
    let directory = Directory::new();
    let inner = directory.0.path().join("made/when/opened");
    let _store = Sqlite::open(&inner, Settings::default()).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    let mut files = 0;
    for file in std::fs::read_dir(&inner).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 3, "database, log and lock");
}

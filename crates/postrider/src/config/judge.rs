//! Judges what a file declares as a whole, by the very code that puts it in force: over an empty store that is
//! thrown away.

use super::Examined;
use crate::failure::Failure;
use postrider_declare::{Registry, RegistryError};
use postrider_store::sqlite::{Settings, Sqlite};
use tracing::subscriber::{NoSubscriber, with_default};

/// Adds to `examined` what is wrong with what it declares. What is declared elsewhere does not count, so that a
/// file is right or wrong by itself.
pub(super) async fn judge(examined: &mut Examined) -> Result<(), Failure> {
    let Some(documents) = examined.documents().cloned() else { return Ok(()) };
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("can't check what is declared: {error}"))
            .help("the directory for temporary files must be writable; TMPDIR names another one")
    };
    let directory = tempfile::tempdir().map_err(|error| failed(&error))?;
    // What this store says of itself belongs in nobody's logs.
    let store = with_default(NoSubscriber::new(), || Sqlite::open(directory.path(), Settings::default()))
        .map_err(|error| failed(&error))?;
    match Registry::open(store, documents).await {
        Ok(_) => Ok(()),
        Err(RegistryError::Mistakes(mistakes)) => {
            examined.reject(&mistakes);
            Ok(())
        }
        Err(error) => Err(failed(&error)),
    }
}

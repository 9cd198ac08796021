//! `postrider backup` and `postrider restore`: backups of an embedded store.

use crate::failure::Failure;
use crate::terminal::{self, Style, paint};
use postrider_store::sqlite::{self, BackupError, Contents};
use std::path::PathBuf;

const BACKUP_HELP: &str = "\
The backup is the store at one moment, in one file; the gateway may run meanwhile. The backup is
verified and sealed, so that `--verify` detects damage later. It holds texts, numbers and secrets,
which are not encrypted: protect it as you protect those.
Back up a gateway on PostgreSQL with PostgreSQL's own tools.

Examples:
  postrider backup --data /var/lib/postrider /backup/postrider-$(date +%F).db
  postrider backup --verify /backup/postrider-2026-11-22.db

Exit codes:
  0  written, or complete
  1  it could not be written, or is damaged
  2  wrong usage; nothing was done";

const RESTORE_HELP: &str = "\
The directory must have no store, and no gateway may use it. Messages that were queued at the time
of the backup may have been sent since: they are sent again, marked as possible duplicates, unless
they have expired. Campaigns, batches and broadcasts that ran or waited for their time are paused at
the next start: whom they wrote to since the backup, they may write to again when they are resumed.

Example:
  postrider restore /backup/postrider-2026-11-22.db --data /var/lib/postrider

Exit codes:
  0  done
  1  it failed; nothing was changed
  2  wrong usage; nothing was done";

/// Back up the message store to a file, also while the gateway runs.
#[derive(Debug, clap::Args)]
#[command(after_help = BACKUP_HELP)]
pub(crate) struct BackupArgs {
    /// The file to write; it must not exist yet
    file: PathBuf,
    /// The directory of the message store
    #[arg(long, value_name = "DIR", default_value = "postrider-data")]
    data: PathBuf,
    /// Write nothing; check that the file is a complete backup, and show what it holds
    #[arg(long, conflicts_with = "data")]
    verify: bool,
}

/// Restore a message store from a backup.
#[derive(Debug, clap::Args)]
#[command(after_help = RESTORE_HELP)]
pub(crate) struct RestoreArgs {
    /// The backup
    file: PathBuf,
    /// The directory of the new store
    #[arg(long, value_name = "DIR", default_value = "postrider-data")]
    data: PathBuf,
}

/// Writes a backup, or verifies one.
pub(crate) async fn back_up(args: BackupArgs) -> Result<(), Failure> {
    let BackupArgs { file, data, verify } = args;
    let name = file.display().to_string();
    let contents =
        apart(move || if verify { sqlite::verify(&file) } else { sqlite::back_up(&data, &file) }).await?;
    say(&format!("{name} is a complete backup:"), contents);
    Ok(())
}

/// Restores a backup.
pub(crate) async fn restore(args: RestoreArgs) -> Result<(), Failure> {
    let RestoreArgs { file, data } = args;
    let name = data.display().to_string();
    let contents = apart(move || sqlite::restore(&file, &data)).await?;
    say(&format!("{name} holds the restored store:"), contents);
    Ok(())
}

/// Runs blocking work on a thread of its own.
async fn apart(
    work: impl FnOnce() -> Result<Contents, BackupError> + Send + 'static,
) -> Result<Contents, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| Failure::failed(error.to_string()).helped(error.help())),
        Err(_) => Err(Failure::failed("the copy was interrupted")),
    }
}

fn say(what: &str, contents: Contents) {
    let Contents { messages, queued, awaited, octets } = contents;
    let mebibytes = octets.div_ceil(1 << 20);
    terminal::say(&format!("{} {what}", paint(Style::Good, "✓")));
    terminal::say(&format!(
        "  {messages} messages, {queued} queued, {awaited} awaiting receipts, {mebibytes} MiB"
    ));
}

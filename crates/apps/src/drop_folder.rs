//! A drop folder: who puts a file of CSV into an account's folder has its messages sent.
//!
//! A file is sent under idempotency keys made of itself, chunk by chunk. So a crash repeats a chunk and sends nothing twice, and two
//! nodes may look at one folder.

mod report;
mod row;
mod sending;
#[cfg(test)]
mod tests;
mod watch;

use crate::apps::Parts;
use postrider_core::account::Account;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use watch::{Look, Watch};

/// The largest file, in octets.
pub const FILE_MAX: u64 = 64 * 1024 * 1024;
/// The most rows of a file.
pub const ROWS_MAX: usize = 200_000;
/// How often folders are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// The folder of files that were sent.
const DONE: &str = "done";
/// The folder of files of which nothing was sent.
const FAILED: &str = "failed";

/// A drop folder, in which each account has a folder of its name.
pub struct DropFolder {
    parts: Parts,
    root: PathBuf,
    watch: Watch,
}

impl DropFolder {
    /// The drop folder at this path.
    #[must_use]
    pub fn new(parts: Parts, root: PathBuf) -> Self {
        Self { parts, root, watch: Watch::default() }
    }

    /// Sends what is dropped, until the caller drops this.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.look().await;
        }
    }

    /// Looks once at the folders of all accounts.
    pub(crate) async fn look(&mut self) {
        let rules = self.parts.live.rules();
        let mut accounts: Vec<Arc<Account>> = rules.accounts().filter(|it| it.enabled).cloned().collect();
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        for account in accounts {
            let folder = self.root.join(&*account.name);
            if let Err(error) = self.look_into(&account, &folder).await
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, folder = %folder.display(), "a drop folder can't be read; it is tried again");
            }
        }
        self.watch.forget_the_unseen();
    }

    async fn look_into(&mut self, account: &Account, folder: &Path) -> io::Result<()> {
        let mut files = Vec::new();
        let mut entries = tokio::fs::read_dir(folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if is_wanted(&path) {
                files.push((path, entry.metadata().await?));
            }
        }
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (path, metadata) in files.into_iter().filter(|(_, metadata)| metadata.is_file()) {
            let look = Look { octets: metadata.len(), changed: metadata.modified().ok() };
            if self.watch.is_settled(&path, look) {
                self.take(account, folder, &path, look).await?;
            }
        }
        Ok(())
    }

    /// Sends a file that nobody writes any more, and moves it away with its report.
    async fn take(&mut self, account: &Account, folder: &Path, path: &Path, look: Look) -> io::Result<()> {
        let results = if look.octets > FILE_MAX {
            Err(format!("the file has {} octets; {FILE_MAX} are allowed", look.octets))
        } else {
            let octets = tokio::fs::read(path).await?;
            if !self.watch.is_whole(path, &octets) {
                return Ok(());
            }
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            match self.send(account, &name, look, &octets).await {
                Ok(results) => results,
                // Nothing is moved: the file is taken up again, and what was sent is not sent again.
                Err(why) => {
                    tracing::warn!(file = %path.display(), %why, "a dropped file can't be sent now; it is tried again");
                    return Ok(());
                }
            }
        };
        let is_sent =
            results.as_ref().is_ok_and(|results| results.iter().any(report::RowResult::is_accepted));
        let (place, word) = if is_sent { (DONE, "done") } else { (FAILED, "failed") };
        report::put(&folder.join(place), path, &report::text(&results)).await?;
        self.watch.forget(path);
        metrics::counter!("postrider_dropped_files_total", "result" => word).increment(1);
        tracing::info!(account = %account.name, file = %path.display(), result = word, "a dropped file was taken");
        Ok(())
    }
}

/// Whether a file is one to send: names that begin with a dot are of files that are being written.
fn is_wanted(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    is_csv && !name.starts_with(['.', '~'])
}

//! A small disk of a story's own: a file system in memory, in a mount namespace that one process keeps.

use super::within;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A small disk. It is gone when the story ends.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    keeper: Child,
    place: TempDir,
}

impl SmallDisk {
    /// A disk of so many MiB; `None` where this user may not mount one.
    pub(crate) async fn of(mebibytes: u32) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let mount = format!(
            "mount -t tmpfs -o size={mebibytes}m,mode=0700 tmpfs {} && echo mounted && exec sleep 3600",
            place.path().display()
        );
        let mut keeper = Command::new("unshare")
            .args(["--mount", "sh", "-c", &mount])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut said = BufReader::new(keeper.stdout.take()?).lines();
        let line = within("the small disk", said.next_line()).await.ok()?;
        (line.as_deref() == Some("mounted")).then_some(Self { keeper, place })
    }

    /// Its directory, as processes in its namespace see it.
    pub(crate) fn inside(&self) -> &Path {
        self.place.path()
    }

    /// The process whose namespace has it.
    pub(crate) fn keeper(&self) -> u32 {
        self.keeper.id().unwrap()
    }

    /// Its directory, as the story sees it.
    pub(crate) fn outside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper()));
        root.join(self.place.path().strip_prefix("/").unwrap())
    }

    /// Takes all its room but so many KiB, with a file that may have been there before.
    pub(crate) fn fill(&self, but_kibibytes: u64) {
        use std::io::Write;
        let mut filler = std::fs::OpenOptions::new().create(true).append(true).open(self.filler()).unwrap();
        let block = vec![1; 64 << 10];
        while filler.write_all(&block).is_ok() {}
        while filler.write_all(&block[..4 << 10]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length - (but_kibibytes << 10)).unwrap();
    }

    /// Gives back what was taken.
    pub(crate) fn empty(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.outside().join("filler")
    }
}

//! A program that a story runs. Its log is shown when the story fails, and it ends with the story.

use super::within;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tokio::process::{Child, Command};

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program. Its output is appended to the file `log`.
    pub(crate) fn start(name: &str, mut command: Command, log: &Path) -> Self {
        let output = || Stdio::from(append(log));
        command.stdin(Stdio::null()).stdout(output()).stderr(output()).kill_on_drop(true);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} can't be started: {error}"));
        Self { name: name.to_owned(), child, log: log.to_owned() }
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let Some(pid) = self.child.id() else { return };
        let sent = std::process::Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
        assert!(sent.unwrap().success(), "{} got no SIG{signal}", self.name);
    }

    /// Waits for the end of the program, by itself or by a signal.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        within(&format!("the end of {}", self.name), self.child.wait()).await.unwrap()
    }

    /// The exit status, if it has ended.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Kills it, as a power failure would.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Its output so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("---- what {} said ----\n{}---- end ----", self.name, self.log());
        }
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

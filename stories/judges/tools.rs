//! Where the judges' software is, and how its scripts are run: one JSON object in, words out.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::{Duration, timeout};

/// How long a script may take, which has patience of its own.
const LONGEST: Duration = Duration::from_secs(1_200);

/// What `./test` has installed, in the target directory.
pub(crate) fn installed(path: &str) -> PathBuf {
    let tool = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("judges").join(path);
    assert!(tool.exists(), "{} isn't there: `./test` installs it", tool.display());
    tool
}

/// A file beside this one.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stories/judges").join(name)
}

/// A Python script, with the packages that are installed for it.
pub(crate) fn python(name: &str) -> Command {
    let mut command = Command::new(installed("venv/bin/python"));
    command.arg(script(name));
    command
}

/// A Perl script, with the modules that Debian has.
pub(crate) fn perl(name: &str) -> Command {
    let mut command = Command::new("perl");
    command.arg(script(name));
    command
}

/// A script for Node, with the packages that are installed for it.
pub(crate) fn node(name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(script(name)).env("NODE_PATH", installed("npm/node_modules"));
    command
}

/// Runs a program to its end, which must be a good one, and returns what it said.
pub(crate) async fn run(mut command: Command, input: &Value) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    // Who doesn't read its input may have closed it.
    let _ = stdin.write_all(input.to_string().as_bytes()).await;
    drop(stdin);
    let output = timeout(LONGEST, child.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("{command:?} took more than {LONGEST:?}")).unwrap();
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {}\n{said}\n{complained}", output.status);
    said
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

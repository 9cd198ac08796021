//! Kannel's programs, which it calls boxes: each reads a file of configuration, and is ready when it says so.

use super::tools;
use crate::harness::{Http, Process, eventually};
use std::path::Path;
use tokio::process::Command;

/// Fills in a file of configuration that is beside this one, and writes it into `folder`. Words stand between % signs.
pub(crate) fn configure(name: &str, folder: &Path, words: &[(&str, String)]) {
    let template = std::fs::read_to_string(tools::script(name)).unwrap();
    let fill = |text: String, (word, meaning): &(&str, String)| text.replace(&format!("%{word}%"), meaning);
    std::fs::write(folder.join(name), words.iter().fold(template, fill)).unwrap();
}

/// Starts a box of Debian's.
pub(crate) fn start(program: &str, configuration: &str, folder: &Path) -> Process {
    start_at(&Path::new("/usr/sbin").join(program), configuration, folder)
}

/// Starts a box that is somewhere else.
pub(crate) fn start_at(program: &Path, configuration: &str, folder: &Path) -> Process {
    let name = program.file_name().unwrap().to_str().unwrap();
    let mut command = Command::new(program);
    command.arg(configuration).current_dir(folder);
    Process::start(name, command, &folder.join(format!("{name}.log")))
}

/// Waits until the bearerbox with this administrator's port is bound to where it sends.
pub(crate) async fn bound(admin: u16) {
    let status = Http::new(&format!("http://127.0.0.1:{admin}"), None);
    let bound = async || {
        let answer = status.ask(reqwest::Method::GET, "/status.txt?password=admin", &[], None).await.ok()?;
        answer.body.as_str()?.contains("(online").then_some(())
    };
    eventually("Kannel to be bound", bound).await;
}

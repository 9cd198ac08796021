//! Kannel's programs, which it calls boxes: each reads a file of configuration, and is ready when it says so.

use super::tools;
use crate::harness::{Http, Process, eventually};
use reqwest::Url;
use serde_json::Value;
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

/// Waits until the smsbox at this port takes messages.
pub(crate) async fn listening(send: u16) -> Http {
    let http = Http::new(&format!("http://127.0.0.1:{send}"), None);
    let listens = async || http.ask(reqwest::Method::GET, "/", &[], None).await.ok();
    eventually("Kannel to take messages", listens).await;
    http
}

/// A text that Kannel is asked to send.
pub(crate) struct Sent<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// 0 for the GSM alphabet, 2 for UCS-2.
    pub(crate) coding: &'a str,
    pub(crate) text: &'a str,
    /// The URL for receipts of all kinds.
    pub(crate) callback: &'a str,
}

/// Has a text sent, with receipts of all kinds called back.
pub(crate) async fn send(smsbox: &Http, sent: &Sent<'_>) {
    let callback = format!("{}?type=%d&to=%p", sent.callback);
    let fields = [
        ("username", "story"),
        ("password", "story"),
        ("from", sent.from),
        ("to", sent.to),
        ("coding", sent.coding),
        ("charset", "UTF-8"),
        ("text", sent.text),
        ("dlr-mask", "31"),
        ("dlr-url", &callback),
    ];
    let url = Url::parse_with_params("http://kannel/cgi-bin/sendsms", fields).unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let taken = smsbox.get(&path).await;
    assert_eq!(taken.body, Value::from("0: Accepted for delivery"), "{}", taken.status);
}

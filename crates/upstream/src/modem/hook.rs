//! The last resort for a modem that is of no use again and again: the operator's command, or a post to the operator's URL.

use super::memory::Shared;
use super::settings::Settings;
use postrider_declare::upstream::modem::HookDocument;
use postrider_http::{Connector, Request, Target};
use postrider_link::tls::{Tls, Trust};
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use url::Url;

/// How long a command, or a post, may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether a command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The directories of programs that a command may start.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The operator's URL may be anywhere.
const fn anywhere(_: IpAddr) -> bool {
    true
}

/// What a hook is told.
#[derive(Clone, Copy)]
struct Told<'a> {
    upstream: &'a str,
    device: &'a str,
    reason: &'a str,
}

/// Runs the hook if the modem has failed often enough since it was ready, or since the last run.
pub(super) async fn run_if_due(hook: &HookDocument, of: &Settings, memory: &Shared) {
    let now = postrider_link::now();
    let reason = {
        let mut memory = memory.lock();
        let is_over = memory.hook_ran.is_none_or(|ran| ran + hook.every.get() <= now);
        if memory.failures < u32::from(hook.after) || !is_over {
            return;
        }
        (memory.hook_ran, memory.failures) = (Some(now), 0);
        memory.failure.clone()
    };
    let (upstream, device) = (&*of.name, of.device.text());
    tracing::warn!(upstream, device, %reason, "the modem failed again and again: its hook runs");
    let told = Told { upstream, device, reason: &reason };
    let ran = match (&hook.url, hook.command.split_first()) {
        (Some(url), _) => post(url, told).await,
        (None, Some((program, arguments))) => command(program, arguments, told).await,
        (None, None) => Ok(()),
    };
    let result = if ran.is_ok() { "done" } else { "failed" };
    metrics::counter!("postrider_modem_hooks_total", "upstream" => upstream.to_owned(), "result" => result)
        .increment(1);
    if let Err(why) = ran {
        tracing::error!(upstream, device, %why, "the hook of the modem failed");
    }
}

/// Starts a program, without a shell, and waits for its end.
async fn command(program: &str, arguments: &[String], told: Told<'_>) -> Result<(), String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("POSTRIDER_UPSTREAM", told.upstream)
        .env("POSTRIDER_DEVICE", told.device)
        .env("POSTRIDER_REASON", told.reason.replace('\0', ""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program} can't be started: {error}"))?;
    let until = postrider_link::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{program} ended with {status}")),
            Ok(None) if postrider_link::now() < until => sleep(LOOK_EVERY).await,
            Ok(None) => {
                // It is gone, or it is not: there is nothing else to do.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} ran for more than {} s and was ended", PATIENCE.as_secs()));
            }
            Err(error) => return Err(format!("{program} can't be waited for: {error}")),
        }
    }
}

async fn post(url: &str, told: Told<'_>) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let target = Target::new(url).map_err(|error| error.to_string())?;
    let tls = Tls::new(&Trust::System, None).map_err(|error| error.to_string())?;
    let [upstream, device, reason] = [told.upstream, told.device, told.reason].map(plain);
    let body = format!(r#"{{"upstream":"{upstream}","device":"{device}","reason":"{reason}"}}"#);
    let request = Request::new("POST", &target)
        .field("user-agent", concat!("Postrider/", env!("CARGO_PKG_VERSION")))
        .field("content-type", "application/json")
        .with_body(body.as_bytes());
    let connector = Connector::new(tls.config(), anywhere, PATIENCE);
    let asked = async { connector.connect(&target).await?.ask(&request).await };
    let answer = timeout(PATIENCE, asked).await.map_err(|_| "no answer in time".to_owned())?;
    let status = answer.map_err(|error| error.to_string())?.head.status;
    if (200..300).contains(&status) { Ok(()) } else { Err(format!("the answer's status is {status}")) }
}

/// A text that needs no escapes in JSON.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::testing::settings;
    use postrider_declare::Span;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn stick() -> Settings {
        settings(|_| ())
    }

    fn failed(times: u32) -> Shared {
        let memory = Shared::default();
        (0..times).for_each(|_| memory.failed("the modem doesn't \"answer\""));
        memory
    }

    #[tokio::test]
    async fn a_command_runs_without_a_shell_once_the_modem_failed_often_enough() {
        let folder = std::env::temp_dir().join(format!("postrider-hook-{}", std::process::id()));
        let mark = folder.display().to_string();
        // A shell would see two commands here.
        let command = vec!["/bin/mkdir".to_owned(), format!("{mark};x")];
        let hook = HookDocument { command, ..HookDocument::default() };
        let made = || std::path::Path::new(&format!("{mark};x")).is_dir();
        run_if_due(&hook, &stick(), &failed(2)).await;
        assert!(!made(), "it failed twice only");
        let memory = failed(3);
        run_if_due(&hook, &stick(), &memory).await;
        assert!(made());
        std::fs::remove_dir(format!("{mark};x")).unwrap();
        (0..9).for_each(|_| memory.failed("again"));
        run_if_due(&hook, &stick(), &memory).await;
        assert!(!made(), "it ran a moment ago");
    }

    #[tokio::test]
    async fn a_program_that_fails_or_is_missing_is_told() {
        let run = async |program: &str| {
            command(program, &[], Told { upstream: "stick", device: "/dev/a", reason: "x" })
                .await
                .unwrap_err()
        };
        assert!(run("/bin/false").await.contains("ended with"));
        assert!(run("/no/such/program").await.contains("can't be started"));
    }

    #[tokio::test]
    async fn a_url_is_posted_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cycle", listener.local_addr().unwrap());
        let endpoint = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.ends_with(b"}") {
                stream.read_buf(&mut read).await.unwrap();
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            String::from_utf8(read).unwrap()
        });
        let hook = HookDocument { url: Some(url), every: Span::from("1m"), ..HookDocument::default() };
        run_if_due(&hook, &stick(), &failed(3)).await;
        let request = endpoint.await.unwrap();
        assert!(
            request.ends_with(
                r#"{"upstream":"acme","device":"/dev/ttyUSB0","reason":"the modem doesn't  answer "}"#
            ),
            "{request}"
        );
    }
}

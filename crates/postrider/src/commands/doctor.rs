//! `postrider doctor`: whether the link to a carrier is well, and what to do if it isn't.

use crate::client::Connection;
use crate::failure::{Exit, Failure};
use crate::terminal::{self, Style, paint};
use serde_json::{Value, json};
use std::time::Duration;

const HELP: &str = "\
The gateway tries, step by step and with sessions of its own: the host's name, each of its addresses, TLS, the login,
and whether the carrier answers. It says of each step what was tried, what happened, what that means and what to do or
to ask the carrier. Nothing is sent to handsets, and nothing is changed. Sessions that the gateway holds stay as they
are; a carrier that allows no session more is examined while the upstream is disabled.

Examples:
  postrider doctor acme
  postrider doctor acme --json > acme.ndjson
  postrider upstream put acme enabled=false && postrider doctor acme

Exit codes:
  0  all is well
  1  something failed
  2  wrong usage or configuration; nothing was done
  3  the gateway refused it (no permission, no such upstream, it is being examined already)
  4  the gateway can't be reached";

/// The longest examination, as the gateway has it.
const PATIENCE: Duration = Duration::from_mins(3);

/// Examine the link to a carrier, and say what is wrong and what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// The upstream, as it is declared
    upstream: String,
    /// Print JSON: a line for each finding
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Has the upstream examined and shows what is found.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client()?;
    let path = ["upstreams", &args.upstream, "doctor"];
    let mut lines = client.work(&path, &json!({}), PATIENCE).await?;
    let mut ended = None;
    while let Some(line) = lines.next().await? {
        if args.json {
            terminal::say(&line.to_string());
        }
        match line.get("event").and_then(Value::as_str) {
            Some("found") if !args.json => show(&line),
            Some("ended") => ended = line.get("well").and_then(Value::as_bool),
            _ => {}
        }
    }
    match ended {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::told(Exit::Failed)),
        None => {
            Err(Failure::failed("the examination broke off: the gateway stopped, or the connection was lost"))
        }
    }
}

/// A finding as a person reads it.
fn show(finding: &Value) {
    // What a carrier said must not steer the terminal.
    let text = |name: &str| {
        finding.get(name).and_then(Value::as_str).map(|text| text.replace(char::is_control, " "))
    };
    let mark = match finding.get("result").and_then(Value::as_str) {
        Some("well") => paint(Style::Good, "✓"),
        Some("note") => paint(Style::Doubtful, "!"),
        _ => paint(Style::Bad, "✗"),
    };
    let tried = paint(Style::Strong, &text("tried").unwrap_or_default());
    terminal::say(&format!("{mark} {tried}: {}", text("found").unwrap_or_default()));
    for (label, name) in [("which means:", "means"), ("what to do: ", "advice")] {
        if let Some(words) = text(name) {
            terminal::say(&format!("    {} {words}", paint(Style::Faint, label)));
        }
    }
    let settings = finding.get("settings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for setting in settings {
        let field = setting.get("field").and_then(Value::as_str).unwrap_or_default();
        let value = setting.get("value").map(toml_value).unwrap_or_default();
        terminal::say(&format!("    {} {field} = {value}", paint(Style::Faint, "setting:    ")));
    }
}

/// A value as TOML writes it.
fn toml_value(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}

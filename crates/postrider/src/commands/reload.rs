//! `postrider reload`: has a running gateway read its configuration file again.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use serde_json::Value;

const HELP: &str = "\
It does what SIGHUP does, waits, and shows what changed. On a mistake nothing changes. A file that
would delete all accounts, all upstreams or all routes is refused, since it may be half-written:
--allow-empty says that it is meant.

Examples:
  postrider reload
  postrider reload --allow-empty";

/// Read the configuration file again, and show what changed.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// Put the file in force though it deletes all accounts, all upstreams or all routes
    #[arg(long)]
    allow_empty: bool,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Reloads.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let query = [("allow_empty", args.allow_empty.to_string())];
    let answer = args.connection.administrator().await?.act(&["reload"], &query).await?;
    table::show(&answer, args.json, |answer| {
        let changes = answer.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        changes.iter().filter_map(Value::as_str).for_each(terminal::say);
        if changes.is_empty() {
            terminal::say("reloaded: no account, upstream or route changed");
        }
    });
    Ok(())
}

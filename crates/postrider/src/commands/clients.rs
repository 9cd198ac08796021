//! `postrider clients`: the sessions that clients have open at a node.

use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::Style;
use serde_json::Value;

const HELP: &str = "\
Examples:
  postrider clients
  watch -c postrider clients --url http://10.0.0.7:8080";

const COLUMNS: [(&str, &str); 5] = [
    ("ACCOUNT", "account"),
    ("PROTOCOL", "protocol"),
    ("MODE", "mode"),
    ("CLIENT", "peer"),
    ("SINCE", "since"),
];

/// List the sessions that clients have open at a node: SMPP, UCP and CIMD2.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Lists them.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let clients = args.connection.administrator().await?.get(&["clients"], &[]).await?;
    entries(&clients, "sessions")?;
    table::show(&clients, args.json, list);
    Ok(())
}

fn list(answer: &Value) {
    let sessions = entries(answer, "sessions").unwrap_or_default();
    table::print(&COLUMNS, sessions, "no client has a session open here", |column, _| {
        (column == "account").then_some(Style::Strong)
    });
}

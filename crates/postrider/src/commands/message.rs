//! `postrider message`: lists, shows and cancels messages.

use super::follow::{PrintedSteps, style};
use super::table::{self, cell};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::Value;

const HELP: &str = "\
An account's key sees the account's messages; an administrator's sees all, without their texts.

Examples:
  postrider message list --state undelivered --limit 20
  postrider message list --to +447700900123 --since 2030-01-31T00:00:00Z
  postrider message get 381234567890123456
  postrider message cancel 381234567890123456";

/// List, inspect and cancel messages.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Print the gateway's answer as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show a message and its history
    #[command(after_help = "Example:\n  postrider message get 381234567890123456")]
    Get {
        /// Its identifier
        id: String,
    },
    /// List messages, the newest first
    #[command(after_help = "Example:\n  postrider message list --state undelivered --limit 20")]
    List(Filter),
    /// Cancel a message that still waits
    #[command(after_help = "Example:\n  postrider message cancel 381234567890123456")]
    Cancel {
        /// Its identifier
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// To this number
    #[arg(long)]
    to: Option<String>,
    /// In this state: queued, sent, delivered, undelivered, expired, rejected, failed, unknown or canceled
    #[arg(long)]
    state: Option<String>,
    /// With this reference
    #[arg(long)]
    reference: Option<String>,
    /// Accepted at or after this time, such as 2030-01-31T09:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Accepted before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Of this account (for administrators)
    #[arg(long)]
    account: Option<String>,
    /// The most entries, 1 to 500
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// The cursor at the end of the previous page
    #[arg(long)]
    cursor: Option<String>,
}

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client()?;
    match &args.verb {
        Verb::Get { id } => {
            let Some(message) = client.find(&["messages", id]).await? else {
                return Err(Failure::refused(format!("there is no message {id}")));
            };
            table::show(&message, args.json, show);
        }
        Verb::List(filter) => {
            let page = client.get(&["messages"], &query(filter)).await?;
            table::show(&page, args.json, list);
        }
        Verb::Cancel { id } => cancel(&client, id, args.json).await?,
    }
    Ok(())
}

async fn cancel(client: &Client, id: &str, json: bool) -> Result<(), Failure> {
    let Some(answer) = client.delete(&["messages", id], &[]).await? else {
        return Err(Failure::refused(format!("there is no message {id}")));
    };
    table::show(&answer, json, |_| terminal::say(&format!("{id} is canceled: it will not be sent")));
    Ok(())
}

fn query(filter: &Filter) -> Vec<(&'static str, String)> {
    let given = [
        ("to", &filter.to),
        ("state", &filter.state),
        ("reference", &filter.reference),
        ("since", &filter.since),
        ("until", &filter.until),
        ("account", &filter.account),
        ("cursor", &filter.cursor),
    ];
    let mut query: Vec<(&str, String)> =
        given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    query.push(("limit", filter.limit.to_string()));
    query
}

/// The fields of a message, in the order of the output.
const FIELDS: [&str; 16] = [
    "state",
    "error",
    "account",
    "to",
    "from",
    "text",
    "class",
    "parts",
    "encoding",
    "reference",
    "upstream",
    "carrier_reference",
    "created_at",
    "expires_at",
    "next_attempt_at",
    "done_at",
];

fn show(message: &Value) {
    terminal::say(&paint(Style::Strong, &cell(message, "id")));
    for field in FIELDS.into_iter().filter(|field| message.get(field).is_some()) {
        let value = cell(message, field);
        let value = if field == "state" { paint(style(&value), &value) } else { value };
        terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<18}"))));
    }
    if message.get("possible_duplicate") == Some(&Value::Bool(true)) {
        let words = "  the carrier may have had it twice: an attempt was never answered";
        terminal::say(&paint(Style::Doubtful, words));
    }
    terminal::say("");
    PrintedSteps::default().take_new(message).iter().for_each(|line| terminal::say(line));
}

fn list(page: &Value) {
    let columns = [
        ("ID", "id"),
        ("ACCEPTED", "created_at"),
        ("ACCOUNT", "account"),
        ("TO", "to"),
        ("STATE", "state"),
        ("UPSTREAM", "upstream"),
        ("ERROR", "error"),
        ("REFERENCE", "reference"),
    ];
    let messages = page.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    table::print(&columns, messages, "no messages", |name, value| (name == "state").then(|| style(value)));
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

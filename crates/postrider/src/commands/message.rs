//! `postrider message`: lists, shows and cancels messages.

use super::follow::{PrintedSteps, reason, style};
use super::page::{PageArgs, Query, TimeArgs, given};
use super::table::{self, cell};
use crate::client::{Client, Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Value, json};

const HELP: &str = "\
An account's key sees the account's messages; an administrator's sees all, without their texts.

Examples:
  postrider message list --state undelivered --limit 20
  postrider message list --to +447700900123 --since 24h
  postrider message list --upstream acme --error 0x0000000B
  postrider message get 381234567890123456
  postrider message cancel 381234567890123456
  postrider message unmask 381234567890123456 'ticket 7' --key ps_...";

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
    List(Box<Filter>),
    /// Show a message whole, with its text, to a user of the console. The audit log keeps the reason
    #[command(after_help = "Example:\n  postrider message unmask 381234567890123456 'ticket 7' --key ps_...")]
    Unmask {
        /// Its identifier
        id: String,
        /// Why it is looked at
        reason: String,
    },
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
    /// From this sender: a number, a code or a name
    #[arg(long)]
    from: Option<String>,
    /// In this state: queued, sent, delivered, undelivered, expired, rejected, failed, unknown or canceled
    #[arg(long)]
    state: Option<String>,
    /// With this reference
    #[arg(long)]
    reference: Option<String>,
    /// Sent, or to be sent, by this upstream
    #[arg(long)]
    upstream: Option<String>,
    /// With this identifier of the carrier's
    #[arg(long, value_name = "ID")]
    carrier_reference: Option<String>,
    /// With this error: the gateway's code, or the carrier's code or word
    #[arg(long, value_name = "CODE")]
    error: Option<String>,
    /// Held by this rule against fraud, or rules whose names begin so: policies.otp.fraud; * is any
    #[arg(long, value_name = "RULE")]
    held_by: Option<String>,
    #[command(flatten)]
    times: TimeArgs,
    /// Of this account (for administrators)
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    match &args.verb {
        Verb::Get { id } => {
            let Some(message) = client.find(&["messages", id]).await? else {
                return Err(Failure::refused(format!("there is no message {id}")));
            };
            table::show(&message, args.json, show);
        }
        Verb::List(filter) => {
            let page = search(&client, filter).await?;
            entries(&page, "messages")?;
            table::show(&page, args.json, list);
        }
        Verb::Unmask { id, reason } => {
            let document = json!({ "reason": reason });
            let message = client.post(&["messages", id, "unmask"], &document).await?;
            table::show(&message, args.json, show);
        }
        Verb::Cancel { id } => cancel(&client, id, args.json).await?,
    }
    Ok(())
}

/// The messages, in one page. The gateway looks through so many at once: a page with fewer messages goes on in the next.
async fn search(client: &Client, filter: &Filter) -> Result<Value, Failure> {
    let mut found = Vec::new();
    let mut rest = filter.page.clone();
    loop {
        let mut page = client.get(&["messages"], &[query(filter), rest.query()].concat()).await?;
        let messages = page.get_mut("messages").and_then(Value::as_array_mut).map(std::mem::take);
        found.extend(messages.unwrap_or_default());
        rest.cursor = page.get("next").and_then(Value::as_str).map(str::to_owned);
        let count = u16::try_from(found.len()).unwrap_or(u16::MAX);
        rest.limit = filter.page.limit.saturating_sub(count);
        if rest.cursor.is_none() || rest.limit == 0 {
            if let Some(messages) = page.get_mut("messages") {
                *messages = found.into();
            }
            return Ok(page);
        }
    }
}

async fn cancel(client: &Client, id: &str, json: bool) -> Result<(), Failure> {
    let Some(answer) = client.delete(&["messages", id], &[]).await? else {
        return Err(Failure::refused(format!("there is no message {id}")));
    };
    table::show(&answer, json, |_| terminal::say(&format!("{id} is canceled: it will not be sent")));
    Ok(())
}

/// The parameters of a filter, without those of a page.
fn query(filter: &Filter) -> Query {
    let own = given([
        ("to", &filter.to),
        ("from", &filter.from),
        ("state", &filter.state),
        ("reference", &filter.reference),
        ("upstream", &filter.upstream),
        ("carrier_reference", &filter.carrier_reference),
        ("error", &filter.error),
        ("held_by", &filter.held_by),
        ("account", &filter.account),
    ]);
    [own, filter.times.query()].concat()
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
        let value = match message.get(field) {
            Some(error) if field == "error" => reason(error),
            _ => cell(message, field),
        };
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
    let messages = entries(page, "messages").unwrap_or_default();
    table::print(&columns, messages, "no messages", |name, value| (name == "state").then(|| style(value)));
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

//! `postrider inbound`: lists and shows messages from handsets.

use super::page::{PageArgs, Query, TimeArgs, given};
use super::table::{self, cell};
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::Value;

const HELP: &str = "\
An account's key sees what was written to the account's numbers. An administrator's sees all, and the
texts of messages that belong to nobody.

Examples:
  postrider inbound list --to 60006 --limit 20
  postrider inbound list --tag order     what rules have marked so
  postrider inbound list --account ''     what belongs to nobody
  postrider inbound get 381234567890123456";

/// List and inspect messages from handsets.
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
    /// Show a message, and how telling you of it went
    #[command(after_help = "Example:\n  postrider inbound get 381234567890123456")]
    Get {
        /// Its identifier
        id: String,
    },
    /// List messages, the newest first
    #[command(after_help = "Example:\n  postrider inbound list --from +447700900123")]
    List(Filter),
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// From this handset
    #[arg(long)]
    from: Option<String>,
    /// To this number, short code or name
    #[arg(long)]
    to: Option<String>,
    /// That a rule has marked with this word
    #[arg(long)]
    tag: Option<String>,
    #[command(flatten)]
    times: TimeArgs,
    /// Of this account (for administrators); empty: of nobody
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
            let Some(message) = client.find(&["inbound", id]).await? else {
                return Err(Failure::refused(format!("there is no message {id} from a handset")));
            };
            table::show(&message, args.json, show);
        }
        Verb::List(filter) => {
            let page = client.get(&["inbound"], &query(filter)).await?;
            table::show(&page, args.json, list);
        }
    }
    Ok(())
}

fn query(filter: &Filter) -> Query {
    let own = given([
        ("from", &filter.from),
        ("to", &filter.to),
        ("tag", &filter.tag),
        ("account", &filter.account),
    ]);
    [own, filter.times.query(), filter.page.query()].concat()
}

/// The fields of a message, in the order of the output.
const FIELDS: [&str; 18] = [
    "account",
    "from",
    "to",
    "text",
    "data",
    "udh",
    "destination_port",
    "keyword",
    "asks",
    "may_ask",
    "tags",
    "flash",
    "encoding",
    "parts",
    "missing_parts",
    "upstream",
    "carrier_reference",
    "received_at",
];

fn show(message: &Value) {
    terminal::say(&paint(Style::Strong, &cell(message, "id")));
    for field in FIELDS.into_iter().filter(|field| message.get(field).is_some()) {
        let value = cell(message, field);
        terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<18}"))));
    }
    for attempt in message.get("attempts").and_then(Value::as_array).into_iter().flatten() {
        terminal::say(&format!("  {}  {}", cell(attempt, "at"), cell(attempt, "result")));
    }
}

fn list(page: &Value) {
    let columns = [
        ("ID", "id"),
        ("RECEIVED", "received_at"),
        ("ACCOUNT", "account"),
        ("FROM", "from"),
        ("TO", "to"),
        ("UPSTREAM", "upstream"),
        ("TEXT", "text"),
    ];
    let messages = page.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    table::print(&columns, messages, "no messages from handsets", |_, _| None);
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

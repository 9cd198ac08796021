//! `postrider unmatched`: receipts that found no message.

use super::table::{self, cell};
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::Style;
use serde_json::Value;

const COLUMNS: [(&str, &str); 6] = [
    ("CAME", "at"),
    ("UPSTREAM", "upstream"),
    ("CARRIER'S REFERENCE", "carrier_reference"),
    ("STATE", "state"),
    ("NUMBERS", "numbers"),
    ("LIKELY", "likely"),
];

const HELP: &str = "\
They are matched again once it is known how the carrier spells identifiers: `receipts.ids` of the upstream. LIKELY
names messages to one of the numbers that await a receipt.

Example:
  postrider unmatched --limit 10";

/// List receipts of carriers that name no message.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The most receipts, 1 to 500
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Lists them.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let query = [("limit", args.limit.to_string())];
    let client = args.connection.administrator().await?;
    let answer = client.get(&["receipts", "unmatched"], &query).await?;
    let mut receipts = entries(&answer, "receipts")?.to_vec();
    receipts.iter_mut().for_each(name_likely);
    table::show(&answer, args.json, |_| {
        table::print(&COLUMNS, &receipts, "every receipt found its message", |name, _| {
            (name == "carrier_reference").then_some(Style::Strong)
        });
    });
    Ok(())
}

/// Leaves the identifiers of the messages that a receipt may be about.
fn name_likely(receipt: &mut Value) {
    let likely = receipt.get("likely").and_then(Value::as_array).cloned().unwrap_or_default();
    let names: Vec<Value> = likely.iter().map(|message| cell(message, "id").into()).collect();
    if let Some(field) = receipt.get_mut("likely") {
        *field = names.into();
    }
}

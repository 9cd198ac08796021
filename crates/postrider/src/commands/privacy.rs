//! `postrider privacy`: exports and erases what is kept of a person.

use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::Subcommand;
use serde_json::{Map, Value, json};

const HELP: &str = "\
An account's key reaches messages of the account. An administrator's reaches all.

Examples:
  postrider privacy export +447700900123 > person.json
  postrider privacy erase +447700900123          only counts
  postrider privacy erase +447700900123 --yes";

/// Export or erase what is kept of a person, by number.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print messages to and from a number, with their texts, as JSON
    #[command(after_help = "Example:\n  postrider privacy export +447700900123 > person.json")]
    Export {
        /// The number in international form
        #[arg(allow_hyphen_values = true)]
        number: String,
    },
    /// Erase messages to and from a number; without `--yes` only count them
    #[command(after_help = "Example:\n  postrider privacy erase +447700900123 --yes")]
    Erase {
        /// The number in international form
        #[arg(allow_hyphen_values = true)]
        number: String,
        /// Erase them. Queued messages are canceled
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    match &args.verb {
        Verb::Export { number } => export(&client, number).await,
        Verb::Erase { number, yes } => erase(&client, number, !yes).await,
    }
}

/// The lists of an export.
const LISTS: [&str; 5] = ["messages", "inbound", "consents", "contacts", "conversations"];

async fn export(client: &Client, number: &str) -> Result<(), Failure> {
    let (mut whole, mut cursor) = (Map::new(), Value::Null);
    loop {
        let asked = json!({ "number": number, "cursor": cursor });
        let page = client.post(&["privacy", "export"], &asked).await?;
        cursor = page.get("next").cloned().unwrap_or_default();
        add(&mut whole, page);
        if cursor.is_null() {
            terminal::say(&serde_json::to_string_pretty(&whole).unwrap_or_default());
            return Ok(());
        }
    }
}

/// Adds a page to an export.
fn add(whole: &mut Map<String, Value>, mut page: Value) {
    whole.insert("number".to_owned(), page["number"].take());
    for name in LISTS {
        let found = page.get_mut(name).map(Value::take);
        let all = whole.entry(name).or_insert_with(|| json!([]));
        if let (Value::Array(all), Some(Value::Array(found))) = (all, found) {
            all.extend(found);
        }
    }
}

/// What an erasure came to, over all its pages.
#[derive(Debug, Default)]
struct Sum {
    found: u64,
    erased: u64,
    traces: u64,
    canceled: u64,
    under_way: u64,
}

async fn erase(client: &Client, number: &str, dry_run: bool) -> Result<(), Failure> {
    let (mut sum, mut cursor) = (Sum::default(), Value::Null);
    loop {
        let asked = json!({ "number": number, "dry_run": dry_run, "cursor": cursor });
        let page = client.post(&["privacy", "erase"], &asked).await?;
        let count = |name: &str| page.get(name).and_then(Value::as_u64).unwrap_or_default();
        sum.found += count("found");
        sum.erased += count("erased");
        sum.traces += count("traces");
        sum.canceled += count("canceled");
        sum.under_way += count("under_way");
        cursor = page.get("next").cloned().unwrap_or_default();
        if cursor.is_null() {
            tell(&sum, dry_run);
            return Ok(());
        }
    }
}

fn tell(sum: &Sum, dry_run: bool) {
    let Sum { found, erased, traces, canceled, under_way } = sum;
    if dry_run {
        terminal::say(&format!("{found} messages to or from this number; nothing was erased"));
        terminal::complain("erase them with `--yes`; what is queued is canceled");
        return;
    }
    terminal::say(&format!(
        "{erased} messages erased, {canceled} canceled, {under_way} under way; {traces} other records erased"
    ));
    if canceled + under_way > 0 {
        terminal::complain(
            "erase again later: what was canceled goes once its sender was told, and what is under way once it has ended",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_has_all_that_its_pages_have() {
        let mut whole = Map::new();
        add(
            &mut whole,
            json!({ "number": "+4477", "messages": [1], "inbound": [], "consents": [2], "contacts": [3], "next": "x" }),
        );
        add(&mut whole, json!({ "number": "+4477", "messages": [4], "inbound": [5], "consents": [] }));
        let expected = json!({
            "number": "+4477", "messages": [1, 4], "inbound": [5], "consents": [2], "contacts": [3], "conversations": [],
        });
        assert_eq!(Value::Object(whole), expected);
    }
}

//! `postrider tariff`: the price and cost tables that operators import.

use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, say};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

const HELP: &str = "\
A tariff is CSV with a header: prefix,mccmnc,name,price,currency,valid_from,service,class,sender,from_parts.
A rate is for a prefix ('*' is every number), a network (MCC and MNC) or an MCC alone.
A tariff with a mistake is refused whole.

Examples:
  postrider tariff import --dry-run retail retail.csv
  postrider tariff import retail retail.csv
  postrider account put shop billing='{ tariff = \"retail\", currency = \"EUR\" }'
  postrider tariff export retail > retail.csv
  postrider tariff derive acme-costs second-costs --percent 20 > retail.csv";

/// Manage tariffs: what accounts pay for a part, and what upstreams cost.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the tariffs
    List {
        /// Print the gateway's answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Import a tariff, in the place of the one with its name
    Import {
        /// The tariff's name
        name: String,
        /// The file, or `-` for standard input
        file: PathBuf,
        /// Only check it, and say what it would change
        #[arg(long)]
        dry_run: bool,
        /// Print the gateway's answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Print a tariff as it was imported
    Export {
        /// The tariff's name
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Print a price list made of costs: the cheapest of several tariffs for each rate, and so much more
    Derive {
        /// The tariffs of costs, in one currency
        #[arg(required = true)]
        from: Vec<String>,
        /// What is added to the least cost, in percent, such as 12.5
        #[arg(long, value_name = "PERCENT", default_value = "0")]
        percent: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete a tariff that no account and no upstream names
    Delete {
        /// The tariff's name
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
}

const COLUMNS: [(&str, &str); 4] =
    [("NAME", "name"), ("RATES", "rates"), ("CURRENCY", "currency"), ("IMPORTED", "imported_at")];

/// Does it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::List { json, connection } => {
            let tariffs = connection.administrator().await?.get(&["tariffs"], &[]).await?;
            entries(&tariffs, "tariffs")?;
            table::show(&tariffs, json, |answer| {
                let tariffs = entries(answer, "tariffs").unwrap_or_default();
                table::print(&COLUMNS, tariffs, "there are no tariffs", |_, _| None);
            });
        }
        Command::Import { name, file, dry_run, json, connection } => {
            let octets = read(&file)?;
            let query: &[_] = if dry_run { &[("dry_run", "true".to_owned())] } else { &[] };
            let client = connection.administrator().await?;
            let answer = client.put_octets(&["tariffs", &name], query, "text/csv", &octets).await?;
            table::show(&answer, json, |answer| say(&told(answer)));
        }
        Command::Export { name, connection } => {
            let text = connection.administrator().await?.get_text(&["tariffs", &name, "csv"]).await?;
            terminal::print_table(&text);
        }
        Command::Derive { from, percent, connection } => {
            let query = [("from", from.join(",")), ("percent", percent)];
            let text = connection.administrator().await?.text(&["derived-tariff"], &query).await?;
            terminal::print_table(&text);
        }
        Command::Delete { name, connection } => {
            let deleted = connection.administrator().await?.delete(&["tariffs", &name], &[]).await?;
            deleted.ok_or_else(|| Failure::failed(format!("there is no tariff '{name}'")))?;
            say(&format!("deleted the tariff '{name}'"));
        }
    }
    Ok(())
}

/// The octets of a file, or of standard input where it is `-`.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut octets).map(drop)
    } else {
        std::fs::read(file).map(|read| octets = read)
    };
    read.map_err(|error| Failure::failed(format!("can't read {}: {error}", file.display())))?;
    Ok(octets)
}

/// `retail: 812 rates in EUR, imported 2026-11-29T14:00:00Z`.
fn told(answer: &Value) -> String {
    let cell = |name| table::cell(answer, name);
    let when = cell("imported_at");
    let when = match answer.get("changes") {
        Some(changes) => {
            let count = |name| table::cell(changes, name);
            let (new, gone) = (count("new"), count("gone"));
            format!(
                "not imported: {new} new, {gone} gone, {} dearer, {} cheaper{}",
                count("dearer"),
                count("cheaper"),
                losses(changes)
            )
        }
        None => format!("imported {when}"),
    };
    let (rates, currency) = (cell("rates"), cell("currency"));
    let noun = if rates == "1" { "rate" } else { "rates" };
    format!("{}: {rates} {noun} in {currency}, {when}", cell("name"))
}

/// The rates that would sell below cost, a line each.
fn losses(changes: &Value) -> String {
    let count = changes["losses"].as_u64().unwrap_or_default();
    let Some(first) = changes["first_losses"].as_array().filter(|_| count > 0) else { return String::new() };
    let line = |loss: &Value| {
        let cell = |name| table::cell(loss, name);
        let (rate, against) = (cell("rate"), cell("against"));
        format!("\n  {rate}: sold at {}, bought at {}, against {against}", cell("price"), cell("cost"))
    };
    let lines: String = first.iter().map(line).collect();
    format!(", {count} below cost:{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tariff_is_one_line() {
        let mut answer =
            json!({ "name": "a", "rates": 3, "currency": "EUR", "imported_at": "2026-11-29T14:00:00Z" });
        assert_eq!(told(&answer), "a: 3 rates in EUR, imported 2026-11-29T14:00:00Z");
        answer["changes"] = json!({ "new": 1, "gone": 2, "dearer": 3, "cheaper": 4 });
        assert_eq!(told(&answer), "a: 3 rates in EUR, not imported: 1 new, 2 gone, 3 dearer, 4 cheaper");
        answer["changes"]["losses"] = json!(2);
        answer["changes"]["first_losses"] =
            json!([{ "rate": "4495", "against": "retail", "price": "0.02", "cost": "0.03" }]);
        assert!(
            told(&answer)
                .ends_with("4 cheaper, 2 below cost:\n  4495: sold at 0.02, bought at 0.03, against retail")
        );
    }
}

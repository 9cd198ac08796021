//! `postrider report`: volumes, delivered ratio, latencies, errors, price, cost and margin.

use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use serde_json::{Value, json};

const HELP: &str = "\
A message counts about a second after it has ended, in the hour in which it was accepted.

Examples:
  postrider report --since 7d --by day,account
  postrider report --by upstream,network --country GB
  postrider report --since 30d --by day --csv > report.csv";

/// Report what became of messages: volumes, delivered ratio, latencies, price, cost and margin.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// What it is broken down by: hour, day, account, upstream, country, network, sender
    #[arg(long, value_name = "LIST")]
    by: Option<String>,
    /// Messages accepted at or after this: a time, or a length of time before now
    #[arg(long, default_value = "24h")]
    since: String,
    /// Messages accepted before this [default: now]
    #[arg(long)]
    until: Option<String>,
    /// Only this account's messages
    #[arg(long)]
    account: Option<String>,
    /// Only messages by this upstream
    #[arg(long)]
    upstream: Option<String>,
    /// Only messages to this country
    #[arg(long)]
    country: Option<String>,
    /// Only messages to this network, by MCC and MNC
    #[arg(long)]
    network: Option<String>,
    /// Only messages from this sender
    #[arg(long)]
    sender: Option<String>,
    /// Print it as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Prints it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let given = [
        ("by", &args.by),
        ("until", &args.until),
        ("account", &args.account),
        ("upstream", &args.upstream),
        ("country", &args.country),
        ("network", &args.network),
        ("sender", &args.sender),
    ];
    let query = given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let query: Vec<(&str, String)> = query.chain([("since", args.since.clone())]).collect();
    if args.csv {
        terminal::print_table(&client.text(&["reports", "csv"], &query).await?);
        return Ok(());
    }
    let report = client.get(&["reports"], &query).await?;
    entries(&report, "lines")?;
    let by: Vec<&str> = args.by.as_deref().unwrap_or_default().split(',').map(str::trim).collect();
    table::show(&report, args.json, |report| list(report, &by));
    Ok(())
}

fn list(report: &Value, by: &[&str]) {
    let lines = entries(report, "lines").unwrap_or_default();
    let heads: Vec<String> = by.iter().map(|by| by.to_uppercase()).collect();
    let named = heads.iter().map(String::as_str).zip(by.iter().copied()).filter(|(_, by)| !by.is_empty());
    let numbers = [
        ("MESSAGES", "messages"),
        ("PARTS", "parts"),
        ("DELIVERED", "share"),
        ("P50", "p50"),
        ("P99", "p99"),
        ("PRICE", "price"),
        ("COST", "cost"),
        ("MARGIN", "margin"),
        ("CURRENCY", "currency"),
    ];
    let columns: Vec<(&str, &str)> = named.chain(numbers).collect();
    let rows: Vec<Value> = lines.iter().map(row).collect();
    table::print(&columns, &rows, "no message has ended in this time", |_, _| None);
}

/// A line with its share in percent, and its times in seconds.
fn row(line: &Value) -> Value {
    let mut row = line.clone();
    let share = line.get("delivered_ratio").and_then(Value::as_f64).unwrap_or_default();
    row["share"] = json!(format!("{:.1} %", share * 100.0));
    for name in ["p50", "p99"] {
        if let Some(millis) = line.pointer(&format!("/latency/{name}")).and_then(Value::as_f64) {
            row[name] = json!(format!("{:.1} s", millis / 1_000.0));
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_share_and_times() {
        let line = json!({ "delivered_ratio": 0.987, "latency": { "p50": 1448, "p99": 92680 } });
        let row = row(&line);
        assert_eq!(
            (&row["share"], &row["p50"], &row["p99"]),
            (&json!("98.7 %"), &json!("1.4 s"), &json!("92.7 s"))
        );
        assert_eq!(super::row(&json!({})).get("p50"), None);
    }
}

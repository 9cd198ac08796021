//! `postrider traffic`: what passes through a node, what waits, and what is broken.

use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use serde_json::{Map, Value, json};

const HELP: &str = "\
Examples:
  postrider traffic
  watch -c postrider traffic
  postrider traffic --json";

/// Show what passes through the gateway, what waits, and what is broken.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Shows it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let traffic = args.connection.administrator().await?.get(&["traffic"], &[]).await?;
    entries(&traffic, "upstreams")?;
    table::show(&traffic, args.json, list);
    Ok(())
}

const COLUMNS: [(&str, &str); 10] = [
    ("", "what"),
    ("IN/S", "accepted"),
    ("OUT/S", "sent"),
    ("ACCEPTED 15 MIN", "quarter_accepted"),
    ("DELIVERED", "quarter_delivered"),
    ("FAILED", "quarter_failed"),
    ("WAITING", "queued"),
    ("LINKS UP", "links"),
    ("WINDOW", "window"),
    ("ROUND TRIP", "round_trip"),
];
const ERRORS: [(&str, &str); 4] =
    [("FAILED", "count"), ("ERROR", "code"), ("CARRIER'S CODE", "carrier_code"), ("UPSTREAM", "upstream")];

fn list(traffic: &Value) {
    for trouble in entries(traffic, "troubles").unwrap_or_default() {
        let style = if table::cell(trouble, "severity") == "broken" { Style::Bad } else { Style::Doubtful };
        let words = ["what", "remedy"].map(|name| table::cell(trouble, name));
        terminal::say(&format!("{}. {}", paint(style, &words[0]), words[1]));
    }
    let mut rows = vec![row("all", &traffic["all"], traffic["backlog"].get("queued").cloned())];
    for upstream in entries(traffic, "upstreams").unwrap_or_default() {
        let name = format!("upstream {}", table::cell(upstream, "name"));
        let mut row = row(&name, upstream, upstream.get("queued").cloned());
        for (column, parts) in [("links", ["links_up", "links"]), ("window", ["window_used", "window"])] {
            row[column] = json!(parts.map(|name| table::cell(upstream, name)).join("/"));
        }
        if let Some(took) = upstream["round_trip_ms"].as_f64() {
            row["round_trip"] = json!(format!("{took} ms"));
        }
        rows.push(row);
    }
    for account in entries(traffic, "accounts").unwrap_or_default() {
        rows.push(row(&format!("account {}", table::cell(account, "name")), account, None));
    }
    table::print(&COLUMNS, &rows, "nothing is declared", |_, _| None);
    let errors = entries(traffic, "errors").unwrap_or_default();
    if !errors.is_empty() {
        terminal::say("");
        table::print(&ERRORS, errors, "", |_, _| None);
    }
}

/// The sums of the whole, an upstream or an account as one line.
fn row(what: &str, sums: &Value, queued: Option<Value>) -> Value {
    let mut row = Map::from_iter([("what".to_owned(), json!(what))]);
    for name in ["accepted", "sent"] {
        row.insert(name.to_owned(), sums["per_second"][name].clone());
    }
    for name in ["accepted", "delivered", "failed"] {
        let count = sums["in_15_minutes"][name].as_f64().unwrap_or(0.0);
        row.insert(format!("quarter_{name}"), json!(format!("{count:.0}")));
    }
    row.extend(queued.map(|queued| ("queued".to_owned(), queued)));
    Value::Object(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_one_line() {
        let sums = json!({
            "per_second": { "accepted": 1.5, "sent": 2.0 },
            "in_15_minutes": { "accepted": 20.0, "delivered": 18.0, "failed": 1.0 },
        });
        let row = row("all", &sums, Some(json!(3)));
        let cells = ["what", "accepted", "sent", "quarter_accepted", "quarter_failed", "queued", "window"]
            .map(|name| table::cell(&row, name));
        assert_eq!(cells, ["all", "1.5", "2.0", "20", "1", "3", ""]);
    }
}

//! `postrider quality`: how surely and how fast upstreams deliver, by network.

use super::table::{self, cell};
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use serde_json::{Value, json};

const HELP: &str = "\
The routes' strategies fastest, surest and score go by these figures. They are those of the last hour, over all nodes.

Example:
  postrider quality";

/// Show how surely and how fast upstreams deliver, by network.
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
    let quality = args.connection.administrator().await?.get(&["quality"], &[]).await?;
    entries(&quality, "quality")?;
    table::show(&quality, args.json, list);
    Ok(())
}

const COLUMNS: [(&str, &str); 6] = [
    ("UPSTREAM", "upstream"),
    ("NETWORK", "place"),
    ("ENDED", "samples"),
    ("DELIVERED", "delivered"),
    ("SECONDS", "seconds"),
    ("CONVERTED", "converted"),
];

fn list(answer: &Value) {
    let rows: Vec<Value> = entries(answer, "quality").unwrap_or_default().iter().map(row).collect();
    table::print(&COLUMNS, &rows, "nothing was measured in the last hour", |_, _| None);
}

/// A measure as one line.
fn row(measure: &Value) -> Value {
    let number = |name: &str| measure.get(name).and_then(Value::as_f64);
    let percent = |name: &str| number(name).map(|share| format!("{:.1} %", share * 100.0));
    json!({
        "upstream": cell(measure, "upstream"),
        "place": cell(measure, "place"),
        "samples": measure["samples"],
        "delivered": percent("delivered"),
        "seconds": number("seconds").map(|seconds| format!("{seconds:.1}")),
        "converted": percent("converted"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_one_line() {
        let row = row(&json!({ "upstream": "acme", "place": "23410", "samples": 7, "delivered": 0.9571,
                               "seconds": 3.21, "convertible": 5, "converted": 0.6 }));
        let cells = COLUMNS.map(|(_, name)| cell(&row, name));
        assert_eq!(cells, ["acme", "23410", "7", "95.7 %", "3.2", "60.0 %"]);
    }
}

//! `postrider nodes`: the nodes that share the store, and who does what.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::Style;
use serde_json::{Map, Value, json};

const HELP: &str = "\
Examples:
  postrider nodes
  watch -c postrider nodes --url http://10.0.0.7:8080";

/// List the nodes that share the store, and what each does.
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
    let nodes = args.connection.client()?.get(&["nodes"], &[]).await?;
    table::show(&nodes, args.json, list);
    Ok(())
}

const COLUMNS: [(&str, &str); 7] = [
    ("NODE", "number"),
    ("ADDRESS", "address"),
    ("VERSION", "version"),
    ("SINCE", "since"),
    ("CHORES", "leads"),
    ("BINDS", "binds"),
    ("SESSIONS", "sessions"),
];

fn list(answer: &Value) {
    let nodes = answer.get("nodes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rows: Vec<Value> = nodes.iter().map(row).collect();
    table::print(&COLUMNS, &rows, "no node lives", |column, word| {
        (column == "leads" && !word.is_empty()).then_some(Style::Good)
    });
}

/// A node as one line: what it has several of is counted.
fn row(node: &Value) -> Value {
    let mut row = node.as_object().cloned().unwrap_or_default();
    let number = table::cell(node, "number");
    let is_this = node.get("this") == Some(&Value::Bool(true));
    row.insert("number".into(), json!(if is_this { format!("{number} (this)") } else { number }));
    let leads = node.get("leads") == Some(&Value::Bool(true));
    row.insert("leads".into(), json!(if leads { "yes" } else { "" }));
    row.insert("binds".into(), counted(&row, "binds", |binds| binds.as_array().map_or(0, Vec::len)));
    let count =
        |sessions: &Value| sessions.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    row.insert("sessions".into(), counted(&row, "sessions", count));
    Value::Object(row)
}

/// `acme 2, beta 1`.
fn counted(row: &Map<String, Value>, name: &str, count: impl Fn(&Value) -> usize) -> Value {
    let things = row.get(name).and_then(Value::as_object);
    let words = things.into_iter().flatten().map(|(name, thing)| format!("{name} {}", count(thing)));
    json!(words.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_one_line() {
        let node = json!({
            "number": 2, "this": true, "leads": true,
            "binds": { "acme": [0, 3], "beta": [1] }, "sessions": { "shop": 4 },
        });
        let row = row(&node);
        let cells = ["number", "leads", "binds", "sessions"].map(|name| table::cell(&row, name));
        assert_eq!(cells, ["2 (this)", "yes", "acme 2, beta 1", "shop 4"]);
    }
}

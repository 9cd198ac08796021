//! `postrider nodes`: the nodes that share the store, and the work of each.

use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::Style;
use serde_json::{Map, Value, json};

const HELP: &str = "\
Examples:
  postrider nodes
  watch -c postrider nodes --url http://10.0.0.7:8080";

/// List the nodes that share the store, and the work of each.
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
    let nodes = args.connection.administrator().await?.get(&["nodes"], &[]).await?;
    entries(&nodes, "nodes")?;
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
    let nodes = entries(answer, "nodes").unwrap_or_default();
    let rows: Vec<Value> = nodes.iter().map(row).collect();
    table::print(&COLUMNS, &rows, "no node lives", |column, word| {
        (column == "leads" && !word.is_empty()).then_some(Style::Good)
    });
}

/// A node as one line, with counts of its sessions and links.
fn row(node: &Value) -> Value {
    let mut row = node.as_object().cloned().unwrap_or_default();
    let number = table::cell(node, "number");
    let is_this = node.get("this") == Some(&Value::Bool(true));
    let is_silent = node.get("silent") == Some(&Value::Bool(true));
    let (this, silent) = (if is_this { " (this)" } else { "" }, if is_silent { " silent" } else { "" });
    row.insert("number".into(), json!(format!("{number}{this}{silent}")));
    let leads = node.get("leads") == Some(&Value::Bool(true));
    row.insert("leads".into(), json!(if leads { "yes" } else { "" }));
    let up = node.get("up").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let binds = |name: &str, binds: &Value| {
        let down = if up.iter().any(|up| up == name) { "" } else { " down" };
        format!("{name} {}{down}", binds.as_array().map_or(0, Vec::len))
    };
    row.insert("binds".into(), each(&row, "binds", binds));
    row.insert("sessions".into(), each(&row, "sessions", |name, count| format!("{name} {count}")));
    Value::Object(row)
}

/// `acme 2, beta 1 down`.
fn each(row: &Map<String, Value>, name: &str, say: impl Fn(&str, &Value) -> String) -> Value {
    let things = row.get(name).and_then(Value::as_object);
    json!(things.into_iter().flatten().map(|(name, thing)| say(name, thing)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_one_line() {
        let node = json!({
            "number": 2, "this": true, "leads": true,
            "binds": { "acme": [0, 3], "beta": [1] }, "up": ["acme"], "sessions": { "shop": 4 },
        });
        let row = row(&node);
        let cells = ["number", "leads", "binds", "sessions"].map(|name| table::cell(&row, name));
        assert_eq!(cells, ["2 (this)", "yes", "acme 2, beta 1 down", "shop 4"]);
    }

    #[test]
    fn a_node_that_is_not_heard_of_says_so() {
        let name =
            |this: bool| table::cell(&row(&json!({ "number": 3, "this": this, "silent": true })), "number");
        assert_eq!((name(false), name(true)), ("3 silent".into(), "3 (this) silent".into()));
    }
}

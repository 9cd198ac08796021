//! `postrider route replay`: routes that aren't in force, tried against the messages of a while.

use crate::client::Client;
use crate::commands::table::{self, cell};
use crate::failure::Failure;
use crate::terminal;
use serde_json::{Map, Value, json};
use std::path::Path;

/// What is tried.
#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// A TOML file with routes, as they would stand in the configuration file: `[routes.NAME]`
    #[arg(long, value_name = "FILE", required_unless_present = "without")]
    file: Option<std::path::PathBuf>,
    /// A route that is taken away, once or more
    #[arg(long, value_name = "ROUTE")]
    without: Vec<String>,
    /// Messages accepted at or after this: a time, or a length of time before now
    #[arg(long, value_name = "TIME", default_value = "24h")]
    since: String,
    /// Messages accepted before this, likewise [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// Tries them.
pub(super) async fn run(args: ReplayArgs, client: &Client, json: bool) -> Result<(), Failure> {
    let mut routes = match &args.file {
        Some(file) => routes_in(file)?,
        None => Map::new(),
    };
    routes.extend(args.without.into_iter().map(|name| (name, Value::Null)));
    let mut request = json!({ "routes": routes, "since": args.since });
    if let Some(until) = args.until {
        request["until"] = until.into();
    }
    let answer = client.post(&["routes", "replay"], &request).await?;
    table::show(&answer, json, show);
    Ok(())
}

fn routes_in(file: &Path) -> Result<Map<String, Value>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("can't read {}: {error}", file.display())))?;
    let table: Value = toml::from_str(&text)
        .map_err(|error| Failure::usage(format!("{} is no TOML: {error}", file.display())))?;
    match table.get("routes") {
        Some(Value::Object(routes)) => Ok(routes.clone()),
        _ => Err(Failure::usage(format!("{} has no [routes.NAME]", file.display()))),
    }
}

const WAYS: [(&str, &str); 4] =
    [("FROM", "from"), ("TO", "to"), ("MESSAGES", "messages"), ("PARTS", "parts")];
const COSTS: [(&str, &str); 4] =
    [("CURRENCY", "currency"), ("NOW", "before"), ("THEN", "after"), ("DIFFERENCE", "difference")];

fn show(answer: &Value) {
    terminal::say(&summary(answer));
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let ways: Vec<Value> = list("ways").iter().map(way).collect();
    if !ways.is_empty() {
        table::print(&WAYS, &ways, "", |_, _| None);
    }
    let costs = list("costs");
    if !costs.is_empty() {
        table::print(&COSTS, &costs, "", |_, _| None);
    }
}

fn summary(answer: &Value) -> String {
    let number = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
    let mut text = format!("{} of {} messages would go another way", number("changed"), number("messages"));
    if answer["more"] == true {
        text += "; older ones were not looked at";
    }
    if number("unknown_cost") > 0 {
        text += &format!("; the cost of {} is not known", number("unknown_cost"));
    }
    text
}

/// A way as one line.
fn way(way: &Value) -> Value {
    let upstream = |name| if way.get(name).is_some() { cell(way, name) } else { "refused".to_owned() };
    json!({ "from": upstream("from"), "to": upstream("to"), "messages": way["messages"], "parts": way["parts"] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_says_how_many_and_what_is_not_known() {
        let answer = json!({ "messages": 7, "changed": 3, "more": true, "unknown_cost": 2 });
        let said =
            "3 of 7 messages would go another way; older ones were not looked at; the cost of 2 is not known";
        assert_eq!(summary(&answer), said);
        let refused = way(&json!({ "from": "acme", "messages": 3, "parts": 4 }));
        assert_eq!((cell(&refused, "from"), cell(&refused, "to")), ("acme".into(), "refused".into()));
    }
}

//! `postrider changes`: changes of accounts, upstreams and routes, with author and time.

use super::page::PageArgs;
use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use serde_json::{Map, Value};

const HELP: &str = "\
Examples:
  postrider changes
  postrider changes --limit 500 --json > changes.json";

/// List changes to accounts, upstreams and routes: who, when, what.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(flatten)]
    page: PageArgs,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Lists them.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let page = args.connection.administrator().await?.get(&["changes"], &args.page.query()).await?;
    entries(&page, "changes")?;
    table::show(&page, args.json, list);
    Ok(())
}

fn list(page: &Value) {
    let changes = entries(page, "changes").unwrap_or_default();
    if changes.is_empty() {
        terminal::complain("nothing has been declared yet");
    }
    for change in changes {
        let text = |name: &str| table::cell(change, name);
        let who = paint(Style::Faint, &format!("{}  {:<10}", text("at"), text("who")));
        let what = paint(Style::Strong, &format!("{} {}", text("kind"), text("name")));
        terminal::say(&format!("{who} {what} {}", words(change.get("before"), change.get("after"))));
    }
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

/// What changed: `was declared`, `was deleted`, or each field with its value before and after.
fn words(before: Option<&Value>, after: Option<&Value>) -> String {
    let (before, after) = match (before.and_then(Value::as_object), after.and_then(Value::as_object)) {
        (None, _) => return "was declared".to_owned(),
        (_, None) => return "was deleted".to_owned(),
        (Some(before), Some(after)) => (before, after),
    };
    let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    let changed = fields.into_iter().filter(|field| before.get(*field) != after.get(*field));
    let words: Vec<String> = changed.map(|field| difference(field, before, after)).collect();
    if words.is_empty() { "was declared again, unchanged".to_owned() } else { words.join(", ") }
}

fn difference(field: &str, before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    match (before.get(field), after.get(field)) {
        (_, Some(secrets)) if field == "secrets_changed" => format!("new secrets: {secrets}"),
        (None, Some(new)) => format!("{field}: {new}"),
        (Some(old), None) => format!("{field}: {old} → default"),
        (Some(old), Some(new)) => format!("{field}: {old} → {new}"),
        (None, None) => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_is_told_field_by_field() {
        let before = json!({ "rate": 5, "sender": "Shop", "class": "otp" });
        let after = json!({ "rate": 7, "class": "otp", "parts_max": 3 });
        assert_eq!(
            words(Some(&before), Some(&after)),
            "parts_max: 3, rate: 5 → 7, sender: \"Shop\" → default"
        );
        assert_eq!(words(Some(&Value::Null), Some(&after)), "was declared");
        assert_eq!(words(Some(&before), Some(&Value::Null)), "was deleted");
    }
}

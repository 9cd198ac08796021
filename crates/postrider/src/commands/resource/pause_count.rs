//! `postrider pause count`: how many messages a pause is about, before it is declared or deleted.

use super::{Kind, edit};
use crate::client::Client;
use crate::commands::{queue, table};
use crate::failure::Failure;
use crate::terminal;
use serde_json::{Map, Value, json};

/// The pause: its name, or the conditions that it would have.
#[derive(Debug, clap::Args)]
pub(super) struct CountArgs {
    /// The name of a declared pause, or the conditions of one that isn't, as FIELD=VALUE
    #[arg(value_name = "NAME|FIELD=VALUE", required = true)]
    what: Vec<String>,
}

/// Counts the messages.
pub(super) async fn run(kind: Kind, args: CountArgs, client: &Client, json: bool) -> Result<(), Failure> {
    let document = match &args.what[..] {
        [name] if !name.contains('=') => {
            let found = client.find(&[kind.plural, name]).await?;
            let found = found.ok_or_else(|| Failure::refused(format!("there is no pause `{name}`")))?;
            Value::Object(edit::document(Some(&found)))
        }
        fields => edit::changed(Map::new(), fields, kind.mistakes)?,
    };
    let mut selected = 0;
    for select in selections(&document) {
        let request = json!({ "action": "cancel", "select": select, "dry_run": true });
        selected += queue::act(client, request).await?["selected"].as_u64().unwrap_or_default();
    }
    table::show(&json!({ "waiting": selected }), json, |_| {
        terminal::say(&format!("messages that wait and are meant: {selected}"));
    });
    Ok(())
}

/// The selections of actions that together are what a pause is about: these take one account, upstream and reference each.
fn selections(document: &Value) -> Vec<Map<String, Value>> {
    let same = ["classes", "countries", "networks", "prefixes", "senders", "routes", "tags"];
    let shared: Map<String, Value> =
        same.iter().filter_map(|name| Some(((*name).to_owned(), document.get(name)?.clone()))).collect();
    let mut all = vec![shared];
    for (plural, single) in [("accounts", "account"), ("upstreams", "upstream"), ("references", "reference")]
    {
        let values = document.get(plural).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if values.is_empty() {
            continue;
        }
        let with = |select: Map<String, Value>| {
            values.iter().map(move |value| {
                let mut select = select.clone();
                select.insert(single.to_owned(), value.clone());
                select
            })
        };
        all = all.into_iter().flat_map(with).collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_of_several_accounts_and_upstreams_is_several_selections() {
        let pause = json!({
            "reason": "x", "accounts": ["shop", "club"], "upstreams": ["acme"], "countries": ["GB"], "references": [],
        });
        let expected = ["shop", "club"]
            .map(|account| json!({ "account": account, "upstream": "acme", "countries": ["GB"] }));
        let found: Vec<Value> = selections(&pause).into_iter().map(Value::Object).collect();
        assert_eq!(found, expected);
        assert_eq!(selections(&json!({ "reason": "x" })), [Map::new()]);
    }
}

//! `postrider events`: shows events, and follows them.

use super::table::cell;
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Exit, Failure};
use crate::terminal::{self, Style, paint};
use serde_json::Value;
use std::time::Duration;

const HELP: &str = "\
An account's key shows what concerns the account. An administrator's key shows everything, without texts.
Events are kept for the time that the setting `retention.events` says. The same event may come again.

Examples:
  postrider events                        what is kept
  postrider events --follow
  postrider events --follow --types message.received --json
  postrider events --follow --after 1042-3";

/// The pause before a stream that ended is opened again.
const PAUSE: Duration = Duration::from_secs(2);

/// Show events as they happen: messages from handsets, ends of messages, and others.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// Go on with what happens from now on
    #[arg(long, short)]
    follow: bool,
    /// Only events of these types, separated by commas
    #[arg(long)]
    types: Option<String>,
    /// Begin behind the event with this id, or with the `oldest` that is kept
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// Only events of this account (for administrators)
    #[arg(long)]
    account: Option<String>,
    /// Print each event as a line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command. A stream that is followed is opened again when it ends, and goes on where it was.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let oldest = (!args.follow).then(|| "oldest".to_owned());
    let mut after = args.after.clone().or(oldest);
    let mut is_first = true;
    loop {
        match stream(&client, &args, &mut after).await {
            Ok(()) if !args.follow => return Ok(()),
            Ok(()) => {}
            Err(failure) if is_first || failure.exit != Exit::Unreachable => return Err(failure),
            Err(failure) => terminal::complain(&format!("{}; trying again", failure.what)),
        }
        is_first = false;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Prints events until the stream ends or, where nobody follows, until everything was printed.
async fn stream(client: &Client, args: &Args, after: &mut Option<String>) -> Result<(), Failure> {
    let given = [("types", &args.types), ("after", &*after), ("account", &args.account)];
    let query: Vec<(&str, String)> =
        given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    let mut events = client.events(&query).await?;
    while let Some(block) = events.next().await? {
        if let Some(event) = &block.event {
            terminal::say(&if args.json { event.to_string() } else { line(event) });
        }
        if block.id.is_some() {
            *after = block.id;
        }
        if block.is_up_to_date && !args.follow {
            break;
        }
    }
    Ok(())
}

/// An event in a line: when, its type, and what it says.
fn line(event: &Value) -> String {
    let (at, kind) = (cell(event, "timestamp"), cell(event, "type"));
    let account = event.get("account").and_then(Value::as_str).map(|account| format!("{account}: "));
    let data = event.get("data").unwrap_or(&Value::Null);
    let words = match data.get("id") {
        Some(_) => message(data),
        None => facts(data),
    };
    let kind = paint(Style::Strong, &format!("{kind:<20}"));
    format!("{}  {kind}  {}{words}", paint(Style::Faint, &at), account.unwrap_or_default())
}

fn message(data: &Value) -> String {
    let from = data.get("from").map(|_| format!("{} ", cell(data, "from"))).unwrap_or_default();
    let text = data.get("text").map(|_| format!(": {}", cell(data, "text"))).unwrap_or_default();
    let error = data.get("error").map(|error| format!(": {}", super::follow::reason(error)));
    format!("{}  {from}to {}{text}{}", cell(data, "id"), cell(data, "to"), error.unwrap_or_default())
}

fn facts(data: &Value) -> String {
    let facts = data.as_object().into_iter().flatten();
    facts.map(|(name, _)| format!("{name}={}", cell(data, name))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_a_line() {
        let at = "2030-01-31T09:00:00.000Z";
        let data = json!({ "id": "7", "from": "+447700900123", "to": "60006", "text": "Hello" });
        let event = json!({ "type": "message.received", "timestamp": at, "data": data });
        assert_eq!(line(&event), format!("{at}  message.received      7  +447700900123 to 60006: Hello"));
        let data = json!({ "id": "7", "to": "+447700900123" });
        let event = json!({ "type": "message.delivered", "timestamp": at, "account": "shop", "data": data });
        assert_eq!(line(&event), format!("{at}  message.delivered     shop: 7  to +447700900123"));
        let event = json!({ "type": "opened", "timestamp": at, "data": { "number": "+447700900123" } });
        assert_eq!(line(&event), format!("{at}  opened                number=+447700900123"));
    }
}

//! Rules of automation: the verbs of every kind, and a trial.

use super::{How, Kind, PUT_HELP, Verb, verbs};
use crate::client::Client;
use crate::commands::table::{self, cell};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use postrider_declare::RuleDocument;
use serde_json::{Map, Value, json};

const RULE: Kind = Kind::of::<RuleDocument>(&[
    ("NAME", "name"),
    ("ACCOUNT", "account"),
    ("ENABLED", "enabled"),
    ("ORDER", "order"),
    ("DECLARED IN", "origin"),
]);

const EXAMPLES: &str = "\
Examples:
  postrider rule put hours account=shop when.keywords=hours,open 'then.reply=\"We are open from 9 to 5.\"'
  postrider rule put away account=shop when.hours=17:00-09:00 limit=1 per=12h 'then.reply=\"We are closed.\"'
  postrider rule test +447700900123 60006 hours
  postrider rule list";

/// Declare rules of automation: when this happens, do that.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct RuleArgs {
    #[command(subcommand)]
    verb: RuleVerb,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Subcommand)]
enum RuleVerb {
    #[command(flatten)]
    Common(Verb),
    /// Show what a message from a handset, or another event, would set off, and why; nothing is sent
    #[command(after_help = "Examples:\n  postrider rule test +447700900123 60006 'Hours, please'\n  \
                            postrider rule test --rule carrier-down")]
    Test {
        /// The handset
        #[arg(required_unless_present = "rule")]
        from: Option<String>,
        /// The number that it writes to
        #[arg(required_unless_present = "rule")]
        to: Option<String>,
        /// What it writes
        #[arg(required_unless_present = "rule")]
        text: Option<String>,
        /// A rule that waits for another event; of the events delivered and failed the others are the sender, the recipient
        /// and the text of the message that ended
        #[arg(long, value_name = "NAME")]
        rule: Option<String>,
        /// The upstream that brings it [default: any]
        #[arg(long, value_name = "NAME")]
        upstream: Option<String>,
        /// A field that the address of a rule for calls is called with; may be given several times
        #[arg(long, value_name = "NAME=VALUE", value_parser = field)]
        call: Vec<(String, String)>,
        /// When, such as 2030-01-31T09:00:00Z [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// The handset wrote before, or for the first time [default: what is known of it]
        #[arg(long, value_name = "YES")]
        known: Option<bool>,
    },
    /// Count the answers to a poll
    #[command(after_help = "Example:\n  postrider rule votes lunch")]
    Votes {
        /// The rule
        rule: String,
    },
}

/// `postrider rule`.
pub(crate) async fn rule(args: RuleArgs) -> Result<(), Failure> {
    let client = args.how.connection.administrator().await?;
    match args.verb {
        RuleVerb::Common(verb) => verbs::run(RULE, verb, &client, args.how.json).await,
        RuleVerb::Test { from, to, text, rule, upstream, call, at, known } => {
            let call: Map<String, Value> =
                call.into_iter().map(|(name, value)| (name, value.into())).collect();
            let mut trial = json!({ "from": from, "to": to, "text": text, "rule": rule, "upstream": upstream, "call": call });
            if let Some(known) = known {
                trial["first_contact"] = (!known).into();
            }
            if let Some(at) = at {
                trial["at"] = at.into();
            }
            test(&trial, &client, args.how.json).await
        }
        RuleVerb::Votes { rule } => {
            let counts = client.get(&["rules", &rule, "votes"], &[]).await?;
            table::show(&counts, args.how.json, votes);
            Ok(())
        }
    }
}

/// A field of a call.
fn field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

async fn test(trial: &Value, client: &Client, json: bool) -> Result<(), Failure> {
    let answer = client.post(&["rules", "test"], trial).await?;
    table::show(&answer, json, show);
    Ok(())
}

fn votes(counts: &Value) {
    let rows = counts.get("votes").and_then(Value::as_array).cloned().unwrap_or_default();
    table::print(&[("ANSWER", "answer"), ("VOTES", "votes")], &rows, "there are no answers", |_, _| None);
}

fn show(answer: &Value) {
    if answer.get("account").is_none() {
        return terminal::say("nothing happens: nobody has declared this number");
    }
    if let Some(asks) = answer.get("asks").and_then(Value::as_str) {
        let asks = asks.to_uppercase();
        return terminal::say(&format!(
            "the text asks for {asks}: the gateway acts on it itself, and no rule gets it"
        ));
    }
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for considered in list("considered") {
        let word = if considered["acts"] == true { "acts" } else { "-" };
        let rule = paint(Style::Strong, &cell(&considered, "rule"));
        terminal::say(&format!("{word:<5} {rule}: {}", cell(&considered, "reason")));
    }
    let actions = list("actions");
    if actions.is_empty() {
        terminal::say("nothing happens");
    }
    for action in actions {
        terminal::say(&line(&action));
    }
    if let Some(timed_out) = answer.get("timed_out") {
        terminal::say(&format!("if no answer comes until {}:", cell(timed_out, "at")));
        for action in timed_out["actions"].as_array().into_iter().flatten() {
            terminal::say(&format!("  {}", line(action)));
        }
    }
}

/// One action in words.
fn line(action: &Value) -> String {
    match action["action"].as_str().unwrap_or_default() {
        "send" => {
            let (to, text) = (cell(action, "to"), cell(action, "text"));
            let from = action.get("from").map(|_| format!(" from {}", cell(action, "from")));
            let later = action.get("send_at").map(|_| format!(" at {}", cell(action, "send_at")));
            format!("send to {to}{}{}: {text}", from.unwrap_or_default(), later.unwrap_or_default())
        }
        "tag" => format!("tag the message '{}'", cell(action, "tag")),
        "post" => format!("post to {}", cell(action, "url")),
        "add_to" => format!("add {} to the group '{}'", cell(action, "number"), cell(action, "group")),
        "take_from" => format!("take {} from the group '{}'", cell(action, "number"), cell(action, "group")),
        "consent" => {
            format!("record the consent of {} to '{}'", cell(action, "number"), cell(action, "purpose"))
        }
        "cancel_scheduled" => format!("cancel what is scheduled for {}", cell(action, "number")),
        _ => "tell the account's webhook".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_in_words() {
        for (action, words) in [
            (
                json!({ "action": "send", "to": "+4477", "from": "60006", "text": "Hi" }),
                "send to +4477 from 60006: Hi",
            ),
            (
                json!({ "action": "send", "to": "+4477", "text": "Hi", "send_at": "2030-01-31T09:00:00Z" }),
                "send to +4477 at 2030-01-31T09:00:00Z: Hi",
            ),
            (json!({ "action": "tag", "tag": "seen" }), "tag the message 'seen'"),
            (json!({ "action": "post", "url": "https://x.example/" }), "post to https://x.example/"),
            (
                json!({ "action": "add_to", "group": "news", "number": "+4477" }),
                "add +4477 to the group 'news'",
            ),
            (
                json!({ "action": "take_from", "group": "news", "number": "+4477" }),
                "take +4477 from the group 'news'",
            ),
            (
                json!({ "action": "consent", "number": "+4477", "purpose": "news" }),
                "record the consent of +4477 to 'news'",
            ),
            (
                json!({ "action": "cancel_scheduled", "number": "+4477" }),
                "cancel what is scheduled for +4477",
            ),
            (json!({ "action": "webhook" }), "tell the account's webhook"),
        ] {
            assert_eq!(line(&action), words);
        }
    }
}

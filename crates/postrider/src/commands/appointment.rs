//! `postrider appointment`: makes, shows, moves and cancels appointments.

use super::table::{self, cell};
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Map, Value, json};

const HELP: &str = "\
Recipients are reminded before an appointment, and confirm, move or cancel it by their answer. Use an
account's key.

Examples:
  postrider appointment make +447700900123 2030-01-31T14:30 --remind 24h --remind 2h --from 60006 \\
    --text \"Your visit is on {{ weekday }} at {{ time }}. Reply YES, MOVE or NO.\"
  postrider appointment move 0193f2a4c1d05b7e9c2f61a8d3e4b5c6 2030-02-01T09:00";

/// Manage appointments and their reminders.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Print the gateway's answer as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make an appointment
    #[command(
        after_help = "Example:\n  postrider appointment make +447700900123 2030-01-31T14:30 --remind 24h --text \"See you at {{ time }}\""
    )]
    Make(Make),
    /// Show an appointment
    #[command(after_help = "Example:\n  postrider appointment get 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Get {
        /// Its identifier
        id: String,
    },
    /// List appointments, the last made first
    #[command(after_help = "Example:\n  postrider appointment list --state move_requested")]
    List {
        /// The most entries, 1 to 500
        #[arg(long, default_value_t = 50)]
        limit: u16,
        /// The cursor at the end of the previous page
        #[arg(long)]
        cursor: Option<String>,
        /// Only appointments in this state: scheduled, confirmed, move_requested or canceled
        #[arg(long)]
        state: Option<String>,
    },
    /// Give an appointment another time
    #[command(
        after_help = "Example:\n  postrider appointment move 0193f2a4c1d05b7e9c2f61a8d3e4b5c6 2030-02-01T09:00"
    )]
    Move {
        /// Its identifier
        id: String,
        /// The time by the recipient's clocks
        at: String,
    },
    /// Cancel an appointment
    #[command(after_help = "Example:\n  postrider appointment cancel 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Cancel {
        /// Its identifier
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct Make {
    /// The recipient's number
    to: String,
    /// The time by the recipient's clocks, such as 2030-01-31T14:30
    at: String,
    /// How long before it a reminder is sent, such as 24h; may be given several times
    #[arg(long, required = true)]
    remind: Vec<String>,
    /// The text of reminders, with `{{ date }}`, `{{ time }}` and `{{ weekday }}`
    #[arg(long)]
    text: String,
    /// The recipient's time zone
    #[arg(long)]
    zone: Option<String>,
    /// The sender
    #[arg(long)]
    from: Option<String>,
    /// Your own reference for it
    #[arg(long)]
    reference: Option<String>,
}

impl Make {
    fn document(&self) -> Value {
        let texts = [
            ("to", Some(&self.to)),
            ("at", Some(&self.at)),
            ("text", Some(&self.text)),
            ("zone", self.zone.as_ref()),
            ("from", self.from.as_ref()),
            ("reference", self.reference.as_ref()),
        ];
        let given = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
        Value::Object(given.chain([("remind".to_owned(), json!(self.remind))]).collect::<Map<_, _>>())
    }
}

const PATH: &str = "appointments";

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let missing = |id: &str| Failure::refused(format!("there is no appointment {id}"));
    match &args.verb {
        Verb::Make(make) => {
            table::show(&client.post(&[PATH], &make.document()).await?, args.json, show);
        }
        Verb::Get { id } => {
            let found = client.find(&[PATH, id]).await?;
            table::show(&found.ok_or_else(|| missing(id))?, args.json, show);
        }
        Verb::List { limit, cursor, state } => {
            let given = [("cursor", cursor.clone()), ("state", state.clone())];
            let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
            let query: Vec<_> = [("limit", limit.to_string())].into_iter().chain(given).collect();
            table::show(&client.get(&[PATH], &query).await?, args.json, list);
        }
        Verb::Move { id, at } => {
            let moved = client.post(&[PATH, id, "move"], &json!({ "at": at })).await?;
            table::show(&moved, args.json, show);
        }
        Verb::Cancel { id } => {
            let canceled = client.delete(&[PATH, id], &[]).await?;
            table::show(&canceled.ok_or_else(|| missing(id))?, args.json, show);
        }
    }
    Ok(())
}

fn show(appointment: &Value) {
    terminal::say(&paint(Style::Strong, &cell(appointment, "id")));
    for field in ["to", "at", "zone", "state", "reply", "reference"] {
        if appointment.get(field).is_some() {
            let value = cell(appointment, field);
            terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<9}"))));
        }
    }
    for reminder in appointment.get("reminders").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        let result = ["message", "code"].map(|name| cell(reminder, name)).concat();
        terminal::say(&format!("  {} {} {result}", paint(Style::Faint, "reminder "), cell(reminder, "at")));
    }
}

fn list(page: &Value) {
    let columns = [("ID", "id"), ("AT", "at"), ("TO", "to"), ("STATE", "state"), ("REFERENCE", "reference")];
    let rows = page.get(PATH).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    table::print(&columns, rows, "none", |_, _| None);
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        make: Make,
    }

    #[test]
    fn an_appointment_has_what_was_given() {
        let line =
            ["make", "+447700900123", "2030-01-31T14:30", "--remind", "24h", "--remind", "2h", "--text", "x"];
        let expected =
            json!({ "to": "+447700900123", "at": "2030-01-31T14:30", "remind": ["24h", "2h"], "text": "x" });
        assert_eq!(Line::parse_from(line).make.document(), expected);
    }
}

//! `postrider schedule`: makes, shows, pauses and cancels schedules of recurring messages.

use super::table::{self, cell};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Map, Value, json};

const HELP: &str = "\
A schedule sends messages again and again, at the times of a cron expression. Use an account's key.

Examples:
  postrider schedule make --cron '0 9 * * 1-5' --zone Europe/Berlin --text \"Stand-up in ten minutes\" \\
    +447700900123 +447700900124
  postrider schedule pause 0193f2a4c1d05b7e9c2f61a8d3e4b5c6";

/// Manage schedules of recurring messages.
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
    /// Make a schedule
    #[command(
        after_help = "Example:\n  postrider schedule make --cron '0 9 * * 1-5' --text \"Good morning\" +447700900123"
    )]
    Make(Make),
    /// Show a schedule
    #[command(after_help = "Example:\n  postrider schedule get 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Get {
        /// Its identifier
        id: String,
    },
    /// List schedules, the last made first
    #[command(after_help = "Example:\n  postrider schedule list --limit 20")]
    List {
        /// The most entries, 1 to 500
        #[arg(long, default_value_t = 50)]
        limit: u16,
        /// The cursor at the end of the previous page
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Pause a schedule
    #[command(after_help = "Example:\n  postrider schedule pause 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Pause {
        /// Its identifier
        id: String,
    },
    /// Have a paused schedule go on
    #[command(after_help = "Example:\n  postrider schedule resume 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Resume {
        /// Its identifier
        id: String,
    },
    /// Cancel a schedule
    #[command(after_help = "Example:\n  postrider schedule cancel 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Cancel {
        /// Its identifier
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct Make {
    /// The recipients' numbers, up to 100
    #[arg(required = true)]
    to: Vec<String>,
    /// The cron expression: minute, hour, day of the month, month and day of the week
    #[arg(long)]
    cron: String,
    /// The text of each message
    #[arg(long)]
    text: String,
    /// The time zone of the expression; UTC if it is left out
    #[arg(long)]
    zone: Option<String>,
    /// When it ends, such as 2030-01-31T09:00:00Z
    #[arg(long, value_name = "TIME")]
    ends_at: Option<String>,
    /// The sender
    #[arg(long)]
    from: Option<String>,
    /// The class: emergency, otp, transactional or marketing
    #[arg(long)]
    class: Option<String>,
    /// How long a message may wait before it expires, such as 5m
    #[arg(long, value_name = "TIME")]
    valid_for: Option<String>,
    /// Your own reference, which its messages have
    #[arg(long)]
    reference: Option<String>,
}

impl Make {
    fn document(&self) -> Value {
        let texts = [
            ("cron", Some(&self.cron)),
            ("text", Some(&self.text)),
            ("zone", self.zone.as_ref()),
            ("ends_at", self.ends_at.as_ref()),
            ("from", self.from.as_ref()),
            ("class", self.class.as_ref()),
            ("valid_for", self.valid_for.as_ref()),
            ("reference", self.reference.as_ref()),
        ];
        let given = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
        Value::Object(given.chain([("to".to_owned(), json!(self.to))]).collect::<Map<_, _>>())
    }
}

const PATH: &str = "schedules";

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let missing = |id: &str| Failure::refused(format!("there is no schedule {id}"));
    match &args.verb {
        Verb::Make(make) => {
            table::show(&client.post(&[PATH], &make.document()).await?, args.json, show);
        }
        Verb::Get { id } => {
            let found = client.find(&[PATH, id]).await?;
            table::show(&found.ok_or_else(|| missing(id))?, args.json, show);
        }
        Verb::List { limit, cursor } => {
            let cursor = cursor.clone().map(|cursor| ("cursor", cursor));
            let query: Vec<_> = [("limit", limit.to_string())].into_iter().chain(cursor).collect();
            table::show(&client.get(&[PATH], &query).await?, args.json, list);
        }
        Verb::Pause { id } => set(&client, id, "pause", args.json).await?,
        Verb::Resume { id } => set(&client, id, "resume", args.json).await?,
        Verb::Cancel { id } => {
            let canceled = client.delete(&[PATH, id], &[]).await?;
            table::show(&canceled.ok_or_else(|| missing(id))?, args.json, show);
        }
    }
    Ok(())
}

async fn set(client: &Client, id: &str, action: &str, json: bool) -> Result<(), Failure> {
    table::show(&client.post(&[PATH, id, action], &json!({})).await?, json, show);
    Ok(())
}

fn show(schedule: &Value) {
    terminal::say(&paint(Style::Strong, &cell(schedule, "id")));
    for field in
        ["state", "to", "cron", "zone", "next_at", "ends_at", "from", "reference", "sent", "missed", "text"]
    {
        if schedule.get(field).is_some() {
            let value = cell(schedule, field);
            terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<9}"))));
        }
    }
}

fn list(page: &Value) {
    let columns = [
        ("ID", "id"),
        ("STATE", "state"),
        ("CRON", "cron"),
        ("ZONE", "zone"),
        ("NEXT", "next_at"),
        ("REFERENCE", "reference"),
    ];
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
    fn a_schedule_has_what_was_given() {
        let line = ["make", "--cron", "0 9 * * 1-5", "--text", "x", "+447700900123", "+447700900124"];
        let expected =
            json!({ "to": ["+447700900123", "+447700900124"], "cron": "0 9 * * 1-5", "text": "x" });
        assert_eq!(Line::parse_from(line).make.document(), expected);
    }
}

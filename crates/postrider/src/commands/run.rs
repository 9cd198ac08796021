//! `postrider campaign`, `postrider batch` and `postrider broadcast`: one message to many recipients.

mod hours;
mod make;
mod showing;

use super::table::{self, cell};
use super::template::{Page, pairs};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::Subcommand;
use hours::SendingHours;
use make::{BatchMake, BroadcastMake, CampaignMake, Makes};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The most octets of a file that are sent in one request.
const CHUNK_MAX: usize = 512 * 1024;

const CAMPAIGN_HELP: &str = "\
A campaign sends a template, or a text, to groups of contacts and to recipients that are added. Its audience is
written down when it is launched. Nobody gets it twice, whatever is repeated or crashes. Use an account's key.

Examples:
  id=$(postrider campaign make --template welcome --group news --send-at 2030-01-31T09:00:00 --send-zone recipient)
  postrider campaign test $id +447700900123
  postrider campaign launch $id
  postrider campaign get $id
  postrider campaign hours $id --hours 09:00-18:00 --days mon,tue,wed,thu,fri --hours-zone Europe/Berlin
  postrider campaign pause $id
  postrider campaign clone $id --name 'Spring again'";

const BATCH_HELP: &str = "\
A batch sends a template, or a text, to recipients that are added from files: lines of JSON, or CSV with the
columns to, language, zone and variables (`postrider template sheet` prints such a table). Nobody gets it
twice. Use an account's key.

Examples:
  id=$(postrider batch make --text 'We open at nine.')
  postrider batch add $id customers.csv
  postrider batch seal $id
  postrider batch results $id";

const BROADCAST_HELP: &str = "\
A broadcast is for emergencies. It is made and armed long before: its recipients are written down then. One person
launches it, another approves it within 15 minutes, and it goes before everything else. Use two keys, or two users.

Examples:
  id=$(postrider broadcast make --text 'Leave the valley now. Go uphill.' --group valley --fallback-after 2m)
  postrider broadcast arm $id
  postrider broadcast launch $id
  postrider broadcast approve $id     # somebody else
  postrider broadcast networks $id
  postrider broadcast stop $id";

/// Send one message to groups of contacts.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{CAMPAIGN_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct CampaignArgs {
    #[command(flatten)]
    args: Args<CampaignVerb>,
}

/// Send one message to recipients from files.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{BATCH_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    args: Args<BatchVerb>,
}

/// Send an emergency broadcast, which two persons release.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{BROADCAST_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct BroadcastArgs {
    #[command(flatten)]
    args: Args<BroadcastVerb>,
}

impl BroadcastArgs {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (desk, verb) = self.args.at("broadcasts").await?;
        match verb {
            BroadcastVerb::Make(make) => desk.make(&*make).await,
            BroadcastVerb::Run(verb) => run(&desk, verb).await,
            BroadcastVerb::Arming(Arming::Arm { id }) => desk.act(&id, "arm").await,
            BroadcastVerb::Approval(Approval::Approve { id }) => desk.act(&id, "approve").await,
        }
    }
}

impl CampaignArgs {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (desk, verb) = self.args.at("campaigns").await?;
        match verb {
            CampaignVerb::Make(make) => desk.make(&*make).await,
            CampaignVerb::Run(verb) => run(&desk, verb).await,
            CampaignVerb::Approval(Approval::Approve { id }) => desk.act(&id, "approve").await,
            CampaignVerb::Tuning(tuning) => tune(&desk, tuning).await,
        }
    }
}

impl BatchArgs {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (desk, verb) = self.args.at("batches").await?;
        match verb {
            BatchVerb::Make(make) => desk.make(&*make).await,
            BatchVerb::Run(verb) => run(&desk, verb).await,
            BatchVerb::Tuning(tuning) => tune(&desk, tuning).await,
        }
    }
}

/// Where the runs of a kind are, and how answers are printed.
struct Desk {
    client: Client,
    /// Their list in the API.
    path: &'static str,
    json: bool,
}

impl Desk {
    async fn make(&self, make: &impl Makes) -> Result<(), Failure> {
        let made = self.client.post(&[self.path], &make.document()).await?;
        table::show(&made, self.json, |made| terminal::say(&cell(made, "id")));
        Ok(())
    }

    async fn act(&self, id: &str, action: &str) -> Result<(), Failure> {
        let done = self.client.act(&[self.path, id, action], &[]).await?;
        table::show(&done, self.json, showing::one);
        Ok(())
    }
}

/// The verbs of campaigns.
#[derive(Debug, Subcommand)]
enum CampaignVerb {
    /// Make one, and print its identifier
    Make(Box<CampaignMake>),
    #[command(flatten)]
    Run(Verb),
    #[command(flatten)]
    Approval(Approval),
    #[command(flatten)]
    Tuning(Tuning),
}

/// The verbs of batches.
#[derive(Debug, Subcommand)]
enum BatchVerb {
    /// Make one, and print its identifier
    Make(Box<BatchMake>),
    #[command(flatten)]
    Run(Verb),
    #[command(flatten)]
    Tuning(Tuning),
}

/// The verbs of broadcasts.
#[derive(Debug, Subcommand)]
enum BroadcastVerb {
    /// Make one, and print its identifier
    Make(Box<BroadcastMake>),
    #[command(flatten)]
    Run(Verb),
    #[command(flatten)]
    Arming(Arming),
    #[command(flatten)]
    Approval(Approval),
}

#[derive(Debug, clap::Args)]
struct Args<V: Subcommand> {
    #[command(subcommand)]
    verb: V,
    /// Print the gateway's answer as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl<V: Subcommand> Args<V> {
    async fn at(self, path: &'static str) -> Result<(Desk, V), Failure> {
        let client = self.connection.client().await?;
        Ok((Desk { client, path, json: self.json }, self.verb))
    }
}

#[derive(Debug, Subcommand)]
enum Arming {
    /// Arm it: its recipients are written down, and it waits to be launched
    Arm {
        /// Its identifier
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum Approval {
    /// Approve one that somebody else launched
    Approve {
        /// Its identifier
        id: String,
    },
}

/// What is changed while it runs. A broadcast is one text, sent as fast as can be.
#[derive(Debug, Subcommand)]
enum Tuning {
    /// Have all other recipients get a variant
    Winner {
        /// Its identifier
        id: String,
        /// The name of the variant
        variant: String,
    },
    /// Set how fast its messages are handed in, also while it runs
    Pace {
        /// Its identifier
        id: String,
        /// Messages a minute
        per_minute: u32,
    },
    /// Set its hours, days and daily cap, also while it runs; without options it has none any more
    Hours {
        /// Its identifier
        id: String,
        #[command(flatten)]
        hours: SendingHours,
    },
}

/// The verbs of all kinds.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Add recipients from a file: CSV if its name ends so, and otherwise lines of JSON
    Add {
        /// Its identifier
        id: String,
        /// The file
        file: PathBuf,
    },
    /// Send its message to numbers at once, as a test
    Test {
        /// Its identifier
        id: String,
        /// The numbers
        #[arg(required = true)]
        to: Vec<String>,
        /// The value of a variable
        #[arg(long = "variable", value_name = "NAME=VALUE")]
        variables: Vec<String>,
        /// The name of the variant, if there are several
        #[arg(long)]
        variant: Option<String>,
    },
    /// Make another one like it: with its texts, audience and pace, and without its recipients
    Clone {
        /// Its identifier
        id: String,
        /// The name of the new one; that of the other with `(copy)` behind it if not
        #[arg(long)]
        name: Option<String>,
    },
    /// Launch it: no more recipients can be added, and it is sent
    #[command(alias = "seal")]
    Launch {
        /// Its identifier
        id: String,
    },
    /// Pause it: nothing more is handed in
    Pause {
        /// Its identifier
        id: String,
    },
    /// Resume it
    Resume {
        /// Its identifier
        id: String,
    },
    /// Cancel it, and the messages that wait
    #[command(alias = "stop")]
    Cancel {
        /// Its identifier
        id: String,
    },
    /// Tell what it would come to: parts, price and refusals of its whole audience
    Estimate {
        /// Its identifier
        id: String,
        /// The name of the variant, if there are several
        #[arg(long)]
        variant: Option<String>,
    },
    /// Show one, and how far it has come
    Get {
        /// Its identifier
        id: String,
    },
    /// List them, the newest first
    List(Page),
    /// List recipients, and what became of the message to each
    Recipients {
        /// Its identifier
        id: String,
        /// Only those: open, accepted, refused, delivered or not_delivered
        #[arg(long)]
        result: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Print all recipients as CSV
    Export {
        /// Its identifier
        id: String,
    },
    /// Count recipients by what became of the message to each
    Results {
        /// Its identifier
        id: String,
    },
    /// Count recipients at each network by what became of the message to each
    Networks {
        /// Its identifier
        id: String,
    },
    /// Delete one that was not launched, or has ended
    Delete {
        /// Its identifier
        id: String,
    },
}

async fn tune(desk: &Desk, tuning: Tuning) -> Result<(), Failure> {
    let (id, field, document) = match tuning {
        Tuning::Winner { id, variant } => (id, "winner", json!({ "variant": variant })),
        Tuning::Pace { id, per_minute } => (id, "pace", json!({ "per_minute": per_minute })),
        Tuning::Hours { id, hours } => (id, "sending_hours", hours.document().into()),
    };
    let set = desk.client.put(&[desk.path, &id, field], &document).await?;
    table::show(&set, desk.json, showing::one);
    Ok(())
}

async fn run(desk: &Desk, verb: Verb) -> Result<(), Failure> {
    let Desk { client, path, json: is_json } = desk;
    let (path, is_json) = (*path, *is_json);
    match &verb {
        Verb::Clone { id, name } => {
            clone_one(client, [path, id, "clone"], name.as_deref(), is_json).await?;
        }
        Verb::Add { id, file } => add(client, path, id, file).await?,
        Verb::Estimate { id, variant } => {
            let query: Vec<_> = variant.clone().map(|name| ("variant", name)).into_iter().collect();
            let found = client.get(&[path, id, "estimate"], &query).await?;
            table::show(&found, is_json, showing::estimate);
        }
        Verb::Test { id, to, variables, variant } => {
            let variables = pairs(variables, |text| json!(text))?;
            let document = json!({ "to": to, "variables": variables, "variant": variant });
            let sent = client.post(&[path, id, "test"], &document).await?;
            table::show(&sent, is_json, |sent| terminal::say(&cell(sent, "messages")));
        }
        Verb::Launch { id } => desk.act(id, "launch").await?,
        Verb::Pause { id } => desk.act(id, "pause").await?,
        Verb::Resume { id } => desk.act(id, "resume").await?,
        Verb::Cancel { id } => desk.act(id, "cancel").await?,
        Verb::Get { id } => table::show(&client.get(&[path, id], &[]).await?, is_json, showing::one),
        Verb::List(page) => {
            table::show(&client.get(&[path], &page.query()).await?, is_json, showing::list);
        }
        Verb::Recipients { id, result, page } => {
            let mut query = page.query();
            query.extend(result.clone().map(|result| ("result", result)));
            let found = client.get(&[path, id, "recipients"], &query).await?;
            table::show(&found, is_json, showing::recipients);
        }
        Verb::Export { id } => {
            let text = client.get_text(&[path, id, "recipients", "csv"]).await?;
            terminal::print_table(&text);
        }
        Verb::Results { id } => {
            table::show(&client.get(&[path, id, "results"], &[]).await?, is_json, showing::results);
        }
        Verb::Networks { id } => {
            table::show(&client.get(&[path, id, "networks"], &[]).await?, is_json, showing::networks);
        }
        Verb::Delete { id } => {
            if client.delete(&[path, id], &[]).await?.is_none() {
                return Err(Failure::refused(format!("there is none with the identifier {id}")));
            }
            terminal::say(&format!("deleted {id}"));
        }
    }
    Ok(())
}

async fn clone_one(
    client: &Client,
    path: [&str; 3],
    name: Option<&str>,
    is_json: bool,
) -> Result<(), Failure> {
    let document = name.map_or(json!({}), |name| json!({ "name": name }));
    let made = client.post(&path, &document).await?;
    table::show(&made, is_json, |made| terminal::say(&cell(made, "id")));
    Ok(())
}

/// Adds the recipients of a file, some thousand lines at a time.
async fn add(client: &Client, path: &'static str, id: &str, file: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("can't read {}: {error}", file.display())))?;
    let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let kind = if is_csv { "text/csv" } else { "application/x-ndjson" };
    let (mut added, mut doubled, mut invalid) = (0, 0, 0);
    for (first, piece) in pieces(&text, is_csv, CHUNK_MAX) {
        let answer = client.post_text(&[path, id, "recipients"], kind, &piece).await?;
        let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
        added += count("added");
        doubled += count("doubled");
        invalid += count("invalid");
        for mistake in answer.get("mistakes").and_then(Value::as_array).into_iter().flatten() {
            let line = mistake.get("line").and_then(Value::as_u64).unwrap_or(0) + first;
            terminal::complain(&format!("line {line}: {}", cell(mistake, "detail")));
        }
    }
    terminal::say(&format!("{added} added, {doubled} doubled, {invalid} invalid"));
    Ok(())
}

/// A text in pieces of whole lines, of about so many octets, each with what is to be added to the number of a line in it. Each piece of CSV has the header.
pub(super) fn pieces(text: &str, is_csv: bool, most: usize) -> Vec<(u64, String)> {
    let header = if is_csv { text.split_inclusive('\n').next().unwrap_or_default() } else { "" };
    let mut pieces: Vec<(u64, String)> = Vec::new();
    let mut is_quoted = false;
    for (number, line) in (0..).zip(text.split_inclusive('\n')).skip(usize::from(is_csv)) {
        let is_full = pieces.last().is_none_or(|(_, piece)| piece.len().saturating_add(line.len()) > most);
        if is_full && !is_quoted {
            pieces.push((number - u64::from(is_csv), header.to_owned()));
        }
        // A line break within quotes ends no row.
        is_quoted ^= is_csv && line.matches('"').count() % 2 == 1;
        if let Some((_, piece)) = pieces.last_mut() {
            piece.push_str(line);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_table_have_its_header_and_know_their_lines() {
        let row = format!("+447700900123,\"{}\n\"\n", "x".repeat(CHUNK_MAX / 2));
        let text = format!("to,name\n{row}{row}{row}");
        let pieces = pieces(&text, true, CHUNK_MAX);
        assert_eq!(pieces.iter().map(|(first, _)| *first).collect::<Vec<_>>(), [0, 2, 4]);
        assert!(pieces.iter().all(|(_, piece)| piece.starts_with("to,name\n+44") && piece.ends_with("\"\n")));
        assert_eq!(super::pieces("{}\n{}", false, CHUNK_MAX), [(0, "{}\n{}".to_owned())]);
    }
}

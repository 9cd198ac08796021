//! `postrider campaign`, `postrider batch` and `postrider broadcast`: one message to many recipients.

mod showing;

use super::table::{self, cell};
use super::template::{Page, pairs};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::Subcommand;
use serde_json::{Map, Value, json};
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
  id=$(postrider broadcast make --text 'Leave the valley now. Go uphill.' --group valley)
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
    args: Args,
}

/// Send one message to recipients from files.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{BATCH_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    args: Args,
}

/// Send an emergency broadcast, which two persons release.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{BROADCAST_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct BroadcastArgs {
    #[command(flatten)]
    args: Args,
}

impl BroadcastArgs {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        run(self.args, "broadcasts").await
    }
}

impl CampaignArgs {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        run(self.args, "campaigns").await
    }
}

impl BatchArgs {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        run(self.args, "batches").await
    }
}

#[derive(Debug, clap::Args)]
struct Args {
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
    /// Make one, and print its identifier
    Make(Box<Make>),
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
    /// Arm a broadcast: its recipients are written down, and it waits to be launched
    Arm {
        /// Its identifier
        id: String,
    },
    /// Launch it: no more recipients can be added, and it is sent
    #[command(alias = "seal")]
    Launch {
        /// Its identifier
        id: String,
    },
    /// Approve one that somebody else launched
    Approve {
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

#[derive(Debug, clap::Args)]
struct Make {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// The text, the same for all
    #[arg(long, conflicts_with = "template")]
    text: Option<String>,
    /// The template that is filled in for each recipient
    #[arg(long)]
    template: Option<String>,
    /// Put short links in the place of addresses
    #[arg(long)]
    shorten_links: bool,
    /// A text among several, by its name
    #[arg(long = "variant", value_name = "NAME=TEXT", conflicts_with_all = ["text", "template"])]
    variants: Vec<String>,
    /// How many recipients of a hundred get one of the variants before all others get the best
    #[arg(long, requires = "measure")]
    share: Option<u8>,
    /// What the best variant has most of: clicks, delivered or replies
    #[arg(long, requires = "variants")]
    measure: Option<String>,
    /// How long results are waited for, such as `4h`
    #[arg(long, requires = "measure")]
    trial_wait: Option<String>,
    /// Have somebody choose the best variant
    #[arg(long, requires = "measure")]
    by_hand: bool,
    /// The sender
    #[arg(long)]
    from: Option<String>,
    /// The class of the messages
    #[arg(long)]
    class: Option<String>,
    /// The earliest time of sending
    #[arg(long)]
    send_at: Option<String>,
    /// The zone of a time without an offset: a name, or `recipient`
    #[arg(long)]
    send_zone: Option<String>,
    /// The latest time of sending
    #[arg(long)]
    not_after: Option<String>,
    /// Messages a minute
    #[arg(long)]
    per_minute: Option<u32>,
    /// How long it takes from a tenth of that to all of it
    #[arg(long, requires = "per_minute")]
    ramp: Option<String>,
    /// Pause by itself when so many of a hundred messages fail
    #[arg(long, value_name = "PERCENT")]
    pause_at_failures: Option<u8>,
    /// A group of contacts
    #[arg(long = "group")]
    groups: Vec<String>,
    /// A group whose contacts are left out
    #[arg(long = "except-group")]
    except_groups: Vec<String>,
    /// All contacts of the account
    #[arg(long)]
    everybody: bool,
    /// What must hold of contacts, such as `country = 'DE' and age >= 18`
    #[arg(long)]
    segment: Option<String>,
    /// The campaign whose recipients are meant who did not get its message; of another kind as `batch/ID` or `broadcast/ID`
    #[arg(long, value_name = "ID")]
    not_delivered_of: Option<String>,
    /// The campaign whose recipients are meant who followed one of its links; of another kind as `batch/ID`
    #[arg(long, value_name = "ID")]
    clicked_of: Option<String>,
}

impl Make {
    fn document(&self, kind: &str) -> Value {
        let mut document = Map::new();
        for (name, text) in [
            ("name", &self.name),
            ("text", &self.text),
            ("from", &self.from),
            ("class", &self.class),
            ("send_at", &self.send_at),
            ("send_zone", &self.send_zone),
            ("not_after", &self.not_after),
        ] {
            document.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
        }
        let template = self.template.as_ref().map(|name| ("template".to_owned(), json!({ "name": name })));
        document.extend(template);
        if let Some(per_minute) = self.per_minute {
            let mut pace = json!({ "per_minute": per_minute });
            if let (Some(ramp), Some(pace)) = (&self.ramp, pace.as_object_mut()) {
                pace.insert("ramp".to_owned(), json!(ramp));
            }
            document.insert("pace".to_owned(), pace);
        }
        if let Some(percent) = self.pause_at_failures {
            document.insert("pause_at_failures".to_owned(), json!(percent));
        }
        if self.shorten_links {
            document.insert("shorten_links".to_owned(), json!(true));
        }
        self.add_trial(&mut document);
        document.extend(self.audience(kind).map(|audience| ("audience".to_owned(), audience)));
        document.into()
    }

    fn add_trial(&self, document: &mut Map<String, Value>) {
        if !self.variants.is_empty() {
            let variant = |written: &String| {
                let (name, text) = written.split_once('=').unwrap_or((written, ""));
                json!({ "name": name, "text": text })
            };
            let variants: Vec<Value> = self.variants.iter().map(variant).collect();
            document.insert("variants".to_owned(), variants.into());
        }
        if let Some(measure) = &self.measure {
            let mut trial = Map::from_iter([("measure".to_owned(), json!(measure))]);
            trial.extend(self.share.map(|share| ("share".to_owned(), json!(share))));
            trial.extend(self.trial_wait.as_ref().map(|wait| ("wait".to_owned(), json!(wait))));
            if self.by_hand {
                trial.insert("choose".to_owned(), json!("by_hand"));
            }
            document.insert("trial".to_owned(), trial.into());
        }
    }

    /// The audience; an earlier run is of this kind unless it says otherwise.
    fn audience(&self, kind: &str) -> Option<Value> {
        let mut audience = Map::new();
        for (name, groups) in [("groups", &self.groups), ("except_groups", &self.except_groups)] {
            if !groups.is_empty() {
                audience.insert(name.to_owned(), json!(groups));
            }
        }
        if self.everybody {
            audience.insert("everybody".to_owned(), json!(true));
        }
        audience.extend(self.segment.as_ref().map(|segment| ("segment".to_owned(), json!(segment))));
        for (name, id) in [("not_delivered_of", &self.not_delivered_of), ("clicked_of", &self.clicked_of)] {
            let earlier = id.as_deref().map(|id| id.split_once('/').unwrap_or((kind, id)));
            audience.extend(earlier.map(|(kind, id)| (name.to_owned(), json!({ kind: id }))));
        }
        (!audience.is_empty()).then(|| audience.into())
    }
}

/// The word for one of these.
fn kind_of(path: &str) -> &'static str {
    match path {
        "batches" => "batch",
        "broadcasts" => "broadcast",
        _ => "campaign",
    }
}

async fn run(args: Args, path: &'static str) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let act = async |id: &str, action: &str| {
        let done = client.act(&[path, id, action], &[]).await?;
        table::show(&done, args.json, showing::one);
        Ok::<_, Failure>(())
    };
    match &args.verb {
        Verb::Make(make) => {
            let made = client.post(&[path], &make.document(kind_of(path))).await?;
            table::show(&made, args.json, |made| terminal::say(&cell(made, "id")));
        }
        Verb::Clone { id, name } => {
            clone_one(&client, [path, id, "clone"], name.as_deref(), args.json).await?;
        }
        Verb::Add { id, file } => add(&client, path, id, file).await?,
        Verb::Estimate { id, variant } => {
            let query: Vec<_> = variant.clone().map(|name| ("variant", name)).into_iter().collect();
            let found = client.get(&[path, id, "estimate"], &query).await?;
            table::show(&found, args.json, showing::estimate);
        }
        Verb::Winner { id, variant } => {
            let set = client.put(&[path, id, "winner"], &json!({ "variant": variant })).await?;
            table::show(&set, args.json, showing::one);
        }
        Verb::Test { id, to, variables, variant } => {
            let variables = pairs(variables, |text| json!(text))?;
            let document = json!({ "to": to, "variables": variables, "variant": variant });
            let sent = client.post(&[path, id, "test"], &document).await?;
            table::show(&sent, args.json, |sent| terminal::say(&cell(sent, "messages")));
        }
        Verb::Arm { id } => act(id, "arm").await?,
        Verb::Launch { id } => act(id, "launch").await?,
        Verb::Approve { id } => act(id, "approve").await?,
        Verb::Pause { id } => act(id, "pause").await?,
        Verb::Resume { id } => act(id, "resume").await?,
        Verb::Cancel { id } => act(id, "cancel").await?,
        Verb::Pace { id, per_minute } => {
            let set = client.put(&[path, id, "pace"], &json!({ "per_minute": per_minute })).await?;
            table::show(&set, args.json, showing::one);
        }
        Verb::Get { id } => table::show(&client.get(&[path, id], &[]).await?, args.json, showing::one),
        Verb::List(page) => {
            table::show(&client.get(&[path], &page.query()).await?, args.json, showing::list);
        }
        Verb::Recipients { id, result, page } => {
            let mut query = page.query();
            query.extend(result.clone().map(|result| ("result", result)));
            let found = client.get(&[path, id, "recipients"], &query).await?;
            table::show(&found, args.json, showing::recipients);
        }
        Verb::Export { id } => {
            let text = client.get_text(&[path, id, "recipients", "csv"]).await?;
            terminal::print_table(&text);
        }
        Verb::Results { id } => {
            table::show(&client.get(&[path, id, "results"], &[]).await?, args.json, showing::results);
        }
        Verb::Networks { id } => {
            table::show(&client.get(&[path, id, "networks"], &[]).await?, args.json, showing::networks);
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
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        make: Make,
    }

    #[test]
    fn a_campaign_has_what_was_given() {
        let line = Line::parse_from([
            "make",
            "--template",
            "hi",
            "--group",
            "a",
            "--group",
            "b",
            "--segment",
            "age > 3",
            "--per-minute",
            "60",
            "--ramp",
            "10m",
        ]);
        let expected = json!({
            "template": { "name": "hi" },
            "pace": { "per_minute": 60, "ramp": "10m" },
            "audience": { "groups": ["a", "b"], "segment": "age > 3" },
        });
        assert_eq!(line.make.document("campaign"), expected);
    }

    #[test]
    fn an_earlier_run_is_of_the_same_kind_unless_it_says_otherwise() {
        let audience = |kind: &str, id: &str| {
            let line = Line::parse_from(["make", "--text", "x", "--not-delivered-of", id]);
            line.make.document(kind)["audience"]["not_delivered_of"].clone()
        };
        assert_eq!(audience("broadcast", "7"), json!({ "broadcast": "7" }));
        assert_eq!(audience("campaign", "7"), json!({ "campaign": "7" }));
        assert_eq!(audience("campaign", "batch/7"), json!({ "batch": "7" }));
    }

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

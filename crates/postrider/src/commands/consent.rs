//! `postrider opt-out`, `block`, `consent` and `time-zone`: what holds of numbers.

use super::table::{self, cell};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The most octets of a file that are imported in one request.
const CHUNK_MAX: usize = 512 * 1024;

const OPT_OUT_HELP: &str = "\
A handset opts out by writing STOP to a number, and in again by START. An account's key sees and changes what
is about the account's messages. An administrator's sees all; without --account it changes what is about
every account's messages.

Examples:
  postrider opt-out list --number +447700900123
  postrider opt-out add +447700900123 --account shop --reason 'asked by telephone'
  postrider opt-out lift +447700900123 --reason 'asked for messages again'
  postrider opt-out import opt-outs.csv
  postrider opt-out export > opt-outs.csv";

const BLOCK_HELP: &str = "\
Nothing is sent to a blocked number, whatever its recipient wants: START does not lift a block.

Examples:
  postrider block add +447700900123 --reason 'no customer'
  postrider block list --account ''     what is blocked for every account
  postrider block import numbers.csv";

const CONSENT_HELP: &str = "\
A consent says to which account's messages a recipient has agreed, for which purpose, and how that is known.
An account's `policy.require_consent` has messages refused without one.

Examples:
  postrider consent add +447700900123 --account shop --purpose marketing \\
      --obtained https://shop.example/form --text-shown 'I want offers by SMS'
  postrider consent lift +447700900123 --reason 'withdrawn by letter'";

const TIME_ZONE_HELP: &str = "\
Quiet hours go by the time zone that is set for a number, before that of its account's policy and those that numbers
of its country may be in. A number has one zone for each account; another one takes its place.

Examples:
  postrider time-zone add +12125550100 --zone America/Los_Angeles --account shop
  postrider time-zone list --number +12125550100
  postrider time-zone lift +12125550100 --reason 'moved back'";

/// List, add, lift, import and export opt-outs.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{OPT_OUT_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct OptOutArgs {
    #[command(flatten)]
    args: Args,
}

/// List, add, lift, import and export blocked numbers.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{BLOCK_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct BlockArgs {
    #[command(flatten)]
    args: Args,
}

/// List, add, lift, import and export records of consent.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{CONSENT_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct ConsentArgs {
    #[command(flatten)]
    args: Args,
}

/// List, add, lift, import and export time zones of numbers.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{TIME_ZONE_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct TimeZoneArgs {
    #[command(flatten)]
    args: Args,
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
    /// List what holds, the newest first
    #[command(after_help = "Exit codes: `postrider --help` lists them.")]
    List(Filter),
    /// Add one
    #[command(after_help = "Exit codes: `postrider --help` lists them.")]
    Add(Box<Add>),
    /// Lift all of a number, or one
    #[command(after_help = "Exit codes: `postrider --help` lists them.")]
    Lift {
        /// The number
        number: String,
        /// Why: it is kept
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        which: Which,
    },
    /// Add all lines of a CSV file
    #[command(
        after_help = "The first line names the columns; `number` is enough.\n\nExit codes: `postrider --help` lists them."
    )]
    Import {
        /// The file; `-` is the standard input
        file: PathBuf,
    },
    /// Write what holds as CSV
    #[command(after_help = "Exit codes: `postrider --help` lists them.")]
    Export(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Of opt-outs: the sender that it is about
    #[arg(long)]
    sender: Option<String>,
    /// Of consents: the purpose
    #[arg(long)]
    purpose: Option<String>,
    /// Of time zones: the zone, such as Europe/Berlin
    #[arg(long)]
    zone: Option<String>,
    /// About the messages of this account (for administrators); empty: of every account
    #[arg(long)]
    account: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// Of this number
    #[arg(long)]
    number: Option<String>,
    #[command(flatten)]
    which: Which,
    /// What was lifted too
    #[arg(long)]
    history: bool,
    /// The most entries, 1 to 500
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// The cursor at the end of the previous page
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The number
    number: String,
    #[command(flatten)]
    which: Which,
    /// Why
    #[arg(long)]
    reason: Option<String>,
    /// Of a consent: how it was obtained
    #[arg(long)]
    obtained: Option<String>,
    /// Of a consent: the text that the person saw
    #[arg(long)]
    text_shown: Option<String>,
    /// Of a consent: a proof
    #[arg(long)]
    proof: Option<String>,
    /// When it happened, such as 2030-01-31T09:00:00Z; default: now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl OptOutArgs {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        run(self.args, "opt-outs").await
    }
}

impl BlockArgs {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        run(self.args, "blocked-numbers").await
    }
}

impl ConsentArgs {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        run(self.args, "consents").await
    }
}

impl TimeZoneArgs {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        run(self.args, "time-zones").await
    }
}

async fn run(args: Args, kind: &str) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    match &args.verb {
        Verb::List(filter) => {
            let page = client.get(&[kind], &query(filter)).await?;
            table::show(&page, args.json, list);
        }
        Verb::Add(add) => {
            let answer = client.post(&[kind], &document(add)).await?;
            table::show(&answer, args.json, |answer| {
                let is_new = answer.get("is_new").and_then(Value::as_bool) == Some(true);
                let words = if is_new { "added" } else { "it held before" };
                terminal::say(&format!(
                    "{} {}",
                    cell(&answer["entry"], "number"),
                    paint(Style::Faint, words)
                ));
            });
        }
        Verb::Lift { number, reason, which } => {
            let mut query = narrowed(which);
            query.push(("reason", reason.clone()));
            let Some(answer) = client.delete(&[kind, number], &query).await? else {
                return Err(Failure::refused(format!(
                    "nothing of this kind holds of {number}, or it isn't yours to lift"
                )));
            };
            table::show(&answer, args.json, |answer| {
                terminal::say(&format!("lifted: {}", cell(answer, "lifted")));
            });
        }
        Verb::Import { file } => import(&client, kind, file, args.json).await?,
        Verb::Export(which) => {
            let text = client.text(&[kind, "csv"], &narrowed(which)).await?;
            terminal::print_table(&text);
        }
    }
    Ok(())
}

/// Imports a file in pieces that a request may have, each with the names of the columns.
async fn import(client: &Client, kind: &str, file: &Path, as_json: bool) -> Result<(), Failure> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.map_err(|error| Failure::failed(format!("can't read {}: {error}", file.display())))?;
    let mut sums = [("added", 0), ("unchanged", 0), ("wrong", 0)];
    for (first_line, piece) in pieces(&text) {
        let answer = client.post_text(&[kind, "csv"], "text/csv", &piece).await?;
        for (name, sum) in &mut sums {
            *sum += answer.get(*name).and_then(Value::as_u64).unwrap_or(0);
        }
        for mistake in answer.get("mistakes").and_then(Value::as_array).into_iter().flatten() {
            let line = mistake.get("line").and_then(Value::as_u64).unwrap_or(0) + first_line;
            terminal::complain(&format!("line {line}: {}", cell(mistake, "detail")));
        }
    }
    let sums: Map<String, Value> =
        sums.into_iter().map(|(name, sum)| (name.to_owned(), json!(sum))).collect();
    table::show(&Value::Object(sums), as_json, |sums| {
        let words = ["added", "unchanged", "wrong"].map(|name| format!("{name}: {}", cell(sums, name)));
        terminal::say(&words.join("  "));
    });
    Ok(())
}

/// The text in pieces at ends of lines, each with the first line in front, and by how much its lines are counted too low. A
/// line break within quotes may fall between two pieces of a very large file: such files are split before.
fn pieces(text: &str) -> Vec<(u64, String)> {
    let (head, _) = text.split_once('\n').unwrap_or((text, ""));
    let is_named = head.to_lowercase().split(',').any(|name| name.trim().trim_matches('"') == "number");
    let mut pieces: Vec<(u64, String)> = Vec::new();
    for (number, line) in (0..).zip(text.split_inclusive('\n')) {
        let is_full = pieces.last().is_none_or(|(_, piece)| piece.len() + line.len() > CHUNK_MAX);
        if is_full {
            let repeats_head = is_named && !pieces.is_empty();
            let piece = if repeats_head { format!("{head}\n") } else { String::new() };
            pieces.push((number - u64::from(repeats_head), piece));
        }
        pieces.iter_mut().last().into_iter().for_each(|(_, piece)| piece.push_str(line));
    }
    pieces
}

fn narrowed(which: &Which) -> Vec<(&'static str, String)> {
    let given = [
        ("sender", &which.sender),
        ("purpose", &which.purpose),
        ("zone", &which.zone),
        ("account", &which.account),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
}

fn query(filter: &Filter) -> Vec<(&'static str, String)> {
    let mut query = narrowed(&filter.which);
    query.extend(filter.number.clone().map(|number| ("number", number)));
    query.extend(filter.cursor.clone().map(|cursor| ("cursor", cursor)));
    query.extend(filter.history.then(|| ("history", "true".to_owned())));
    query.push(("limit", filter.limit.to_string()));
    query
}

fn document(add: &Add) -> Value {
    let given = [
        ("sender", &add.which.sender),
        ("purpose", &add.which.purpose),
        ("zone", &add.which.zone),
        ("account", &add.which.account),
        ("reason", &add.reason),
        ("obtained", &add.obtained),
        ("text_shown", &add.text_shown),
        ("proof", &add.proof),
        ("at", &add.at),
    ];
    let mut document = Map::from_iter([("number".to_owned(), json!(add.number))]);
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
    document.extend(given);
    Value::Object(document)
}

fn list(page: &Value) {
    let columns = [
        ("NUMBER", "number"),
        ("ACCOUNT", "account"),
        ("SENDER", "sender"),
        ("PURPOSE", "purpose"),
        ("ZONE", "zone"),
        ("HOLDS", "holds"),
        ("SOURCE", "source"),
        ("REASON", "reason"),
        ("AT", "at"),
    ];
    let entries = page.get("entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    table::print(&columns, entries, "none", |_, _| None);
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_goes_in_pieces_that_each_name_the_columns() {
        let line = format!("+447700900123,{}\n", "x".repeat(1_000));
        let text = format!("number,reason\n{}", line.repeat(1_200));
        let pieces = pieces(&text);
        assert_eq!(pieces.len(), 3);
        assert!(
            pieces.iter().all(|(_, piece)| piece.starts_with("number,reason\n") && piece.len() <= CHUNK_MAX)
        );
        let lines: usize = pieces.iter().map(|(_, piece)| piece.lines().count() - 1).sum();
        assert_eq!(lines, 1_200);
        // The first line of a later piece is the header; the second is the line that follows in the file.
        let (first_line, _) = &pieces[1];
        let before = pieces[0].1.lines().count() as u64;
        assert_eq!(first_line + 2, before + 1);
    }

    #[test]
    fn numbers_alone_need_no_names() {
        assert_eq!(pieces("+447700900123\n+447700900124"), [(0, "+447700900123\n+447700900124".to_owned())]);
        assert!(pieces("").is_empty());
    }
}

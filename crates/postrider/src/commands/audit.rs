//! `postrider audit`: lists the audit log, and verifies its chain.

use super::table;
use crate::client::{Client, Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::Subcommand;
use jiff::Timestamp;
use postrider_core::audit::{ActorKind, Event, Head, Line};
use postrider_core::time::Time;
use postrider_store::audit::{Chain, Fault, hex, of_hex};
use serde_json::Value;

const HELP: &str = "\
Examples:
  postrider audit list --who alice --since 2030-01-31T00:00:00Z
  postrider audit list --action privacy.erase --json > erasures.json
  postrider audit verify
  postrider audit verify --head 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Lines that are fetched at once to be verified.
const PAGE: &str = "1000";

/// Show who saw or changed what, and verify that no line was changed.
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
    /// List lines of the log, the newest first
    #[command(after_help = "Example:\n  postrider audit list --action login.refused")]
    List(Filter),
    /// Compute the hash of each line anew, and report lines that were changed or are missing
    #[command(after_help = "Example:\n  postrider audit verify")]
    Verify {
        /// A last line that was noted earlier, as `verify` prints it: SEQUENCE:HASH
        #[arg(long, value_name = "SEQUENCE:HASH", value_parser = noted)]
        head: Option<Noted>,
    },
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// By this administrator or account
    #[arg(long)]
    who: Option<String>,
    /// Actions that begin so, such as `change` or `GET /v1/messages`
    #[arg(long)]
    action: Option<String>,
    /// Done to this, such as `route world`
    #[arg(long)]
    subject: Option<String>,
    /// Done from this address
    #[arg(long)]
    address: Option<String>,
    /// At or after this time, such as 2030-01-31T09:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The most lines, 1 to 1000
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// The cursor at the end of the previous page
    #[arg(long)]
    cursor: Option<String>,
}

/// A last line that was noted earlier.
#[derive(Clone, Copy, Debug)]
struct Noted(Head);

fn noted(text: &str) -> Result<Noted, String> {
    let read = || {
        let (sequence, hash) = text.split_once(':')?;
        Some(Noted(Head { sequence: sequence.parse().ok()?, hash: of_hex(hash)? }))
    };
    read().ok_or_else(|| "write a sequence, a colon and 64 hexadecimal digits".to_owned())
}

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    match &args.verb {
        Verb::List(filter) => {
            let page = client.get(&["audit"], &query(filter)).await?;
            table::show(&page, args.json, list);
            Ok(())
        }
        Verb::Verify { head } => verify(&client, head.map(|noted| noted.0)).await,
    }
}

fn query(filter: &Filter) -> Vec<(&'static str, String)> {
    let given = [
        ("who", &filter.who),
        ("action", &filter.action),
        ("subject", &filter.subject),
        ("address", &filter.address),
        ("since", &filter.since),
        ("until", &filter.until),
        ("cursor", &filter.cursor),
    ];
    let mut query: Vec<(&str, String)> =
        given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    query.push(("limit", filter.limit.to_string()));
    query
}

fn list(page: &Value) {
    let columns = [
        ("LINE", "sequence"),
        ("TIME", "at"),
        ("WHO", "who"),
        ("FROM", "address"),
        ("ACTION", "action"),
        ("SUBJECT", "subject"),
        ("OUTCOME", "outcome"),
    ];
    table::print(&columns, entries(page, "lines").unwrap_or_default(), "no such lines", |_, _| None);
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

/// Reads the log from its first line up to what was its last line at the beginning, and checks the chain.
async fn verify(client: &Client, noted: Option<Head>) -> Result<(), Failure> {
    let (mut chain, mut cursor, mut end) = (Chain::default(), None, None);
    let mut seen_noted = None;
    loop {
        let mut query = vec![("order", "oldest".to_owned()), ("limit", PAGE.to_owned())];
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let page = client.get(&["audit"], &query).await?;
        let head = *end.get_or_insert_with(|| page.get("head").and_then(head_of));
        for value in entries(&page, "lines")? {
            let line = line(value).ok_or_else(|| Failure::failed("a line of the log can't be read"))?;
            // What is added meanwhile is for the next time.
            if head.is_some_and(|head| line.sequence > head.sequence) {
                continue;
            }
            if noted.is_some_and(|noted| noted.sequence == line.sequence) {
                seen_noted = Some(line.hash);
            }
            chain.check(line);
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let head = end.flatten();
    chain.end(head);
    if let Some(noted) = noted {
        chain.compare(&noted, seen_noted, head);
    }
    report(&chain, head)
}

fn report(chain: &Chain, head: Option<Head>) -> Result<(), Failure> {
    let Chain { count, faults, .. } = chain;
    if faults.is_empty() {
        let last = head
            .map_or_else(String::new, |head| format!(", the last is {}:{}", head.sequence, hex(&head.hash)));
        terminal::say(&format!("{count} lines, none changed or missing{last}"));
        return Ok(());
    }
    faults.iter().map(Fault::to_string).for_each(|fault| terminal::say(&fault));
    Err(Failure::refused("the audit log is not as it was written")
        .help("compare it with a backup, and find out who can write to the database"))
}

fn head_of(value: &Value) -> Option<Head> {
    let sequence = value.get("sequence")?.as_u64()?;
    Some(Head { sequence, hash: of_hex(value.get("hash")?.as_str()?)? })
}

fn line(value: &Value) -> Option<Line> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let event = Event {
        at: Time(text("at")?.parse::<Timestamp>().ok()?.as_millisecond()),
        who: text("who")?.into(),
        role: ActorKind::from_word(text("role")?)?,
        address: text("address").map(Into::into),
        action: text("action")?.into(),
        subject: text("subject")?.into(),
        outcome: text("outcome")?.into(),
        detail: text("detail").map(Into::into),
    };
    Some(Line { sequence: value.get("sequence")?.as_u64()?, event, hash: of_hex(text("hash")?)? })
}

//! `postrider trace`: traffic with carriers and clients, live or recent.

mod line;

use crate::client::{Client, Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use postrider_declare::Span;
use serde_json::Value;
use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

const HELP: &str = "\
→ marks what the gateway sends, ← what it receives. Fields that are 0 or empty are left out; --json
prints them all. A line is a PDU, a frame, an HTTP exchange or a line of a modem. Passwords are
never shown. Texts and numbers are masked; --unmask shows them, and the gateway's log records it.
Each node shows the traffic of its own links.

Examples:
  postrider trace acme
  postrider trace acme --recent
  postrider trace --account shop --for 5m
  postrider trace --number +447700900123 --unmask
  postrider trace acme --account shop --json > traffic.ndjson
  postrider trace acme --pcap acme.pcapng && wireshark acme.pcapng";

/// The gateway's limit on the time of a live trace.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(10);

/// Show traffic with carriers and clients, live or recent.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The links of this upstream
    upstream: Option<String>,
    /// The sessions of this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only requests from or to this number, and their answers
    #[arg(long)]
    number: Option<String>,
    /// How long to follow, up to 10m
    #[arg(long = "for", value_name = "TIME", value_parser = span, default_value = "60s")]
    span: Duration,
    /// Show recent traffic instead of following
    #[arg(long, conflicts_with_all = ["pcap", "span"])]
    recent: bool,
    /// Write recent traffic to a file that Wireshark reads
    #[arg(long, value_name = "FILE", conflicts_with = "span")]
    pcap: Option<PathBuf>,
    /// Show texts and numbers
    #[arg(long)]
    unmask: bool,
    /// Print JSON: all of each PDU
    #[arg(long, conflicts_with = "pcap")]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

fn span(text: &str) -> Result<Duration, String> {
    let span = Span::new(text).read().map_err(|error| error.to_string())?;
    match SHORTEST <= span && span <= LONGEST {
        true => Ok(span),
        false => Err("a trace is followed for 1s to 10m".to_owned()),
    }
}

/// Shows it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    if [&args.upstream, &args.account, &args.number].iter().all(|named| named.is_none()) {
        return Err(Failure::usage("nothing to trace was named")
            .help("name an upstream, or use `--account NAME` or `--number NUMBER`"));
    }
    let client = args.connection.administrator().await?;
    match &args.pcap {
        Some(path) => save(&client, &args, path).await,
        None if args.recent => recent(&client, &args).await,
        None => follow(&client, &args).await,
    }
}

/// The query of the request.
fn query(args: &Args) -> Vec<(&'static str, String)> {
    let named = [("upstream", &args.upstream), ("account", &args.account), ("number", &args.number)];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    named.chain(args.unmask.then(|| ("unmask", "true".to_owned()))).collect()
}

async fn follow(client: &Client, args: &Args) -> Result<(), Failure> {
    let mut query = query(args);
    query.push(("seconds", args.span.as_secs().to_string()));
    let mut lines = client.follow(&["trace"], &query, args.span).await?;
    while let Some(line) = lines.next().await? {
        match line.get("event").and_then(Value::as_str) {
            _ if args.json => terminal::say(&line.to_string()),
            Some("pdu") => terminal::say(&line::of(&line)),
            event => terminal::complain(&remark(event, &line)),
        }
    }
    Ok(())
}

/// A remark between PDUs.
fn remark(event: Option<&str>, line: &Value) -> String {
    let words = match event {
        Some("began") => {
            // Only the time of day, as in the other lines.
            let until = line.get("until").and_then(Value::as_str).and_then(|until| until.get(11..19));
            let until = until.unwrap_or("?");
            format!("following until {until}; Ctrl-C ends it sooner")
        }
        Some("missed") => {
            let count = line.get("pdus").and_then(Value::as_u64).unwrap_or(0);
            return terminal::error(
                Style::Doubtful,
                &format!("{count} PDUs were missed: there are too many"),
            );
        }
        _ => "the time is over, or the gateway stops".to_owned(),
    };
    terminal::error(Style::Faint, &words)
}

async fn recent(client: &Client, args: &Args) -> Result<(), Failure> {
    let answer = client.get(&["trace", "recent"], &query(args)).await?;
    let pdus = entries(&answer, "pdus")?;
    if pdus.is_empty() {
        terminal::complain("no traffic has been recorded yet");
    }
    for pdu in pdus {
        terminal::say(&if args.json { pdu.to_string() } else { line::of(pdu) });
    }
    Ok(())
}

/// Writes the file, readable by its owner only: it may hold texts.
async fn save(client: &Client, args: &Args, path: &Path) -> Result<(), Failure> {
    let file = client.file(&["trace", "pcap"], &query(args)).await?;
    let created = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = created.and_then(|mut out| {
        // An existing file keeps its mode when it is opened.
        out.set_permissions(Permissions::from_mode(0o600))?;
        out.write_all(&file)
    });
    written.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't write {}: {}", path.display(), crate::failure::plain(&why)))
    })?;
    terminal::say(&format!("wrote {}", paint(Style::Strong, &path.display().to_string())));
    Ok(())
}

//! `postrider cdr`: call detail records, printed or written to files that are rotated.

mod files;

use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Exit, Failure};
use crate::terminal::{self, say};
use files::Files;
use postrider_declare::Span;
use std::path::PathBuf;
use std::time::Duration;

const HELP: &str = "\
A record is a message that has ended. Each has a cursor, behind which the next call goes on: so every record comes, and
none twice. With --directory the files themselves say where to go on, also after a crash.

Examples:
  postrider cdr > records.jsonl
  postrider cdr --cursor 1042-3 --format csv
  postrider cdr --directory /var/lib/cdr --rotate 1h --follow";

/// Records that are asked for at once.
const AT_ONCE: &str = "1000";
/// How long an answer waits for a record, in seconds.
const WAIT: &str = "30";
/// The pause after a gateway could not be reached.
const PAUSE: Duration = Duration::from_secs(2);

/// The form of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated values, with a header
    Csv,
}

impl Format {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// Print records of messages that have ended, or write them to files.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The cursor behind which to begin [default: the oldest record that is kept]
    #[arg(long, conflicts_with = "directory")]
    cursor: Option<String>,
    /// The form of records
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only this account's records
    #[arg(long)]
    account: Option<String>,
    /// Write files in this directory, and go on behind the last record there
    #[arg(long)]
    directory: Option<PathBuf>,
    /// How long a file is written until the next one is begun
    #[arg(long, default_value = "1h", requires = "directory")]
    rotate: String,
    /// Go on with what ends from now on
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Where records go.
enum Sink {
    Terminal,
    Files(Files),
}

/// Writes records until there are no more, or for as long as it is followed.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let (mut sink, mut cursor) = match &args.directory {
        None => (Sink::Terminal, args.cursor.clone()),
        Some(directory) => {
            let rotate = Span::new(args.rotate.as_str())
                .read()
                .map_err(|error| Failure::usage(format!("--rotate: {error}")))?;
            let (files, cursor) = Files::open(directory, args.format, rotate)?;
            (Sink::Files(files), cursor)
        }
    };
    loop {
        match fetch(&client, &args, cursor.as_deref()).await {
            Ok(text) => {
                let last = take(&mut sink, args.format, &text, cursor.is_none())?;
                let is_end = last.is_none();
                cursor = last.or(cursor);
                if is_end && !args.follow {
                    return Ok(());
                }
            }
            Err(failure) if args.follow && failure.exit == Exit::Unreachable => {
                terminal::complain(&format!("{}; trying again", failure.what));
                tokio::time::sleep(PAUSE).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

async fn fetch(client: &Client, args: &Args, cursor: Option<&str>) -> Result<String, Failure> {
    let mut query = vec![("format", args.format.word().to_owned()), ("limit", AT_ONCE.to_owned())];
    query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
    query.extend(args.account.clone().map(|account| ("account", account)));
    if args.follow {
        query.push(("wait", WAIT.to_owned()));
    }
    client.text(&["cdrs"], &query).await
}

/// Writes the records of an answer, and returns the cursor of the last.
fn take(sink: &mut Sink, format: Format, text: &str, is_first: bool) -> Result<Option<String>, Failure> {
    let (head, records) = match format {
        Format::Jsonl => ("", text),
        Format::Csv => text.split_once('\n').map_or((text, ""), |(head, records)| (head.trim_end(), records)),
    };
    match sink {
        Sink::Terminal => {
            if is_first && !head.is_empty() {
                say(head);
            }
            terminal::print_table(records);
        }
        Sink::Files(files) => files.write(head, records)?,
    }
    Ok(files::last_cursor(format, records))
}

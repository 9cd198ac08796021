//! `postrider store`: a whole store carried from one engine to the other, or examined.

use crate::clock;
use crate::failure::Failure;
use crate::terminal::{self, Style, paint};
use postrider_store::copy::{Place, copy};
use postrider_store::sqlite;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often it is said how far a copy is.
const EVERY: Duration = Duration::from_secs(1);

const HELP: &str = "\
A place is a directory, or a PostgreSQL database as `postgres://user:password@host/database`. No gateway may use
either. The source doesn't change. Every row is compared at the end. An interrupted copy continues
when the command is run again.
Afterwards, name the new place in the configuration as `node.store`, or as `node.data`.

Write a URL with a password as `env:NAME`, the name of an environment variable that holds it, since
others can see the command line.

Examples:
  postrider store copy /var/lib/postrider env:POSTRIDER_STORE
  postrider store copy postgres://postrider@db.internal/sms ./postrider-data

Exit codes:
  0  copied and compared
  1  it failed; run it again to continue
  2  wrong usage; nothing was done";

const CHECK_HELP: &str = "\
SQLite examines every page, row and index. Texts and numbers that were changed into other ones can't be
detected; a backup is sealed against that. A start of the gateway looks for a second only.

Example:
  postrider store check --data /var/lib/postrider

Exit codes:
  0  the store is whole
  1  it is damaged, or can't be read
  2  wrong usage";

/// Copy a message store between SQLite and PostgreSQL, or examine one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Copy a message store to a place that has none
    #[command(after_help = HELP)]
    Copy {
        /// The store to copy
        from: String,
        /// The place of the copy
        to: String,
    },
    /// Examine the whole message store of a directory, also while the gateway runs
    #[command(after_help = CHECK_HELP)]
    Check {
        /// The directory of the message store
        #[arg(long, value_name = "DIR", default_value = "postrider-data")]
        data: PathBuf,
    },
}

/// Copies or examines.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Copy { from, to } => carry(&from, &to).await,
        What::Check { data } => examine(data).await,
    }
}

async fn examine(data: PathBuf) -> Result<(), Failure> {
    let name = data.display().to_string();
    let examined = tokio::task::spawn_blocking(move || sqlite::check(&data)).await;
    let examined = examined.map_err(|_| Failure::failed("the examination was interrupted"))?;
    examined.map_err(|error| Failure::failed(error.to_string()).helped(error.help()))?;
    terminal::say(&format!("{} the store in {name} is whole", paint(Style::Good, "✓")));
    Ok(())
}

async fn carry(from: &str, to: &str) -> Result<(), Failure> {
    let (from, to) = (place(from)?, place(to)?);
    if from == to {
        return Err(Failure::usage("both places are the same"));
    }
    let mut progress = Progress::default();
    let copied = copy(&from, &to, |table, rows| progress.tell(table, rows)).await;
    progress.end();
    let messages = copied.map_err(|error| Failure::failed(error.to_string()).helped(error.help()))?;
    let mark = paint(Style::Good, "✓");
    terminal::say(&format!("{mark} {messages} messages with their history are the same in both places"));
    Ok(())
}

fn place(text: &str) -> Result<Place, Failure> {
    let Some(variable) = text.strip_prefix("env:") else { return parsed(text) };
    match std::env::var(variable) {
        Ok(value) if !value.is_empty() => parsed(&value),
        _ => Err(Failure::usage(format!("the environment variable `{variable}` is not set"))),
    }
}

/// Another URL would be made a directory of that name, password and all.
fn parsed(text: &str) -> Result<Place, Failure> {
    match Place::parse(text) {
        Place::Directory(directory) if directory.to_string_lossy().contains("://") => {
            let failure = Failure::usage("a place is neither a directory nor a URL of a PostgreSQL database");
            Err(failure.help("write it as `postgres://user:password@host/database`"))
        }
        place => Ok(place),
    }
}

/// Says how far a copy is, once a second and at the end of each table.
#[derive(Default)]
struct Progress {
    table: String,
    rows: u64,
    said: Option<(Instant, u64)>,
}

impl Progress {
    fn tell(&mut self, table: &str, rows: u64) {
        if self.table != table {
            self.end();
            *self = Self { table: table.to_owned(), rows, said: None };
        }
        self.rows = rows;
        if self.said.is_none_or(|(when, _)| when.elapsed() >= EVERY) {
            self.say();
        }
    }

    /// Says what was not said of the table.
    fn end(&mut self) {
        if self.said.is_none_or(|(_, rows)| rows != self.rows) && !self.table.is_empty() {
            self.say();
        }
        self.said = None;
    }

    fn say(&mut self) {
        terminal::complain(&format!("{}: {} rows", self.table, self.rows));
        self.said = Some((clock::now(), self.rows));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_urls_are_no_directories() {
        for text in ["mysql://u:secret@h/db", "POSTGRES://u:secret@h/db"] {
            let Err(failure) = place(text) else { panic!("{text} was taken") };
            assert!(!failure.what.contains("secret"), "{}", failure.what);
        }
        assert!(place("postgres://u@h/db").is_ok_and(|place| matches!(place, Place::Database(_))));
        assert!(place("./data").is_ok_and(|place| matches!(place, Place::Directory(_))));
    }
}

//! `postrider store copy`: a whole store carried from one engine to the other.

use crate::failure::Failure;
use crate::terminal::{self, Style, paint};
use postrider_store::copy::{Place, copy};

const HELP: &str = "\
A place is a directory, or a PostgreSQL database as `postgres://user:password@host/database`. No gateway may use either.
The source stays as it is. Every row is compared at the end. A copy that was interrupted goes on when it is started again.
Afterwards, name the new place in the configuration as `node.store`, or as `node.data`.

Write a URL with a password as `env:NAME`, the name of an environment variable that holds it: others can see what is
written on a command line.

Examples:
  postrider store copy /var/lib/postrider env:POSTRIDER_STORE
  postrider store copy postgres://postrider@db.internal/sms ./postrider-data

Exit codes:
  0  copied, and the same
  1  it failed; start it again to go on
  2  wrong usage; nothing was done";

/// Move a message store between SQLite and PostgreSQL
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Copy a whole message store to a place that has none
    #[command(after_help = HELP)]
    Copy {
        /// Where the store is
        from: String,
        /// Where it is to be
        to: String,
    },
}

/// Copies.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let What::Copy { from, to } = args.what;
    let (from, to) = (place(&from)?, place(&to)?);
    if from == to {
        return Err(Failure::usage("both places are the same"));
    }
    let messages = copy(&from, &to, |table, rows| terminal::complain(&format!("{table}: {rows} rows")))
        .await
        .map_err(|error| Failure::failed(error.to_string()))?;
    let mark = paint(Style::Good, "✓");
    terminal::say(&format!(
        "{mark} {messages} messages, and all that belongs to them, are the same in both places"
    ));
    Ok(())
}

fn place(text: &str) -> Result<Place, Failure> {
    let Some(variable) = text.strip_prefix("env:") else { return Ok(Place::parse(text)) };
    match std::env::var(variable) {
        Ok(value) if !value.is_empty() => Ok(Place::parse(&value)),
        _ => Err(Failure::usage(format!("the environment variable `{variable}` is not set"))),
    }
}

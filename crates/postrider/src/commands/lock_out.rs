//! `postrider lock-out`: who is locked out of signing in to the console.

use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style};
use clap::Subcommand;

const COLUMNS: [(&str, &str); 8] = [
    ("ID", "id"),
    ("SCOPE", "scope"),
    ("USER", "user"),
    ("ADDRESS", "address"),
    ("WRONG", "wrong"),
    ("LOCKED", "locked"),
    ("UNTIL", "until"),
    ("LAST", "last_at"),
];

const EXAMPLES: &str = "\
A node knows of the attempts that were made at it, and of no others: ask each.

Examples:
  postrider lock-out list
  postrider lock-out lift 3f9c0a51d2e88b17";

/// List and lift lock-outs of users of the console, who had too many wrong attempts.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Print the gateway's answers as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List who is locked out, and who was within the last 15 minutes
    #[command(after_help = "Example:\n  postrider lock-out list")]
    List,
    /// Lift a lock-out
    #[command(after_help = "Example:\n  postrider lock-out lift 3f9c0a51d2e88b17")]
    Lift {
        /// The lock-out
        id: String,
    },
}

/// `postrider lock-out`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    match args.verb {
        Verb::List => {
            let answer = client.get(&["lock-outs"], &[]).await?;
            let all = entries(&answer, "lock_outs")?.to_vec();
            table::show(&answer, args.json, |_| {
                table::print(&COLUMNS, &all, "nobody is locked out", |name, _| {
                    (name == "id").then_some(Style::Strong)
                });
            });
        }
        Verb::Lift { id } => {
            let none = || {
                Failure::refused(format!("there is no lock-out `{id}` at this node"))
                    .help("`postrider lock-out list` shows those there are")
            };
            client.delete(&["lock-outs", &id], &[]).await?.ok_or_else(none)?;
            terminal::say(&format!("lifted {id}"));
        }
    }
    Ok(())
}

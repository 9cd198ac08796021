//! `postrider snippet`: saved views of messages, and canned replies.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

const HELP: &str = "\
A snippet is a text that people of the console keep for each other. With an account's key they are the
account's, with an administrator's key the gateway's.

Examples:
  postrider snippet put view 'Failed today' 'state=failed&since=1d'
  postrider snippet put reply hours 'We are open from 9 to 18.'
  postrider snippet list";

/// Manage snippets: saved views of messages, and canned replies.
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// The query of a list of messages
    View,
    /// An answer in conversations
    Reply,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Reply => "reply",
        }
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List snippets
    #[command(after_help = "Example:\n  postrider snippet list")]
    List,
    /// Keep a snippet, in the place of the one with its name
    #[command(after_help = "Example:\n  postrider snippet put reply hours 'We are open from 9 to 18.'")]
    Put {
        /// What it is for
        kind: Kind,
        /// Its name
        name: String,
        /// The text; of a view the query
        text: String,
    },
    /// Delete a snippet
    #[command(after_help = "Example:\n  postrider snippet delete reply hours")]
    Delete {
        /// What it is for
        kind: Kind,
        /// Its name
        name: String,
    },
}

const PATH: &str = "snippets";

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    match &args.verb {
        Verb::List => table::show(&client.get(&[PATH], &[]).await?, args.json, list),
        Verb::Put { kind, name, text } => {
            let kept = client.put(&[PATH, kind.word(), name], &json!({ "text": text })).await?;
            table::show(&kept, args.json, |_| terminal::say(&format!("{} '{name}' is kept", kind.word())));
        }
        Verb::Delete { kind, name } => {
            if client.delete(&[PATH, kind.word(), name], &[]).await?.is_none() {
                return Err(Failure::refused(format!("there is no {} '{name}'", kind.word())));
            }
            terminal::say(&format!("{} '{name}' is deleted", kind.word()));
        }
    }
    Ok(())
}

fn list(page: &Value) {
    let rows = page.get("snippets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let columns = [("KIND", "kind"), ("NAME", "name"), ("TEXT", "text"), ("BY", "by")];
    table::print(&columns, rows, "no snippets", |_, _| None);
}

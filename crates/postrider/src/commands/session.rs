//! `postrider session`: where users of the console are signed in.

use super::table;
use crate::client::{Client, Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style};
use clap::Subcommand;

const COLUMNS: [(&str, &str); 7] = [
    ("ID", "id"),
    ("USER", "user"),
    ("ROLE", "role"),
    ("BEGUN", "created_at"),
    ("LAST USED", "seen_at"),
    ("ADDRESS", "address"),
    ("BROWSER", "agent"),
];

const EXAMPLES: &str = "\
Examples:
  postrider session list
  postrider session list --user anna
  postrider session end 7281934611
  postrider session end --user anna       # all of them";

/// List and end sessions of users of the console.
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
    /// List sessions
    #[command(after_help = "Example:\n  postrider session list --user anna")]
    List {
        /// The user whose sessions they are [default: all]
        #[arg(long)]
        user: Option<String>,
    },
    /// End a session, or all sessions of a user, at once
    #[command(
        after_help = "Examples:\n  postrider session end 7281934611\n  postrider session end --user anna"
    )]
    End {
        /// The session
        #[arg(required_unless_present = "user", conflicts_with = "user")]
        id: Option<String>,
        /// The user, all of whose sessions end
        #[arg(long)]
        user: Option<String>,
    },
}

/// `postrider session`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    match args.verb {
        Verb::List { user } => list(&client, user, args.json).await,
        Verb::End { id, user } => end(&client, id, user).await,
    }
}

async fn list(client: &Client, user: Option<String>, json: bool) -> Result<(), Failure> {
    let query: Vec<(&str, String)> = user.into_iter().map(|user| ("user", user)).collect();
    let answer = client.get(&["sessions"], &query).await?;
    let sessions = entries(&answer, "sessions")?.to_vec();
    table::show(&answer, json, |_| {
        table::print(&COLUMNS, &sessions, "nobody is signed in", |name, _| {
            (name == "id").then_some(Style::Strong)
        });
    });
    Ok(())
}

async fn end(client: &Client, id: Option<String>, user: Option<String>) -> Result<(), Failure> {
    if let Some(id) = id {
        let none = || {
            Failure::refused(format!("there is no session `{id}`"))
                .help("`postrider session list` shows those there are")
        };
        client.delete(&["sessions", &id], &[]).await?.ok_or_else(none)?;
        terminal::say(&format!("ended the session {id}"));
        return Ok(());
    }
    let user = user.unwrap_or_default();
    let none = || {
        Failure::refused(format!("there is no user `{user}`"))
            .help("`postrider user list` shows those there are")
    };
    let answer = client.delete(&["sessions"], &[("user", user.clone())]).await?.ok_or_else(none)?;
    let ended = answer["ended"].as_u64().unwrap_or_default();
    terminal::say(&format!("ended {ended} sessions of {user}"));
    Ok(())
}

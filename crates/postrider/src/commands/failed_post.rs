//! `postrider failed-post`: posts to webhooks that failed, and told again.

use super::page::{PageArgs, TimeArgs, given};
use super::table;
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::Subcommand;
use serde_json::{Value, json};

const PATH: &str = "failed-posts";
const COLUMNS: [(&str, &str); 8] = [
    ("ID", "id"),
    ("AT", "at"),
    ("ACCOUNT", "account"),
    ("ENDPOINT", "endpoint"),
    ("EVENTS", "events"),
    ("ATTEMPT", "attempt"),
    ("RESULT", "result"),
    ("AGAIN", "again_at"),
];

const EXAMPLES: &str = "\
A failed post is tried again for about a day, and given up then.

Examples:
  postrider failed-post list --since 1h
  postrider failed-post list --account shop --given-up
  postrider failed-post replay 1893456000123456
  postrider failed-post replay --since 24h --account shop     # all that were given up";

/// List posts to webhooks that failed, and have their events told again.
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
    /// List posts that failed, the newest first
    #[command(after_help = "Example:\n  postrider failed-post list --since 1h --given-up")]
    List {
        /// Of this account
        #[arg(long)]
        account: Option<String>,
        /// To a URL that has this text
        #[arg(long)]
        endpoint: Option<String>,
        /// Only those that aren't posted again by themselves
        #[arg(long)]
        given_up: bool,
        #[command(flatten)]
        times: TimeArgs,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Have the events of a post told again, or of all posts that were given up since a time
    #[command(
        after_help = "Examples:\n  postrider failed-post replay 1893456000123456\n  postrider failed-post replay --since 24h"
    )]
    Replay {
        /// The post
        #[arg(required_unless_present = "since", conflicts_with_all = ["since", "account", "endpoint"])]
        id: Option<String>,
        /// Given up at or after this time: 2030-01-31T09:00:00Z, or 1h for the last hour
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Of this account
        #[arg(long)]
        account: Option<String>,
        /// To a URL that has this text
        #[arg(long)]
        endpoint: Option<String>,
    },
}

/// `postrider failed-post`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    match &args.verb {
        Verb::List { account, endpoint, given_up, times, page } => {
            let mut query = page.query();
            query.extend(times.query());
            query.extend(given([("account", account), ("endpoint", endpoint)]));
            query.extend(given_up.then(|| ("given_up", "true".to_owned())));
            let found = client.get(&[PATH], &query).await?;
            table::show(&found, args.json, |found| table::rows(found, "failed_posts", &COLUMNS));
        }
        Verb::Replay { id: Some(id), .. } => {
            let told = client.act(&[PATH, id, "replay"], &[]).await?;
            table::show(&told, args.json, say);
        }
        Verb::Replay { id: None, since, account, endpoint } => {
            let request = json!({ "since": since, "account": account, "endpoint": endpoint });
            let told = replay(&client, request).await?;
            table::show(&told, args.json, say);
        }
    }
    Ok(())
}

/// The counts of an answer.
const COUNTS: [&str; 3] = ["posts", "ended", "received"];

/// Asks as often as it takes to look at all posts; the sums of the answers.
async fn replay(client: &Client, mut request: Value) -> Result<Value, Failure> {
    let mut total = [0; COUNTS.len()];
    loop {
        let answer = client.post(&[PATH, "replay"], &request).await?;
        for (sum, name) in total.iter_mut().zip(COUNTS) {
            *sum += answer[name].as_u64().unwrap_or_default();
        }
        let Some(next) = answer.get("next") else { break };
        request["cursor"] = next.clone();
    }
    let [posts, ended, received] = total;
    Ok(json!({ "posts": posts, "ended": ended, "received": received }))
}

fn say(told: &Value) {
    let [posts, ended, received] = COUNTS.map(|name| told[name].as_u64().unwrap_or_default());
    terminal::say(&format!(
        "told again, of {posts} posts: {ended} ends of messages, {received} messages from handsets"
    ));
}

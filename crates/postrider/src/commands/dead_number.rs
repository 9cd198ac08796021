//! `postrider dead-number`: numbers that nobody seems to have, as earlier messages show.

use super::page::PageArgs;
use super::table::{self, cell};
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::Subcommand;
use serde_json::Value;

const HELP: &str = "\
Messages to a number failed for good, and none was delivered since: more are refused. `dead_numbers` of the
settings says how often they must fail, over which time, and how long that holds.

Examples:
  postrider dead-number list
  postrider dead-number get +447700900123
  postrider dead-number clear +447700900123";

/// List, look at and clear dead numbers: messages to them failed for good
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
    /// List dead numbers, the last that failed first
    #[command(after_help = "Example:\n  postrider dead-number list --limit 500")]
    List(PageArgs),
    /// Show what is kept of a number that messages did not reach, dead or not yet
    #[command(after_help = "Example:\n  postrider dead-number get +447700900123")]
    Get {
        /// The number in international form
        #[arg(allow_hyphen_values = true)]
        number: String,
    },
    /// Clear a number: messages to it are accepted again
    #[command(after_help = "Example:\n  postrider dead-number clear +447700900123")]
    Clear {
        /// The number in international form
        #[arg(allow_hyphen_values = true)]
        number: String,
    },
}

const PATH: &str = "dead-numbers";

const COLUMNS: [(&str, &str); 5] = [
    ("NUMBER", "number"),
    ("FAILURES", "failures"),
    ("FIRST", "first"),
    ("LAST", "last"),
    ("UNTIL", "until"),
];

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    let missing =
        |number: &str| Failure::refused(format!("no message to {number} failed since one was delivered"));
    match &args.verb {
        Verb::List(page) => {
            let answer = client.get(&[PATH], &page.query()).await?;
            table::show(&answer, args.json, |answer| {
                table::rows(answer, "dead_numbers", &COLUMNS);
            });
        }
        Verb::Get { number } => {
            let found = client.find(&[PATH, number]).await?.ok_or_else(|| missing(number))?;
            table::show(&found, args.json, |found| terminal::say(&told(found)));
        }
        Verb::Clear { number } => {
            client.delete(&[PATH, number], &[]).await?.ok_or_else(|| missing(number))?;
            terminal::say(&format!("{number} is cleared: messages to it are accepted again"));
        }
    }
    Ok(())
}

/// `+447700900123: dead until 2027-01-31T09:00:00.000Z, 3 failures since 2026-11-01T09:00:00.000Z`.
fn told(found: &Value) -> String {
    let dead =
        if found.get("dead") == Some(&Value::Bool(true)) { "dead until" } else { "not dead; forgotten at" };
    format!(
        "{}: {dead} {}, {} failure(s) since {}",
        cell(found, "number"),
        cell(found, "until"),
        cell(found, "failures"),
        cell(found, "first")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_one_line() {
        let mut found =
            json!({ "number": "+447700900123", "dead": true, "failures": 3, "first": "a", "until": "b" });
        assert_eq!(told(&found), "+447700900123: dead until b, 3 failure(s) since a");
        found["dead"] = false.into();
        assert_eq!(told(&found), "+447700900123: not dead; forgotten at b, 3 failure(s) since a");
    }
}

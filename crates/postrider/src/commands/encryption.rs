//! `postrider encryption`: which keys the store's values are encrypted with.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use serde_json::Value;

const HELP: &str = "\
To change the key, add the new one to `[encryption]` on every node and run `postrider reload`; then make it
`active` and reload again. Values are encrypted anew in the background. The old key may go when this command no longer
names it.

Example:
  postrider encryption";

/// Show which keys texts and secrets in the store are encrypted with.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Shows them.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let answer = args.connection.administrator().await?.get(&["encryption"], &[]).await?;
    table::show(&answer, args.json, print);
    Ok(())
}

fn print(answer: &Value) {
    let list = |name: &str| table::cell(answer, name);
    let active = list("active");
    match active.is_empty() {
        true => terminal::say("new values are kept in clear"),
        false => terminal::say(&format!("new values are encrypted with {active}")),
    }
    let others = list("to_change");
    let clear = answer.get("clear").and_then(Value::as_bool).unwrap_or_default() && !active.is_empty();
    if others.is_empty() && !clear {
        terminal::say("every value is as new ones are");
        return;
    }
    if !others.is_empty() {
        terminal::say(&format!("some are still encrypted with {others}: keep these keys"));
    }
    if clear {
        terminal::say("some are still in clear");
    }
}

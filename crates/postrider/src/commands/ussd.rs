//! `postrider ussd`: what the network of a modem answers to a code, and the balance of its SIM.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::say;
use serde_json::{Value, json};

const HELP: &str = "\
Without a code it shows the balance that the network told last. The gateway waits for an answer for
up to 50 seconds. A page that ends in [...] waits for an answer: give it as the next code.

Examples:
  postrider ussd stick '*100#'
  postrider ussd stick 1
  postrider ussd stick              the balance, by the setting balance
  postrider ussd sims '*100#' --device iccid:8944100000000000011";

/// Ask the network of a modem by USSD, or show the balance of its SIM.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The upstream, as it is declared
    upstream: String,
    /// The code, such as '*100#', or the answer to the page before
    code: Option<String>,
    /// The modem, by its device, where the upstream has several; without it the first
    #[arg(long)]
    device: Option<String>,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Asks.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    let answer = match &args.code {
        Some(code) => {
            let request = json!({ "text": code, "device": args.device });
            client.post(&["upstreams", &args.upstream, "ussd"], &request).await?
        }
        None => {
            let device = args.device.as_ref().map(|device| ("device", device.clone()));
            client.get(&["upstreams", &args.upstream, "balance"], device.as_slice()).await?
        }
    };
    table::show(&answer, args.json, |answer| say(&shown(answer)));
    Ok(())
}

/// A page as a handset shows it, or a balance with its time.
fn shown(answer: &Value) -> String {
    let text = table::cell(answer, "text");
    match (answer.get("continue"), answer.get("at")) {
        (Some(Value::Bool(true)), _) => format!("{text} [...]"),
        (_, Some(at)) => {
            let amount = answer.get("amount").map_or_else(|| "unknown".to_owned(), ToString::to_string);
            format!("{amount} at {}: {text}", at.as_str().unwrap_or_default())
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_balances_are_told_in_a_line() {
        for (answer, expected) in [
            (json!({ "text": "1 Balance", "continue": true }), "1 Balance [...]"),
            (json!({ "text": "Bye", "continue": false }), "Bye"),
            (
                json!({ "amount": 12.34, "text": "You have 12.34 EUR", "at": "2026-11-29T08:30:00.000Z" }),
                "12.34 at 2026-11-29T08:30:00.000Z: You have 12.34 EUR",
            ),
            (json!({ "text": "Hello", "at": "2026" }), "unknown at 2026: Hello"),
        ] {
            assert_eq!(shown(&answer), expected);
        }
    }
}

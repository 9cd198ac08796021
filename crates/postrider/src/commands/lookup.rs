//! `postrider lookup`: the country, network and kind of a number.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::say;
use serde_json::Value;

const HELP: &str = "\
Examples:
  postrider lookup +447700900123
  postrider lookup --country GB '07700 900123'";

/// Show the country, network and kind of a number.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The number
    #[arg(allow_hyphen_values = true)]
    number: String,
    /// The country (ISO 3166, such as GB) whose national form the number may have
    #[arg(long)]
    country: Option<String>,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Looks it up.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let query: Vec<_> = args.country.into_iter().map(|country| ("country", country)).collect();
    let answer = args.connection.administrator().await?.get(&["lookup", &args.number], &query).await?;
    table::show(&answer, args.json, |answer| say(&told(answer)));
    Ok(())
}

/// `+447700900123: GB, mobile, O2 UK (23410)`.
pub(super) fn told(answer: &Value) -> String {
    let mut words = vec![table::cell(answer, "country"), table::cell(answer, "type")];
    if let Some(network) = answer.get("network") {
        words.push(match (table::cell(network, "name"), table::cell(network, "mccmnc")) {
            (name, code) if name.is_empty() || code.is_empty() => name + &code,
            (name, code) => format!("{name} ({code})"),
        });
    }
    if let Some(looked_up) = answer.get("looked_up") {
        let assignment = table::cell(looked_up, "assignment");
        let assignment = if assignment == "unknown" { String::new() } else { format!("{assignment}, ") };
        words.push(format!("{assignment}by {}", table::cell(looked_up, "provider")));
    }
    if answer.get("valid") == Some(&Value::Bool(false)) {
        words.push("not a valid number".to_owned());
    }
    let reason = table::cell(answer, "reason");
    if !reason.is_empty() {
        words.push(format!("refused ({reason})"));
    }
    words.retain(|word| !word.is_empty());
    format!("{}: {}", table::cell(answer, "number"), words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_one_line() {
        for (answer, line) in [
            (
                json!({ "number": "+447700900123", "country": "GB", "type": "mobile", "valid": true, "deliverable": true,
                    "network": { "mccmnc": "23410", "name": "O2 UK" } }),
                "+447700900123: GB, mobile, O2 UK (23410)",
            ),
            (
                json!({ "number": "+447700900123", "country": "GB", "type": "mobile", "valid": true, "deliverable": true,
                    "network": { "mccmnc": "23430" },
                    "looked_up": { "provider": "hlr", "mccmnc": "23430", "assignment": "assigned" } }),
                "+447700900123: GB, mobile, 23430, assigned, by hlr",
            ),
            (
                json!({ "number": "+999123456789", "type": "unknown", "valid": false, "deliverable": false,
                    "reason": "unallocated" }),
                "+999123456789: unknown, not a valid number, refused (unallocated)",
            ),
        ] {
            assert_eq!(told(&answer), line);
        }
    }
}

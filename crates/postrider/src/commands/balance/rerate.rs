//! `postrider balance rerate`: what messages of a month were charged, and what they would be by the tariff as it is now.

use crate::client::Connection;
use crate::commands::table;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, say};
use serde_json::{Value, json};

const HELP: &str = "\
Looks at the messages that were accepted on these days and have ended, and says what the account was
charged and would be charged. Nothing is changed without --post; with it the difference is added to the
balance, or taken from it, as an entry 'correction'. What was corrected for the same days before counts,
so that a repetition posts nothing.";

#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(super) struct Args {
    /// The account
    account: String,
    /// The first day (UTC): 2026-11-01
    #[arg(long, value_name = "DAY")]
    since: String,
    /// The day behind the last, in the same month [default: the first of the next month]
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Post the difference to the balance
    #[arg(long)]
    post: bool,
    /// Print all messages whose price is another as CSV
    #[arg(long, conflicts_with_all = ["json", "post"])]
    csv: bool,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

const REPRICED: [(&str, &str); 7] = [
    ("ID", "id"),
    ("TO", "to"),
    ("PARTS", "parts"),
    ("BEFORE", "before"),
    ("NOW", "now"),
    ("CHARGED", "charged"),
    ("RERATED", "rerated"),
];
/// Messages that are printed; --csv prints all.
const PRINTED: usize = 20;

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let path = ["accounts", &args.account, "reratings"];
    let document = json!({ "since": args.since, "until": args.until, "post": args.post });
    let client = args.connection.administrator().await?;
    if args.csv {
        let text = client
            .post_table(
                &path,
                &[("format", "csv".to_owned())],
                "application/json",
                document.to_string().as_bytes(),
            )
            .await?;
        terminal::print_table(&text);
        return Ok(());
    }
    let answer = client.post(&path, &document).await?;
    table::show(&answer, args.json, told);
    Ok(())
}

fn told(answer: &Value) {
    let cell = |name: &str| table::cell(answer, name);
    say(&format!(
        "{}, {}: {} messages, {} parts",
        cell("account"),
        cell("days"),
        cell("messages"),
        cell("parts")
    ));
    say(&format!("charged    {} {}", cell("charged"), cell("currency")));
    say(&format!("rerated    {}", cell("rerated")));
    say(&format!("corrected  {}", cell("corrected")));
    say(&format!("owed       {}", cell("owed")));
    for (name, meaning) in [
        ("open", "have not ended: look again when they have"),
        ("unpriced", "had no price, or have none now: they stay as they are"),
    ] {
        if answer.get(name).and_then(Value::as_u64).is_some_and(|many| many > 0) {
            say(&format!("{} messages {meaning}", cell(name)));
        }
    }
    let all = answer.get("repriced").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !all.is_empty() {
        table::print(&REPRICED, all.get(..PRINTED).unwrap_or(all), "", |_, _| None);
        let more = answer.get("repriced_more").and_then(Value::as_u64).unwrap_or_default();
        if all.len() > PRINTED || more > 0 {
            say("there are more: --csv prints all");
        }
    }
}

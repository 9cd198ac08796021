//! `postrider balance`: what accounts have, top-ups, and what moved balances.

mod rerate;

use super::table;
use crate::client::{Connection, entries};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::say;
use serde_json::{Value, json};

const HELP: &str = "\
Examples:
  postrider balance list
  postrider balance top-up shop 100.00 --idempotency-key invoice-4711 --note 'invoice 4711'
  postrider balance entries --account shop
  postrider balance rerate shop --since 2026-11-01
  postrider balance rerate shop --since 2026-11-01 --post

A top-up that is repeated with its key is made once.";

/// Show and top up balances: what accounts may spend.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List balances
    List {
        /// Only this account's
        #[arg(long)]
        account: Option<String>,
        /// Print the gateway's answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Add credit to an account's balance, or take it away
    TopUp {
        /// The account
        account: String,
        /// How much, in the account's currency; below zero it is taken away
        #[arg(allow_negative_numbers = true, required_unless_present = "to")]
        amount: Option<String>,
        /// Add what is lacking until so much is available
        #[arg(long, value_name = "AMOUNT", conflicts_with = "amount")]
        to: Option<String>,
        /// A key of this top-up alone, by which a repetition is known
        #[arg(long, value_name = "KEY")]
        idempotency_key: String,
        /// What it is for
        #[arg(long)]
        note: Option<String>,
        /// Print the gateway's answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Price messages of a month again by the tariff as it is now, and correct the balance
    Rerate(rerate::Args),
    /// List what moved balances, the newest first
    Entries {
        /// Only this account's
        #[arg(long)]
        account: Option<String>,
        /// The most entries
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// Print the gateway's answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
}

const BALANCES: [(&str, &str); 6] = [
    ("ACCOUNT", "account"),
    ("CURRENCY", "currency"),
    ("BALANCE", "balance"),
    ("RESERVED", "reserved"),
    ("AVAILABLE", "available"),
    ("LIMIT", "limit"),
];
const ENTRIES: [(&str, &str); 8] = [
    ("ID", "id"),
    ("TIME", "at"),
    ("ACCOUNT", "account"),
    ("KIND", "kind"),
    ("AMOUNT", "amount"),
    ("RESERVED", "reserved"),
    ("CURRENCY", "currency"),
    ("MESSAGES", "messages"),
];

/// Does it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::List { account, json, connection } => {
            let client = connection.administrator().await?;
            let answer = client.get(&["balances"], &of(account)).await?;
            entries(&answer, "balances")?;
            table::show(&answer, json, |answer| list(answer, "balances", &BALANCES, "no account is billed"));
        }
        Command::TopUp { account, amount, to, idempotency_key, note, json, connection } => {
            let client = connection.administrator().await?;
            let path = ["accounts", &account, "top-ups"];
            let answer = client
                .post_once(&path, &idempotency_key, &json!({ "amount": amount, "to": to, "note": note }))
                .await?;
            table::show(&answer, json, |answer| say(&told(answer)));
        }
        Command::Rerate(args) => rerate::run(args).await?,
        Command::Entries { account, limit, json, connection } => {
            let mut query = of(account);
            query.push(("limit", limit.to_string()));
            let answer = connection.administrator().await?.get(&["entries"], &query).await?;
            entries(&answer, "entries")?;
            table::show(&answer, json, |answer| {
                list(answer, "entries", &ENTRIES, "nothing has moved a balance");
            });
        }
    }
    Ok(())
}

fn of(account: Option<String>) -> Vec<(&'static str, String)> {
    account.into_iter().map(|account| ("account", account)).collect()
}

fn list(answer: &Value, name: &str, columns: &[(&str, &str)], none: &str) {
    table::print(columns, entries(answer, name).unwrap_or_default(), none, |_, _| None);
}

/// `shop: 112.50 EUR available`.
fn told(answer: &Value) -> String {
    let none = json!({});
    let balance = answer.get("balance").unwrap_or(&none);
    let cell = |name| table::cell(balance, name);
    let added = answer.pointer("/entry/amount").and_then(Value::as_str);
    let nothing = if added == Some("0.00") { "nothing was lacking, " } else { "" };
    format!("{}: {nothing}the balance is {} {}", cell("account"), cell("balance"), cell("currency"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_top_up_tells_the_balance() {
        let answer = json!({ "balance": { "account": "shop", "balance": "12.50", "currency": "EUR" } });
        assert_eq!(told(&answer), "shop: the balance is 12.50 EUR");
    }
}

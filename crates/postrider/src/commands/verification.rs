//! `postrider verification`: starts, checks, shows and cancels verifications of numbers by one-time password.

use super::table::{self, cell};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Map, Value, json};

const HELP: &str = "\
A verification sends a code to a number and checks the code that a person gives back. Nobody but the
recipient sees the code. Use an account's key.

Examples:
  postrider verification start +447700900123 --language de --name Shop
  postrider verification check 0193f2a4c1d05b7e9c2f61a8d3e4b5c6 123456
  postrider verification set-test-number +447700900001 4711";

/// Verify numbers by one-time password.
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
    /// Send a code to a number; while one is pending, send it again
    #[command(
        after_help = "Example:\n  postrider verification start +447700900123 --purpose login --digits 6"
    )]
    Start(Start),
    /// Check a code; fail if it is wrong
    #[command(
        after_help = "Examples:\n  postrider verification check 0193f2a4c1d05b7e9c2f61a8d3e4b5c6 123456\n  postrider verification check +447700900123 123456 --purpose login"
    )]
    Check {
        /// Its identifier, or the number
        id: String,
        /// The code
        code: String,
        /// What the number is verified for, as it was started
        #[arg(long)]
        purpose: Option<String>,
    },
    /// Show a verification
    #[command(after_help = "Example:\n  postrider verification get 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Get {
        /// Its identifier
        id: String,
    },
    /// List verifications, the newest first
    #[command(after_help = "Example:\n  postrider verification list --status pending")]
    List {
        /// The most entries, 1 to 500
        #[arg(long, default_value_t = 50)]
        limit: u16,
        /// The cursor at the end of the previous page
        #[arg(long)]
        cursor: Option<String>,
        /// Only verifications in this state: pending, approved, expired, max_attempts_reached or canceled
        #[arg(long)]
        status: Option<String>,
    },
    /// Print all verifications as CSV
    #[command(after_help = "Example:\n  postrider verification export > verifications.csv")]
    Export,
    /// Cancel a pending verification
    #[command(after_help = "Example:\n  postrider verification cancel 0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    Cancel {
        /// Its identifier
        id: String,
    },
    /// List test numbers
    #[command(after_help = "Example:\n  postrider verification test-numbers")]
    TestNumbers,
    /// Give a number a fixed code and no message, for tests
    #[command(after_help = "Example:\n  postrider verification set-test-number +447700900001 4711")]
    SetTestNumber {
        /// The number
        number: String,
        /// The code, 4 to 10 digits
        code: String,
    },
    #[command(flatten)]
    Authenticator(AuthenticatorVerb),
    /// Make a test number an ordinary one again
    #[command(after_help = "Example:\n  postrider verification remove-test-number +447700900001")]
    RemoveTestNumber {
        /// The number
        number: String,
    },
}

/// What is done with authenticator apps.
#[derive(Debug, Subcommand)]
enum AuthenticatorVerb {
    /// Enrol an authenticator app (TOTP): its key is shown this once
    #[command(after_help = "Example:\n  postrider verification enrol ann --issuer Shop")]
    Enrol {
        /// Whose codes they are
        name: String,
        /// Who asks for them, as the app shows it
        #[arg(long)]
        issuer: String,
    },
    /// Check a code of an authenticator app; fail if it is wrong
    #[command(after_help = "Example:\n  postrider verification check-authenticator 0193f2a4c1d05b7e 123456")]
    CheckAuthenticator {
        /// Its identifier
        id: String,
        /// The code
        code: String,
    },
    /// Show an authenticator app, without its key
    #[command(after_help = "Example:\n  postrider verification get-authenticator 0193f2a4c1d05b7e")]
    GetAuthenticator {
        /// Its identifier
        id: String,
    },
    /// Forget an authenticator app: its codes are right no more
    #[command(after_help = "Example:\n  postrider verification remove-authenticator 0193f2a4c1d05b7e")]
    RemoveAuthenticator {
        /// Its identifier
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct Start {
    /// The number
    to: String,
    /// What it is for
    #[arg(long)]
    purpose: Option<String>,
    /// The digits of the code, 4 to 10
    #[arg(long)]
    digits: Option<u8>,
    /// The time for which the code is valid, 1m to 1h
    #[arg(long)]
    valid_for: Option<String>,
    /// The language of the message, such as `de`
    #[arg(long)]
    language: Option<String>,
    /// The name before the text
    #[arg(long)]
    name: Option<String>,
    /// The host of the web page that asks for the code (`WebOTP`)
    #[arg(long)]
    domain: Option<String>,
    /// The hash of the Android app that asks for the code (SMS Retriever)
    #[arg(long)]
    app_hash: Option<String>,
    /// The sender
    #[arg(long)]
    from: Option<String>,
    /// The time without a receipt after which the code is sent again, 15s to 15m
    #[arg(long)]
    resend_after: Option<String>,
}

impl Start {
    fn document(&self) -> Value {
        let texts = [
            ("to", Some(&self.to)),
            ("purpose", self.purpose.as_ref()),
            ("valid_for", self.valid_for.as_ref()),
            ("language", self.language.as_ref()),
            ("name", self.name.as_ref()),
            ("domain", self.domain.as_ref()),
            ("app_hash", self.app_hash.as_ref()),
            ("from", self.from.as_ref()),
            ("resend_after", self.resend_after.as_ref()),
        ];
        let given = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
        let digits = self.digits.map(|digits| ("digits".to_owned(), digits.into()));
        Value::Object(given.chain(digits).collect::<Map<_, _>>())
    }
}

const PATH: &str = "verifications";
const TEST_NUMBERS: &str = "test-numbers";
const AUTHENTICATORS: &str = "authenticators";

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    match &args.verb {
        Verb::Start(start) => {
            let started = client.post(&[PATH], &start.document()).await?;
            table::show(&started, args.json, show);
        }
        Verb::Check { id, code, purpose } => {
            let checked = if id.starts_with('+') {
                let document =
                    json!({ "to": id, "purpose": purpose.as_deref().unwrap_or_default(), "code": code });
                client.post(&[PATH, "check"], &document).await?
            } else {
                client.post(&[PATH, id, "check"], &json!({ "code": code })).await?
            };
            table::show(&checked, args.json, show);
            if checked.get("valid") != Some(&Value::Bool(true)) {
                return Err(Failure::refused("the code is wrong"));
            }
        }
        Verb::Get { id } => {
            let Some(found) = client.find(&[PATH, id]).await? else {
                return Err(Failure::refused(format!("there is no verification {id}")));
            };
            table::show(&found, args.json, show);
        }
        Verb::List { limit, cursor, status } => {
            let given = [("cursor", cursor.clone()), ("status", status.clone())];
            let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
            let query: Vec<_> = [("limit", limit.to_string())].into_iter().chain(given).collect();
            table::show(&client.get(&[PATH], &query).await?, args.json, list);
        }
        Verb::Export => terminal::print_table(&client.get_text(&[PATH, "csv"]).await?),
        Verb::Cancel { id } => {
            let Some(canceled) = client.delete(&[PATH, id], &[]).await? else {
                return Err(Failure::refused(format!("there is no pending verification {id}")));
            };
            table::show(&canceled, args.json, show);
        }
        Verb::TestNumbers => {
            let found = client.get(&[PATH, TEST_NUMBERS], &[]).await?;
            table::show(&found, args.json, |found| {
                table::rows(found, "test_numbers", &[("NUMBER", "number"), ("CODE", "code")]);
            });
        }
        Verb::SetTestNumber { number, code } => {
            let set = client.put(&[PATH, TEST_NUMBERS, number], &json!({ "code": code })).await?;
            table::show(&set, args.json, |set| {
                terminal::say(&format!("{} has a fixed code", cell(set, "number")));
            });
        }
        Verb::Authenticator(verb) => authenticator(&client, verb, args.json).await?,
        Verb::RemoveTestNumber { number } => {
            if client.delete(&[PATH, TEST_NUMBERS, number], &[]).await?.is_none() {
                return Err(Failure::refused(format!("{number} is no test number")));
            }
            terminal::say(&format!("{number} is an ordinary number"));
        }
    }
    Ok(())
}

async fn authenticator(client: &Client, verb: &AuthenticatorVerb, as_json: bool) -> Result<(), Failure> {
    match verb {
        AuthenticatorVerb::Enrol { name, issuer } => {
            let document = json!({ "name": name, "issuer": issuer });
            let enrolled = client.post(&[PATH, AUTHENTICATORS], &document).await?;
            table::show(&enrolled, as_json, show_authenticator);
        }
        AuthenticatorVerb::CheckAuthenticator { id, code } => {
            let at = [PATH, AUTHENTICATORS, id, "check"];
            let checked = client.post(&at, &json!({ "code": code })).await?;
            table::show(&checked, as_json, show_authenticator);
            if checked.get("valid") != Some(&Value::Bool(true)) {
                return Err(Failure::refused("the code is wrong"));
            }
        }
        AuthenticatorVerb::GetAuthenticator { id } => {
            let Some(found) = client.find(&[PATH, AUTHENTICATORS, id]).await? else {
                return Err(Failure::refused(format!("there is no authenticator {id}")));
            };
            table::show(&found, as_json, show_authenticator);
        }
        AuthenticatorVerb::RemoveAuthenticator { id } => {
            if client.delete(&[PATH, AUTHENTICATORS, id], &[]).await?.is_none() {
                return Err(Failure::refused(format!("there is no authenticator {id}")));
            }
            terminal::say(&format!("{id} is forgotten"));
        }
    }
    Ok(())
}

/// The fields of a verification, in the order of the output.
const FIELDS: [&str; 12] = [
    "to",
    "purpose",
    "status",
    "valid",
    "sent",
    "sends",
    "sends_left",
    "next_send_at",
    "checks_left",
    "message",
    "created_at",
    "expires_at",
];

fn show(verification: &Value) {
    terminal::say(&paint(Style::Strong, &cell(verification, "id")));
    for field in FIELDS.into_iter().filter(|field| verification.get(field).is_some()) {
        let value = cell(verification, field);
        terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<13}"))));
    }
}

fn show_authenticator(authenticator: &Value) {
    terminal::say(&paint(Style::Strong, &cell(authenticator, "id")));
    let fields = ["name", "issuer", "verified", "valid", "secret", "uri", "created_at"];
    for field in fields.into_iter().filter(|field| authenticator.get(field).is_some()) {
        let value = cell(authenticator, field);
        terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<10}"))));
    }
}

fn list(page: &Value) {
    let columns = [
        ("ID", "id"),
        ("CREATED", "created_at"),
        ("TO", "to"),
        ("PURPOSE", "purpose"),
        ("STATUS", "status"),
        ("SENDS", "sends"),
    ];
    table::rows(page, PATH, &columns);
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        start: Start,
    }

    #[test]
    fn a_start_has_what_was_given() {
        let line = Line::parse_from(["start", "+447700900123", "--digits", "4", "--app-hash", "FA+9qCX9VSu"]);
        let expected = json!({ "to": "+447700900123", "digits": 4, "app_hash": "FA+9qCX9VSu" });
        assert_eq!(line.start.document(), expected);
    }
}

//! Users of the console: the verbs of every kind, links by which they set their passwords, and one-time codes.

use super::{How, Kind, PUT_HELP, Verb, verbs};
use crate::client::Client;
use crate::commands::table;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use postrider_declare::UserDocument;
use serde_json::{Value, json};

const USER: Kind = Kind::of::<UserDocument>(&[
    ("NAME", "name"),
    ("ROLE", "role"),
    ("ACCOUNT", "account"),
    ("ENABLED", "enabled"),
    ("PASSWORD", "password_set"),
    ("CODES", "totp_set"),
    ("DECLARED IN", "origin"),
]);

const EXAMPLES: &str = "\
Examples:
  postrider user add anna operator              # prints a link by which anna sets her password
  postrider user add paul customer --account shop
  postrider user link anna                      # another link, for a forgotten password
  postrider user remove-totp anna               # she has lost the device that shows her codes
  postrider user put anna enabled=false
  postrider user list";

/// Manage users of the console: their roles, and how they sign in.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    verb: UserVerb,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Subcommand)]
enum UserVerb {
    #[command(flatten)]
    Common(Verb),
    /// Add a user, and print a link by which it sets its password, once
    #[command(
        after_help = "Examples:\n  postrider user add anna operator\n  postrider user add paul customer --account shop"
    )]
    Add {
        /// The name that it signs in by
        name: String,
        /// Its role: owner, operator, support, billing, author or customer
        role: String,
        /// The account whose messages it sees alone; an author and a customer must have one
        #[arg(long)]
        account: Option<String>,
    },
    /// Print a link by which a user sets its password, once
    #[command(after_help = "Example:\n  postrider user link anna")]
    Link {
        /// The user
        name: String,
    },
    /// Take away a user's key of one-time codes: it signs in by password alone until it makes another
    #[command(after_help = "Example:\n  postrider user remove-totp anna")]
    RemoveTotp {
        /// The user
        name: String,
    },
}

/// `postrider user`.
pub(crate) async fn user(args: UserArgs) -> Result<(), Failure> {
    let client = args.how.connection.administrator().await?;
    let json = args.how.json;
    match args.verb {
        UserVerb::Common(verb) => verbs::run(USER, verb, &client, json).await,
        UserVerb::Add { name, role, account } => add(&client, &name, &role, account, json).await,
        UserVerb::Link { name } => link(&client, &name, json).await,
        UserVerb::RemoveTotp { name } => {
            client.delete(&["users", &name, "totp"], &[]).await?.ok_or_else(|| missing(&name))?;
            terminal::say(&format!("{name} signs in by password alone"));
            Ok(())
        }
    }
}

async fn add(
    client: &Client,
    name: &str,
    role: &str,
    account: Option<String>,
    json: bool,
) -> Result<(), Failure> {
    if client.find(&["users", name]).await?.is_some() {
        return Err(Failure::refused(format!("there is a user `{name}` already"))
            .help(format!("`postrider user put {name} role={role}` changes it")));
    }
    let document = json!({ "role": role, "account": account });
    client.put(&["users", name], &document).await?;
    if !json {
        terminal::say(&format!("added the user {}", paint(Style::Strong, name)));
    }
    link(client, name, json).await
}

async fn link(client: &Client, name: &str, json: bool) -> Result<(), Failure> {
    let mut answer = client.act(&["users", name, "link"], &[]).await?;
    let page = client.page(answer["path"].as_str().unwrap_or_default())?;
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("url".to_owned(), page.clone().into());
    }
    table::show(&answer, json, |answer| {
        terminal::say(&page);
        let until = answer.get("expires_at").and_then(Value::as_str).unwrap_or("?");
        let words = format!("whoever opens this link sets the password of {name}, once, until {until}");
        terminal::complain(&terminal::error(Style::Faint, &words));
    });
    Ok(())
}

fn missing(name: &str) -> Failure {
    Failure::refused(format!("there is no user `{name}`")).help("`postrider user list` shows those there are")
}

//! What is declared: accounts, upstreams, routes, numbers, rules and users, each kind with the same verbs.

mod edit;
mod kinds;
mod links;
mod notices;
mod pause_count;
mod replay;
mod rule;
mod user;
mod verbs;

pub(crate) use kinds::KindCommand;
use rule::{RuleArgs, rule};
use user::{UserArgs, user};
pub(crate) use verbs::Verb;

use super::table;
use crate::client::{Client, Connection};
use crate::config::mistakes_in;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style};
use clap::Subcommand;
use pause_count::CountArgs;
use postrider_declare::{
    AccountDocument, CurrencyDocument, Document, LimitDocument, LookupDocument, NumberDocument,
    PauseDocument, RouteDocument, UpstreamDocument,
};
use replay::ReplayArgs;
use serde_json::Value;

/// A kind of thing that is declared, as commands show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// `account`
    name: &'static str,
    /// `accounts`, as it is in URLs and in the file.
    plural: &'static str,
    /// Titles and fields of a list.
    columns: &'static [(&'static str, &'static str)],
    /// What is wrong with a document's form, a line each.
    mistakes: fn(&Value) -> Vec<String>,
}

impl Kind {
    pub(crate) const fn of<D: Document>(columns: &'static [(&'static str, &'static str)]) -> Self {
        Self { name: D::KIND, plural: D::PLURAL, columns, mistakes: mistakes_in::<D> }
    }
}

const ACCOUNT: Kind = Kind::of::<AccountDocument>(&[
    ("NAME", "name"),
    ("ENABLED", "enabled"),
    ("CLASS", "class"),
    ("RATE", "rate"),
    ("SENDER", "sender"),
    ("DECLARED IN", "origin"),
]);

const UPSTREAM: Kind = Kind::of::<UpstreamDocument>(&[
    ("NAME", "name"),
    ("ENABLED", "enabled"),
    ("LINKS", "links"),
    ("PROTOCOL", "protocol"),
    ("HOST", "host"),
    ("PORT", "port"),
    ("SYSTEM ID", "system_id"),
    ("BINDS", "binds"),
    ("WINDOW", "window"),
    ("RATE", "rate"),
    ("DECLARED IN", "origin"),
]);

const ROUTE: Kind = Kind::of::<RouteDocument>(&[
    ("NAME", "name"),
    ("PREFIX", "prefix"),
    ("UPSTREAMS", "upstreams"),
    ("DECLARED IN", "origin"),
]);

const NUMBER: Kind = Kind::of::<NumberDocument>(&[
    ("NAME", "name"),
    ("NUMBER", "number"),
    ("ACCOUNT", "account"),
    ("UPSTREAMS", "upstreams"),
    ("DELIVER TO", "deliver_to"),
    ("DECLARED IN", "origin"),
]);

const PAUSE: Kind = Kind::of::<PauseDocument>(&[
    ("NAME", "name"),
    ("MODE", "mode"),
    ("UPSTREAMS", "upstreams"),
    ("ACCOUNTS", "accounts"),
    ("UNTIL", "until"),
    ("REASON", "reason"),
    ("DECLARED IN", "origin"),
]);

const LIMIT: Kind = Kind::of::<LimitDocument>(&[
    ("NAME", "name"),
    ("EACH", "each"),
    ("SECOND", "second"),
    ("MINUTE", "minute"),
    ("DAY", "day"),
    ("ACCOUNTS", "accounts"),
    ("SENDERS", "senders"),
    ("NETWORKS", "networks"),
    ("DECLARED IN", "origin"),
]);

const LOOKUP: Kind = Kind::of::<LookupDocument>(&[
    ("NAME", "name"),
    ("ENABLED", "enabled"),
    ("PROTOCOL", "protocol"),
    ("PRESET", "preset"),
    ("SERVER", "server"),
    ("COUNTRIES", "countries"),
    ("DAILY", "daily"),
    ("DECLARED IN", "origin"),
]);

const CURRENCY: Kind = Kind::of::<CurrencyDocument>(&[
    ("NAME", "name"),
    ("FROM", "from"),
    ("TO", "to"),
    ("RATES", "rates"),
    ("DECLARED IN", "origin"),
]);

pub(crate) const PUT_HELP: &str = "\
`put` changes the fields that are given and leaves the others as they are; with --file it declares
what the file says and nothing else. Values are written as in the configuration file, texts may go
without quotes; `postrider config reference` lists the fields. What the configuration file declares
can be changed only there.";

const ACCOUNT_EXAMPLES: &str = "\
Examples:
  postrider account put shop sender=Shop rate=50
  postrider account put shop smpp.system_id=shop      # makes a password, shown this once
  postrider account key add shop laptop               # prints a new API key, this once
  postrider account key revoke shop laptop
  postrider account webhook-test shop                 # posts a test event now
  postrider account webhook-secret rotate shop        # prints a new secret, this once; both sign
  postrider account webhook-secret drop shop          # the old one signs no more
  postrider account list";

const UPSTREAM_EXAMPLES: &str = "\
Examples:
  postrider upstream put acme host=smpp.example.net system_id=me password=s3cret
  postrider upstream put acme window=50 rate=100
  postrider upstream show acme
  postrider upstream list";

const ROUTE_EXAMPLES: &str = "\
Examples:
  postrider route put world upstreams=acme
  postrider route put britain prefix=44 upstreams=acme,second
  postrider route delete britain
  postrider route replay --file new-routes.toml --since 24h    # nothing is changed
  postrider route list";

const NUMBER_EXAMPLES: &str = "\
Examples:
  postrider number put 60006 account=shop
  postrider number put office number=+447700900123 account=shop deliver_to=webhook
  postrider number put shared number=60007 'keywords={pizza = \"pizzeria\", taxi = \"cabs\"}'
  postrider number put others number=* account=operators
  postrider number list";

const PAUSE_EXAMPLES: &str = "\
Examples:
  postrider pause count upstreams=acme                # how many messages wait for it
  postrider pause put fault upstreams=acme 'reason=\"the carrier is being mended\"'
  postrider pause put fault upstreams=acme mode=drain 'reason=\"it is replaced\"' until=2030-01-31
  postrider pause put price accounts=shop classes=marketing countries=GB 'reason=\"wrong price\"'
  postrider pause delete fault                        # what was held goes on
  postrider pause list";

const LIMIT_EXAMPLES: &str = "\
Examples:
  postrider limit put shops each=account second=10 day=100000
  postrider limit put o2 networks=23410 second=20
  postrider limit put brand accounts=shop senders=Shop minute=600
  postrider limit delete o2                           # what was held goes on
  postrider limit list";

const LOOKUP_EXAMPLES: &str = "\
Examples:
  postrider lookup-provider put hlr preset=vonage 'values={api_key = \"abcd1234\"}' 'secret_values={api_secret = \"s3cret\"}' daily=10000
  postrider lookup-provider put enum protocol=enum server=192.0.2.53 countries=GB
  postrider lookup-provider list
  postrider lookup +447700900123                      # asks, as for a message";

const CURRENCY_EXAMPLES: &str = "\
Examples:
  postrider currency put usd from=USD to=EUR 'rates={ 2026-12-01 = \"0.9215\" }'
  postrider currency list
  postrider currency delete usd";

/// Declare who may send: their keys, logins and limits.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{ACCOUNT_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct AccountArgs {
    #[command(subcommand)]
    verb: AccountVerb,
    #[command(flatten)]
    how: How,
}

/// Declare ways out: carriers, and how to speak with them.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{UPSTREAM_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct UpstreamArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    how: How,
}

/// Declare which way messages go.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{ROUTE_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct RouteArgs {
    #[command(subcommand)]
    verb: RouteVerb,
    #[command(flatten)]
    how: How,
}

/// Declare numbers that handsets write to.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{NUMBER_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct NumberArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    how: How,
}

/// Hold messages back, or drain upstreams, for a while.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{PAUSE_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct PauseArgs {
    #[command(subcommand)]
    verb: PauseVerb,
    #[command(flatten)]
    how: How,
}

/// Limit how many parts are sent in a time.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{LIMIT_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct LimitArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    how: How,
}

/// Declare who is asked about numbers: their networks, and whether somebody has them.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{LOOKUP_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct LookupProviderArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    how: How,
}

/// Declare exchange rates: what upstreams cost in other currencies than accounts pay in
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{CURRENCY_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct CurrencyArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct How {
    /// Print the gateway's answers as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum AccountVerb {
    #[command(flatten)]
    Common(Verb),
    /// Make and revoke API keys
    #[command(subcommand)]
    Key(KeyVerb),
    /// Post a test event to an account's webhook, and show the outcome
    #[command(after_help = "Example:\n  postrider account webhook-test shop")]
    WebhookTest {
        /// The account
        account: String,
    },
    /// Show the last posts of the node to an account's webhook, the newest first
    #[command(after_help = "Example:\n  postrider account webhook-attempts shop")]
    WebhookAttempts {
        /// The account
        account: String,
    },
    /// Tell an account's applications again what they were told of a time, by webhook and in sessions
    #[command(
        after_help = "Examples:\n  postrider account replay shop --since 2030-01-31T14:00:00Z --until 2030-01-31T15:00:00Z"
    )]
    Replay {
        /// The account
        account: String,
        /// Of messages that were accepted, or came in from handsets, at or after this
        #[arg(long, value_name = "TIME")]
        since: String,
        /// Of those before this [default: now]
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Rotate the secret that signs an account's webhooks
    #[command(subcommand)]
    WebhookSecret(SecretVerb),
}

#[derive(Debug, Subcommand)]
enum RouteVerb {
    #[command(flatten)]
    Common(Verb),
    /// Try routes against the messages of a while: how many would go another way, and what they would cost
    #[command(
        after_help = "Example:\n  postrider route replay --file new-routes.toml --without old --since 24h"
    )]
    Replay(ReplayArgs),
}

#[derive(Debug, Subcommand)]
enum PauseVerb {
    #[command(flatten)]
    Common(Verb),
    /// Count the messages that wait and that a pause is about, before it is declared or deleted
    #[command(
        after_help = "Examples:\n  postrider pause count upstreams=acme countries=GB\n  postrider pause count fault"
    )]
    Count(CountArgs),
}

#[derive(Debug, Subcommand)]
enum SecretVerb {
    /// Make a new secret and print it, this once. Webhooks are signed with both until the old one is dropped
    #[command(after_help = "Example:\n  postrider account webhook-secret rotate shop")]
    Rotate {
        /// The account
        account: String,
    },
    /// Drop the old secret: webhooks are signed with the new one only
    #[command(after_help = "Example:\n  postrider account webhook-secret drop shop")]
    Drop {
        /// The account
        account: String,
    },
}

#[derive(Debug, Subcommand)]
enum KeyVerb {
    /// Make a new API key and print it, this once
    #[command(after_help = "Examples:\n  export POSTRIDER_KEY=$(postrider account key add shop laptop)\n  \
                            postrider account key add shop reports --scope read --allow 192.0.2.0/24 --expires 2027-12-31")]
    Add {
        /// The account
        account: String,
        /// The key's name, by which it is revoked: whose it is, or what for
        name: String,
        /// What it may be used for, once or more: `send`, `read` [default: both]
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// An address or network that it may be used from, once or more [default: all]
        #[arg(long, value_name = "NETWORK")]
        allow: Vec<String>,
        /// When it ceases to be valid: a day, to its end in UTC, or a time [default: never]
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Revoke an API key, at once
    #[command(after_help = "Example:\n  postrider account key revoke shop laptop")]
    Revoke {
        /// The account
        account: String,
        /// The key's name
        name: String,
    },
}

/// `postrider account`.
async fn account(args: AccountArgs) -> Result<(), Failure> {
    let client = args.how.connection.administrator().await?;
    match args.verb {
        AccountVerb::Common(verb) => verbs::run(ACCOUNT, verb, &client, args.how.json).await,
        AccountVerb::Key(verb) => key(verb, &client, args.how.json).await,
        AccountVerb::WebhookTest { account } => test_webhook(&account, &client, args.how.json).await,
        AccountVerb::WebhookAttempts { account } => webhook_attempts(&account, &client, args.how.json).await,
        AccountVerb::Replay { account, since, until } => {
            notices::replay(&client, &account, &since, until.as_deref(), args.how.json).await
        }
        AccountVerb::WebhookSecret(verb) => webhook_secret(verb, &client, args.how.json).await,
    }
}

/// Fails if the endpoint didn't take the event.
async fn webhook_attempts(account: &str, client: &Client, json: bool) -> Result<(), Failure> {
    let answer = client.get(&["accounts", account, "webhook", "attempts"], &[]).await?;
    table::show(&answer, json, |answer| {
        let rows = answer.get("attempts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let columns = [
            ("AT", "at"),
            ("EVENT", "event"),
            ("EVENTS", "events"),
            ("ATTEMPT", "attempt"),
            ("RESULT", "result"),
            ("AGAIN", "again_at"),
        ];
        table::print(&columns, rows, "no posts", |_, _| None);
    });
    Ok(())
}

async fn test_webhook(account: &str, client: &Client, json: bool) -> Result<(), Failure> {
    let answer = client.act(&["accounts", account, "webhook", "test"], &[]).await?;
    let result = answer["result"].as_str().unwrap_or_default().to_owned();
    if json {
        table::show(&answer, json, |_| {});
    }
    if answer["delivered"] != true {
        return Err(Failure::failed(format!(
            "the webhook of {account} didn't take the test event: {result}"
        )));
    }
    if !json {
        terminal::say(&format!("the webhook of {account} took the test event: {result}"));
    }
    Ok(())
}

/// The verbs of a kind.
pub(crate) async fn on_kind(kind: Kind, verb: Verb, how: How) -> Result<(), Failure> {
    verbs::run(kind, verb, &how.connection.administrator().await?, how.json).await
}

/// `postrider upstream`.
async fn upstream(args: UpstreamArgs) -> Result<(), Failure> {
    on_kind(UPSTREAM, args.verb, args.how).await
}

/// Sets fields of an upstream, each written as FIELD=VALUE.
pub(crate) async fn set_upstream(client: &Client, name: &str, fields: Vec<String>) -> Result<(), Failure> {
    verbs::run(UPSTREAM, Verb::Put { name: name.to_owned(), fields, file: None }, client, false).await
}

/// `postrider route`.
async fn route(args: RouteArgs) -> Result<(), Failure> {
    let client = args.how.connection.administrator().await?;
    match args.verb {
        RouteVerb::Common(verb) => verbs::run(ROUTE, verb, &client, args.how.json).await,
        RouteVerb::Replay(replay) => replay::run(replay, &client, args.how.json).await,
    }
}

/// `postrider number`.
async fn number(args: NumberArgs) -> Result<(), Failure> {
    on_kind(NUMBER, args.verb, args.how).await
}

/// `postrider pause`.
async fn pause(args: PauseArgs) -> Result<(), Failure> {
    let client = args.how.connection.administrator().await?;
    match args.verb {
        PauseVerb::Common(verb) => verbs::run(PAUSE, verb, &client, args.how.json).await,
        PauseVerb::Count(count) => pause_count::run(PAUSE, count, &client, args.how.json).await,
    }
}

/// `postrider limit`.
async fn limit(args: LimitArgs) -> Result<(), Failure> {
    verbs::run(LIMIT, args.verb, &args.how.connection.administrator().await?, args.how.json).await
}

/// `postrider lookup-provider`.
async fn lookup_provider(args: LookupProviderArgs) -> Result<(), Failure> {
    verbs::run(LOOKUP, args.verb, &args.how.connection.administrator().await?, args.how.json).await
}

/// `postrider currency`.
async fn currency(args: CurrencyArgs) -> Result<(), Failure> {
    verbs::run(CURRENCY, args.verb, &args.how.connection.administrator().await?, args.how.json).await
}

/// The key itself goes to standard output alone, so that a script can take it from there.
async fn key(verb: KeyVerb, client: &Client, json: bool) -> Result<(), Failure> {
    match verb {
        KeyVerb::Add { account, name, scopes, allow, expires } => {
            let mut key = serde_json::json!({ "name": name, "allow": allow });
            if !scopes.is_empty() {
                key["scopes"] = scopes.into();
            }
            if let Some(expires) = expires {
                key["expires"] = expires.into();
            }
            let answer = client.post(&["accounts", &account, "keys"], &key).await?;
            say_secret(&answer, "key", json)?;
        }
        KeyVerb::Revoke { account, name } => {
            if client.delete(&["accounts", &account, "keys", &name], &[]).await?.is_none() {
                return Err(Failure::refused(format!("there is no key `{name}` of an account `{account}`"))
                    .help(format!("`postrider account show {account}` lists its keys")));
            }
            terminal::say(&format!("revoked the key {name} of {account}"));
        }
    }
    Ok(())
}

async fn webhook_secret(verb: SecretVerb, client: &Client, json: bool) -> Result<(), Failure> {
    match verb {
        SecretVerb::Rotate { account } => {
            let answer = client.act(&["accounts", &account, "webhook", "secret"], &[]).await?;
            say_secret(&answer, "secret", json)
        }
        SecretVerb::Drop { account } => {
            let path = ["accounts", &account, "webhook", "previous_secret"];
            if client.delete(&path, &[]).await?.is_none() {
                return Err(Failure::refused(format!("there is no account `{account}` with a webhook"))
                    .help("`postrider account list` shows the accounts"));
            }
            terminal::say(&format!("only the new secret signs the webhooks of {account}"));
            Ok(())
        }
    }
}

/// Prints the secret that an answer holds, alone on standard output.
fn say_secret(answer: &Value, what: &str, json: bool) -> Result<(), Failure> {
    let secrets = answer.get("secrets").and_then(Value::as_object);
    let Some(secret) = secrets.and_then(|secrets| secrets.values().find_map(Value::as_str)) else {
        return Err(Failure::failed(format!("the gateway made a {what} and did not tell it")));
    };
    table::show(answer, json, |_| {
        terminal::say(secret);
        let words = format!("save this {what} now; it won't be shown again");
        terminal::complain(&terminal::error(Style::Faint, &words));
    });
    Ok(())
}

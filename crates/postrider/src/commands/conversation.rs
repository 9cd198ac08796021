//! `postrider conversation`: lists, shows and answers conversations with handsets.

use super::table::{self, cell};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::{Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

const HELP: &str = "\
A conversation is the messages between a number of the account and a handset. It begins when the handset
writes. Use an account's key; an administrator names the account with `--account`, and sees no texts.

Examples:
  postrider conversation list --state open
  postrider conversation messages 381234567890123456
  postrider conversation reply 381234567890123456 'We are open until six'
  postrider conversation set 381234567890123456 --state closed";

/// List and answer conversations with handsets.
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
    /// List conversations, those that changed last first
    #[command(after_help = "Example:\n  postrider conversation list --state open --assignee ann")]
    List(Filter),
    /// Show a conversation and its notes
    #[command(after_help = "Example:\n  postrider conversation get 381234567890123456")]
    Get {
        /// Its identifier
        id: String,
    },
    /// Show the messages of a conversation, of both directions, the newest first
    #[command(after_help = "Example:\n  postrider conversation messages 381234567890123456 --limit 20")]
    Messages {
        /// Its identifier
        id: String,
        /// The most messages, 1 to 500
        #[arg(long, default_value_t = 50)]
        limit: u16,
        /// The cursor at the end of the previous page
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Open a conversation before the handset has written
    #[command(after_help = "Example:\n  postrider conversation open 60006 +447700900123")]
    Open {
        /// The account's number, short code or name
        number: String,
        /// The handset
        handset: String,
    },
    /// Send a message in a conversation
    #[command(after_help = "Example:\n  postrider conversation reply 381234567890123456 'Thank you'")]
    Reply {
        /// Its identifier
        id: String,
        /// The text
        text: String,
        /// Send only if this is the conversation's last reply still; empty: if there is none
        #[arg(long)]
        seen: Option<String>,
    },
    /// Set the state, the assignee, or who is about to answer
    #[command(after_help = "Example:\n  postrider conversation set 381234567890123456 --assignee ann")]
    Set {
        /// Its identifier
        id: String,
        /// The state
        #[arg(long, required_unless_present_any = ["assignee", "claim"])]
        state: Option<State>,
        /// Who looks after it; empty: nobody
        #[arg(long)]
        assignee: Option<String>,
        /// Who is about to answer; empty: nobody
        #[arg(long)]
        claim: Option<String>,
    },
    /// Assign the open conversation that has waited longest to somebody who is free
    #[command(after_help = "Example:\n  postrider conversation next ann")]
    Next {
        /// Who gets it
        person: String,
    },
    /// Note how far somebody has read; without a message: to the end
    #[command(after_help = "Example:\n  postrider conversation read 381234567890123456 ann")]
    Read {
        /// Its identifier
        id: String,
        /// Who has read
        person: String,
        /// The last message from the handset that they have seen
        #[arg(long, value_name = "ID", conflicts_with = "unread")]
        upto: Option<String>,
        /// Mark all of it as unread
        #[arg(long)]
        unread: bool,
    },
    /// Add a note, which handsets never see
    #[command(
        after_help = "Example:\n  postrider conversation note 381234567890123456 'Wants a refund' --author ann"
    )]
    Note {
        /// Its identifier
        id: String,
        /// The text
        text: String,
        /// Who writes it
        #[arg(long)]
        author: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// In this state
    #[arg(long)]
    state: Option<State>,
    /// Assigned so; empty: to nobody
    #[arg(long)]
    assignee: Option<String>,
    /// With this handset
    #[arg(long)]
    handset: Option<String>,
    /// Of this number
    #[arg(long)]
    number: Option<String>,
    /// With handsets that have waited for an answer since this time, or longer
    #[arg(long, value_name = "TIME")]
    waiting_since: Option<String>,
    /// Which this person hasn't read to its end
    #[arg(long, value_name = "PERSON")]
    unread_by: Option<String>,
    /// Of this account (for administrators)
    #[arg(long)]
    account: Option<String>,
    /// The most entries, 1 to 500
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// The cursor at the end of the previous page
    #[arg(long)]
    cursor: Option<String>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// The handset wrote last
    Open,
    /// It was answered
    Waiting,
    /// It is done with
    Closed,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Closed => "closed",
        }
    }
}

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    match &args.verb {
        Verb::List(filter) => {
            let page = client.get(&["conversations"], &query(filter)).await?;
            table::show(&page, args.json, list);
        }
        Verb::Get { id } => {
            let Some(found) = client.find(&["conversations", id]).await? else {
                return Err(Failure::refused(format!("there is no conversation {id}")));
            };
            table::show(&found, args.json, show);
        }
        Verb::Messages { id, limit, cursor } => {
            let cursor = cursor.clone().map(|cursor| ("cursor", cursor));
            let query: Vec<_> = [("limit", limit.to_string())].into_iter().chain(cursor).collect();
            let page = client.get(&["conversations", id, "messages"], &query).await?;
            table::show(&page, args.json, thread);
        }
        Verb::Open { number, handset } => {
            let opened =
                client.post(&["conversations"], &json!({ "number": number, "handset": handset })).await?;
            table::show(&opened, args.json, show);
        }
        Verb::Reply { id, text, seen } => {
            let reply = reply(text, seen.as_deref());
            let sent = client.post(&["conversations", id, "messages"], &reply).await?;
            table::show(&sent, args.json, |sent| terminal::say(&format!("accepted as {}", cell(sent, "id"))));
        }
        Verb::Set { id, state, assignee, claim } => {
            let change = change(*state, assignee.as_deref(), claim.as_deref());
            let changed = client.patch(&["conversations", id], &change).await?;
            table::show(&changed, args.json, show);
        }
        Verb::Next { person } => {
            let taken = client.post(&["conversations", "next"], &json!({ "person": person })).await?;
            table::show(&taken, args.json, |taken| match taken.get("id") {
                Some(_) => show(taken),
                None => terminal::say("nothing waits"),
            });
        }
        Verb::Read { id, person, upto, unread } => {
            let upto = match upto {
                None if !unread => last_in(&client, id).await?,
                upto => upto.clone(),
            };
            let read = json!({ "person": person, "upto": upto });
            let changed = client.post(&["conversations", id, "read"], &read).await?;
            table::show(&changed, args.json, show);
        }
        Verb::Note { id, text, author } => {
            let changed = client
                .post(&["conversations", id, "notes"], &json!({ "text": text, "author": author }))
                .await?;
            table::show(&changed, args.json, show);
        }
    }
    Ok(())
}

/// The last message from the handset in a conversation.
async fn last_in(client: &Client, id: &str) -> Result<Option<String>, Failure> {
    let found = client.get(&["conversations", id], &[]).await?;
    Ok(found.get("last_in").and_then(Value::as_str).map(str::to_owned))
}

fn query(filter: &Filter) -> Vec<(&'static str, String)> {
    let state = filter.state.map(|state| state.word().to_owned());
    let given = [
        ("state", &state),
        ("assignee", &filter.assignee),
        ("handset", &filter.handset),
        ("number", &filter.number),
        ("waiting_since", &filter.waiting_since),
        ("person", &filter.unread_by),
        ("account", &filter.account),
        ("cursor", &filter.cursor),
    ];
    let mut query: Vec<(&str, String)> =
        given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    query.extend(filter.unread_by.as_ref().map(|_| ("unread", "true".to_owned())));
    query.push(("limit", filter.limit.to_string()));
    query
}

fn change(state: Option<State>, assignee: Option<&str>, claim: Option<&str>) -> Value {
    let mut change = Map::new();
    change.extend(state.map(|state| ("state".to_owned(), state.word().into())));
    change.extend(assignee.map(|assignee| ("assignee".to_owned(), or_null(assignee))));
    change.extend(claim.map(|claim| ("claimed_by".to_owned(), or_null(claim))));
    Value::Object(change)
}

fn reply(text: &str, seen: Option<&str>) -> Value {
    let mut reply = Map::from_iter([("text".to_owned(), text.into())]);
    reply.extend(seen.map(|seen| ("seen".to_owned(), or_null(seen))));
    Value::Object(reply)
}

fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

/// The fields of a conversation, in the order of the output.
const FIELDS: [&str; 13] = [
    "account",
    "number",
    "handset",
    "state",
    "assignee",
    "claimed_by",
    "claimed_at",
    "assigned_at",
    "waiting_since",
    "last_in",
    "last_reply",
    "created_at",
    "updated_at",
];

fn show(conversation: &Value) {
    terminal::say(&paint(Style::Strong, &cell(conversation, "id")));
    for field in FIELDS.into_iter().filter(|field| conversation.get(field).is_some()) {
        let value = cell(conversation, field);
        terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<13}"))));
    }
    for note in conversation.get("notes").and_then(Value::as_array).into_iter().flatten() {
        terminal::say(&format!("  {}  {}  {}", cell(note, "at"), cell(note, "author"), cell(note, "text")));
    }
}

fn list(page: &Value) {
    let columns = [
        ("ID", "id"),
        ("UPDATED", "updated_at"),
        ("ACCOUNT", "account"),
        ("NUMBER", "number"),
        ("HANDSET", "handset"),
        ("STATE", "state"),
        ("WAITING SINCE", "waiting_since"),
        ("ASSIGNEE", "assignee"),
    ];
    let conversations = page.get("conversations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    table::print(&columns, conversations, "no conversations", |_, _| None);
    next(page);
}

fn thread(page: &Value) {
    for message in page.get("messages").and_then(Value::as_array).into_iter().flatten() {
        let (arrow, at, state) = match cell(message, "direction").as_str() {
            "in" => ("<", cell(message, "received_at"), String::new()),
            _ => (">", cell(message, "created_at"), format!("  {}", cell(message, "state"))),
        };
        terminal::say(&format!("{}  {arrow} {}{state}", paint(Style::Faint, &at), cell(message, "text")));
    }
    next(page);
}

fn next(page: &Value) {
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_what_was_given() {
        assert_eq!(change(Some(State::Closed), None, None), json!({ "state": "closed" }));
        assert_eq!(change(None, Some("ann"), Some("ben")), json!({ "assignee": "ann", "claimed_by": "ben" }));
        assert_eq!(change(Some(State::Open), Some(""), None), json!({ "state": "open", "assignee": null }));
        assert_eq!(reply("Hi", Some("")), json!({ "text": "Hi", "seen": null }));
        assert_eq!(reply("Hi", None), json!({ "text": "Hi" }));
    }
}

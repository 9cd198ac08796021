//! The forms of a request's body: one message, one message with a list of recipients, or a list of messages.

use super::{BatchRequest, Context, MessageRequest, To};
use crate::rest::payload::parse;
use crate::rest::problem::Problem;
use postrider_core::submission::Submission;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The most messages of one request.
pub(in crate::rest) const BATCH_MAX: usize = 1_000;

/// A message of a request.
#[derive(Debug)]
pub(in crate::rest) struct Item {
    /// The message, or why it is none.
    pub(in crate::rest) submission: Result<Submission, Problem>,
    /// Whether short links take the place of its addresses.
    pub(in crate::rest) shorten_links: bool,
}

impl Item {
    fn of(message: MessageRequest, context: Context<'_>) -> Self {
        Self { shorten_links: message.shorten_links, submission: message.submission(context) }
    }
}

/// A request to send.
pub(in crate::rest) struct Request {
    /// The messages.
    pub(in crate::rest) items: Vec<Item>,
    /// Whether it is one message rather than a list that happens to have one.
    pub(in crate::rest::messages) is_single: bool,
}

/// Reads the body of a request to send: a message, a message with a list in `to`, or a list of messages.
///
/// # Errors
/// The body can't be read, or has no messages or too many, or a message has no recipient.
pub(in crate::rest) fn read<'t>(body: &[u8], context: impl Into<Context<'t>>) -> Result<Request, Problem> {
    let context = context.into();
    let mut message = match Form::of(body)? {
        Form::List(messages) => {
            let item = |(index, message): (usize, MessageRequest)| {
                one_recipient(&message, index)?;
                Ok(Item::of(message, context))
            };
            let items: Result<_, Problem> = messages.into_iter().enumerate().map(item).collect();
            return Ok(Request { items: items?, is_single: false });
        }
        Form::One(message) => message,
    };
    let recipients = match &mut message.to {
        None => return Err(no_recipient("to")),
        Some(To::One(_)) => {
            return Ok(Request { items: vec![Item::of(*message, context)], is_single: true });
        }
        Some(To::Many(recipients)) => std::mem::take(recipients),
    };
    limited(recipients.len(), "to")?;
    let one = Item::of(*message, context);
    let item = |to| Item {
        shorten_links: one.shorten_links,
        submission: match &one.submission {
            Ok(submission) => Ok(Submission { to, ..submission.clone() }),
            Err(problem) => Err(problem.clone()),
        },
    };
    Ok(Request { items: recipients.into_iter().map(item).collect(), is_single: false })
}

/// Reads the messages in the body of a request to send, each once, however many recipients it has; recipients may be left
/// out. The flag says whether it is one message rather than a list.
///
/// # Errors
/// The body can't be read, or has no messages or too many.
pub(in crate::rest::messages) fn contents<'t>(
    body: &[u8],
    context: impl Into<Context<'t>>,
) -> Result<Request, Problem> {
    let context = context.into();
    let (messages, is_single) = match Form::of(body)? {
        Form::One(message) => (vec![*message], true),
        Form::List(messages) => (messages, false),
    };
    let items = messages.into_iter().map(|message| Item::of(message, context)).collect();
    Ok(Request { items, is_single })
}

/// The messages of a body.
enum Form {
    One(Box<MessageRequest>),
    List(Vec<MessageRequest>),
}

impl Form {
    fn of(body: &[u8]) -> Result<Self, Problem> {
        let explained = |problem| beside_messages(body).unwrap_or(problem);
        if !is_batch(body) {
            return parse(body).map(Self::One).map_err(explained);
        }
        let batch: BatchRequest = parse(body).map_err(explained)?;
        limited(batch.messages.len(), "messages")?;
        Ok(Self::List(batch.messages))
    }
}

/// Checks that a message of a list has one recipient.
fn one_recipient(message: &MessageRequest, index: usize) -> Result<(), Problem> {
    let field = || format!("messages[{index}].to");
    match message.to {
        Some(To::One(_)) => Ok(()),
        None => Err(no_recipient(&field())),
        Some(To::Many(_)) => {
            let detail = "a message within 'messages' has one recipient, not a list";
            Err(Problem::bad("invalid_request", detail).at(field()))
        }
    }
}

fn no_recipient(field: &str) -> Problem {
    Problem::bad("invalid_request", "the field 'to' is missing").at(field)
}

fn limited(count: usize, field: &'static str) -> Result<(), Problem> {
    match count {
        0 => Err(Problem::bad("empty_batch", "the list is empty: give at least one").at(field)),
        1..=BATCH_MAX => Ok(()),
        _ => {
            Err(Problem::bad("batch_too_large", format!("{count} are given; {BATCH_MAX} are allowed"))
                .at(field))
        }
    }
}

/// Whether the body's object starts with `messages`. No other field may come with it, so it is always the first.
fn is_batch(body: &[u8]) -> bool {
    let inside = body.trim_ascii_start().strip_prefix(b"{");
    inside.is_some_and(|inside| inside.trim_ascii_start().starts_with(b"\"messages\""))
}

/// The problem that a field stands beside `messages`, if one does.
fn beside_messages(body: &[u8]) -> Option<Problem> {
    let fields: BTreeMap<String, IgnoredAny> = serde_json::from_slice(body).ok()?;
    let other = fields.keys().find(|name| *name != "messages").filter(|_| fields.contains_key("messages"))?;
    let detail = format!(
        "'{other}' stands beside 'messages': send one message, or a list whose messages have their own fields"
    );
    Some(Problem::bad("invalid_request", detail).at(other.as_str()))
}

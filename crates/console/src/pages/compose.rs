//! Compose: a text to numbers, people or groups, with what it costs and where it goes before it is sent.

mod groups;
mod preview;

pub(super) use preview::preview;

use super::owned::{Owner, ask};
use super::schedules;
use crate::api::{Failed, path};
use crate::form::{Form, once};
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The header that makes a repetition harmless.
const ONCE: &str = "idempotency-key";

/// What the form has.
#[derive(Clone, Default)]
struct Draft {
    account: String,
    to: String,
    /// Groups of contacts, by name.
    groups: Vec<String>,
    from: String,
    text: String,
    /// A date and time in the visitor's time zone.
    send_at: String,
    /// The key that makes a repetition of the form harmless.
    once: String,
}

#[derive(Template)]
#[template(path = "compose.html")]
struct ComposePage {
    frame: Frame,
    draft: Draft,
    owner: Owner,
    /// The groups of contacts of the account.
    groups: Vec<String>,
    failed: Option<Failed>,
}

impl ComposePage {
    fn tabs(&self) -> [(&str, &'static str, bool); 2] {
        schedules::tabs(&self.frame, "/console/compose")
    }

    fn is_chosen(&self, group: &str) -> bool {
        self.draft.groups.iter().any(|name| name == group)
    }
}

/// What became of a list.
#[derive(Template)]
#[template(path = "composed.html")]
struct ComposedPage {
    frame: Frame,
    accepted: u64,
    refused: Vec<(String, String)>,
}

impl Draft {
    fn read(form: &Form) -> Self {
        let get = |name: &str| form.get(name).to_owned();
        let chosen = form.all("groups").filter(|(rest, name)| rest.is_empty() && !name.is_empty());
        Self {
            account: get("account"),
            to: get("to"),
            groups: chosen.map(|(_, name)| name.to_owned()).collect(),
            from: get("from"),
            text: form.whole("text").replace("\r\n", "\n"),
            send_at: get("send_at"),
            once: get("once"),
        }
    }

    /// The recipients: separated by lines, commas or semicolons, each once.
    fn recipients(&self) -> Vec<&str> {
        let mut recipients: Vec<&str> = Vec::new();
        for recipient in
            self.to.split(['\n', ',', ';']).map(str::trim).filter(|recipient| !recipient.is_empty())
        {
            if !recipients.contains(&recipient) {
                recipients.push(recipient);
            }
        }
        recipients
    }

    /// The fields of a message to these.
    fn message(&self, to: &Value, visitor: &Visitor) -> Result<Value, Failed> {
        let mut message =
            Map::from_iter([("to".to_owned(), to.clone()), ("text".to_owned(), json!(self.text))]);
        if !self.from.is_empty() {
            message.insert("from".into(), json!(self.from));
        }
        if !self.send_at.is_empty() {
            message.insert("send_at".into(), json!(visitor.moment("send_at", &self.send_at)?));
        }
        Ok(message.into())
    }
}

/// The form, empty or like an earlier message.
pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    if !visitor.who.may("send_messages") {
        return visitor.refused(Failed::forbidden(), &visitor.here);
    }
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let draft = match form.get("again") {
        "" => Ok(Draft::read(&form)),
        id => like(&visitor, id).await,
    };
    let page = match draft {
        Ok(draft) => filled(&visitor, draft, None).await,
        Err(failed) => Err(failed),
    };
    visitor.show(page)
}

/// A draft like a message that was sent.
async fn like(visitor: &Visitor, id: &str) -> Result<Draft, Failed> {
    #[derive(Deserialize)]
    struct Sent {
        to: String,
        from: Option<String>,
        text: Option<String>,
    }
    let sent: Sent = visitor.ask.get(&path(&["messages", id]), &[]).await?;
    let (from, text) = (sent.from.unwrap_or_default(), sent.text.unwrap_or_default());
    Ok(Draft { to: sent.to, from, text, ..Draft::default() })
}

async fn filled(visitor: &Visitor, mut draft: Draft, failed: Option<Failed>) -> Result<ComposePage, Failed> {
    let owner = Owner::of_named(visitor, &draft.account).await?;
    let groups = if owner.is_nobody() { Vec::new() } else { groups::names(&owner.ask(visitor)).await? };
    draft.once = once();
    Ok(ComposePage { frame: visitor.frame("compose", "Compose"), draft, owner, groups, failed })
}

/// Sends what the form says.
pub(super) async fn send(visitor: Visitor, body: Bytes) -> Response {
    let draft = Draft::read(&Form::read(&body));
    let sent = match draft.groups.is_empty() {
        true => sent(&visitor, &draft).await,
        false => groups::prepare(&visitor, &draft).await.map(Sent::Prepared),
    };
    match sent {
        Ok(Sent::Prepared(address)) => Redirect::to(&address).into_response(),
        Ok(Sent::One(id)) => Redirect::to(&format!("/console/messages/{id}?done=sent")).into_response(),
        Ok(Sent::Many(page)) => visitor.show(Ok(*page)),
        Err(failed) => kept(&visitor, draft, failed).await,
    }
}

/// The form as it was filled in, with why it wasn't sent.
async fn kept(visitor: &Visitor, draft: Draft, failed: Failed) -> Response {
    let status = failed.status;
    let mut response = visitor.show(filled(visitor, draft, Some(failed)).await);
    if response.status().is_success() {
        *response.status_mut() = status;
    }
    response
}

enum Sent {
    One(String),
    /// A campaign was prepared for groups; its page has this address.
    Prepared(String),
    Many(Box<ComposedPage>),
}

/// The API's answer to one message or to many.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Many { accepted: u64, messages: Vec<Item> },
    One { id: String },
}

#[derive(Deserialize)]
struct Item {
    index: Option<usize>,
    error: Option<ItemError>,
}

#[derive(Deserialize)]
struct ItemError {
    detail: String,
}

async fn sent(visitor: &Visitor, draft: &Draft) -> Result<Sent, Failed> {
    let recipients = draft.recipients();
    let to = match recipients.as_slice() {
        [] => return Err(Failed::wrong("to", "name a recipient, or choose a group")),
        [one] => json!(one),
        many => json!(many),
    };
    let message = draft.message(&to, visitor)?;
    let ask = ask(visitor, &draft.account).with_header(ONCE, &draft.once);
    Ok(match ask.post("/v1/messages", &message).await? {
        Answer::One { id } => Sent::One(id),
        Answer::Many { accepted, messages } => {
            let of = |index: Option<usize>| {
                index.and_then(|index| recipients.get(index)).copied().unwrap_or_default()
            };
            let refused = |item: Item| Some((of(item.index).to_owned(), item.error?.detail));
            let refused = messages.into_iter().filter_map(refused).collect();
            Sent::Many(Box::new(ComposedPage {
                frame: visitor.frame("compose", "Compose"),
                accepted,
                refused,
            }))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_pasted_as_they_come() {
        let draft = Draft {
            to: "+447700900123, +447700900124;\r\n+447700900123\n\n +44 7700 900125 ".into(),
            ..Draft::default()
        };
        assert_eq!(draft.recipients(), ["+447700900123", "+447700900124", "+44 7700 900125"]);
        assert!(Draft::default().recipients().is_empty());
    }

    #[test]
    fn the_api_answers_with_one_or_with_many() {
        let read = |text| serde_json::from_str::<Answer>(text).unwrap();
        assert!(matches!(read(r#"{"id":"7","state":"queued"}"#), Answer::One { id } if id == "7"));
        let many = r#"{"accepted":1,"refused":1,"messages":[{"index":0,"id":"7"},{"index":1,"error":{"code":"x","title":"X","detail":"no"}}]}"#;
        let Answer::Many { accepted, messages } = read(many) else { panic!("one") };
        assert_eq!((accepted, messages[1].error.as_ref().unwrap().detail.as_str()), (1, "no"));
    }
}

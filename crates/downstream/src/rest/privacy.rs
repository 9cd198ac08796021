//! What is kept of a person: exported and erased by number.

mod known;

use super::Rest;
use super::answer::json;
use super::audited::role;
use super::caller::{Reader, Sender};
use super::client::Client;
use super::consent::ConsentView;
use super::inbound::ReceivedHistory;
use super::messages::HistoryView;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use known::{ExportedContact, ExportedConversation, Known};
use postrider_core::audit::Event;
use postrider_core::contract::{Erasure, PersonPage, PersonPlace, PersonRows};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::principal::Principal;
use postrider_core::rules::Rules;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A person, by number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Person)]
pub(super) struct Person {
    /// The number in international form.
    #[schema(example = "+447700900123")]
    number: String,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A person whose data is to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ErasureRequest)]
pub(super) struct ErasureRequest {
    /// The number in international form.
    #[schema(example = "+447700900123")]
    number: String,
    /// Whether it is only counted, and nothing is erased. Default: true.
    dry_run: Option<bool>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A message to the person.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedMessage)]
struct ExportedMessage<'a> {
    /// The account that sent it.
    sent_by: String,
    #[serde(flatten)]
    message: HistoryView<'a>,
}

/// A message from the person.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedInbound)]
struct ExportedInbound<'a> {
    /// The account that it belongs to; absent if it belongs to nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    received_by: Option<String>,
    #[serde(flatten)]
    message: ReceivedHistory<'a>,
}

/// Something that holds of the person's number, or that held.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedConsent)]
struct ExportedConsent<'a> {
    /// What it is: `opt_out`, `block`, `consent` or `time_zone`.
    kind: &'static str,
    #[serde(flatten)]
    change: ConsentView<'a>,
}

/// A page of what is kept of a person.
#[derive(Serialize, ToSchema)]
#[schema(as = Export)]
struct ExportView<'a> {
    /// The number.
    number: String,
    /// Messages to the person, with their texts and timelines.
    messages: Vec<ExportedMessage<'a>>,
    /// Messages from the person.
    inbound: Vec<ExportedInbound<'a>>,
    /// Opt-outs, blocks, consents and time zones of the number, with what was lifted; on the first page.
    consents: Vec<ExportedConsent<'a>>,
    /// The contacts that the person is; on the first page.
    contacts: Vec<ExportedContact>,
    /// Conversations with the person, with their notes; on the first page.
    conversations: Vec<ExportedConversation<'a>>,
    /// The `cursor` of the next page; absent if this is the last. A page that isn't the last may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page of an erasure, or of its dry run.
#[derive(Serialize, ToSchema)]
#[schema(as = Erasure)]
struct ErasureView {
    /// The number.
    number: String,
    /// Whether it was only counted.
    dry_run: bool,
    /// Messages that were found, both ways.
    found: usize,
    /// Messages that were erased: those that have ended, and messages from the person.
    erased: usize,
    /// What else was erased of the number: contacts, opt-outs, receipts without a message, and the like.
    traces: usize,
    /// Messages that were still queued, and are canceled now. Erase again once their senders were told.
    canceled: usize,
    /// Messages that are being sent, or whose receipts are waited for. Erase again once they have ended.
    under_way: usize,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Exports what is kept of a person: messages to and from a number, with their texts. An account gets its own alone.
#[utoipa::path(
    post, path = "/v1/privacy/export", operation_id = "exportPerson", tag = "privacy", request_body = Person,
    responses(
        (status = 200, description = "A page of what is kept.", body = ExportView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn export(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    client: Option<Extension<Arc<Client>>>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let asked: Person = parse(&body)?;
    let (number, from) = (number(&asked.number)?, place(asked.cursor.as_deref())?);
    let note =
        Note { rest: &rest, caller: &caller, client: client.as_deref(), action: "privacy.export", number };
    if asked.cursor.is_none() {
        note.insist("begun", None).await?;
    }
    let page = rest.people.export(caller.viewer(), number, from).await?;
    let known = match asked.cursor {
        None => Known::find(&rest, caller.viewer(), number).await?,
        Some(_) => Known::default(),
    };
    Ok(json(StatusCode::OK, &exported(number, &page, &known, &rest.live.rules())))
}

/// Erases what is kept of a person: messages to and from a number that have ended. What is queued is canceled. An account
/// erases its own alone.
#[utoipa::path(
    post, path = "/v1/privacy/erase", operation_id = "erasePerson", tag = "privacy", request_body = ErasureRequest,
    responses(
        (status = 200, description = "What was found, and erased unless it was a dry run.", body = ErasureView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn erase(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    client: Option<Extension<Arc<Client>>>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let asked: ErasureRequest = parse(&body)?;
    let (number, from) = (number(&asked.number)?, place(asked.cursor.as_deref())?);
    let dry_run = asked.dry_run.unwrap_or(true);
    let note =
        Note { rest: &rest, caller: &caller, client: client.as_deref(), action: "privacy.erase", number };
    if asked.cursor.is_none() {
        note.insist(if dry_run { "dry run" } else { "begun" }, None).await?;
    }
    let erasure = rest.people.erase(caller.viewer(), number, from, dry_run).await?;
    if erasure.erased + erasure.traces + erasure.canceled > 0 {
        note.insist("ok", Some(&erasure)).await?;
    }
    Ok(json(StatusCode::OK, &erased(number, dry_run, &erasure)))
}

fn number(text: &str) -> Result<Number, Problem> {
    Number::parse(text).map_err(|error| Problem::bad("invalid_recipient", error.to_string()).at("number"))
}

/// A line of the audit log about a person.
struct Note<'a> {
    rest: &'a Rest,
    caller: &'a Principal,
    client: Option<&'a Arc<Client>>,
    action: &'static str,
    number: Number,
}

impl Note<'_> {
    /// Writes it; nothing happens without it.
    async fn insist(&self, outcome: &str, erasure: Option<&Erasure>) -> Result<(), Problem> {
        let detail = erasure.map(|it| {
            serde_json::json!({ "erased": it.erased, "traces": it.traces, "canceled": it.canceled, "under_way": it.under_way })
        });
        let event = Event {
            at: self.rest.live.now(),
            who: self.caller.who.clone(),
            role: role(self.caller),
            address: self.client.map(|client| client.peer.to_string().into()),
            action: self.action.into(),
            subject: self.number.masked().into(),
            outcome: outcome.into(),
            detail: detail.map(|detail| detail.to_string().into()),
        };
        Ok(self.rest.auditor.insist(event).await?)
    }
}

fn exported<'a>(number: Number, page: &'a PersonPage, known: &'a Known, rules: &'a Rules) -> ExportView<'a> {
    let name = |account| known::name(account, rules);
    let messages = page.messages.iter().map(|history| ExportedMessage {
        sent_by: name(history.message.account),
        message: HistoryView::own(history, rules),
    });
    let inbound = page.received.iter().map(|(received, attempts)| ExportedInbound {
        received_by: received.account.map(name),
        message: ReceivedHistory::own(received, attempts, rules),
    });
    let consents = page.consents.iter().map(|kept| ExportedConsent {
        kind: kept.change.scope.kind.word(),
        change: ConsentView::of(&kept.change, rules),
    });
    ExportView {
        number: number.to_string(),
        messages: messages.collect(),
        inbound: inbound.collect(),
        consents: consents.collect(),
        contacts: known.contacts(rules),
        conversations: known.conversations(rules),
        next: page.next.map(cursor),
    }
}

fn erased(number: Number, dry_run: bool, erasure: &Erasure) -> ErasureView {
    let Erasure { found, erased, traces, canceled, under_way, next } = *erasure;
    ErasureView {
        number: number.to_string(),
        dry_run,
        found,
        erased,
        traces,
        canceled,
        under_way,
        next: next.map(cursor),
    }
}

const ROWS: [(PersonRows, &str); 3] =
    [(PersonRows::Parts, "parts"), (PersonRows::Messages, "messages"), (PersonRows::Received, "inbound")];

/// A place as a cursor.
fn cursor(place: PersonPlace) -> String {
    let word = ROWS.iter().find(|(rows, _)| *rows == place.rows).map_or("", |(_, word)| word);
    format!("{word}-{}", place.after)
}

/// The place of a cursor; the beginning if there is none.
fn place(cursor: Option<&str>) -> Result<PersonPlace, Problem> {
    let Some(cursor) = cursor else { return Ok(PersonPlace::default()) };
    let read = || {
        let (word, after) = cursor.split_once('-')?;
        let (rows, _) = ROWS.iter().find(|(_, known)| *known == word)?;
        Some(PersonPlace { rows: *rows, after: after.parse::<MessageId>().ok()? })
    };
    read().ok_or_else(|| {
        Problem::bad("invalid_parameter", "cursor: invalid cursor: use the 'next' of a page").at("cursor")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for (rows, _) in ROWS {
            let there = PersonPlace { rows, after: MessageId::from_number(42) };
            assert_eq!(place(Some(&cursor(there))), Ok(there));
        }
        assert_eq!(place(None), Ok(PersonPlace::default()));
        for wrong in ["", "42", "messages", "messages-x", "people-1"] {
            assert_eq!(place(Some(wrong)).unwrap_err().field.as_deref(), Some("cursor"), "{wrong}");
        }
    }
}

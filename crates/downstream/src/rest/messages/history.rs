//! One message and all that happened to it.

use super::{EncodingWord, as_text, encoding_of, message_id};
use crate::resource::{ClassWord, tell_parameters};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Caller;
use crate::rest::moment;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{Entry, History};
use postrider_core::delivery::{Outcome, State as MessageState, is_stand_in};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A message, and where it stands.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct MessageView<'a> {
    /// Its identifier: a number of up to 19 digits, as a string.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "381234567890123456")]
    id: MessageId,
    /// The account that sent it; told to administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Where it stands: `queued`, `sent`, `delivered`, `undelivered`, `expired`, `rejected`, `failed`, `unknown` or
    /// `canceled`.
    state: &'static str,
    /// The recipient.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    to: Number,
    /// The sender that the recipient sees; absent if that is left to the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// What it is for.
    class: ClassWord,
    /// How many parts it has.
    parts: u8,
    /// How it is carried, if its upstream has nothing of its own to say.
    encoding: EncodingWord,
    /// The text; told to the account alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// Your own word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    /// Your own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a RawValue>,
    /// What the carrier is told besides: parameters by name or tag, their octets in hexadecimal; told to the account alone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<String, String>,
    /// Where its notices are posted, if not to the account's webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
    /// When it was taken on.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it may go out at the earliest.
    #[schema(format = "date-time")]
    due_at: String,
    /// When it must not go out any more.
    #[schema(format = "date-time")]
    expires_at: String,
    /// When the carrier took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    sent_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    done_at: Option<String>,
    /// The upstream by which it goes or went.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    /// The carrier's name for its first part.
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_reference: Option<&'a str>,
    /// Why, when it was not delivered: the carrier's code, or the gateway's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// Whether the carrier may have had it twice.
    possible_duplicate: bool,
}

/// A message with its timeline.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct HistoryView<'a> {
    #[serde(flatten)]
    message: MessageView<'a>,
    /// When it is tried next, while it is queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    next_attempt_at: Option<String>,
    /// Attempts that failed, while it is queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_attempts: Option<u16>,
    /// What happened, the oldest first.
    timeline: Vec<Happening<'a>>,
}

/// Something that happened to a message.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Happening<'a> {
    #[serde(skip)]
    order: Time,
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// What: `accepted`, `routed`, `sent`, `receipt`, `remark`, `notice`, or the final state.
    event: &'static str,
    /// The part that it happened to, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u16>,
    /// What the receipt says.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// More about it: the carrier's name for the part, its error, the answer to a notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// Looks a message up.
///
/// With its timeline: when it was taken on, which way it was given, when the carrier took each part, what its receipts
/// said, what was out of the ordinary, and each attempt to tell you.
#[utoipa::path(
    get, path = "/v1/messages/{id}", tag = "messages",
    params(("id" = String, Path, description = "The message's identifier.")),
    responses(
        (status = 200, description = "The message.", body = HistoryView),
        (status = 404, description = "There is no such message.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn message(
    State(rest): State<Arc<Rest>>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.archive.history(caller.viewer(), message_id(&id)?).await?;
    let history = found.ok_or_else(|| Problem::not_found("there is no such message"))?;
    let rules = rest.live.rules();
    Ok(json(StatusCode::OK, &view(&history, &rules, caller.viewer())))
}

fn view<'a>(history: &'a History, rules: &'a Rules, viewer: Viewer) -> HistoryView<'a> {
    let mut message = summary(&history.message, history.state, history.outcome.as_ref(), rules, viewer);
    message.possible_duplicate = history.possible_duplicate;
    message.upstream = message.upstream.or_else(|| history.upstream.and_then(|id| upstream_name(rules, id)));
    let first = named(history).find(|(part, _, _)| *part == 0);
    message.carrier_reference =
        message.carrier_reference.or_else(|| first.map(|(_, reference, _)| &**reference));
    let last_sent = history.awaited.iter().map(|(_, _, at)| *at).max();
    message.sent_at = message.sent_at.or_else(|| last_sent.map(moment::write));
    HistoryView {
        message,
        next_attempt_at: history.queued.map(|(at, _)| moment::write(at)),
        failed_attempts: history.queued.map(|(_, failed)| failed),
        timeline: timeline(history, rules),
    }
}

/// What a list says of a message.
pub(super) fn line<'a>(entry: &'a Entry, rules: &Rules, viewer: Viewer) -> MessageView<'a> {
    let message = summary(&entry.message, entry.state, entry.outcome.as_ref(), rules, viewer);
    MessageView { possible_duplicate: entry.possible_duplicate, ..message }
}

/// What a list and a history both say of a message.
fn summary<'a>(
    message: &'a Message,
    state: MessageState,
    outcome: Option<&'a Outcome>,
    rules: &Rules,
    viewer: Viewer,
) -> MessageView<'a> {
    let (text, encoding) = match &message.body {
        Body::Text(text) => (Some(&**text), encoding_of(text)),
        Body::Data { encoding, .. } => (None, (*encoding).into()),
    };
    let is_own = viewer == Viewer::Account(message.account);
    let account = || rules.account(message.account).map(|account| account.name.to_string());
    MessageView {
        id: message.id,
        account: if is_own { None } else { account() },
        state: state.word(),
        to: message.to,
        from: message.from.as_ref().map(ToString::to_string),
        class: message.class.into(),
        parts: outcome.map_or(message.parts, |outcome| outcome.parts),
        encoding,
        text: text.filter(|_| is_own),
        reference: message.reference.as_deref(),
        metadata: message.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        parameters: if is_own { tell_parameters(&message.parameters) } else { BTreeMap::new() },
        callback_url: message.callback.as_deref(),
        created_at: moment::write(message.created()),
        due_at: moment::write(message.due),
        expires_at: moment::write(message.expires),
        sent_at: outcome.and_then(|outcome| outcome.sent_at).map(moment::write),
        done_at: outcome.map(|outcome| moment::write(outcome.done_at)),
        upstream: outcome.and_then(|outcome| upstream_name(rules, outcome.upstream)),
        carrier_reference: outcome.and_then(|outcome| outcome.reference.as_deref()),
        error: outcome.and_then(|outcome| outcome.error.as_deref()),
        possible_duplicate: outcome.is_some_and(|outcome| outcome.possible_duplicate),
    }
}

fn upstream_name(rules: &Rules, id: UpstreamId) -> Option<String> {
    rules.upstream(id).map(|upstream| upstream.name.to_string())
}

/// The parts that the carrier took and named. One that it never answered is waited for by a name of ours, which says
/// nothing to anybody; that it was sent and not answered is among the remarks.
fn named(history: &History) -> impl Iterator<Item = &(u8, Box<str>, Time)> {
    history.awaited.iter().filter(|(_, reference, _)| !is_stand_in(reference))
}

fn timeline<'a>(history: &'a History, rules: &'a Rules) -> Vec<Happening<'a>> {
    let created = history.message.created();
    let mut timeline = vec![Happening::new(created, "accepted")];
    // Which way it was given first is known as long as nothing made it go another.
    if let (Some(id), true) = (history.upstream, history.remarks.is_empty()) {
        let name = rules.upstream(id).map(|upstream| &*upstream.name);
        timeline.push(Happening { detail: name, ..Happening::new(created, "routed") });
    }
    for (at, remark) in &history.remarks {
        timeline.push(Happening { detail: Some(remark), ..Happening::new(*at, "remark") });
    }
    for (part, reference, at) in named(history) {
        timeline.push(Happening {
            part: number(*part),
            detail: Some(reference),
            ..Happening::new(*at, "sent")
        });
    }
    let sent_at = history.outcome.as_ref().and_then(|outcome| outcome.sent_at);
    if let (Some(at), true) = (sent_at, history.awaited.is_empty()) {
        let reference = history.outcome.as_ref().and_then(|outcome| outcome.reference.as_deref());
        timeline.push(Happening { detail: reference, ..Happening::new(at, "sent") });
    }
    for (report, at) in &history.parts {
        timeline.push(Happening {
            part: number(report.part),
            state: Some(report.state.word()),
            detail: report.error.as_deref(),
            ..Happening::new(*at, "receipt")
        });
    }
    if let Some(outcome) = &history.outcome {
        let end = Happening::new(outcome.done_at, outcome.state.word());
        timeline.push(Happening { detail: outcome.error.as_deref(), ..end });
    }
    for attempt in &history.attempts {
        timeline.push(Happening { detail: Some(&attempt.result), ..Happening::new(attempt.at, "notice") });
    }
    // Stable: what happened in one millisecond stays in the order of its causes.
    timeline.sort_by_key(|happening| happening.order);
    timeline
}

/// A part as people count.
fn number(part: u8) -> Option<u16> {
    Some(u16::from(part) + 1)
}

impl Happening<'_> {
    fn new(at: Time, event: &'static str) -> Self {
        Self { order: at, at: moment::write(at), event, part: None, state: None, detail: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::account::AccountId;
    use postrider_core::delivery::PartReport;
    use postrider_core::message::{Class, Receipts, Via};
    use postrider_core::notice::Attempt;

    fn message() -> Arc<Message> {
        Arc::new(Message {
            id: MessageId::first_at(Time(1_800_000_000_000)),
            account: AccountId(1),
            class: Class::Otp,
            from: None,
            to: Number::parse("+447700900123").unwrap(),
            body: Body::Text("secret code".into()),
            parts: 2,
            due: Time(1_800_000_000_000),
            expires: Time(1_800_000_600_000),
            reference: Some("r1".into()),
            metadata: Some(r#"{"order":7}"#.into()),
            callback: None,
            receipts: Receipts::All,
            via: Via::Webhook,
            flash: false,
            parameters: Box::default(),
            plan: Arc::default(),
        })
    }

    fn at(seconds: i64) -> Time {
        Time(1_800_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn a_timeline_tells_what_happened_in_order() {
        let report = |part, state| PartReport { part, state, error: None };
        let history = History {
            message: message(),
            state: MessageState::Delivered,
            upstream: None,
            outcome: Some(Outcome {
                state: MessageState::Delivered,
                upstream: UpstreamId(1),
                reference: Some("c0".into()),
                error: None,
                sent_at: Some(at(2)),
                done_at: at(5),
                parts: 2,
                possible_duplicate: false,
            }),
            possible_duplicate: false,
            awaited: Vec::new(),
            parts: vec![
                (report(1, MessageState::Delivered), at(4)),
                (report(0, MessageState::Delivered), at(5)),
            ],
            queued: None,
            remarks: vec![(at(1), "0x00000008 ESME_RSYSERR".into())],
            attempts: vec![Attempt { at: at(5), result: "200 in 31 ms".into() }],
        };
        let shown =
            serde_json::to_value(view(&history, &Rules::default(), Viewer::Account(AccountId(1)))).unwrap();
        let events: Vec<&str> = shown["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["event"].as_str().unwrap())
            .collect();
        assert_eq!(events, ["accepted", "remark", "sent", "receipt", "receipt", "delivered", "notice"]);
        assert_eq!(shown["timeline"][3]["part"], 2);
        assert_eq!(shown["sent_at"], "2027-01-15T08:00:02.000Z");
        assert_eq!(shown["metadata"]["order"], 7);
        assert_eq!((&shown["text"], &shown["carrier_reference"]), (&"secret code".into(), &"c0".into()));
        let shown = serde_json::to_string(&view(&history, &Rules::default(), Viewer::Everything)).unwrap();
        assert!(!shown.contains("secret code"), "{shown}");
    }

    #[test]
    fn a_message_on_its_way_says_what_is_known() {
        let history = History {
            message: message(),
            state: MessageState::Sent,
            upstream: Some(UpstreamId(1)),
            outcome: None,
            possible_duplicate: true,
            awaited: vec![(0, "c0".into(), at(2)), (1, "c1".into(), at(3))],
            parts: Vec::new(),
            queued: None,
            remarks: Vec::new(),
            attempts: Vec::new(),
        };
        let shown =
            serde_json::to_value(view(&history, &Rules::default(), Viewer::Account(AccountId(1)))).unwrap();
        assert_eq!(
            (&shown["state"], &shown["sent_at"]),
            (&"sent".into(), &"2027-01-15T08:00:03.000Z".into())
        );
        assert_eq!(shown["timeline"].as_array().unwrap().len(), 4);
        assert_eq!(shown.get("done_at"), None);
        assert_eq!(shown["possible_duplicate"], true);
    }

    #[test]
    fn a_part_that_was_never_answered_has_no_name_of_the_carriers() {
        let history = History {
            message: message(),
            state: MessageState::Sent,
            upstream: Some(UpstreamId(1)),
            outcome: None,
            possible_duplicate: false,
            awaited: vec![(0, "unanswered 1.0".into(), at(2))],
            parts: Vec::new(),
            queued: None,
            remarks: vec![(at(2), "the carrier never answered; held for what it may say yet".into())],
            attempts: Vec::new(),
        };
        let shown =
            serde_json::to_value(view(&history, &Rules::default(), Viewer::Account(AccountId(1)))).unwrap();
        assert_eq!((shown.get("carrier_reference"), shown["state"].as_str()), (None, Some("sent")));
        assert!(!shown.to_string().contains("unanswered 1"), "{shown}");
    }
}

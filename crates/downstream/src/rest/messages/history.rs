//! Look-up of one message with its timeline.

use super::message_id;
use super::timeline::{TimelineEvent, timeline};
use super::view::MessageView;
use super::waiting::Waiting;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::moment;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::History;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A message with its timeline.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageHistory)]
pub(in crate::rest) struct HistoryView<'a> {
    #[serde(flatten)]
    message: MessageView<'a>,
    /// The time of the next attempt, while it is queued: never in the past. Absent if something must be changed first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    next_attempt_at: Option<String>,
    /// The number of failed attempts, while it is queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_attempts: Option<u16>,
    /// The timeline, the oldest event first.
    timeline: Vec<TimelineEvent<'a>>,
}

/// Shows a message with its timeline.
///
/// The timeline shows when the message was accepted, its upstream, when the carrier accepted each part, the receipts,
/// remarks on anything unusual, and each attempt to notify you.
#[utoipa::path(
    get, path = "/v1/messages/{id}", operation_id = "getMessage", tag = "messages",
    params(("id" = String, Path, description = "The message's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 200, description = "The message.", body = HistoryView),
        (status = 404, description = "There is no such message.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn message(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.archive.history(caller.viewer(), message_id(&id)?).await?;
    let history = found.ok_or_else(|| Problem::not_found("there is no such message"))?;
    let (rules, links) = (rest.live.rules(), (rest.links)());
    let running = history.upstream.and_then(|upstream| links.get(&upstream));
    let waiting = Waiting::of(&history, &rules, running, rest.live.now());
    Ok(json(StatusCode::OK, &HistoryView::of(&history, waiting.as_ref(), &rules, caller.viewer())))
}

impl<'a> HistoryView<'a> {
    /// A message as its account sees it, but for why it waits.
    pub(in crate::rest) fn own(history: &'a History, rules: &'a Rules) -> Self {
        Self::of(history, None, rules, Viewer::Account(history.message.account))
    }

    /// A message as this viewer sees it.
    fn of(history: &'a History, waiting: Option<&'a Waiting>, rules: &'a Rules, viewer: Viewer) -> Self {
        let outage = waiting.and_then(|waiting| waiting.outage.as_ref());
        Self {
            message: MessageView::of_history(history, waiting.map(|waiting| &waiting.cause), rules, viewer),
            next_attempt_at: waiting.and_then(|waiting| waiting.next).map(moment::write),
            failed_attempts: history.queued.map(|(_, failed)| failed),
            timeline: timeline(history, outage, rules),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, History, HistoryView, Rules, Viewer};
    use crate::testing;
    use postrider_core::account::AccountId;
    use postrider_core::delivery::{Outcome, PartReport, State};
    use postrider_core::id::MessageId;
    use postrider_core::message::{Body, Message};
    use postrider_core::notice::Attempt;
    use postrider_core::route::UpstreamId;
    use postrider_core::time::Time;

    fn message() -> Arc<Message> {
        let message = testing::message(MessageId::first_at(at(0)));
        Arc::new(Message { body: Body::Text("secret code".into()), parts: 2, ..message })
    }

    fn at(seconds: i64) -> Time {
        Time(1_800_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn a_timeline_shows_events_in_order() {
        let report = |part, state| PartReport { part, state, error: None };
        let history = History {
            message: message(),
            state: State::Delivered,
            upstream: None,
            outcome: Some(Outcome {
                state: State::Delivered,
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
            parts: vec![(report(1, State::Delivered), at(4)), (report(0, State::Delivered), at(5))],
            queued: None,
            remarks: vec![(at(1), "carrier_fault 0x00000008 ESME_RSYSERR".into())],
            attempts: vec![Attempt { at: at(5), result: "200 in 31 ms".into() }],
        };
        let shown = serde_json::to_value(HistoryView::of(
            &history,
            None,
            &Rules::default(),
            Viewer::Account(AccountId(1)),
        ))
        .unwrap();
        let events: Vec<&str> = shown["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["event"].as_str().unwrap())
            .collect();
        assert_eq!(events, ["accepted", "remark", "sent", "receipt", "receipt", "delivered", "notice"]);
        assert_eq!(shown["timeline"][1]["error"]["code"], "carrier_fault");
        assert_eq!(shown["timeline"][1]["error"]["carrier_code"], "0x00000008 ESME_RSYSERR");
        assert_eq!(shown["timeline"][3]["part"], 2);
        assert_eq!(shown["sent_at"], "2027-01-15T08:00:02.000Z");
        assert_eq!(shown["metadata"]["order"], 7);
        assert_eq!((&shown["text"], &shown["carrier_reference"]), (&"secret code".into(), &"c0".into()));
        let shown =
            serde_json::to_string(&HistoryView::of(&history, None, &Rules::default(), Viewer::Everything))
                .unwrap();
        assert!(!shown.contains("secret code"), "{shown}");
    }

    #[test]
    fn a_message_that_was_sent_is_shown_with_what_is_known() {
        let history = History {
            message: message(),
            state: State::Sent,
            upstream: Some(UpstreamId(1)),
            outcome: None,
            possible_duplicate: true,
            awaited: vec![(0, "c0".into(), at(2)), (1, "c1".into(), at(3))],
            parts: Vec::new(),
            queued: None,
            remarks: Vec::new(),
            attempts: Vec::new(),
        };
        let shown = serde_json::to_value(HistoryView::of(
            &history,
            None,
            &Rules::default(),
            Viewer::Account(AccountId(1)),
        ))
        .unwrap();
        assert_eq!(
            (&shown["state"], &shown["sent_at"]),
            (&"sent".into(), &"2027-01-15T08:00:03.000Z".into())
        );
        assert_eq!(shown["timeline"].as_array().unwrap().len(), 4);
        assert_eq!(shown.get("done_at"), None);
        assert_eq!(shown["possible_duplicate"], true);
    }

    #[test]
    fn a_part_that_was_never_answered_has_no_carrier_reference() {
        let history = History {
            message: message(),
            state: State::Sent,
            upstream: Some(UpstreamId(1)),
            outcome: None,
            possible_duplicate: false,
            awaited: vec![(0, "unanswered 1.0".into(), at(2))],
            parts: Vec::new(),
            queued: None,
            remarks: vec![(at(2), "the carrier never answered; held for what it may say yet".into())],
            attempts: Vec::new(),
        };
        let shown = serde_json::to_value(HistoryView::of(
            &history,
            None,
            &Rules::default(),
            Viewer::Account(AccountId(1)),
        ))
        .unwrap();
        assert_eq!((shown.get("carrier_reference"), shown["state"].as_str()), (None, Some("sent")));
        assert!(!shown.to_string().contains("unanswered 1"), "{shown}");
    }
}

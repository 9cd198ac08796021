//! The body of a post: events as JSON.

use super::batch::{self, Batch};
use crate::error::ErrorView;
use crate::rest::words::StateWord;
use crate::rest::{ConsentView, ReceivedView, moment};
use postrider_apps::events::AppEvent;
use postrider_core::account::Webhook;
use postrider_core::delivery::Outcome;
use postrider_core::message::Message;
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::rules::Rules;
use postrider_core::stream::{OPT_OUT_ADDED, OPT_OUT_LIFTED, RECEIVED, type_of_end};
use postrider_core::time::Time;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The form that Standard Webhooks recommends: type, timestamp and data.
#[derive(Serialize)]
struct Event<D> {
    /// The event's identifier. It is absent where the post has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    r#type: String,
    timestamp: String,
    /// The rule whose URL is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    data: D,
}

/// What an event tells.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Ended(Facts<'a>),
    Received(ReceivedView<'a>),
    Consent(ConsentView<'a>),
    Test(TestFacts<'a>),
    App(&'a serde_json::Value),
}

/// What a list of events tells.
#[derive(Serialize)]
struct List<'a> {
    events: Vec<Event<Told<'a>>>,
}

/// The type of lists of events.
pub(super) const LIST: &str = "events";

/// What is told of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageEnd)]
pub(crate) struct Facts<'a> {
    /// Its identifier.
    id: String,
    /// Its final state.
    #[schema(value_type = StateWord)]
    state: &'static str,
    /// The recipient.
    to: String,
    /// The sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Your own reference for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    /// Your own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a RawValue>,
    /// The number of its parts.
    parts: u8,
    /// The reason why it was not delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
    /// When it was accepted.
    #[schema(format = "date-time")]
    created_at: String,
    /// When the carrier accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    sent_at: Option<String>,
    /// When it reached its final state.
    #[schema(format = "date-time")]
    done_at: String,
    /// Whether the carrier may have received it twice.
    possible_duplicate: bool,
}

/// What a test event tells.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub(super) struct TestFacts<'a> {
    /// The account whose webhook is tested.
    account: &'a str,
}

/// The body of a post: an event or, where the webhook gets lists, a list of them. It is the same at each attempt.
pub(super) fn write(batch: &Batch, webhook: &Webhook, rules: &Rules) -> Vec<u8> {
    if !webhook.has_lists() {
        return to_json(&event(batch.first(), None, rules));
    }
    let events = batch.notices().iter().map(|notice| event(notice, Some(batch::id(notice)), rules));
    list(events.collect())
}

/// The identifier and the body of a test event.
pub(super) fn test(account: &str, webhook: &Webhook, now: Time) -> (String, Vec<u8>) {
    let id = format!("test_{}", now.0);
    let data = Told::Test(TestFacts { account });
    let event = Event {
        id: None,
        r#type: "webhook.test".to_owned(),
        timestamp: moment::write(now),
        rule: None,
        data,
    };
    if webhook.has_lists() {
        let event = Event { id: Some(id.clone()), ..event };
        (batch::list_id([id]), list(vec![event]))
    } else {
        (id, to_json(&event))
    }
}

/// The identifier and the body of an event of an application.
pub(super) fn of_app(event: &AppEvent, webhook: &Webhook) -> (String, Vec<u8>) {
    let id = event.id.to_string();
    let (kind, timestamp) = (event.kind.to_string(), moment::write(event.at()));
    let told = Event { id: None, r#type: kind, timestamp, rule: None, data: Told::App(&event.data) };
    if webhook.has_lists() {
        let told = Event { id: Some(id.clone()), ..told };
        (batch::list_id([id]), list(vec![told]))
    } else {
        (id, to_json(&told))
    }
}

/// A list of events, each with its identifier. Its time is that of the last event.
fn list(events: Vec<Event<Told<'_>>>) -> Vec<u8> {
    let timestamp = events.iter().map(|event| &event.timestamp).max().cloned().unwrap_or_default();
    to_json(&Event { id: None, r#type: LIST.to_owned(), timestamp, rule: None, data: List { events } })
}

fn to_json(event: &impl Serialize) -> Vec<u8> {
    // Everything in it can be written: there is no error to lose.
    serde_json::to_vec(event).unwrap_or_default()
}

fn event<'a>(notice: &'a Notice, id: Option<String>, rules: &Rules) -> Event<Told<'a>> {
    let (kind, at, data) = match &notice.what {
        What::Ended { message, outcome } => {
            (type_of_end(outcome.state), outcome.done_at, Told::Ended(Facts::of(message, outcome)))
        }
        What::Received { received, .. } => {
            (RECEIVED, received.at, Told::Received(ReceivedView::own(received, rules)))
        }
        What::Consent { change, .. } => {
            let kind = if change.holds { OPT_OUT_ADDED } else { OPT_OUT_LIFTED };
            (kind, change.at, Told::Consent(ConsentView::of(change, rules)))
        }
    };
    let rule = match notice.lane {
        Lane::Rule(rule) => rules.automation.rule(rule).map(|rule| rule.name.to_string()),
        Lane::Sessions(_) | Lane::Webhooks | Lane::Automation | Lane::Timeouts => None,
    };
    Event { id, r#type: kind.to_owned(), timestamp: moment::write(at), rule, data }
}

impl<'a> Facts<'a> {
    /// The end of a message.
    pub(crate) fn of(message: &'a Message, outcome: &'a Outcome) -> Self {
        Self {
            id: message.id.to_string(),
            state: outcome.state.word(),
            to: message.to.to_string(),
            from: message.from.as_ref().map(ToString::to_string),
            reference: message.reference.as_deref(),
            metadata: message.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            parts: outcome.parts,
            error: outcome.error.as_ref().map(|cause| ErrorView::of(cause, outcome.state)),
            created_at: moment::write(message.created()),
            sent_at: outcome.sent_at.map(moment::write),
            done_at: moment::write(outcome.done_at),
            possible_duplicate: outcome.possible_duplicate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::received;
    use crate::webhook::testing::{notice, webhook};
    use postrider_core::account::AccountId;
    use serde_json::{Value, json};
    use std::collections::VecDeque;
    use std::sync::Arc;

    fn ended() -> Notice {
        notice(AccountId(1), 7)
    }

    fn answered() -> Notice {
        let what = What::Received { account: AccountId(1), received: Arc::new(received("Hello")) };
        Notice { what, ..notice(AccountId(1), 8) }
    }

    fn body(notices: Vec<Notice>, webhook: &Webhook) -> Value {
        let batch = Batch::take(&mut VecDeque::from(notices), 100).unwrap();
        serde_json::from_slice(&write(&batch, webhook, &Rules::default())).unwrap()
    }

    fn of_ended() -> Value {
        json!({
            "type": "message.undelivered",
            "timestamp": "1970-01-01T00:00:05.000Z",
            "data": {
                "id": "7", "state": "undelivered", "to": "+447700900123", "from": "Shop", "reference": "r1",
                "metadata": { "order": 7 }, "parts": 2, "error": {
                    "code": "invalid_recipient", "carrier_code": "0x0000000B ESME_RINVDSTADR",
                    "meaning": "The carrier doesn't accept the recipient's number.", "retry": "never",
                },
                "created_at": "2024-01-01T00:00:00.000Z", "sent_at": "1970-01-01T00:00:03.000Z",
                "done_at": "1970-01-01T00:00:05.000Z", "possible_duplicate": false,
            },
        })
    }

    fn of_received() -> Value {
        json!({
            "type": "message.received",
            "timestamp": "1970-01-01T00:00:05.000Z",
            "data": {
                "id": "7", "from": "+447700900123", "to": "60006", "text": "Hello", "encoding": "gsm7", "parts": 1,
                "upstream": "1", "received_at": "1970-01-01T00:00:05.000Z",
            },
        })
    }

    #[test]
    fn the_body_tells_the_end_of_a_message_or_one_from_a_handset() {
        let single = webhook("https://x.example/");
        assert_eq!(body(vec![ended()], &single), of_ended());
        assert_eq!(body(vec![answered()], &single), of_received());
    }

    #[test]
    fn lists_have_a_type_of_their_own_and_events_with_identifiers() {
        let lists = Webhook { batch: 100, ..webhook("https://x.example/") };
        let with_id = |mut event: Value, id: &str| {
            event["id"] = id.into();
            event
        };
        let list = |events: &[Value]| json!({ "type": "events", "timestamp": "1970-01-01T00:00:05.000Z", "data": { "events": events } });
        let (one, other) = (with_id(of_ended(), "7"), with_id(of_received(), "8"));
        assert_eq!(body(vec![ended()], &lists), list(std::slice::from_ref(&one)), "one event is a list too");
        assert_eq!(body(vec![ended(), answered()], &lists), list(&[one, other]));
    }

    #[test]
    fn a_test_event_has_the_form_of_the_others() {
        let single = webhook("https://x.example/");
        let lists = Webhook { batch: 100, ..webhook("https://x.example/") };
        let (id, single) = test("shop", &single, Time(5_000));
        let (list_id, list) = test("shop", &lists, Time(5_000));
        let (single, list) =
            [single, list].map(|body| serde_json::from_slice::<Value>(&body).unwrap()).into();
        assert_eq!(
            (&*id, &single["type"], &single["data"]["account"]),
            ("test_5000", &"webhook.test".into(), &"shop".into())
        );
        let event = &list["data"]["events"][0];
        assert!(list_id.starts_with("batch_"));
        assert_eq!(
            (&list["type"], &event["id"], &event["type"]),
            (&"events".into(), &"test_5000".into(), &"webhook.test".into())
        );
    }
}

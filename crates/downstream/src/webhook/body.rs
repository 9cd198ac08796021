//! The body of a post: a notice as JSON.

use crate::error::ErrorView;
use crate::rest::words::StateWord;
use crate::rest::{ConsentView, ReceivedView, moment};
use postrider_core::delivery::Outcome;
use postrider_core::message::Message;
use postrider_core::notice::{Notice, What};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A notice in the form that Standard Webhooks recommends: type, timestamp and data.
#[derive(Serialize)]
struct Event<D> {
    r#type: String,
    timestamp: String,
    data: D,
}

/// What is told of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageEnd)]
pub(super) struct Facts<'a> {
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

/// The body of a post, the same at each attempt.
pub(super) fn write(notice: &Notice, rules: &Rules) -> Vec<u8> {
    match &notice.what {
        What::Ended { message, outcome } => ended(message, outcome),
        What::Received { received, .. } => to_json(&Event {
            r#type: "message.received".to_owned(),
            timestamp: moment::write(received.at),
            data: ReceivedView::own(received, rules),
        }),
        What::Consent { change, .. } => to_json(&Event {
            r#type: (if change.holds { "opt_out.added" } else { "opt_out.lifted" }).to_owned(),
            timestamp: moment::write(change.at),
            data: ConsentView::of(change, rules),
        }),
    }
}

/// The body of a test event.
pub(super) fn test(account: &str, now: Time) -> Vec<u8> {
    let data = TestFacts { account };
    to_json(&Event { r#type: "webhook.test".to_owned(), timestamp: moment::write(now), data })
}

fn to_json(event: &impl Serialize) -> Vec<u8> {
    // Everything in it can be written: there is no error to lose.
    serde_json::to_vec(event).unwrap_or_default()
}

fn ended(message: &Message, outcome: &Outcome) -> Vec<u8> {
    let done_at = moment::write(outcome.done_at);
    let event = Event {
        r#type: format!("message.{}", outcome.state.word()),
        timestamp: done_at.clone(),
        data: Facts {
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
            done_at,
            possible_duplicate: outcome.possible_duplicate,
        },
    };
    to_json(&event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::received;
    use crate::webhook::queue::testing::notice;
    use postrider_core::account::AccountId;
    use std::sync::Arc;

    #[test]
    fn the_body_tells_the_end_of_a_message() {
        let body: serde_json::Value =
            serde_json::from_slice(&write(&notice(AccountId(1), 7), &Rules::default())).unwrap();
        let expected = serde_json::json!({
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
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn the_body_tells_a_message_from_a_handset() {
        let received = Arc::new(received("Hello"));
        let what = What::Received { account: AccountId(1), received };
        let notice = Notice { what, ..notice(AccountId(1), 7) };
        let body: serde_json::Value = serde_json::from_slice(&write(&notice, &Rules::default())).unwrap();
        let expected = serde_json::json!({
            "type": "message.received",
            "timestamp": "1970-01-01T00:00:05.000Z",
            "data": {
                "id": "7", "from": "+447700900123", "to": "60006", "text": "Hello", "encoding": "gsm7", "parts": 1,
                "upstream": "1", "received_at": "1970-01-01T00:00:05.000Z",
            },
        });
        assert_eq!(body, expected);
    }
}

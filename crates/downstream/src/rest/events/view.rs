//! An event as JSON: the form of a webhook's post.

use crate::rest::answer::to_json;
use crate::rest::{ReceivedView, moment};
use crate::webhook::MessageEnd;
use postrider_core::account::AccountId;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::stream::{OtherEvent, RECEIVED, StreamEvent, type_of_end};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is told: type, timestamp and data.
#[derive(Serialize)]
struct Told<'a, D> {
    r#type: &'a str,
    timestamp: String,
    /// The account that it concerns; only administrators see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    data: D,
}

/// The type of an event, and its JSON as this viewer sees it.
pub(crate) fn view<'a>(event: &'a StreamEvent, rules: &Rules, viewer: Viewer) -> (&'a str, Vec<u8>) {
    let name = |account: Option<AccountId>| {
        let account = account.filter(|account| viewer != Viewer::Account(*account))?;
        Some(rules.account(account).map_or_else(|| account.0.to_string(), |it| it.name.to_string()))
    };
    match event {
        StreamEvent::Ended { message, outcome } => {
            let kind = type_of_end(outcome.state);
            let timestamp = moment::write(outcome.done_at);
            let data = MessageEnd::of(message, outcome);
            (kind, to_json(&Told { r#type: kind, timestamp, account: name(Some(message.account)), data }))
        }
        StreamEvent::Received(received) => {
            let timestamp = moment::write(received.at);
            let data = ReceivedView::of(received, rules, viewer);
            (RECEIVED, to_json(&Told { r#type: RECEIVED, timestamp, account: name(received.account), data }))
        }
        StreamEvent::Other(event) => (&event.kind, other(event, name(event.account))),
    }
}

fn other(event: &OtherEvent, account: Option<String>) -> Vec<u8> {
    let data: BTreeMap<&str, &str> = event.facts.iter().map(|(name, value)| (&**name, &**value)).collect();
    to_json(&Told { r#type: &event.kind, timestamp: moment::write(event.at), account, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, message, received, rules};
    use postrider_core::delivery::{Outcome, State};
    use postrider_core::id::MessageId;
    use postrider_core::route::UpstreamId;
    use postrider_core::time::Time;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn show(event: &StreamEvent, viewer: Viewer) -> Value {
        let rules = rules(account());
        let (kind, octets) = view(event, &rules, viewer);
        let shown: Value = serde_json::from_slice(&octets).unwrap();
        assert_eq!(shown["type"], kind);
        assert!(!octets.contains(&b'\n'), "an event's data is one line");
        shown
    }

    #[test]
    fn an_end_is_told_as_by_webhook() {
        let outcome = Outcome {
            state: State::Delivered,
            upstream: UpstreamId(1),
            reference: None,
            error: None,
            sent_at: None,
            done_at: Time(5_000),
            parts: 1,
            possible_duplicate: false,
        };
        let event = StreamEvent::Ended { message: Arc::new(message(MessageId::from_number(42))), outcome };
        let shown = show(&event, Viewer::Account(AccountId(1)));
        assert_eq!(shown["timestamp"], "1970-01-01T00:00:05.000Z");
        assert_eq!((&shown["data"]["id"], &shown["data"]["reference"]), (&json!("42"), &json!("r1")));
        assert_eq!((shown.get("account"), shown["data"].get("text")), (None, None));
        assert_eq!(show(&event, Viewer::Everything)["account"], "shop");
    }

    #[test]
    fn a_text_from_a_handset_is_its_owners() {
        let event = StreamEvent::Received(Arc::new(received("Hello")));
        assert_eq!(show(&event, Viewer::Account(AccountId(1)))["data"]["text"], "Hello");
        let all = show(&event, Viewer::Everything);
        assert_eq!((all["data"].get("text"), &all["account"]), (None, &json!("shop")));
    }

    #[test]
    fn another_event_shows_its_facts() {
        let facts = vec![("number".into(), "+447700900123".into())];
        let event = OtherEvent { kind: "opened".into(), account: None, at: Time(0), facts };
        let expected = json!({
            "type": "opened", "timestamp": "1970-01-01T00:00:00.000Z", "data": { "number": "+447700900123" },
        });
        assert_eq!(show(&StreamEvent::Other(event), Viewer::Everything), expected);
    }
}

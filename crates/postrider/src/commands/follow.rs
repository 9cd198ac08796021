//! Follows a message: polls its timeline and prints new steps.

use crate::client::Client;
use crate::clock;
use crate::failure::Failure;
use crate::terminal::{self, Style, paint};
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;

/// The first pause between two polls; it doubles up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(50);
/// The longest pause between two polls.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Prints each step of a message until it has ended, at most for `patience`. Succeeds if it was delivered.
pub(crate) async fn to_its_end(client: &Client, id: &str, patience: Duration) -> Result<(), Failure> {
    let started = clock::now();
    let mut pause = PAUSE;
    let mut printed = PrintedSteps::default();
    loop {
        let message = client.get(&["messages", id], &[]).await?;
        printed.take_new(&message).iter().for_each(|line| terminal::say(line));
        let state = text(&message, "state");
        if !matches!(state, "queued" | "sent") {
            return end(&message, state);
        }
        if started.elapsed() + pause > patience {
            let why = message.get("error").map(|error| format!(": {}", reason(error))).unwrap_or_default();
            return Err(Failure::failed(format!(
                "not delivered within {} s: it is still {state}{why}",
                patience.as_secs()
            ))
            .help(format!(
                "the gateway keeps trying: `postrider message get {id}` shows the outcome, and `postrider upstream list` \
                 whether the carrier is connected"
            )));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

fn end(message: &Value, state: &str) -> Result<(), Failure> {
    match (state, message.get("error")) {
        ("delivered", _) => Ok(()),
        (state, None) => Err(Failure::failed(format!("the message is {state}"))),
        (state, Some(error)) => Err(Failure::failed(format!("the message is {state}: {}", reason(error)))),
    }
}

/// An error in a line: `invalid_recipient (0x0000000B ESME_RINVDSTADR): The carrier doesn't accept the recipient's number.`
pub(crate) fn reason(error: &Value) -> String {
    let carrier_code = text(error, "carrier_code");
    let code = match carrier_code {
        "" => text(error, "code").to_owned(),
        carrier_code => format!("{} ({carrier_code})", text(error, "code")),
    };
    match (text(error, "detail"), text(error, "meaning")) {
        ("", meaning) => format!("{code}: {meaning}"),
        (detail, _) => format!("{code}: {detail}"),
    }
}

/// The steps of a timeline that were printed.
#[derive(Default)]
pub(crate) struct PrintedSteps {
    steps: HashSet<String>,
    sent: bool,
}

impl PrintedSteps {
    /// The new steps, a line each.
    pub(crate) fn take_new(&mut self, message: &Value) -> Vec<String> {
        let start = moment(message, "created_at");
        let steps = message.get("timeline").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        steps.iter().filter(|step| self.is_new(step)).map(|step| line(step, start)).collect()
    }

    fn is_new(&mut self, step: &Value) -> bool {
        let event = text(step, "event");
        // The summary of parts after the end: that the message was sent was printed before.
        if event == "sent" && self.sent && step.get("part").is_none() {
            return false;
        }
        self.sent |= event == "sent";
        self.steps.insert(step.to_string())
    }
}

/// `   0.12 s  sent        part 1, as 8c1f`
fn line(step: &Value, start: Option<jiff::Timestamp>) -> String {
    let event = text(step, "event");
    let after = match (moment(step, "at"), start) {
        (Some(at), Some(start)) => format!("{:8.3} s", at.duration_since(start).as_secs_f64()),
        _ => " ".repeat(10),
    };
    let part = step.get("part").and_then(Value::as_u64).map(|part| format!("part {part}"));
    let state = Some(text(step, "state")).filter(|state| !state.is_empty()).map(str::to_owned);
    let detail = Some(text(step, "detail")).filter(|detail| !detail.is_empty()).map(|detail| match event {
        "routed" => format!("to {detail}"),
        "sent" => format!("as {detail}"),
        _ => detail.to_owned(),
    });
    let error = step.get("error").map(reason);
    let more: Vec<String> = [part, state, detail, error].into_iter().flatten().collect();
    let event = paint(style(event), &format!("{event:<12}"));
    format!("{}  {event}{}", paint(Style::Faint, &after), more.join(", ")).trim_end().to_owned()
}

/// The style of a state or an event.
pub(crate) fn style(word: &str) -> Style {
    match word {
        "delivered" => Style::Good,
        "undelivered" | "expired" | "rejected" | "failed" => Style::Bad,
        "unknown" | "canceled" | "remark" | "waits" => Style::Doubtful,
        _ => Style::Strong,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn moment(value: &Value, name: &str) -> Option<jiff::Timestamp> {
    text(value, name).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;
    use serde_json::json;

    #[test]
    fn each_step_is_printed_once() {
        let mut printed = PrintedSteps::default();
        let accepted = json!({ "at": "2030-01-01T00:00:00.000Z", "event": "accepted" });
        let sent = json!({ "at": "2030-01-01T00:00:00.012Z", "event": "sent", "part": 1, "detail": "8c1f" });
        let summed = json!({ "at": "2030-01-01T00:00:00.012Z", "event": "sent", "detail": "8c1f" });
        let end = json!({ "at": "2030-01-01T00:00:01.500Z", "event": "delivered" });
        let message =
            |steps: &[&Value]| json!({ "created_at": "2030-01-01T00:00:00.000Z", "timeline": steps });
        assert_eq!(printed.take_new(&message(&[&accepted])), ["   0.000 s  accepted"]);
        assert_eq!(
            printed.take_new(&message(&[&accepted, &sent])),
            ["   0.012 s  sent        part 1, as 8c1f"]
        );
        assert_eq!(printed.take_new(&message(&[&accepted, &summed, &end])), ["   1.500 s  delivered"]);
        assert_eq!(printed.take_new(&message(&[&accepted, &summed, &end])), Vec::<String>::new());
    }

    #[test]
    fn only_delivered_is_a_success() {
        assert_eq!(end(&json!({}), "delivered"), Ok(()));
        let error = |code, carrier_code| json!({ "code": code, "carrier_code": carrier_code, "meaning": "So it is." });
        let failure = end(&json!({ "error": error("throttled", None) }), "failed").unwrap_err();
        assert_eq!(
            (failure.exit, &*failure.what),
            (Exit::Failed, "the message is failed: throttled: So it is.")
        );
        let failure =
            end(&json!({ "error": error("undeliverable", Some("027")) }), "undelivered").unwrap_err();
        assert_eq!(failure.what, "the message is undelivered: undeliverable (027): So it is.");
    }
}

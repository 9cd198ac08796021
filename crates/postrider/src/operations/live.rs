//! A live view of messages on a terminal, for the demo: a line for each change of a message's state, and for warnings.
//! `serve` writes logs instead.

use crate::terminal::{Style, complain, paint, say};
use std::collections::BTreeMap;
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The target of the lines about messages.
const MESSAGES: &str = "message";

/// Shows them.
pub(crate) struct Live;

impl Live {
    /// Starts showing. May be done once in a process.
    pub(crate) fn start() {
        let wanted = Targets::new().with_default(Level::WARN).with_target(MESSAGES, Level::DEBUG);
        // It fails only if something is shown already.
        let _ = tracing_subscriber::registry().with(Self.with_filter(wanted)).try_init();
    }
}

/// The fields of one event, as text.
#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber> Layer<S> for Live {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if event.metadata().target() == MESSAGES {
            say(&message_line(&fields.0));
        } else {
            complain(&trouble_line(&fields.0));
        }
    }
}

fn message_line(fields: &BTreeMap<&'static str, String>) -> String {
    let get = |name| fields.get(name).map_or("", String::as_str);
    let state = get("state");
    let style = match state {
        "delivered" => Style::Good,
        "queued" | "sent" => Style::Faint,
        _ => Style::Bad,
    };
    let reason = fields.get("error").map(|error| format!("  {error}")).unwrap_or_default();
    format!("{}  {}  to {}{reason}", paint(style, &format!("{state:<11}")), get("id"), get("to"))
}

fn trouble_line(fields: &BTreeMap<&'static str, String>) -> String {
    let mut line = fields.get("message").cloned().unwrap_or_default();
    for (name, value) in fields.iter().filter(|(name, _)| **name != "message") {
        line.push_str(&format!("  {name}: {value}"));
    }
    line
}

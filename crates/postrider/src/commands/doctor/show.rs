//! Findings, printed for people.

use crate::terminal::{self, Style, paint};
use serde_json::Value;

/// Prints a finding.
pub(super) fn finding(finding: &Value) {
    let mark = match finding.get("result").and_then(Value::as_str) {
        Some("well") => paint(Style::Good, "✓"),
        Some("note") => paint(Style::Doubtful, "!"),
        _ => paint(Style::Bad, "✗"),
    };
    let tried = paint(Style::Strong, &text(finding, "tried").unwrap_or_default());
    terminal::say(&format!("{mark} {tried}: {}", text(finding, "found").unwrap_or_default()));
    for (label, name) in [("which means:", "means"), ("what to do: ", "advice")] {
        if let Some(words) = text(finding, name) {
            terminal::say(&format!("    {} {words}", paint(Style::Faint, label)));
        }
    }
}

/// A text of a document, without control characters: a carrier's words must not steer the terminal.
pub(super) fn text(document: &Value, name: &str) -> Option<String> {
    document.get(name).and_then(Value::as_str).map(|text| text.replace(char::is_control, " "))
}

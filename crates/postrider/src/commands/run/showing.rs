//! Campaigns, batches and broadcasts as the terminal shows them.

use crate::commands::table::{self, cell};
use crate::terminal::{self, Style, paint};
use serde_json::Value;

pub(super) fn list(found: &Value) {
    let columns = [
        ("ID", "id"),
        ("NAME", "name"),
        ("STATE", "state"),
        ("RECIPIENTS", "recipients"),
        ("ACCEPTED", "accepted"),
        ("REFUSED", "refused"),
        ("CREATED", "created_at"),
    ];
    table::rows(found, "runs", &columns);
}

pub(super) fn networks(found: &Value) {
    let columns = [
        ("COUNTRY", "country"),
        ("NETWORK", "network"),
        ("OPEN", "open"),
        ("UNDER WAY", "under_way"),
        ("DELIVERED", "delivered"),
        ("NOT DELIVERED", "not_delivered"),
        ("REFUSED", "refused"),
    ];
    table::rows(found, "networks", &columns);
}

pub(super) fn recipients(found: &Value) {
    let columns = [("TO", "to"), ("MESSAGE", "message"), ("STATE", "state"), ("REFUSED", "refused")];
    table::rows(found, "recipients", &columns);
}

/// The fields of an estimate, in the order of the output.
const ESTIMATED: [&str; 10] = [
    "recipients",
    "messages",
    "parts",
    "price",
    "longest",
    "refused",
    "unicode",
    "characters",
    "finishes_at",
    "too_late",
];

pub(super) fn estimate(found: &Value) {
    if found.get("advice").is_some() {
        terminal::say(&cell(found, "advice"));
    }
    for field in ESTIMATED.into_iter().filter(|field| found.get(field).is_some()) {
        terminal::say(&format!("{} {}", paint(Style::Faint, &format!("{field:<11}")), cell(found, field)));
    }
}

pub(super) fn results(found: &Value) {
    for field in ["open", "under_way", "ended", "refused", "clicked", "links"] {
        terminal::say(&format!("{} {}", paint(Style::Faint, &format!("{field:<10}")), cell(found, field)));
    }
}

/// The fields of a campaign or a batch, in the order of the output.
const FIELDS: [&str; 23] = [
    "name",
    "state",
    "reason",
    "waiting",
    "text",
    "variants",
    "trial",
    "from",
    "route",
    "send_at",
    "not_after",
    "sending_hours",
    "recipients",
    "accepted",
    "refused",
    "reference",
    "author",
    "launched_by",
    "approved_by",
    "started_at",
    "ended_at",
    "finishes_at",
    "fallback",
];

pub(super) fn one(run: &Value) {
    terminal::say(&paint(Style::Strong, &cell(run, "id")));
    for field in FIELDS.into_iter().filter(|field| run.get(field).is_some()) {
        terminal::say(&format!("  {} {}", paint(Style::Faint, &format!("{field:<12}")), cell(run, field)));
    }
}

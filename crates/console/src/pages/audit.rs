//! The audit log: who saw or changed what.

use super::routes::written;
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Actions that change nothing that matters, though they aren't questions.
const LOOKING: [&str; 4] = [
    "POST /v1/conversations/{id}/read",
    "POST /v1/messages/explain",
    "POST /v1/messages/preview",
    "POST /v1/rules/test",
];
/// The characters of details that a line shows.
const DETAILS_MAX: usize = 240;
/// The lines of a page of which those of looking are left out.
const LOOKED_AT: &str = "500";

#[derive(Deserialize)]
struct Line {
    sequence: u64,
    at: String,
    who: String,
    role: String,
    address: Option<String>,
    action: String,
    subject: String,
    outcome: String,
    detail: Option<String>,
}

impl Line {
    /// Whether somebody has only looked.
    fn is_reading(&self) -> bool {
        self.action.starts_with("GET ") || LOOKING.contains(&self.action.as_str())
    }

    /// The action in a word: of a request its method, since the subject has the path.
    fn word(&self) -> &str {
        self.action.split_once(" /").map_or(&self.action, |(method, _)| method)
    }

    /// The details in a line: of a change what is different, of a query the query alone.
    fn details(&self) -> Option<String> {
        let detail = self.detail.as_deref()?;
        let Ok(fields) = serde_json::from_str::<Map<String, Value>>(detail) else {
            return Some(detail.to_owned());
        };
        let pair = |(name, value): (&String, &Value)| match name.as_str() {
            "query" => written(value),
            name => format!("{name}: {}", written(value)),
        };
        let line = match fields.get("after").or(fields.get("before")) {
            Some(_) => changes(&table(fields.get("before")), &table(fields.get("after"))),
            None => fields.iter().map(pair).collect::<Vec<_>>().join(" · "),
        };
        let short: String = line.chars().take(DETAILS_MAX).collect();
        Some(if short.len() < line.len() { format!("{short}…") } else { short })
    }
}

/// A declaration in a line's details; an empty one where there is none.
fn table(document: Option<&Value>) -> Map<String, Value> {
    document.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// What is different between two declarations, a field each.
fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |document: &Map<String, Value>, name: &str| document.get(name).map_or_else(String::new, written);
    let pairs = names.into_iter().map(|name| (name, of(before, name), of(after, name)));
    let different = pairs.filter(|(name, old, new)| old != new && name.as_str() != "updated_at");
    let words = different.map(|(name, old, new)| match old.is_empty() {
        true => format!("{name}: {new}"),
        false => format!("{name}: {old} → {new}"),
    });
    words.collect::<Vec<_>>().join(" · ")
}

#[derive(Deserialize)]
struct Head {
    sequence: u64,
    hash: String,
}

#[derive(Deserialize)]
struct Lines {
    lines: Vec<Line>,
    head: Option<Head>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    who: String,
    action: String,
    subject: String,
    address: String,
    /// Whether lines are shown, too, of who has only looked.
    reads: bool,
    page: Lines,
}

impl AuditPage {
    fn older(&self, cursor: &str) -> String {
        let query = [
            ("who", &*self.who),
            ("action", &self.action),
            ("subject", &self.subject),
            ("address", &self.address),
            ("reads", if self.reads { "1" } else { "" }),
            ("cursor", cursor),
        ];
        with_query("/console/audit", &query)
    }
}

pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let get = |name: &str| form.get(name).to_owned();
    let (who, action, subject, address) = (get("who"), get("action"), get("subject"), get("address"));
    // An action that is looked for may be one of looking.
    let reads = !form.get("reads").is_empty() || !action.is_empty();
    let asked = [
        ("limit", if reads { "50" } else { LOOKED_AT }),
        ("who", &*who),
        ("action", &action),
        ("subject", &subject),
        ("address", &address),
        ("cursor", form.get("cursor")),
    ];
    let page: Result<Lines, Failed> = visitor.ask.get("/v1/audit", &asked).await;
    let frame = visitor.frame("audit", "Audit log");
    visitor.show(page.map(|mut page| {
        page.lines.retain(|line| reads || !line.is_reading());
        AuditPage { frame, who, action, subject, address, reads, page }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_told_in_words() {
        let line = |action: &str, detail: Option<&str>| Line {
            sequence: 1,
            at: String::new(),
            who: "olga".into(),
            role: "user".into(),
            address: None,
            action: action.into(),
            subject: String::new(),
            outcome: "ok".into(),
            detail: detail.map(str::to_owned),
        };
        let query = line("GET /v1/messages", Some(r#"{"query":"limit=5"}"#));
        assert_eq!((query.word(), line("session.begun", None).word()), ("GET", "session.begun"));
        assert!(query.is_reading() && query.details().as_deref() == Some("limit=5"));
        let reason = line("message.unmask", Some(r#"{"reason":"ticket 7"}"#));
        assert!(!reason.is_reading() && reason.details().as_deref() == Some("reason: ticket 7"));
        let change = r#"{"before":{"name":"shop","rate":5,"updated_at":"1"},"after":{"name":"shop","rate":9,"class":"otp","updated_at":"2"}}"#;
        assert_eq!(line("change", Some(change)).details().as_deref(), Some("class: otp · rate: 5 → 9"));
        assert_eq!(line("x", Some("no JSON")).details().as_deref(), Some("no JSON"));
        assert_eq!(line("x", None).details(), None);
    }
}

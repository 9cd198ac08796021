//! Any JSON: by names that many tools use, or by templates of the source.

use super::{Unread, first};
use crate::alert::signal::{Condition, Signal, one_line};
use crate::alert::source::Fields;
use serde_json::Value;

/// Names of what a thing is known by.
const KEYS: [&str; 6] = ["key", "dedup_key", "incident_key", "alert_id", "fingerprint", "id"];
/// Names of titles.
const TITLES: [&str; 5] = ["title", "subject", "summary", "name", "alertname"];
/// Names of longer texts.
const DETAILS: [&str; 6] = ["message", "body", "description", "detail", "text", "msg"];
/// Names of states.
const STATES: [&str; 5] = ["state", "status", "event_action", "action", "type"];
/// Names of severities.
const SEVERITIES: [&str; 3] = ["severity", "priority", "level"];
/// Words of states in which nothing is wrong.
const OVER: [&str; 13] = [
    "resolved",
    "resolve",
    "ok",
    "okay",
    "up",
    "closed",
    "close",
    "success",
    "recovered",
    "recovery",
    "normal",
    "clear",
    "cleared",
];

pub(super) fn read(body: &Value, fields: Option<&Fields>) -> Result<Vec<Signal>, Unread> {
    match fields {
        Some(fields) => by_templates(body, fields),
        None => by_names(body).map(|signal| vec![signal]),
    }
}

/// Whether a word says that nothing is wrong any more.
fn is_over(state: &str) -> bool {
    let state = state.trim().to_lowercase();
    OVER.contains(&&*state) || state == "0" || state == "false"
}

fn signal(key: Option<String>, state: Option<&str>, title: &str) -> Signal {
    let condition = if state.is_some_and(is_over) { Condition::Resolved } else { Condition::Firing };
    Signal::new(key.unwrap_or_else(|| title.to_owned()), condition, title)
}

fn by_names(body: &Value) -> Result<Signal, Unread> {
    let (title, detail) = (first(body, &TITLES), first(body, &DETAILS));
    let whole = match (&title, &detail) {
        (Some(title), Some(detail)) => format!("{title}: {detail}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => {
            let names = "give the source 'fields', or send 'title' or 'message'";
            return Err(Unread(format!("the body has no text by a usual name: {names}")));
        }
    };
    // Without a key of its own a thing is known by its title: the longer text may tell measures.
    let key = first(body, &KEYS).or_else(|| title.clone());
    let told = signal(key, first(body, &STATES).as_deref(), &whole);
    Ok(told.with_severity(first(body, &SEVERITIES)))
}

fn by_templates(body: &Value, fields: &Fields) -> Result<Vec<Signal>, Unread> {
    let compiled = fields.compile().map_err(|wrong| Unread(wrong.to_string()))?;
    let items = match &fields.each {
        Some(path) => path.split('.').try_fold(body, |tree, name| tree.get(name)).and_then(Value::as_array),
        None => None,
    };
    let items: Vec<&Value> = match (&fields.each, items) {
        (None, _) => vec![body],
        (Some(_), Some(items)) => items.iter().collect(),
        (Some(path), None) => return Err(Unread(format!("the body has no list at '{path}'"))),
    };
    let one = |item: &&Value| {
        let fill = |template: &str| compiled.fill(template, body, item);
        let wrong =
            |what: &str, why: String| Unread(format!("the template of '{what}' can't be filled in: {why}"));
        let title = fill("title").map_err(|why| wrong("title", why))?.unwrap_or_default();
        let key = fill("key").map_err(|why| wrong("key", why))?;
        let state = fill("state").map_err(|why| wrong("state", why))?;
        let severity = fill("severity").map_err(|why| wrong("severity", why))?;
        if one_line(&title, 1).is_empty() {
            return Err(wrong("title", "the title is empty".into()));
        }
        Ok(signal(key.filter(|key| !key.trim().is_empty()), state.as_deref(), &title).with_severity(severity))
    };
    items.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn usual_names_are_known() {
        let apprise = json!({ "version": "1.0", "title": "Backup", "message": "failed", "attachments": [], "type": "failure" });
        let [signal] = &*read(&apprise, None).unwrap() else { panic!() };
        assert_eq!((&*signal.keys[0], &*signal.title), ("Backup", "Backup: failed"));
        assert_eq!(signal.condition, Condition::Firing);
        for state in ["success", "OK", "resolved", "0"] {
            let body = json!({ "id": 7, "text": "x", "status": state });
            let signal = &read(&body, None).unwrap()[0];
            assert_eq!((&*signal.keys[0], signal.condition), ("7", Condition::Resolved), "{state}");
        }
        assert!(read(&json!({ "id": 7 }), None).is_err());
    }

    #[test]
    fn templates_name_what_the_body_calls_otherwise() {
        let fields = Fields {
            each: Some("events".into()),
            key: Some("{{ item.host }}/{{ item.check }}".into()),
            title: "{{ item.host }}: {{ item.check }} {{ item.output | default('failed') }}".into(),
            state: Some("{{ 'ok' if item.code == 0 else 'bad' }}".into()),
            severity: Some("{{ body.level }}".into()),
        };
        let body = json!({ "level": "high", "events": [
            { "host": "a", "check": "disk", "code": 2 }, { "host": "b", "check": "load", "code": 0, "output": "fine" },
        ] });
        let signals = read(&body, Some(&fields)).unwrap();
        assert_eq!((&*signals[0].keys[0], &*signals[0].title), ("a/disk", "a: disk failed"));
        assert_eq!(signals[0].severity.as_deref(), Some("high"));
        assert_eq!((&*signals[1].title, signals[1].condition), ("b: load fine", Condition::Resolved));
        assert!(read(&json!({}), Some(&fields)).is_err());
    }
}

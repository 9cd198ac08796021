//! A webhook of Zabbix. Its parameters are named by whoever makes the media type: they are known by Zabbix's macros, however these
//! are spelled (`EVENT.ID`, `event_id`, `eventid`).

use super::Unread;
use crate::alert::signal::{Condition, Signal};
use postrider_provider::tree;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn read(body: &Value) -> Result<Vec<Signal>, Unread> {
    let members = body.as_object().ok_or_else(|| Unread::new("the body is no object"))?;
    // A macro that Zabbix could not resolve comes as it was written.
    let told = members.iter().filter_map(|(name, value)| Some((folded(name), tree::shown(value)?)));
    let told: BTreeMap<String, String> =
        told.filter(|(_, value)| !value.trim().is_empty() && !value.starts_with('{')).collect();
    let first = |names: &[&str]| names.iter().find_map(|name| told.get(*name)).cloned();
    let key = first(&["eventid", "problemid", "triggerid"]);
    let key = key.ok_or_else(|| Unread::new("the body has no 'event_id': send the macro {EVENT.ID}"))?;
    let is_over = match first(&["eventvalue", "triggervalue"]).as_deref() {
        Some(value) => value == "0",
        None => first(&["eventstatus", "triggerstatus", "status"])
            .is_some_and(|status| ["resolved", "ok"].contains(&&*status.to_lowercase())),
    };
    let name = first(&["eventname", "triggername", "name", "alertsubject", "subject"]).unwrap_or_default();
    let host = first(&["hostname", "host"]).filter(|host| !name.contains(host.as_str()));
    let title = host.map_or_else(|| name.clone(), |host| format!("{host}: {name}"));
    let detail = first(&["alertmessage", "message", "eventopdata"]);
    let severity = first(&["eventseverity", "triggerseverity", "severity"]);
    let condition = if is_over { Condition::Resolved } else { Condition::Firing };
    Ok(vec![
        Signal::new(format!("event {key}"), condition, &title).with_detail(detail).with_severity(severity),
    ])
}

/// A name without what its spellings differ by.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_a_problem_and_then_over() {
        for (body, over) in [
            (
                json!({ "event_id": "77", "event_value": "1", "event_name": "Disk full", "host_name": "db1" }),
                false,
            ),
            (
                json!({ "EVENT.ID": 77, "EVENT.VALUE": 0, "EVENT.NAME": "Disk full", "HOST.NAME": "db1" }),
                true,
            ),
            (json!({ "eventid": "77", "EVENT.STATUS": "PROBLEM", "subject": "db1: Disk full" }), false),
            (
                json!({ "eventid": "77", "event_status": "RESOLVED", "event_name": "Disk full", "host": "db1", "EVENT.VALUE": "{EVENT.VALUE}" }),
                true,
            ),
        ] {
            let [signal] = &*read(&body).unwrap() else { panic!("{body}") };
            assert_eq!((&*signal.keys[0], &*signal.title), ("event 77", "db1: Disk full"), "{body}");
            assert_eq!(signal.condition == Condition::Resolved, over, "{body}");
        }
        assert!(read(&json!({ "event_id": "{EVENT.ID}" })).is_err());
    }
}

//! Alertmanager's webhook, version 4. An alert is known by its fingerprint, which its labels make.

use super::{Unread, text};
use crate::alert::signal::{Condition, Signal};
use serde_json::Value;

pub(super) fn read(body: &Value) -> Result<Vec<Signal>, Unread> {
    let alerts = body.get("alerts").and_then(Value::as_array);
    let alerts =
        alerts.ok_or_else(|| Unread::new("the body has no list 'alerts', as Alertmanager's webhook has"))?;
    alerts.iter().map(alert).collect()
}

/// One alert of a webhook.
pub(super) fn alert(alert: &Value) -> Result<Signal, Unread> {
    let condition = match text(alert, &["status"]).as_deref() {
        Some("firing") => Condition::Firing,
        Some("resolved") => Condition::Resolved,
        other => {
            let other = other.unwrap_or("");
            return Err(Unread(format!(
                "the status of an alert is '{other}': expected 'firing' or 'resolved'"
            )));
        }
    };
    let labels = alert.get("labels").filter(|labels| labels.is_object());
    let key = text(alert, &["fingerprint"]).or_else(|| labels.map(Value::to_string));
    let key = key.ok_or_else(|| Unread::new("an alert has neither a fingerprint nor labels"))?;
    let note = |name| text(alert, &["annotations", name]);
    let title = note("summary").or_else(|| note("message")).unwrap_or_else(|| named(alert));
    let detail = note("description").or_else(|| text(alert, &["valueString"]));
    Ok(Signal::new(key, condition, &title).with_detail(detail).with_severity(label(alert, "severity")))
}

/// What is wrong, and where, by the labels.
fn named(alert: &Value) -> String {
    let place = label(alert, "instance").or_else(|| label(alert, "job"));
    let words: Vec<String> = [label(alert, "alertname"), place].into_iter().flatten().collect();
    words.join(" on ")
}

fn label(alert: &Value, name: &str) -> Option<String> {
    text(alert, &["labels", name])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_webhook_has_an_alert_for_each_thing() {
        let body = json!({
            "version": "4", "groupKey": "{}:{}", "status": "firing", "receiver": "sms", "truncatedAlerts": 0,
            "alerts": [
                { "status": "firing", "labels": { "alertname": "DiskFull", "instance": "db1:9100", "severity": "critical" },
                  "annotations": { "summary": "Disk of db1 is full", "description": "98 %\nused" },
                  "startsAt": "2026-11-29T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "7d1f" },
                { "status": "resolved", "labels": { "alertname": "Down", "instance": "web" }, "annotations": {}, "fingerprint": "88aa" },
                { "status": "firing", "labels": { "alertname": "Watchdog" } },
            ],
        });
        let read = read(&body).unwrap();
        assert_eq!((&*read[0].keys[0], &*read[0].title), ("7d1f", "Disk of db1 is full"));
        assert_eq!(read[0].severity.as_deref(), Some("critical"));
        assert_eq!(read[0].detail.as_deref(), Some("98 %\nused"));
        assert_eq!((read[1].condition, &*read[1].title), (Condition::Resolved, "Down on web"));
        assert_eq!((&*read[2].keys[0], &*read[2].title), (r#"{"alertname":"Watchdog"}"#, "Watchdog"));
    }

    #[test]
    fn what_is_no_webhook_is_told() {
        for wrong in [
            json!({}),
            json!({ "alerts": [{}] }),
            json!({ "alerts": [{ "status": "ok", "fingerprint": "1" }] }),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}

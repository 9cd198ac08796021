//! Grafana's webhooks: of Grafana Alerting, which has Alertmanager's shape, and of dashboards' own alerts before it.

use super::{Unread, alertmanager, text};
use crate::alert::signal::{Condition, Signal};
use serde_json::Value;

pub(super) fn read(body: &Value) -> Result<Vec<Signal>, Unread> {
    if body.get("alerts").is_some() {
        return alertmanager::read(body);
    }
    let key = text(body, &["ruleId"]).or_else(|| text(body, &["ruleName"]));
    let key = key.ok_or_else(|| {
        Unread::new("the body has neither 'alerts' nor 'ruleId', as Grafana's webhooks have")
    })?;
    let state = text(body, &["state"]).unwrap_or_default();
    let condition = match &*state {
        "alerting" | "no_data" => Condition::Firing,
        "ok" => Condition::Resolved,
        // Neither wrong nor over.
        "pending" | "paused" | "unknown" => return Ok(Vec::new()),
        _ => return Err(Unread(format!("the state '{state}' is none of Grafana's"))),
    };
    let title = text(body, &["ruleName"]).or_else(|| text(body, &["title"])).unwrap_or_default();
    Ok(vec![Signal::new(format!("rule {key}"), condition, &title).with_detail(text(body, &["message"]))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_webhooks_are_read() {
        let alert = json!({
            "status": "firing", "labels": { "alertname": "Load", "grafana_folder": "ops" }, "annotations": {},
            "fingerprint": "c6e", "valueString": "[ var='A' labels={} value=9 ]",
        });
        let now = json!({ "receiver": "r", "status": "firing", "orgId": 1, "state": "alerting", "title": "t", "alerts": [alert] });
        let signals = read(&now).unwrap();
        assert_eq!((&*signals[0].keys[0], &*signals[0].title), ("c6e", "Load"));
        assert_eq!(signals[0].detail.as_deref(), Some("[ var='A' labels={} value=9 ]"));
        for (state, expected) in
            [("alerting", Some(Condition::Firing)), ("ok", Some(Condition::Resolved)), ("pending", None)]
        {
            let before = json!({ "ruleId": 7, "ruleName": "Load", "title": "[Alerting] Load", "state": state, "message": "high" });
            let signals = read(&before).unwrap();
            assert_eq!(signals.first().map(|signal| signal.condition), expected, "{state}");
            assert!(signals.iter().all(|signal| signal.keys == ["rule 7"] && signal.title == "Load"));
        }
        assert!(read(&json!({ "state": "ok" })).is_err());
    }
}

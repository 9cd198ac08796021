//! Uptime Kuma's webhook: a monitor that is down (0) or up (1). Notices without a monitor, such as of certificates, are alerts of
//! their own text.

use super::{Unread, text};
use crate::alert::signal::{Condition, Signal};
use serde_json::Value;

pub(super) fn read(body: &Value) -> Result<Vec<Signal>, Unread> {
    let message = text(body, &["msg"]);
    let monitor = text(body, &["monitor", "id"]).or_else(|| text(body, &["heartbeat", "monitorID"]));
    let (Some(monitor), Some(status)) = (monitor, text(body, &["heartbeat", "status"])) else {
        let wrong = || {
            Unread::new(
                "the body has neither 'heartbeat' and 'monitor' nor 'msg', as Uptime Kuma's webhook has",
            )
        };
        let message = message.ok_or_else(wrong)?;
        return Ok(vec![Signal::new(format!("notice {message}"), Condition::Firing, &message)]);
    };
    let condition = match &*status {
        "0" => Condition::Firing,
        "1" => Condition::Resolved,
        // Pending, and under maintenance.
        _ => return Ok(Vec::new()),
    };
    let name = text(body, &["monitor", "name"]).unwrap_or_else(|| format!("monitor {monitor}"));
    let detail = text(body, &["heartbeat", "msg"]).or(message);
    Ok(vec![
        Signal::new(format!("monitor {monitor}"), condition, &format!("{name} is down")).with_detail(detail),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_monitor_goes_down_and_up() {
        let body = |status| {
            json!({ "heartbeat": { "monitorID": 3, "status": status, "msg": "timeout of 48000ms exceeded", "important": true },
                "monitor": { "id": 3, "name": "Shop", "url": "https://shop.example" }, "msg": "[Shop] [Down] timeout" })
        };
        for (status, expected) in
            [(0, Some(Condition::Firing)), (1, Some(Condition::Resolved)), (2, None), (3, None)]
        {
            let signals = read(&body(status)).unwrap();
            assert_eq!(signals.first().map(|signal| signal.condition), expected, "{status}");
            assert!(
                signals.iter().all(|signal| signal.keys == ["monitor 3"] && signal.title == "Shop is down")
            );
        }
        let notice =
            json!({ "heartbeat": null, "monitor": null, "msg": "[Shop] certificate expires in 7 days" });
        assert_eq!(read(&notice).unwrap()[0].title, "[Shop] certificate expires in 7 days");
        assert!(read(&json!({ "text": "x" })).is_err());
    }
}

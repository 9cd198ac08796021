//! The Common Alerting Protocol 1.2 (OASIS, 2010). An update and a cancellation refer to the alerts that they change.

use super::{Unread, text};
use crate::alert::signal::{Condition, Signal};
use jiff::Timestamp;
use postrider_core::time::Time;
use postrider_provider::tree;
use serde_json::Value;

pub(super) fn read(body: &[u8], now: Time) -> Result<Vec<Signal>, Unread> {
    let document = tree::read(tree::Form::Xml, body).ok_or_else(|| Unread::new("the body is no XML"))?;
    let alert = document.get("alert").ok_or_else(|| Unread::new("the root of the document is no 'alert'"))?;
    let needed =
        |name: &str| text(alert, &[name]).ok_or_else(|| Unread(format!("the alert has no '{name}'")));
    let own =
        format!("{},{},{}", needed("sender")?.trim(), needed("identifier")?.trim(), needed("sent")?.trim());
    // What is only drafted, or between systems, concerns nobody (section 3.2.1).
    let exercise = match needed("status")?.trim() {
        "Actual" => "",
        "Exercise" => "EXERCISE: ",
        "System" | "Test" | "Draft" => return Ok(Vec::new()),
        other => return Err(Unread(format!("the status '{other}' is none of CAP's"))),
    };
    let references = text(alert, &["references"]).unwrap_or_default();
    let references: Vec<String> = references.split_whitespace().map(str::to_owned).collect();
    let kind = needed("msgType")?;
    let condition = match kind.trim() {
        "Alert" | "Update" => Condition::Firing,
        "Cancel" => Condition::Resolved,
        "Ack" | "Error" => return Ok(Vec::new()),
        other => return Err(Unread(format!("the msgType '{other}' is none of CAP's"))),
    };
    if references.is_empty() && kind.trim() != "Alert" {
        return Err(Unread(format!("the alert has the msgType '{}' and no 'references'", kind.trim())));
    }
    let info = info(alert);
    let (title, detail, severity, ends) = info.map(told).unwrap_or_default();
    if ends.is_some_and(|ends| ends <= now) && condition == Condition::Firing {
        return Ok(Vec::new());
    }
    let title = title.unwrap_or_else(|| needed("identifier").unwrap_or_default());
    let mut signal = Signal::new(own.clone(), condition, &format!("{exercise}{title}"));
    signal.keys = references.into_iter().chain([own]).collect();
    signal.ends = ends;
    Ok(vec![signal.with_detail(detail).with_severity(severity)])
}

/// The block of information: the English one of several, or else the first.
fn info(alert: &Value) -> Option<&Value> {
    match alert.get("info")? {
        Value::Array(blocks) => {
            let is_english = |block: &&Value| {
                text(block, &["language"]).is_some_and(|language| language.starts_with("en"))
            };
            blocks.iter().find(is_english).or(blocks.first())
        }
        one => Some(one),
    }
}

type Told = (Option<String>, Option<String>, Option<String>, Option<Time>);

fn told(info: &Value) -> Told {
    let area = match info.get("area") {
        Some(Value::Array(areas)) => areas.first().and_then(|area| text(area, &["areaDesc"])),
        Some(area) => text(area, &["areaDesc"]),
        None => None,
    };
    let headline = text(info, &["headline"]).or_else(|| text(info, &["event"]));
    let title = headline.map(|headline| match area {
        Some(area) if !headline.contains(&area) => format!("{headline} ({area})"),
        _ => headline,
    });
    let detail: Vec<String> =
        ["description", "instruction"].iter().filter_map(|name| text(info, &[name])).collect();
    let ends = text(info, &["expires"]).and_then(|text| text.trim().parse::<Timestamp>().ok());
    let ends = ends.map(|ends| Time(ends.as_millisecond()));
    (title, Some(detail.join("\n")), text(info, &["severity"]), ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_053_979_200_000);

    fn document(kind: &str, status: &str, more: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\
             <identifier>KSTO1055887203</identifier><sender>KSTO@NWS.NOAA.GOV</sender><sent>2003-06-17T14:57:00-07:00</sent>\
             <status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>{more}</alert>"
        )
    }

    const INFO: &str = "<info><category>Met</category><event>SEVERE THUNDERSTORM</event><urgency>Immediate</urgency>\
        <severity>Severe</severity><certainty>Observed</certainty><expires>2003-06-17T16:00:00-07:00</expires>\
        <headline>SEVERE THUNDERSTORM WARNING</headline><description>Hail &amp; wind</description>\
        <instruction>TAKE COVER</instruction><area><areaDesc>Alpine county</areaDesc></area></info>";
    const OWN: &str = "KSTO@NWS.NOAA.GOV,KSTO1055887203,2003-06-17T14:57:00-07:00";

    #[test]
    fn an_alert_is_read() {
        let [signal] = &*read(document("Alert", "Actual", INFO).as_bytes(), NOW).unwrap() else { panic!() };
        assert_eq!(
            (&*signal.keys, &*signal.title),
            (&[OWN.to_owned()][..], "SEVERE THUNDERSTORM WARNING (Alpine county)")
        );
        assert_eq!(signal.detail.as_deref(), Some("Hail & wind\nTAKE COVER"));
        assert_eq!(signal.severity.as_deref(), Some("Severe"));
        assert_eq!(signal.ends, Some(Time(1_055_890_800_000)));
        assert!(
            read(document("Alert", "Actual", INFO).as_bytes(), Time(1_055_890_800_000)).unwrap().is_empty()
        );
    }

    #[test]
    fn updates_and_cancellations_name_what_they_change() {
        let more = format!("<references>a,b,c d,e,f</references>{INFO}");
        let [signal] = &*read(document("Update", "Exercise", &more).as_bytes(), NOW).unwrap() else {
            panic!()
        };
        assert_eq!(
            (&*signal.keys, signal.condition),
            (&["a,b,c".into(), "d,e,f".into(), OWN.to_owned()][..], Condition::Firing)
        );
        assert!(signal.title.starts_with("EXERCISE: SEVERE"), "{}", signal.title);
        let [signal] =
            &*read(document("Cancel", "Actual", "<references>a,b,c</references>").as_bytes(), NOW).unwrap()
        else {
            panic!()
        };
        assert_eq!((signal.condition, &*signal.title), (Condition::Resolved, "KSTO1055887203"));
    }

    #[test]
    fn what_concerns_nobody_is_passed_over_and_what_is_wrong_is_told() {
        for (kind, status) in [("Alert", "Test"), ("Alert", "Draft"), ("Ack", "Actual")] {
            assert!(read(document(kind, status, "").as_bytes(), NOW).unwrap().is_empty(), "{kind} {status}");
        }
        for wrong in
            [document("Cancel", "Actual", ""), document("Alert", "Real", ""), "<x/>".into(), "{}".into()]
        {
            assert!(read(wrong.as_bytes(), NOW).is_err(), "{wrong}");
        }
    }
}

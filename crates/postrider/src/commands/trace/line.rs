//! A PDU as one line for people.

use crate::terminal::{Style, paint};
use serde_json::{Map, Value};

/// Fields that come first, since readers look for them.
const FIRST: [&str; 5] = ["system_id", "source_addr", "destination_addr", "dest_address", "message_id"];
/// The field that comes last, since it is long.
const LAST: &str = "short_message";
/// Fields whose bits have meanings of their own.
const BITS: [&str; 5] =
    ["esm_class", "registered_delivery", "data_coding", "interface_version", "sc_interface_version"];

/// `05:33:56.123456 acme/0 → submit_sm 7 destination_addr=4477****23 ...`
pub(super) fn of(pdu: &Value) -> String {
    let text = |name: &str| pdu.get(name).and_then(Value::as_str).unwrap_or("");
    let command = text("command");
    let is_routine = command.starts_with("enquire_link");
    let mut words = vec![paint(Style::Faint, time(text("at"))), link(pdu)];
    words.push(if text("direction") == "out" { "→" } else { "←" }.to_owned());
    words.push(paint(if is_routine { Style::Faint } else { Style::Strong }, &plain(command)));
    words.extend(pdu.get("sequence").map(|sequence| format!("#{sequence}")));
    words.extend(pdu.get("status").map(status));
    words.extend(pdu.get("fields").and_then(Value::as_object).into_iter().flat_map(fields));
    words.extend(pdu.get("parameters").and_then(Value::as_array).into_iter().flatten().filter_map(parameter));
    if pdu.get("cut") == Some(&Value::Bool(true)) {
        let octets = pdu.get("octets").and_then(Value::as_u64).unwrap_or(0);
        words.push(paint(Style::Doubtful, &format!("(the first of {octets} octets)")));
    }
    let mistake = Some(text("mistake")).filter(|mistake| !mistake.is_empty());
    words.extend(mistake.map(|mistake| paint(Style::Bad, &format!("can't be read: {}", plain(mistake)))));
    words.join(" ")
}

/// The time of day.
fn time(at: &str) -> &str {
    at.split_once('T').map_or(at, |(_, time)| time.trim_end_matches('Z'))
}

/// `acme/0` for a link of an upstream, `shop 10.0.0.5:41234` for a session of an account.
fn link(pdu: &Value) -> String {
    let text = |name: &str| pdu.get(name).and_then(Value::as_str).map(plain);
    match (text("upstream"), text("account")) {
        (Some(name), _) => format!("{name}/{}", pdu.get("link").and_then(Value::as_u64).unwrap_or(0)),
        (None, name) => format!("{} {}", name.unwrap_or_default(), text("peer").unwrap_or_default()),
    }
}

fn status(status: &Value) -> String {
    let code = status.get("code").and_then(Value::as_u64).unwrap_or(0);
    let name = status.get("name").and_then(Value::as_str);
    let style = if code == 0 { Style::Good } else { Style::Bad };
    paint(style, &name.map_or_else(|| format!("0x{code:02X}"), plain))
}

/// The fields that are neither 0 nor empty: `FIRST` first, the text last.
fn fields(fields: &Map<String, Value>) -> Vec<String> {
    let others = fields.keys().map(String::as_str).filter(|name| *name != LAST && !FIRST.contains(name));
    let names = FIRST.into_iter().chain(others).chain([LAST]);
    names.filter_map(|name| Some(format!("{name}={}", value(name, fields.get(name)?)?))).collect()
}

fn parameter(parameter: &Value) -> Option<String> {
    let text = |name: &str| parameter.get(name).and_then(Value::as_str).map(plain);
    let name = text("name").or_else(|| text("tag"))?;
    // A parameter that is present has a meaning, even if it is 0.
    let value = parameter.get("value")?;
    Some(format!("{name}={}", self::value(&name, value).unwrap_or_else(|| plain(&value.to_string()))))
}

/// A value; `None` if it is 0 or empty.
fn value(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Number(number) if BITS.contains(&name) => {
            number.as_u64().filter(|number| *number != 0).map(|number| format!("0x{number:02X}"))
        }
        Value::Number(number) => Some(number.to_string()).filter(|number| number != "0"),
        Value::String(text) => Some(plain(text)).filter(|text| !text.is_empty()),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().filter_map(|one| self::value(name, one)).collect();
            (!values.is_empty()).then(|| format!("[{}]", values.join(", ")))
        }
        Value::Object(object) => of_object(object),
        _ => None,
    }
}

/// An address, a text, or other octets.
fn of_object(object: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(plain);
    if let Some(digits) = text("digits") {
        let number = |name: &str| object.get(name).and_then(Value::as_u64).unwrap_or(0);
        return (!digits.is_empty()).then(|| format!("{digits}({}/{})", number("ton"), number("npi")));
    }
    let header = text("header").map(|header| format!("[{header}]")).unwrap_or_default();
    let written = match text("text") {
        Some(text) if !text.is_empty() => format!("\"{text}\""),
        Some(_) => String::new(),
        None => text("hex").filter(|hex| !hex.is_empty()).map(|hex| format!("0x{hex}")).unwrap_or_default(),
    };
    Some(header + &written).filter(|written| !written.is_empty())
}

/// A foreign text without control characters, which would steer the terminal.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_is_one_line_of_what_it_says() {
        let pdu = json!({
            "at": "2026-11-22T05:33:56.123456Z", "upstream": "acme", "link": 1, "direction": "out",
            "command": "submit_sm", "sequence": 7, "octets": 80,
            "fields": {
                "data_coding": 8, "esm_class": 64, "priority_flag": 0, "service_type": "", "validity_period": "000001000000000R",
                "source_addr": { "ton": 5, "npi": 0, "digits": "Shop" },
                "destination_addr": { "ton": 1, "npi": 1, "digits": "4477******23" },
                "short_message": { "octets": 16, "header": "0003070201", "text": "**\n**", "hex": "2a" },
            },
            "parameters": [
                { "tag": "0x020E", "name": "sar_total_segments", "value": 0 },
                { "tag": "0x1401", "value": { "hex": "00ff" } },
            ],
        });
        assert_eq!(
            of(&pdu),
            "05:33:56.123456 acme/1 → submit_sm #7 source_addr=Shop(5/0) destination_addr=4477******23(1/1) \
             data_coding=0x08 esm_class=0x40 validity_period=000001000000000R short_message=[0003070201]\"** **\" \
             sar_total_segments=0 0x1401=0x00ff"
        );
    }

    #[test]
    fn an_answer_says_how_it_went() {
        let mut pdu = json!({
            "at": "2026-11-22T05:33:56.123456Z", "account": "shop", "peer": "10.0.0.5:4000", "direction": "in",
            "command": "deliver_sm_resp", "sequence": 7, "status": { "code": 88, "name": "ESME_RTHROTTLED" },
            "fields": { "message_id": "" }, "parameters": [], "octets": 17,
        });
        let line = "05:33:56.123456 shop 10.0.0.5:4000 ← deliver_sm_resp #7";
        assert_eq!(of(&pdu), format!("{line} ESME_RTHROTTLED"));
        pdu["status"] = json!({ "code": 0x403 });
        pdu["mistake"] = json!("message_id is missing");
        pdu["cut"] = json!(true);
        let expected = format!("{line} 0x403 (the first of 17 octets) can't be read: message_id is missing");
        assert_eq!(of(&pdu), expected);
    }

    #[test]
    fn several_and_what_is_no_text_are_shown() {
        let address = json!({ "ton": 1, "npi": 1, "digits": "4477" });
        assert_eq!(value("x", &json!([address, "list"])), Some("[4477(1/1), list]".to_owned()));
        assert_eq!(value("x", &json!([])), None);
        assert_eq!(value("x", &json!({ "octets": 2, "hex": "0102" })), Some("0x0102".to_owned()));
        assert_eq!(value("x", &json!({ "octets": 0, "text": "", "hex": "" })), None);
    }
}

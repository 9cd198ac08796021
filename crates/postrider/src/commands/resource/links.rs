//! How the links of an upstream stand, in words.

use serde_json::Value;

/// The states that a link can have, the best first.
const STATES: [&str; 4] = ["up", "connecting", "down", "elsewhere"];

/// In a word or two: `up`, or `2 up, 1 down` where there are several. Empty if there are no links.
pub(super) fn short(upstream: &Value) -> String {
    let states: Vec<&str> = links(upstream).iter().map(state).collect();
    match &states[..] {
        [] => String::new(),
        [one] => (*one).to_owned(),
        several => {
            let count = |word: &str| several.iter().filter(|state| **state == word).count();
            let counts = STATES.map(|word| (count(word), word)).into_iter().filter(|(count, _)| *count > 0);
            counts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
        }
    }
}

/// A line for each link, numbered as in the log: `link 1 is down: connection refused; next try in 5 s`.
pub(super) fn lines(upstream: &Value) -> Vec<String> {
    let line = |(index, link): (usize, &Value)| {
        let reason = link.get("reason").and_then(Value::as_str).map(|text| format!(": {text}"));
        let retry = link.get("retry_in").and_then(Value::as_u64).map(|s| format!("; next try in {s} s"));
        let more = reason.unwrap_or_default() + &retry.unwrap_or_default();
        // What a carrier said must not steer the terminal.
        let state = match state(link) {
            "elsewhere" => "kept by another node",
            state => state,
        };
        format!("link {index} is {state}{more}").replace(char::is_control, " ")
    };
    links(upstream).iter().enumerate().map(line).collect()
}

/// How the carrier spells identifiers in receipts, if the gateway found it out.
pub(super) fn learnt(upstream: &Value) -> Option<String> {
    let form = upstream.get("ids_learnt")?.as_str()?;
    Some(format!("receipts.ids was found to be `{form}`"))
}

fn links(upstream: &Value) -> &[Value] {
    upstream.get("links").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn state(link: &Value) -> &str {
    link.get("state").and_then(Value::as_str).filter(|word| STATES.contains(word)).unwrap_or("down")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_learnt_of_identifiers_is_told() {
        let upstream = json!({ "ids_learnt": "hex_then_decimal" });
        assert_eq!(learnt(&upstream).unwrap(), "receipts.ids was found to be `hex_then_decimal`");
        assert_eq!(learnt(&json!({})), None);
    }

    #[test]
    fn links_are_told_in_words() {
        let up = json!({ "state": "up" });
        let down = json!({ "state": "down", "reason": "connection\trefused", "retry_in": 5 });
        let upstream = |links: &[&Value]| json!({ "links": links });
        assert_eq!(short(&upstream(&[&down, &up, &up])), "2 up, 1 down");
        assert_eq!(short(&upstream(&[&up])), "up");
        assert_eq!(short(&json!({})), "");
        let elsewhere = json!({ "state": "elsewhere" });
        let expected = [
            "link 0 is up",
            "link 1 is down: connection refused; next try in 5 s",
            "link 2 is kept by another node",
        ];
        assert_eq!(lines(&upstream(&[&up, &down, &elsewhere])), expected);
    }
}

//! Parse errors in plain words: serde's messages name Rust types, which clients don't know.

use postrider_declare::suggest;

/// A message of serde's in plain words. An unknown message stays as it is.
pub(super) fn in_plain_words(words: &str) -> String {
    let quoted: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
    let starts = |start: &str| words.starts_with(start);
    match &quoted[..] {
        [field] if starts("missing field ") => format!("the field '{field}' is missing"),
        [field] if starts("duplicate field ") => format!("the field '{field}' is given twice"),
        [field, known @ ..] if starts("unknown field ") => {
            format!("unknown field '{field}'; {}", suggestion(field, known, "the fields are"))
        }
        [word, known @ ..] if starts("unknown variant ") => {
            format!("invalid value '{word}'; {}", suggestion(word, known, "the values are"))
        }
        _ => unexpected(words).unwrap_or_else(|| words.to_owned()),
    }
}

/// The field that a message of serde's says is missing.
pub(super) fn missing_field(words: &str) -> Option<&str> {
    words.strip_prefix("missing field `")?.strip_suffix('`')
}

/// The likeliest of the known words, or else all of them.
fn suggestion(word: &str, known: &[&str], those: &str) -> String {
    match suggest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => {
            let known: Vec<String> = known.iter().map(|word| format!("'{word}'")).collect();
            format!("{those} {}", known.join(", "))
        }
    }
}

/// `invalid type: integer `5`, expected a string` as `expected a string, found 5`.
fn unexpected(words: &str) -> Option<String> {
    let (found, expected) = words.strip_prefix("invalid ")?.split_once(", expected ")?;
    let expected = json_name(expected);
    Some(match found.split_once(": ") {
        Some((_, found)) => format!("expected {expected}, found {}", json_value(found)),
        // An array of the wrong length in the place of an object.
        None => format!("expected {expected}"),
    })
}

/// The JSON name of a type.
fn json_name(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        other => other,
    }
}

fn json_value(found: &str) -> String {
    match found {
        "sequence" => "an array".into(),
        "map" => "an object".into(),
        _ => match found.split_once([' ', '"']) {
            // The string that was found, in its quotes.
            Some(("string", text)) => text.into(),
            Some(_) => found.split('`').nth(1).unwrap_or(found).into(),
            None => found.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only parsed")]
    struct Order {
        to: String,
        #[serde(default)]
        parts: u8,
        #[serde(default)]
        rate: f64,
        #[serde(default)]
        flash: bool,
        #[serde(default)]
        list: Vec<String>,
        #[serde(default)]
        class: Option<Class>,
        #[serde(default)]
        inner: Option<Box<Order>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Class {
        Otp,
        Marketing,
    }

    #[test]
    fn messages_of_serde_are_put_in_plain_words() {
        let cases = [
            ("{}", "the field 'to' is missing"),
            (r#"{"to":"1","to":"2"}"#, "the field 'to' is given twice"),
            (r#"{"to":"1","clas":"otp"}"#, "unknown field 'clas'; did you mean 'class'?"),
            (
                r#"{"to":"1","x":"otp"}"#,
                "unknown field 'x'; \
                 the fields are 'to', 'parts', 'rate', 'flash', 'list', 'class', 'inner'",
            ),
            (r#"{"to":"1","class":"opt"}"#, "invalid value 'opt'; did you mean 'otp'?"),
            (r#"{"to":"1","class":"x"}"#, "invalid value 'x'; the values are 'otp', 'marketing'"),
            (r#"{"to":5}"#, "expected a string, found 5"),
            (r#"{"to":null}"#, "expected a string, found null"),
            (r#"{"to":["1"]}"#, "expected a string, found an array"),
            (r#"{"to":{}}"#, "expected a string, found an object"),
            (r#"{"to":"1","parts":"two"}"#, "expected a whole number from 0 to 255, found \"two\""),
            (r#"{"to":"1","parts":300}"#, "expected a whole number from 0 to 255, found 300"),
            (r#"{"to":"1","parts":1.5}"#, "expected a whole number from 0 to 255, found 1.5"),
            (r#"{"to":"1","rate":true}"#, "expected a number, found true"),
            (r#"{"to":"1","flash":0}"#, "expected true or false, found 0"),
            (r#"{"to":"1","list":"x"}"#, "expected an array, found \"x\""),
            (r#"{"to":"1","inner":7}"#, "expected an object, found 7"),
            (r#"{"to":"1","inner":[]}"#, "expected an object"),
        ];
        for (document, expected) in cases {
            let error = serde_json::from_str::<Order>(document).unwrap_err().to_string();
            let words = error.rsplit_once(" at line ").unwrap().0;
            assert_eq!(in_plain_words(words), expected, "{document}");
        }
        assert_eq!(in_plain_words("write it otherwise"), "write it otherwise");
    }
}

//! What serde says of a document that it can't read, in the words of those who wrote the document rather than of those
//! who wrote the types.

use crate::resource::suggest;

/// The sentence in plain words; one that isn't known stays as it is.
pub(super) fn retell(words: &str) -> String {
    let quoted: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
    let starts = |start: &str| words.starts_with(start);
    match &quoted[..] {
        [field] if starts("missing field ") => format!("the field '{field}' is missing"),
        [field] if starts("duplicate field ") => format!("the field '{field}' stands here twice"),
        [field, known @ ..] if starts("unknown field ") => {
            format!("there is no field '{field}' here; {}", instead(field, known, "the fields are"))
        }
        [word, known @ ..] if starts("unknown variant ") => {
            format!("'{word}' can't stand here; {}", instead(word, known, "it is one of"))
        }
        _ => unexpected(words).unwrap_or_else(|| words.to_owned()),
    }
}

/// The field that the sentence says is missing.
pub(super) fn missing(words: &str) -> Option<&str> {
    words.strip_prefix("missing field `")?.strip_suffix('`')
}

/// What was meant, or else all that could be.
fn instead(word: &str, known: &[&str], those: &str) -> String {
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
    let expected = spoken(expected);
    Some(match found.split_once(": ") {
        Some((_, found)) => format!("expected {expected}, found {}", spoken_found(found)),
        // An array that was taken for an object, of the wrong length.
        None => format!("expected {expected}"),
    })
}

/// What a type is called in JSON.
fn spoken(expected: &str) -> &str {
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

fn spoken_found(found: &str) -> String {
    match found {
        "sequence" => "an array".into(),
        "map" => "an object".into(),
        _ => match found.split_once([' ', '"']) {
            // The text that was found, in its quotes.
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
    #[allow(dead_code)]
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
    fn what_serde_says_is_told_in_plain_words() {
        let cases = [
            ("{}", "the field 'to' is missing"),
            (r#"{"to":"1","to":"2"}"#, "the field 'to' stands here twice"),
            (r#"{"to":"1","clas":"otp"}"#, "there is no field 'clas' here; did you mean 'class'?"),
            (
                r#"{"to":"1","x":"otp"}"#,
                "there is no field 'x' here; \
                 the fields are 'to', 'parts', 'rate', 'flash', 'list', 'class', 'inner'",
            ),
            (r#"{"to":"1","class":"opt"}"#, "'opt' can't stand here; did you mean 'otp'?"),
            (r#"{"to":"1","class":"x"}"#, "'x' can't stand here; it is one of 'otp', 'marketing'"),
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
            assert_eq!(retell(words), expected, "{document}");
        }
        assert_eq!(retell("write it otherwise"), "write it otherwise");
    }
}

//! Mistakes in the syntax of JSON, in plain words, with line and column.

use super::encoding::position;
use serde_json::Error;

/// What is wrong and where: `line 2, column 7: expected a value, found '}'`. `words` is the parser's message.
pub(super) fn explain(body: &[u8], error: &Error, words: &str) -> String {
    if words.starts_with("control character")
        && let Some((index, octet)) = control_character(body)
    {
        let (line, column) = position(body, index);
        return format!("line {line}, column {column}: {}", unescaped(octet));
    }
    let (line, column) = (error.line(), error.column());
    format!("line {line}, column {column}: {}", plain(words, octet_at(body, line, column)))
}

/// The first control character in a string, and its index.
fn control_character(body: &[u8]) -> Option<(usize, u8)> {
    let (mut within, mut is_escaped) = (false, false);
    for (index, octet) in body.iter().copied().enumerate() {
        match octet {
            _ if is_escaped => is_escaped = false,
            b'\\' if within => is_escaped = true,
            b'"' => within = !within,
            0..=0x1F if within => return Some((index, octet)),
            _ => {}
        }
    }
    None
}

fn unescaped(octet: u8) -> String {
    let (name, escape) = match octet {
        b'\n' | b'\r' => ("a raw line end".to_owned(), if octet == b'\n' { "\\n" } else { "\\r" }.to_owned()),
        b'\t' => ("a raw tab".to_owned(), "\\t".to_owned()),
        _ => (format!("the control character U+{octet:04X}"), format!("\\u{octet:04x}")),
    };
    format!("a string holds {name}: write it as {escape}")
}

fn octet_at(body: &[u8], line: usize, column: usize) -> Option<u8> {
    let line = body.split(|octet| *octet == b'\n').nth(line.checked_sub(1)?)?;
    line.get(column.checked_sub(1)?).copied()
}

/// The parser's message in plain words; `found` is the octet at its place. An unknown message stays as it is.
fn plain(words: &str, found: Option<u8>) -> String {
    if let Some(inside) = words.strip_prefix("EOF while parsing ") {
        return format!("the body ends within {}", inside.replace("a list", "an array"));
    }
    let expected = match words {
        "expected value" | "expected ident" => "a value",
        "expected `:`" => "':'",
        "expected `,` or `}`" => "',' or '}'",
        "expected `,` or `]`" => "',' or ']'",
        "key must be a string" => "a name in double quotes",
        "trailing comma" => return "a comma stands before the end: remove it".to_owned(),
        "trailing characters" => return "something stands behind the JSON document: remove it".to_owned(),
        "recursion limit exceeded" => return "arrays and objects are nested too deep".to_owned(),
        other => return other.to_owned(),
    };
    match found {
        Some(b'\'') => format!("expected {expected}, found ': JSON has double quotes"),
        Some(octet) if octet.is_ascii_graphic() => {
            format!("expected {expected}, found '{}'", char::from(octet))
        }
        _ => format!("expected {expected}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn each_mistake_has_its_words_and_place() {
        let cases = [
            ("{\"text\":\"one\ntwo\"}", "line 1, column 13: a string holds a raw line end: write it as \\n"),
            (
                "{\"a\":\"\\\"\",\"text\":\"one\r\ntwo\"}",
                "line 1, column 22: a string holds a raw line end: write it as \\r",
            ),
            ("{\n\"text\":\"\t\"}", "line 2, column 9: a string holds a raw tab: write it as \\t"),
            (
                "{'to':1}",
                "line 1, column 2: expected a name in double quotes, found ': JSON has double quotes",
            ),
            ("{\"to\":'1'}", "line 1, column 7: expected a value, found ': JSON has double quotes"),
            ("{\"to\":None}", "line 1, column 7: expected a value, found 'N'"),
            ("{\"to\":\"1\",}", "line 1, column 11: a comma stands before the end: remove it"),
            ("{\"to\" \"1\"}", "line 1, column 7: expected ':', found '\"'"),
            ("{\"a\":1 \"b\":2}", "line 1, column 8: expected ',' or '}', found '\"'"),
            ("{\"a\":[1 2]}", "line 1, column 9: expected ',' or ']', found '2'"),
            ("{\"to\":\"1\"}{", "line 1, column 11: something stands behind the JSON document: remove it"),
            ("{\"a\":[1", "line 1, column 7: the body ends within an array"),
            ("{\"a\":\"1", "line 1, column 7: the body ends within a string"),
            ("to=1&text=x", "line 1, column 2: expected a value, found 'o'"),
        ];
        for (body, expected) in cases {
            let error = serde_json::from_str::<Value>(body).unwrap_err();
            let words = error.to_string();
            let words = words.rsplit_once(" at line ").unwrap().0;
            assert_eq!(explain(body.as_bytes(), &error, words), expected, "{body}");
        }
        let deep = "[".repeat(200);
        let error = serde_json::from_str::<Value>(&deep).unwrap_err();
        assert!(explain(deep.as_bytes(), &error, "recursion limit exceeded").ends_with("nested too deep"));
    }
}

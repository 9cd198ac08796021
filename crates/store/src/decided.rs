//! Decisions on the items of a request as one column keeps them: a line for each item. An accepted one is its message's
//! number; a refused one is `!`, the code, the detail, and the field if there is one, between tabs.

use postrider_core::contract::{Decided, Refused};

/// The first character of a refusal.
const REFUSED: char = '!';

/// The column's text.
pub(crate) fn write(decided: &[Decided]) -> String {
    let mut text = String::with_capacity(decided.len() * 20);
    for (place, decided) in decided.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        match decided {
            Decided::Accepted(message) => text.push_str(&message.to_string()),
            Decided::Refused(refused) => refusal(refused, &mut text),
        }
    }
    text
}

fn refusal(Refused { code, detail, field }: &Refused, text: &mut String) {
    text.push(REFUSED);
    escape(code, text);
    for word in std::iter::once(detail).chain(field) {
        text.push('\t');
        escape(word, text);
    }
}

fn escape(word: &str, text: &mut String) {
    for c in word.chars() {
        match c {
            '\\' => text.push_str(r"\\"),
            '\n' => text.push_str(r"\n"),
            '\t' => text.push_str(r"\t"),
            // PostgreSQL has no zero in its texts.
            '\0' => text.push_str(r"\0"),
            c => text.push(c),
        }
    }
}

/// The decisions in the column; `None` if it holds something else.
pub(crate) fn read(text: &str) -> Option<Vec<Decided>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split('\n').map(line).collect()
}

fn line(line: &str) -> Option<Decided> {
    let Some(refusal) = line.strip_prefix(REFUSED) else {
        return line.parse().ok().map(Decided::Accepted);
    };
    let mut words = refusal.split('\t').map(unescape);
    let (code, detail, field) = (words.next()??, words.next()??, words.next());
    let field = field.map(|field| field.ok_or(())).transpose().ok()?;
    words.next().is_none().then_some(Decided::Refused(Refused { code, detail, field }))
}

fn unescape(word: &str) -> Option<Box<str>> {
    let mut text = String::with_capacity(word.len());
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        text.push(match c {
            '\\' => match rest.next()? {
                '\\' => '\\',
                'n' => '\n',
                't' => '\t',
                '0' => '\0',
                _ => return None,
            },
            c => c,
        });
    }
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::id::MessageId;

    fn refused(code: &str, detail: &str, field: Option<&str>) -> Decided {
        Decided::Refused(Refused { code: code.into(), detail: detail.into(), field: field.map(Into::into) })
    }

    #[test]
    fn decisions_read_back() {
        let accepted = |number| Decided::Accepted(MessageId::from_number(number));
        let several = [
            accepted(7),
            refused("invalid_recipient", "the recipient is not a valid number", Some("to")),
            accepted(i64::MAX.unsigned_abs()),
            refused("no_credit", "", None),
            refused("", "a\tb\nc\\d\0e", Some("")),
        ];
        let text = write(&several);
        assert_eq!(
            text,
            "7\n!invalid_recipient\tthe recipient is not a valid number\tto\n9223372036854775807\n!no_credit\t\n\
             !\ta\\tb\\nc\\\\d\\0e\t"
        );
        assert_eq!(read(&text).as_deref(), Some(&several[..]));
        assert_eq!((write(&[]).as_str(), read("")), ("", Some(Vec::new())));
    }

    #[test]
    fn something_else_is_no_decisions() {
        for text in ["x", "1\n", "!", "!code", "!code\t\\", "!code\t\\x", "!a\tb\tc\td", "-1"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}

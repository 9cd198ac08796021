//! CSV as spreadsheets write it (RFC 4180): fields in quotes may hold separators and lines.

/// Separators that are told apart by the first line.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// A row, and the line at which it begins, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) fields: Vec<String>,
}

/// Reads a table, at most so many rows. Empty lines are no rows.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn read(octets: &[u8], most: usize) -> Result<Vec<Row>, String> {
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let text = std::str::from_utf8(octets).map_err(|error| {
        let line = 1 + octets.iter().take(error.valid_up_to()).filter(|octet| **octet == b'\n').count();
        format!("line {line} is not UTF-8: save the file as 'CSV UTF-8'")
    })?;
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: &char| first.matches(*separator).count();
    let separator = SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(',');
    let mut reader = Reader { characters: text.chars().peekable(), separator, line: 1 };
    let mut rows = Vec::new();
    while let Some(row) = reader.row()? {
        if row.fields.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if rows.len() == most {
            return Err(format!("line {}: there are at most {most} rows", row.line));
        }
        rows.push(row);
    }
    Ok(rows)
}

struct Reader<'t> {
    characters: std::iter::Peekable<std::str::Chars<'t>>,
    separator: char,
    line: usize,
}

impl Reader<'_> {
    /// The next row; `None` at the end.
    fn row(&mut self) -> Result<Option<Row>, String> {
        if self.characters.peek().is_none() {
            return Ok(None);
        }
        let mut row = Row { line: self.line, fields: Vec::new() };
        loop {
            let (field, is_last) = self.field()?;
            row.fields.push(field);
            if is_last {
                return Ok(Some(row));
            }
        }
    }

    /// The next field, and whether it is the last of its row.
    fn field(&mut self) -> Result<(String, bool), String> {
        let mut field = String::new();
        if self.characters.next_if_eq(&'"').is_some() {
            self.quoted(&mut field)?;
        }
        loop {
            match self.characters.next() {
                None => return Ok((field, true)),
                Some('\n') => {
                    self.line += 1;
                    return Ok((field, true));
                }
                Some('\r') if self.characters.peek().is_none_or(|next| *next == '\n') => {}
                Some(character) if character == self.separator => return Ok((field, false)),
                Some(character) => field.push(character),
            }
        }
    }

    /// What stands in quotes, up to the last of them.
    fn quoted(&mut self, field: &mut String) -> Result<(), String> {
        let begin = self.line;
        loop {
            match self.characters.next() {
                None => return Err(format!("line {begin}: a quote is not closed")),
                Some('"') if self.characters.next_if_eq(&'"').is_none() => return Ok(()),
                Some(character) => {
                    self.line += usize::from(character == '\n');
                    field.push(character);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(usize, Vec<String>)> {
        read(text.as_bytes(), 10).unwrap().into_iter().map(|row| (row.line, row.fields)).collect()
    }

    #[test]
    fn spreadsheets_are_read() {
        let row = |line, fields: &[&str]| (line, fields.iter().map(|field| (*field).to_owned()).collect());
        assert_eq!(
            fields("\u{FEFF}to,text\r\n+1,Hello\r\n"),
            [row(1, &["to", "text"]), row(2, &["+1", "Hello"])]
        );
        assert_eq!(
            fields("to;text\n+1;a, b\n\n+2;c"),
            [row(1, &["to", "text"]), row(2, &["+1", "a, b"]), row(4, &["+2", "c"])]
        );
        let quoted = "to,text\n+1,\"Say \"\"hi\"\",\nnow\"\n+2,b\n";
        assert_eq!(
            fields(quoted),
            [row(1, &["to", "text"]), row(2, &["+1", "Say \"hi\",\nnow"]), row(4, &["+2", "b"])]
        );
        assert_eq!(fields("to\ttext\n+1\t\n"), [row(1, &["to", "text"]), row(2, &["+1", ""])]);
        assert!(fields("").is_empty());
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        assert_eq!(read(b"to,text\n+1,\"a\n", 9).unwrap_err(), "line 2: a quote is not closed");
        assert!(read(b"to,text\n+1,\xFF\n", 9).unwrap_err().starts_with("line 2 is not UTF-8"));
        assert_eq!(read(b"a\nb\nc\n", 2).unwrap_err(), "line 3: there are at most 2 rows");
    }
}

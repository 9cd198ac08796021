//! Comma-separated values (RFC 4180) that come piece by piece, of any size, and values that spreadsheets don't take for formulas.

/// The longest row, in octets.
pub const ROW_MAX: usize = 64 * 1024;

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// Why a table can't be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongTable {
    /// It is not in UTF-8.
    #[error("line {0}: the file is not UTF-8: save it as \"CSV UTF-8\"")]
    NotUtf8(u64),
    /// A row is over the limit: a quote may be open.
    #[error("line {0}: the row has more than {ROW_MAX} octets: a quote may not be closed")]
    TooLong(u64),
}

/// A reader of a table that comes piece by piece. Cells are separated by what the first row has: semicolon, tab, or else comma.
#[derive(Clone, Debug)]
pub struct Rows {
    separator: Option<u8>,
    line: u64,
    begun: u64,
    row: Vec<u8>,
    is_quoted: bool,
}

impl Default for Rows {
    fn default() -> Self {
        Self { separator: None, line: 1, begun: 1, row: Vec::new(), is_quoted: false }
    }
}

impl Rows {
    /// Takes a piece in; returns the rows that it completes.
    ///
    /// # Errors
    /// The table can't be read.
    pub fn take(&mut self, piece: &[u8]) -> Result<Vec<Row>, WrongTable> {
        let mut rows = Vec::new();
        for octet in piece {
            self.is_quoted ^= *octet == b'"';
            self.line += u64::from(*octet == b'\n');
            if *octet == b'\n' && !self.is_quoted {
                rows.extend(self.finish()?);
                self.begun = self.line;
                continue;
            }
            self.row.push(*octet);
            if self.row.len() > ROW_MAX {
                return Err(WrongTable::TooLong(self.begun));
            }
        }
        Ok(rows)
    }

    /// The last row, if the table doesn't end with a line break.
    ///
    /// # Errors
    /// The table can't be read.
    pub fn end(&mut self) -> Result<Option<Row>, WrongTable> {
        self.is_quoted = false;
        self.finish()
    }

    fn finish(&mut self) -> Result<Option<Row>, WrongTable> {
        let octets = std::mem::take(&mut self.row);
        let text = str::from_utf8(&octets).map_err(|_| WrongTable::NotUtf8(self.begun))?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        let text = if self.begun == 1 { text.trim_start_matches('\u{FEFF}') } else { text };
        if text.trim().is_empty() {
            return Ok(None);
        }
        let separator = *self.separator.get_or_insert_with(|| separator(text));
        let cells = cells(text, char::from(separator));
        let is_empty = cells.iter().all(|cell| cell.trim().is_empty());
        Ok((!is_empty).then_some(Row { line: self.begun, cells }))
    }
}

/// What separates the cells of a first row.
fn separator(text: &str) -> u8 {
    let found = [b';', b'\t'].into_iter().find(|sign| text.contains(char::from(*sign)));
    found.unwrap_or(b',')
}

fn cells(text: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '"' if is_quoted && rest.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            sign if sign == separator && !is_quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

/// Writes a row. A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers don't.
pub fn write<'c>(out: &mut String, cells: impl IntoIterator<Item = &'c str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        let is_formula = is_formula(cell);
        if is_formula || cell.contains(['"', ',', '\n', '\r', ';', '\t']) {
            out.push('"');
            out.push_str(if is_formula { "'" } else { "" });
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

/// Whether a spreadsheet may take a cell for a formula (CWE-1236). `+447700900123` and `-3.5` are numbers.
fn is_formula(cell: &str) -> bool {
    let is_number = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !is_number(cell.get(1..).unwrap_or_default()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, piece: usize) -> Vec<(u64, Vec<String>)> {
        let mut rows = Rows::default();
        let mut read = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            read.extend(rows.take(piece).unwrap());
        }
        read.extend(rows.end().unwrap());
        read.into_iter().map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn a_table_reads_the_same_in_any_pieces() {
        let text = "\u{FEFF}number;name\r\n\r\n+1;\"a \"\"b\"\"\nc\"\n;\n+2;ö,ü";
        let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let expected =
            [(1, cells(&["number", "name"])), (3, cells(&["+1", "a \"b\"\nc"])), (6, cells(&["+2", "ö,ü"]))];
        for piece in [1, 2, 3, 7, 1_000] {
            assert_eq!(read(text, piece), expected, "{piece}");
        }
    }

    #[test]
    fn what_is_no_table_is_told_with_its_line() {
        let mut rows = Rows::default();
        assert_eq!(rows.take(b"a\n\xFF\n"), Err(WrongTable::NotUtf8(2)));
        let mut rows = Rows::default();
        assert_eq!(rows.take(&[b'x'; ROW_MAX + 1]), Err(WrongTable::TooLong(1)));
        assert_eq!(Rows::default().take(b"\"open\nx\n"), Ok(Vec::new()));
    }

    #[test]
    fn formulas_are_written_as_texts_and_numbers_as_they_are() {
        let mut out = String::new();
        write(&mut out, ["=1+1", "+447700900123", "-3.5", "@x", "+a", "a,b", "\"q\"", "-"]);
        let expected = "\"'=1+1\",+447700900123,-3.5,\"'@x\",\"'+a\",\"a,b\",\"\"\"q\"\"\",\"'-\"\r\n";
        assert_eq!(out, expected);
    }
}

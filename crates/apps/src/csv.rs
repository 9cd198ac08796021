//! Comma-separated values (RFC 4180) that come piece by piece, of any size.

mod utf16;
mod writing;

pub use writing::write;

use utf16::Form;

/// The longest row, in octets.
pub const ROW_MAX: usize = 64 * 1024;
/// What may separate cells; of equally many in the first row the first.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// What a first line begins with that only names the separator, as Excel reads it.
const SEPARATOR_LINE: &str = "sep=";

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
    /// A quote is open at the end.
    #[error("line {0}: a quote is not closed")]
    Open(u64),
}

/// Where in a cell the last octet was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// A cell begins.
    #[default]
    Begin,
    /// In a cell without quotes, or behind the last quote of one.
    Plain,
    /// In quotes.
    Quoted,
    /// Behind a quote in quotes: another one stands for itself.
    Quote,
}

impl Place {
    /// The place behind an octet.
    fn behind(self, octet: u8, is_separator: bool) -> Self {
        match (self, octet) {
            (Self::Begin | Self::Quote, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::Quote,
            (Self::Quoted, _) => Self::Quoted,
            _ if is_separator => Self::Begin,
            _ => Self::Plain,
        }
    }
}

/// A reader of a table that comes piece by piece, in UTF-8, or in UTF-16 with a byte order mark. Cells are separated by the sign that the
/// first row has most of: comma, semicolon or tab.
#[derive(Clone, Debug)]
pub struct Rows {
    form: Form,
    separator: Option<u8>,
    line: u64,
    begun: u64,
    row: Vec<u8>,
    place: Place,
}

impl Default for Rows {
    fn default() -> Self {
        let (form, place) = (Form::default(), Place::default());
        Self { form, separator: None, line: 1, begun: 1, row: Vec::new(), place }
    }
}

impl Rows {
    /// Takes a piece in; returns the rows that it completes.
    ///
    /// # Errors
    /// The table can't be read.
    pub fn take(&mut self, piece: &[u8]) -> Result<Vec<Row>, WrongTable> {
        if self.form == Form::Utf8 {
            return self.read(piece);
        }
        let mut octets = Vec::with_capacity(piece.len());
        piece.iter().for_each(|octet| self.form.take(*octet, &mut octets));
        self.read(&octets)
    }

    fn read(&mut self, octets: &[u8]) -> Result<Vec<Row>, WrongTable> {
        let mut rows = Vec::new();
        for octet in octets {
            self.line += u64::from(*octet == b'\n');
            if *octet == b'\n' && self.place != Place::Quoted {
                rows.extend(self.finish()?);
                self.begun = self.line;
                continue;
            }
            let is_separator = match self.separator {
                Some(separator) => *octet == separator,
                None => SEPARATORS.contains(octet),
            };
            // A byte order mark stands before the first cell.
            let is_mark = self.begun == 1 && self.row.len() < 3 && matches!(octet, 0xEF | 0xBB | 0xBF);
            if !is_mark {
                self.place = self.place.behind(*octet, is_separator);
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
        if self.place == Place::Quoted {
            return Err(WrongTable::Open(self.begun));
        }
        self.finish()
    }

    fn finish(&mut self) -> Result<Option<Row>, WrongTable> {
        let octets = std::mem::take(&mut self.row);
        self.place = Place::Begin;
        let text = str::from_utf8(&octets).map_err(|_| WrongTable::NotUtf8(self.begun))?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        let text = if self.begun == 1 { text.trim_start_matches('\u{FEFF}') } else { text };
        if let Some(&[sign]) = text.strip_prefix(SEPARATOR_LINE).map(str::as_bytes)
            && self.begun == 1
        {
            self.separator = Some(sign);
            return Ok(None);
        }
        if text.trim().is_empty() {
            return Ok(None);
        }
        let separator = *self.separator.get_or_insert_with(|| separator(text));
        let cells = cells(text, char::from(separator));
        let is_empty = cells.iter().all(|cell| cell.trim().is_empty());
        Ok((!is_empty).then_some(Row { line: self.begun, cells }))
    }
}

/// What separates the cells of a first row. What stands in quotes doesn't count.
fn separator(text: &str) -> u8 {
    let mut counts = [0; SEPARATORS.len()];
    for outside in text.split('"').step_by(2) {
        for (count, sign) in counts.iter_mut().zip(SEPARATORS) {
            *count += outside.bytes().filter(|octet| *octet == sign).count();
        }
    }
    let most = SEPARATORS.into_iter().zip(counts).rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(sign, _)| sign)
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
        let mut rows = Rows::default();
        assert_eq!(rows.take(b"a\n\"open\nx\n").map(|rows| rows.len()), Ok(1));
        assert_eq!(rows.end(), Err(WrongTable::Open(2)));
    }

    #[test]
    fn tables_of_spreadsheets_read_alike() {
        let expected = [(1, "number"), (2, "ö;ü")].map(|(line, cell)| (line, cell.to_owned()));
        let text = "number\tname\r\n\"ö;ü\"\t5\" long 😀\r\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain(units.iter().flat_map(|unit| unit.to_le_bytes())).collect();
        let big: Vec<u8> =
            [0xFE, 0xFF].into_iter().chain(units.iter().flat_map(|unit| unit.to_be_bytes())).collect();
        for octets in [text.as_bytes(), &little, &big] {
            for piece in [1, 2, 3, 1_000] {
                let mut rows = Rows::default();
                let mut found = Vec::new();
                for piece in octets.chunks(piece) {
                    found.extend(rows.take(piece).unwrap());
                }
                found.extend(rows.end().unwrap());
                let first: Vec<_> = found.iter().map(|row| (row.line, row.cells[0].clone())).collect();
                assert_eq!((&first[..], &*found[1].cells[1]), (&expected[..], "5\" long 😀"), "{piece}");
            }
        }
    }

    #[test]
    fn separators_are_those_of_the_first_row() {
        let first =
            |text: &str| read(text, 1_000).into_iter().map(|(_, cells)| cells.len()).collect::<Vec<_>>();
        assert_eq!(first("number,\"a;b;c\"\n+1,2\n"), [2, 2]);
        assert_eq!(first("number;a,b;c\n+1;2;3,4\n"), [3, 3]);
        assert_eq!(first("sep=;\r\nnumber;name\r\n+1;a,b\r\n"), [2, 2]);
        assert_eq!(first("number\n+1;2\n"), [1, 1]);
        // A quote within a cell is one.
        assert_eq!(read("number,size\n+1,5\" wide\n+2,x\n", 3).len(), 3);
    }
}

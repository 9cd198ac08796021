//! Tables that operators import as CSV (RFC 4180): a line for each row, a header that names the columns. A table with a
//! mistake is refused whole, with the lines of its mistakes.

use std::borrow::Cow;
use std::fmt;

/// The most octets of a table.
pub const OCTETS_MAX: usize = 256 * 1024 * 1024;
/// The most mistakes that are listed.
pub const MISTAKES_MAX: usize = 100;
/// The most octets of a line.
const LINE_MAX: usize = 1_000;

/// A mistake in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvMistake {
    /// Its line, from 1.
    pub line: u32,
    /// The column that it is about, if it is about one.
    pub column: Option<&'static str>,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for CsvMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.what),
            None => write!(f, "line {}: {}", self.line, self.what),
        }
    }
}

/// All that is wrong with a table; the first [`MISTAKES_MAX`] are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvMistakes {
    /// The listed ones.
    pub listed: Vec<CsvMistake>,
    /// How many there are.
    pub count: usize,
}

impl CsvMistakes {
    pub(crate) fn note(&mut self, mistake: CsvMistake) {
        self.count += 1;
        if self.listed.len() < MISTAKES_MAX {
            self.listed.push(mistake);
        }
    }

    /// That there are none, or else these.
    pub(crate) fn none(self) -> Result<(), Self> {
        if self.count == 0 { Ok(()) } else { Err(self) }
    }

    pub(crate) fn one(line: u32, column: Option<&'static str>, what: String) -> Self {
        Self { listed: vec![CsvMistake { line, column, what }], count: 1 }
    }
}

impl fmt::Display for CsvMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.listed.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))?;
        match self.count - self.listed.len() {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for CsvMistakes {}

/// The columns that a kind of table may have.
pub(crate) trait Column: Copy + PartialEq + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// A header with them.
    const HEADER: &'static str;
    /// Whether a table may have other columns, which are passed over.
    const TAKES_OTHERS: bool = false;

    /// The column's name in the header.
    fn name(self) -> &'static str;

    /// Whether there are columns enough.
    ///
    /// # Errors
    /// Which one is missing.
    fn check(columns: &[Self]) -> Result<(), String>;
}

/// The column that a header names: `Valid from`, `MCC/MNC`.
fn of_header<C: Column>(text: &str) -> Option<C> {
    let plain = |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let text = plain(text).to_ascii_lowercase();
    C::ALL.iter().copied().find(|column| plain(column.name()) == text)
}

/// A row of a table.
pub(crate) struct Row<'t, C> {
    columns: &'t [Option<C>],
    fields: Vec<Cow<'t, str>>,
}

impl<C: Column> Row<'_, C> {
    /// The value of a column, without blanks around it; empty where the table has no such column.
    pub(crate) fn get(&self, column: C) -> &str {
        let place = self.columns.iter().position(|named| *named == Some(column));
        place.and_then(|place| self.fields.get(place)).map_or("", |field| field.trim())
    }
}

/// What is wrong with a row, and in which column.
pub(crate) type Wrong = (Option<&'static str>, String);

/// Reads the rows of a table. `take` is given each with its line.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn read<C: Column>(
    octets: &[u8],
    rows_max: usize,
    mut take: impl FnMut(&Row<'_, C>, u32) -> Result<(), Wrong>,
) -> Result<(), CsvMistakes> {
    if octets.len() > OCTETS_MAX {
        let what = format!("the table has {} octets; {OCTETS_MAX} are allowed", octets.len());
        return Err(CsvMistakes::one(1, None, what));
    }
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let mut lines = octets.split(|octet| *octet == b'\n').zip(1u32..);
    let (header, _) = lines.next().unwrap_or_default();
    let (columns, separator) = header_of::<C>(header)?;
    let (mut mistakes, mut count) = (CsvMistakes::default(), 0);
    for (octets, line) in lines {
        let octets = octets.strip_suffix(b"\r").unwrap_or(octets);
        if octets.is_empty() {
            continue;
        }
        count += 1;
        if count > rows_max {
            return Err(CsvMistakes::one(line, None, format!("there are at most {rows_max} rows")));
        }
        let taken = row(octets, &columns, separator).and_then(|row| take(&row, line));
        if let Err((column, what)) = taken {
            mistakes.note(CsvMistake { line, column, what });
        }
    }
    mistakes.none()
}

fn row<'t, C: Column>(
    octets: &'t [u8],
    columns: &'t [Option<C>],
    separator: char,
) -> Result<Row<'t, C>, Wrong> {
    if octets.len() > LINE_MAX {
        return Err((None, format!("the line has {} octets; {LINE_MAX} are allowed", octets.len())));
    }
    let text = std::str::from_utf8(octets).map_err(|_| (None, "the line is not UTF-8".to_owned()))?;
    let fields = fields(text, separator).map_err(|what| (None, what.to_owned()))?;
    if fields.len() != columns.len() {
        let what = format!("the line has {} fields; the header has {}", fields.len(), columns.len());
        return Err((None, what));
    }
    Ok(Row { columns, fields })
}

/// The columns of a header, and what separates them.
fn header_of<C: Column>(octets: &[u8]) -> Result<(Vec<Option<C>>, char), CsvMistakes> {
    let wrong = |what: String| CsvMistakes::one(1, None, what);
    let help = format!("write a header such as '{}'", C::HEADER);
    let text = std::str::from_utf8(octets.get(..octets.len().min(LINE_MAX)).unwrap_or_default());
    let text = text.map_err(|_| wrong(format!("the first line is not UTF-8: {help}")))?.trim_end();
    let separator = separator_of(text);
    let mut columns = Vec::new();
    for name in fields(text, separator).map_err(|what| wrong(what.to_owned()))? {
        let column = of_header(&name);
        if column.is_none() && !C::TAKES_OTHERS {
            return Err(wrong(format!("there is no column '{name}': {help}")));
        }
        if column.is_some() && columns.contains(&column) {
            return Err(wrong(format!("the column '{name}' is given twice")));
        }
        columns.push(column);
    }
    let known: Vec<C> = columns.iter().copied().flatten().collect();
    C::check(&known).map_err(|what| wrong(format!("{what}: {help}")))?;
    Ok((columns, separator))
}

/// What separates the fields of a table with this header.
fn separator_of(header: &str) -> char {
    [';', '\t'].into_iter().find(|sign| header.contains(*sign)).unwrap_or(',')
}

/// The table with other names of columns in its header: in each pair the new name and the old one, whose case doesn't matter.
pub(crate) fn with_names<'t>(octets: &'t [u8], names: &[(String, String)]) -> Cow<'t, [u8]> {
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let end = octets.iter().position(|octet| *octet == b'\n').unwrap_or(octets.len());
    let (header, rest) = octets.split_at(end);
    let Ok(header) = std::str::from_utf8(header) else { return Cow::Borrowed(octets) };
    let (header, separator) = (header.trim_end(), separator_of(header));
    let Ok(before) = fields(header, separator) else { return Cow::Borrowed(octets) };
    let named = |field: Cow<'_, str>| -> String {
        let name = names.iter().find(|(_, old)| old.trim().eq_ignore_ascii_case(field.trim()));
        // A name that is given to another column is not this one's any more.
        let is_given = names.iter().any(|(new, _)| new.eq_ignore_ascii_case(field.trim()));
        let name = name.map(|(new, _)| new.clone());
        name.unwrap_or_else(
            || if is_given { "other".to_owned() } else { field.replace([separator, '"'], " ") },
        )
    };
    let renamed: Vec<String> = before.into_iter().map(named).collect();
    [renamed.join(&separator.to_string()).as_bytes(), rest].concat().into()
}

/// The codes of MCC and MNC in one column or in two; empty for none.
pub(crate) fn both_codes<'r>(both: &'r str, mcc: &str, mnc: &str) -> Cow<'r, str> {
    if both.is_empty() { format!("{mcc}{mnc}").into() } else { both.into() }
}

/// The days from 1970-01-01 to a date; 0 for none.
///
/// # Errors
/// When it is no date.
pub fn day(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let wrong = || format!("'{text}' is not a date: write it as 2027-01-31");
    let mut parts = text.splitn(3, '-').map(str::parse::<u32>);
    let mut next = || parts.next().and_then(Result::ok).ok_or_else(wrong);
    let (year, month, day) = (next()?, next()?, next()?);
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = month.checked_sub(1).and_then(|month| lengths.get(month as usize)).ok_or_else(wrong)?;
    if text.len() != 10 || !(1970..=9999).contains(&year) || day == 0 || day > *length {
        return Err(wrong());
    }
    let leaps = |year: u32| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let months: u32 = lengths.iter().take(month as usize - 1).sum();
    Ok(years + months + day - 1)
}

/// The fields of a line, some of which may stand in quotes.
fn fields(text: &str, separator: char) -> Result<Vec<std::borrow::Cow<'_, str>>, &'static str> {
    if !text.contains('"') {
        return Ok(text.split(separator).map(Into::into).collect());
    }
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            None => rest
                .split_once(separator)
                .map_or((rest.to_owned(), None), |(field, rest)| (field.to_owned(), Some(rest))),
            Some(quoted) => unquoted(quoted, separator)?,
        };
        fields.push(field.into());
        match behind {
            Some(behind) => rest = behind,
            None => return Ok(fields),
        }
    }
}

/// A field up to its closing quote, and what is behind its separator.
fn unquoted(text: &str, separator: char) -> Result<(String, Option<&str>), &'static str> {
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let (before, behind) = rest.split_once('"').ok_or("a quote is not closed on its line")?;
        field.push_str(before);
        if let Some(behind) = behind.strip_prefix('"') {
            field.push('"');
            rest = behind;
        } else if behind.is_empty() {
            return Ok((field, None));
        } else {
            let behind = behind.strip_prefix(separator).ok_or("a separator is missing behind a quote")?;
            return Ok((field, Some(behind)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_in_days() {
        for (text, days) in
            [("1970-01-01", 0), ("1972-03-01", 790), ("2000-02-29", 11_016), ("2026-11-29", 20_786)]
        {
            assert_eq!(day(text), Ok(days), "{text}");
        }
        for text in ["2026-1-1", "2026-13-01", "2026-00-10", "2026-01-00", "1969-12-31", "2100-02-29", "x"] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}

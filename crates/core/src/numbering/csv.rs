//! Numbering plans as CSV (RFC 4180): a line for each range, a header that names the columns.

use super::kind::NumberKind;
use super::network::{Network, NetworkCode};
use super::plan::{Networks, RANGES_MAX, Range};
use super::prefix::Prefix;
use std::fmt;

/// The columns that a plan may have.
pub const CSV_HEADER: &str = "prefix,mccmnc,name,type,valid_from";
/// The most octets of a plan.
pub const OCTETS_MAX: usize = 256 * 1024 * 1024;
/// The most mistakes that are listed.
pub const MISTAKES_MAX: usize = 100;
/// The most octets of a line.
const LINE_MAX: usize = 1_000;
/// The most octets of a network's name.
const NAME_MAX: usize = 64;

/// A mistake in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMistake {
    /// Its line, from 1.
    pub line: u32,
    /// The column that it is about, if it is about one.
    pub column: Option<&'static str>,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for PlanMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.what),
            None => write!(f, "line {}: {}", self.line, self.what),
        }
    }
}

/// All that is wrong with a plan; the first [`MISTAKES_MAX`] are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanMistakes {
    /// The listed ones.
    pub listed: Vec<PlanMistake>,
    /// How many there are.
    pub count: usize,
}

impl PlanMistakes {
    pub(super) fn note(&mut self, mistake: PlanMistake) {
        self.count += 1;
        if self.listed.len() < MISTAKES_MAX {
            self.listed.push(mistake);
        }
    }

    /// That there are none, or else these.
    pub(super) fn none(self) -> Result<(), Self> {
        if self.count == 0 { Ok(()) } else { Err(self) }
    }

    fn one(line: u32, column: Option<&'static str>, what: String) -> Self {
        Self { listed: vec![PlanMistake { line, column, what }], count: 1 }
    }
}

impl fmt::Display for PlanMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.listed.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))?;
        match self.count - self.listed.len() {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for PlanMistakes {}

/// The columns, by their names in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Prefix,
    MccMnc,
    Mcc,
    Mnc,
    Name,
    Type,
    ValidFrom,
}

impl Column {
    const ALL: [Self; 7] =
        [Self::Prefix, Self::MccMnc, Self::Mcc, Self::Mnc, Self::Name, Self::Type, Self::ValidFrom];

    const fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::MccMnc => "mccmnc",
            Self::Mcc => "mcc",
            Self::Mnc => "mnc",
            Self::Name => "name",
            Self::Type => "type",
            Self::ValidFrom => "valid_from",
        }
    }

    /// The column that a header names: `Valid from`, `MCC/MNC`.
    fn of_header(text: &str) -> Option<Self> {
        let plain = |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
        let text = plain(text).to_ascii_lowercase();
        Self::ALL.into_iter().find(|column| plain(column.name()) == text)
    }
}

/// What a plan says.
#[derive(Debug)]
pub(super) struct Rows {
    /// The ranges, each with its line.
    pub(super) ranges: Vec<(Range, u32)>,
    /// The networks that they name.
    pub(super) networks: Vec<Network>,
}

/// Reads a plan.
pub(super) fn read(octets: &[u8]) -> Result<Rows, PlanMistakes> {
    if octets.len() > OCTETS_MAX {
        let what = format!("the plan has {} octets; {OCTETS_MAX} are allowed", octets.len());
        return Err(PlanMistakes::one(1, None, what));
    }
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let mut lines = octets.split(|octet| *octet == b'\n').zip(1u32..);
    let (header, _) = lines.next().unwrap_or_default();
    let (columns, separator) = header_of(header)?;
    let mut reader =
        Reader { columns, separator, networks: Networks::default(), mistakes: PlanMistakes::default() };
    let mut ranges = Vec::new();
    for (octets, line) in lines {
        let octets = octets.strip_suffix(b"\r").unwrap_or(octets);
        if octets.is_empty() {
            continue;
        }
        match reader.row(octets) {
            Ok(range) => ranges.push((range, line)),
            Err((column, what)) => reader.mistakes.note(PlanMistake { line, column, what }),
        }
        if ranges.len() > RANGES_MAX {
            return Err(PlanMistakes::one(line, None, format!("a plan has at most {RANGES_MAX} ranges")));
        }
    }
    reader.mistakes.none()?;
    Ok(Rows { ranges, networks: reader.networks.into_vec() })
}

/// The columns of a header, and what separates them.
fn header_of(octets: &[u8]) -> Result<(Vec<Column>, char), PlanMistakes> {
    let wrong = |what: String| PlanMistakes::one(1, None, what);
    let help = format!("write a header such as '{CSV_HEADER}'");
    let text = std::str::from_utf8(octets.get(..octets.len().min(LINE_MAX)).unwrap_or_default());
    let text = text.map_err(|_| wrong(format!("the first line is not UTF-8: {help}")))?.trim_end();
    let separator = [';', '\t'].into_iter().find(|sign| text.contains(*sign)).unwrap_or(',');
    let mut columns = Vec::new();
    for name in fields(text, separator).map_err(|what| wrong(what.to_owned()))? {
        let column =
            Column::of_header(&name).ok_or_else(|| wrong(format!("there is no column '{name}': {help}")))?;
        if columns.contains(&column) {
            return Err(wrong(format!("the column '{name}' is given twice")));
        }
        columns.push(column);
    }
    if !columns.contains(&Column::Prefix) {
        return Err(wrong(format!("there is no column 'prefix': {help}")));
    }
    if columns.contains(&Column::Mcc) != columns.contains(&Column::Mnc) {
        return Err(wrong("the columns 'mcc' and 'mnc' go together".to_owned()));
    }
    Ok((columns, separator))
}

/// A reader of rows.
struct Reader {
    columns: Vec<Column>,
    separator: char,
    networks: Networks,
    mistakes: PlanMistakes,
}

/// What is wrong with a row, and in which column.
type Wrong = (Option<&'static str>, String);

impl Reader {
    fn row(&mut self, octets: &[u8]) -> Result<Range, Wrong> {
        if octets.len() > LINE_MAX {
            return Err((None, format!("the line has {} octets; {LINE_MAX} are allowed", octets.len())));
        }
        let text = std::str::from_utf8(octets).map_err(|_| (None, "the line is not UTF-8".to_owned()))?;
        let fields = fields(text, self.separator).map_err(|what| (None, what.to_owned()))?;
        if fields.len() != self.columns.len() {
            let what = format!("the line has {} fields; the header has {}", fields.len(), self.columns.len());
            return Err((None, what));
        }
        let field = |column: Column| {
            let place = self.columns.iter().position(|named| *named == column);
            place.and_then(|place| fields.get(place)).map_or("", |field| field.trim())
        };
        let at = |column: Column, what: String| (Some(column.name()), what);
        let prefix = field(Column::Prefix);
        let prefix: Prefix = prefix
            .strip_prefix('+')
            .unwrap_or(prefix)
            .parse()
            .map_err(|why: super::NotAPrefix| at(Column::Prefix, why.to_string()))?;
        let code = match (field(Column::MccMnc), field(Column::Mcc), field(Column::Mnc)) {
            ("", "", "") => None,
            ("", mcc, mnc) => Some(code(&format!("{mcc}{mnc}")).map_err(|what| at(Column::Mcc, what))?),
            (both, ..) => Some(code(both).map_err(|what| at(Column::MccMnc, what))?),
        };
        let name = field(Column::Name);
        if name.len() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(at(
                Column::Name,
                format!("a name has at most {NAME_MAX} octets and no control characters"),
            ));
        }
        let kind = kind(field(Column::Type)).map_err(|what| at(Column::Type, what))?;
        let from = day(field(Column::ValidFrom)).map_err(|what| at(Column::ValidFrom, what))?;
        let network = Network { code, name: name.into() };
        let has_network = code.is_some() || !name.is_empty();
        let network = has_network.then(|| self.networks.place(network));
        Ok(Range { prefix, network, kind, from })
    }
}

fn code(text: &str) -> Result<NetworkCode, String> {
    text.parse().map_err(|why: super::NotANetworkCode| why.to_string())
}

fn kind(text: &str) -> Result<NumberKind, String> {
    if text.is_empty() {
        return Ok(NumberKind::Unknown);
    }
    NumberKind::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = NumberKind::ALL.iter().map(|kind| kind.word()).collect();
        format!("'{text}' is not a type of numbers: write one of {}", words.join(", "))
    })
}

/// The days from 1970-01-01 to a date; 0 for none.
fn day(text: &str) -> Result<u32, String> {
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

    fn wrong(text: &str) -> String {
        read(text.as_bytes()).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn reads_what_people_and_spreadsheets_write() {
        for text in [
            "prefix,mccmnc,name,type,valid_from\n4477,23410,\"O2, UK\",mobile,2027-01-31\n",
            "\u{FEFF}Prefix;MCC/MNC;Name;Type;Valid from\r\n+4477;234-10;O2, UK;mobile;2027-01-31\r\n\r\n",
            "Name\tMCC\tMNC\tPrefix\tValid_From\tType\nO2, UK\t234\t10\t4477\t2027-01-31\tmobile",
        ] {
            let Rows { ranges, networks } = read(text.as_bytes()).unwrap();
            let network = Network { code: "23410".parse().ok(), name: "O2, UK".into() };
            assert_eq!(networks, [network], "{text}");
            let range = Range {
                prefix: "4477".parse().unwrap(),
                network: Some(0),
                kind: NumberKind::Mobile,
                from: 20_849,
            };
            assert_eq!(ranges, [(range, 2)], "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_in_which_line() {
        for (text, expected) in [
            (
                "",
                "line 1: there is no column '': write a header such as 'prefix,mccmnc,name,type,valid_from'",
            ),
            ("4477,23410", "line 1: there is no column '4477'"),
            ("mccmnc", "line 1: there is no column 'prefix'"),
            ("prefix,prefix", "line 1: the column 'prefix' is given twice"),
            ("prefix,mcc", "line 1: the columns 'mcc' and 'mnc' go together"),
            ("prefix\n\n0044", "line 3, prefix: '0044' is not the start of international numbers"),
            ("prefix,mccmnc\n44,234", "line 2, mccmnc: '234' is not the code of a network"),
            (
                "prefix,type\n44,landline",
                "line 2, type: 'landline' is not a type of numbers: write one of mobile",
            ),
            ("prefix,valid_from\n44,2027-02-29", "line 2, valid_from: '2027-02-29' is not a date"),
            ("prefix,name\n44", "line 2: the line has 1 fields; the header has 2"),
            ("prefix,name\n44,\"x", "line 2: a quote is not closed on its line"),
            ("prefix,name\n44,\"x\"y", "line 2: a separator is missing behind a quote"),
        ] {
            let told = wrong(text);
            assert!(told.starts_with(expected), "{told}");
        }
        let many = format!("prefix\n{}", "x\n".repeat(150));
        assert!(wrong(&many).ends_with("\nand 50 more"));
    }

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

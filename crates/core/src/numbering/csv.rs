//! Numbering plans as CSV: the columns, and how a row is read.

use super::kind::NumberKind;
use super::network::{Network, NetworkCode};
use super::plan::{Networks, RANGES_MAX, Range};
use super::prefix::Prefix;
use crate::csv::{self, CsvMistakes, Row, Wrong, both_codes, day};

/// The columns that a plan may have.
pub const CSV_HEADER: &str = "prefix,mccmnc,name,type,valid_from";
/// The most octets of a network's name.
const NAME_MAX: usize = 64;

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

impl csv::Column for Column {
    const ALL: &'static [Self] =
        &[Self::Prefix, Self::MccMnc, Self::Mcc, Self::Mnc, Self::Name, Self::Type, Self::ValidFrom];
    const HEADER: &'static str = CSV_HEADER;

    fn name(self) -> &'static str {
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

    fn check(columns: &[Self]) -> Result<(), String> {
        if !columns.contains(&Self::Prefix) {
            return Err("there is no column 'prefix'".to_owned());
        }
        if columns.contains(&Self::Mcc) != columns.contains(&Self::Mnc) {
            return Err("the columns 'mcc' and 'mnc' go together".to_owned());
        }
        Ok(())
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
pub(super) fn read(octets: &[u8]) -> Result<Rows, CsvMistakes> {
    let (mut ranges, mut networks) = (Vec::new(), Networks::default());
    csv::read(octets, RANGES_MAX, |row, line| {
        ranges.push((range(row, &mut networks)?, line));
        Ok(())
    })?;
    Ok(Rows { ranges, networks: networks.into_vec() })
}

fn range(row: &Row<'_, Column>, networks: &mut Networks) -> Result<Range, Wrong> {
    let at = |column: Column, what: String| (Some(csv::Column::name(column)), what);
    let prefix = row.get(Column::Prefix);
    let prefix: Prefix = prefix
        .strip_prefix('+')
        .unwrap_or(prefix)
        .parse()
        .map_err(|why: super::NotAPrefix| at(Column::Prefix, why.to_string()))?;
    let both = row.get(Column::MccMnc);
    let column = if both.is_empty() { Column::Mcc } else { Column::MccMnc };
    let code = both_codes(both, row.get(Column::Mcc), row.get(Column::Mnc));
    let code = (!code.is_empty()).then(|| self::code(&code)).transpose().map_err(|what| at(column, what))?;
    let name = row.get(Column::Name);
    if name.len() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(at(
            Column::Name,
            format!("a name has at most {NAME_MAX} octets and no control characters"),
        ));
    }
    let kind = kind(row.get(Column::Type)).map_err(|what| at(Column::Type, what))?;
    let from = day(row.get(Column::ValidFrom)).map_err(|what| at(Column::ValidFrom, what))?;
    let network = Network { code, name: name.into() };
    let has_network = code.is_some() || !name.is_empty();
    let network = has_network.then(|| networks.place(network));
    Ok(Range { prefix, network, kind, from })
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
}

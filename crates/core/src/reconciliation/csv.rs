//! A supplier's table as CSV.

use super::SupplierRow;
use crate::csv::{self, Column, CsvMistakes, Row, Wrong};
use crate::number::Number;
use crate::time::Time;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The columns of a supplier's table that are read. It may have others.
pub const SUPPLIER_HEADER: &str = "reference,to,sent_at,parts,cost";
/// The most rows of a supplier's table.
pub const ROWS_MAX: usize = 2_000_000;

#[derive(Clone, Copy, PartialEq)]
enum Of {
    Reference,
    To,
    SentAt,
    Parts,
    Cost,
}

impl Column for Of {
    const ALL: &'static [Self] = &[Self::Reference, Self::To, Self::SentAt, Self::Parts, Self::Cost];
    const HEADER: &'static str = SUPPLIER_HEADER;
    const TAKES_OTHERS: bool = true;

    fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::To => "to",
            Self::SentAt => "sent_at",
            Self::Parts => "parts",
            Self::Cost => "cost",
        }
    }

    fn check(columns: &[Self]) -> Result<(), String> {
        let has = |column| columns.contains(&column);
        if has(Self::Reference) || (has(Self::To) && has(Self::SentAt)) {
            return Ok(());
        }
        Err("the columns 'reference', or 'to' and 'sent_at', are missing; say which columns of the supplier they are".to_owned())
    }
}

/// Reads a supplier's table. `names` says which of its columns are ours: our name and the supplier's. Times without an offset are of `zone`.
///
/// # Errors
/// All that is wrong with it, by lines.
pub fn read(
    octets: &[u8],
    names: &[(String, String)],
    zone: &TimeZone,
) -> Result<Vec<SupplierRow>, CsvMistakes> {
    let named = csv::with_names(octets, names);
    let mut rows = Vec::new();
    csv::read(&named, ROWS_MAX, |row, line| {
        rows.push(supplier_row(row, line, zone)?);
        Ok(())
    })?;
    Ok(rows)
}

fn supplier_row(row: &Row<'_, Of>, line: u32, zone: &TimeZone) -> Result<SupplierRow, Wrong> {
    let given = |column: Of| Some(row.get(column)).filter(|text| !text.is_empty());
    let wrong = |column: Of| move |what: String| (Some(column.name()), what);
    let number = |text: &str| Number::parse_recipient(text).map_err(|why| wrong(Of::To)(why.to_string()));
    let amount =
        |text: &str| text.parse().map_err(|why: crate::money::NotAnAmount| wrong(Of::Cost)(why.to_string()));
    let parts = given(Of::Parts).map_or(Ok(1), |text| {
        text.parse().map_err(|_| wrong(Of::Parts)(format!("'{text}' is no number of parts")))
    });
    Ok(SupplierRow {
        line,
        reference: given(Of::Reference).map(Into::into),
        to: given(Of::To).map(number).transpose()?,
        sent_at: given(Of::SentAt).map(|text| time(text, zone).map_err(wrong(Of::SentAt))).transpose()?,
        parts: parts?,
        cost: given(Of::Cost).map(amount).transpose()?,
    })
}

/// A time with an offset, or else of this zone.
fn time(text: &str, zone: &TimeZone) -> Result<Time, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Time(at.as_millisecond()));
    }
    let local = text.parse::<DateTime>().ok().and_then(|local| zone.to_timestamp(local).ok());
    let wrong = || format!("'{text}' is not a time: write it as 2027-01-31 09:00:00 or 2027-01-31T09:00:00Z");
    local.map(|at| Time(at.as_millisecond())).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Amount;

    #[test]
    fn a_suppliers_own_columns_are_named() {
        let table =
            b"Date;Message ID;Destination;Segments;Rate\n2027-01-31 09:00:00;0A1;+447700900123;2;0.04\n\
            2027-01-31T09:00:00Z;;447700900124;;\n";
        let names = [
            ("reference", "Message ID"),
            ("to", "destination"),
            ("sent_at", "Date"),
            ("parts", "Segments"),
            ("cost", "Rate"),
        ]
        .map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()));
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let rows = read(table, &names, &zone).unwrap();
        let first = &rows[0];
        assert_eq!((first.line, first.reference.as_deref(), first.parts), (2, Some("0A1"), 2));
        assert_eq!(first.cost, Some(Amount(40_000)));
        assert_eq!(rows[1].sent_at.unwrap().0 - first.sent_at.unwrap().0, 3_600_000, "it is an hour later");
        assert_eq!((rows[1].parts, rows[1].cost, &rows[1].reference), (1, None, &None));
    }

    #[test]
    fn mistakes_are_told_by_lines() {
        let read =
            |table: &str| super::read(table.as_bytes(), &[], &TimeZone::UTC).map_err(|it| it.to_string());
        assert!(read("reference,other\na,b\n").is_ok(), "other columns are passed over");
        assert!(
            read("to,other\n1,2\n").unwrap_err().contains("'reference', or 'to' and 'sent_at', are missing")
        );
        let mistakes = read("reference,to,sent_at,parts,cost\na,x,soon,two,much\nb,447700900123,,1,0.02\n");
        assert!(mistakes.unwrap_err().starts_with("line 2, to: "));
    }
}

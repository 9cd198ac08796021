//! Rows of a file as submissions.

use crate::csv::Row;
use crate::fields::{self, NAMES, Wrong};
use postrider_core::submission::Submission;

/// The columns of a file, by the place of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns(Vec<&'static str>);

impl Columns {
    /// Reads a header.
    pub(super) fn read(header: &Row) -> Result<Self, String> {
        let help = format!("write a header with {} and others of: {}", "to, text", NAMES.join(", "));
        let mut columns = Vec::new();
        for name in &header.cells {
            let plain = name.trim().to_lowercase().replace([' ', '-'], "_");
            let column = NAMES.into_iter().find(|column| *column == plain);
            let column = column.ok_or_else(|| format!("there is no column '{}': {help}", name.trim()))?;
            if columns.contains(&column) {
                return Err(format!("the column '{column}' is given twice"));
            }
            columns.push(column);
        }
        match ["to", "text"].into_iter().find(|needed| !columns.contains(needed)) {
            Some(needed) => Err(format!("there is no column '{needed}': {help}")),
            None => Ok(Self(columns)),
        }
    }

    /// The submission of a row.
    pub(super) fn submission(&self, row: &Row) -> Result<Submission, Wrong> {
        if row.cells.len() != self.0.len() {
            let what = format!("the line has {} fields; the header has {}", row.cells.len(), self.0.len());
            return Err(("invalid_row", what));
        }
        let mut submission = Submission::default();
        for (column, field) in self.0.iter().zip(&row.cells) {
            fields::set(&mut submission, column, field)?;
        }
        Ok(submission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::message::{Body, Class};
    use postrider_core::time::Time;
    use std::time::Duration;

    fn row(fields: &[&str]) -> Row {
        Row { line: 2, cells: fields.iter().map(|field| (*field).to_owned()).collect() }
    }

    #[test]
    fn every_column_arrives() {
        let columns =
            Columns::read(&row(&["To", "TEXT", "from", "class", "Send at", "valid-for", "reference"]))
                .unwrap();
        let fields = ["+447700900123", " Hi ", "Shop", "otp", "2030-01-31T09:00:00Z", "5m", "r1"];
        let read = columns.submission(&row(&fields)).unwrap();
        assert_eq!(
            (&*read.to, read.from.as_deref(), read.class),
            ("+447700900123", Some("Shop"), Some(Class::Otp))
        );
        assert_eq!(
            (read.send_at, read.valid_for),
            (Some(Time(1_896_080_400_000)), Some(Duration::from_mins(5)))
        );
        assert_eq!(read.reference.as_deref(), Some("r1"));
        let Some(Body::Text(text)) = read.body else { panic!() };
        assert_eq!(&*text, " Hi ");
        let plain = columns.submission(&row(&["+1", "x", "", "", "", "", ""])).unwrap();
        assert_eq!((plain.from, plain.send_at), (None, None));
    }

    #[test]
    fn mistakes_are_told() {
        assert!(Columns::read(&row(&["to", "body"])).unwrap_err().starts_with("there is no column 'body'"));
        assert!(Columns::read(&row(&["to"])).unwrap_err().starts_with("there is no column 'text'"));
        assert!(Columns::read(&row(&["to", "to", "text"])).unwrap_err().contains("twice"));
        let columns = Columns::read(&row(&["to", "text", "class"])).unwrap();
        assert_eq!(columns.submission(&row(&["+1", "x", "urgent"])).unwrap_err().0, "invalid_class");
        assert_eq!(columns.submission(&row(&["+1", "x"])).unwrap_err().0, "invalid_row");
    }
}

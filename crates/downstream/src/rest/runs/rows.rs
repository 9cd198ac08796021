//! Rows of recipients that come as lines of JSON or as CSV, piece by piece.

use crate::rest::problem::Problem;
use axum::http::StatusCode;
use postrider_apps::csv::{ROW_MAX, Row, Rows, WrongTable};
use postrider_apps::run::Personal;
use postrider_core::number::Number;
use postrider_core::numbering::Country;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A recipient, or what is wrong with its line.
pub(super) type Read = Result<(Number, Personal), String>;

/// A recipient in a line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    to: String,
    #[serde(default)]
    variables: BTreeMap<Box<str>, Value>,
    #[serde(default)]
    language: Option<Box<str>>,
    #[serde(default)]
    zone: Option<Box<str>>,
}

/// A reader of recipients.
pub(super) enum Recipients {
    /// Of CSV, with the columns once they are known.
    Csv { rows: Rows, columns: Option<Vec<String>>, home: Option<Country> },
    /// Of lines of JSON: what has come of the next one, and its number.
    Json { line: Vec<u8>, at: u64, home: Option<Country> },
}

impl Recipients {
    /// A reader of CSV.
    pub(super) fn csv(home: Option<Country>) -> Self {
        Self::Csv { rows: Rows::default(), columns: None, home }
    }

    /// A reader of lines of JSON.
    pub(super) const fn json(home: Option<Country>) -> Self {
        Self::Json { line: Vec::new(), at: 1, home }
    }

    /// The columns of a table, once they are known.
    pub(super) fn columns(&self) -> Option<BTreeSet<&str>> {
        match self {
            Self::Csv { columns, .. } => Some(columns.as_ref()?.iter().map(String::as_str).collect()),
            Self::Json { .. } => None,
        }
    }

    /// Takes a piece in; returns the recipients that it completes, with their lines.
    ///
    /// # Errors
    /// Nothing more can be read.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<Vec<(u64, Read)>, Problem> {
        match self {
            Self::Csv { rows, columns, home } => {
                let found = rows.take(piece).map_err(|error| wrong_table(&error))?;
                of_rows(found, columns, *home)
            }
            Self::Json { line, at, home } => {
                let mut read = Vec::new();
                for octet in piece {
                    if *octet == b'\n' {
                        read.extend(of_line(line, *home).map(|recipient| (*at, recipient)));
                        line.clear();
                        *at += 1;
                        continue;
                    }
                    line.push(*octet);
                    if line.len() > ROW_MAX {
                        return Err(wrong_table(&WrongTable::TooLong(*at)));
                    }
                }
                Ok(read)
            }
        }
    }

    /// What the end of the body completes.
    ///
    /// # Errors
    /// It can't be read.
    pub(super) fn end(&mut self) -> Result<Vec<(u64, Read)>, Problem> {
        match self {
            Self::Csv { rows, columns, home } => {
                let last = rows.end().map_err(|error| wrong_table(&error))?;
                of_rows(last.into_iter().collect(), columns, *home)
            }
            Self::Json { line, at, home } => {
                Ok(of_line(line, *home).map(|recipient| (*at, recipient)).into_iter().collect())
            }
        }
    }
}

fn wrong_table(error: &WrongTable) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_recipients", error.to_string())
}

fn of_rows(
    rows: Vec<Row>,
    columns: &mut Option<Vec<String>>,
    home: Option<Country>,
) -> Result<Vec<(u64, Read)>, Problem> {
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        match columns {
            None => *columns = Some(header(&row)?),
            Some(columns) => read.push((row.line, of_cells(columns, row.cells, home))),
        }
    }
    Ok(read)
}

/// The names of columns, in small letters.
fn header(row: &Row) -> Result<Vec<String>, Problem> {
    let names: Vec<String> = row.cells.iter().map(|name| name.trim().to_lowercase()).collect();
    if names.iter().any(|name| name == "to") {
        return Ok(names);
    }
    let detail = "no column is called 'to': name the columns in the first line, such as to,language,name";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_recipients", detail))
}

fn of_cells(columns: &[String], cells: Vec<String>, home: Option<Country>) -> Read {
    if cells.len() > columns.len() {
        return Err(format!("the line has {} cells; there are {} columns", cells.len(), columns.len()));
    }
    let (mut to, mut personal) = (String::new(), Personal::default());
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        match column.as_str() {
            _ if cell.is_empty() => {}
            "to" => cell.clone_into(&mut to),
            "language" => personal.language = Some(cell.into()),
            "zone" => personal.zone = Some(cell.into()),
            name => drop(personal.variables.insert(name.into(), cell.into())),
        }
    }
    if to.is_empty() {
        return Err("the number is missing".to_owned());
    }
    Ok((number(&to, home)?, personal))
}

/// The recipient in a line of JSON; `None` for an empty line.
fn of_line(line: &[u8], home: Option<Country>) -> Option<Read> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return None;
    }
    let wrong = |error: serde_json::Error| {
        format!("a line is one recipient, such as {{\"to\":\"+447700900123\"}}: {error}")
    };
    let read = serde_json::from_slice::<Line>(line).map_err(wrong);
    Some(read.and_then(|Line { to, variables, language, zone }| {
        Ok((number(&to, home)?, Personal { variables, language, zone, avoid: None }))
    }))
}

fn number(text: &str, home: Option<Country>) -> Result<Number, String> {
    Number::parse_recipient_in(text, home).map_err(|error| format!("'{text}' is not a valid number: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn all(mut reader: Recipients, text: &str, piece: usize) -> Vec<(u64, Read)> {
        let mut read = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            read.extend(reader.take(piece).unwrap());
        }
        read.extend(reader.end().unwrap());
        read
    }

    #[test]
    fn recipients_come_as_csv_or_json_in_any_pieces() {
        let csv = "To;Name;language\n+447700900123;Ann;de\n;Bob;\n+447700900124;;\n";
        let json = "{\"to\":\"+447700900123\",\"variables\":{\"name\":\"Ann\"},\"language\":\"de\"}\n\n{\"to\":\"x\"}\n{\"to\":\"+447700900124\"}";
        for piece in [1, 5, 1_000] {
            for (read, lines) in [
                (all(Recipients::csv(None), csv, piece), [2, 3, 4]),
                (all(Recipients::json(None), json, piece), [1, 3, 4]),
            ] {
                assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), lines);
                let (number, personal) = read[0].1.clone().unwrap();
                assert_eq!((number.digits(), personal.language.as_deref()), (447_700_900_123, Some("de")));
                assert_eq!(personal.variables["name"], json!("Ann"));
                assert!(read[1].1.is_err());
                assert_eq!(read[2].1.clone().unwrap().1, Personal::default());
            }
        }
    }

    #[test]
    fn a_table_without_a_column_of_numbers_is_refused() {
        let problem = Recipients::csv(None).take(b"name\nAnn\n").unwrap_err();
        assert!(problem.detail.contains("'to'"));
    }
}

//! Imports of CSV.

use super::csv;
use super::make::Wanted;
use super::view::COLUMNS;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::consent::{Change, Kind, Source};
use postrider_core::principal::Principal;
use serde::Serialize;
use utoipa::ToSchema;

/// The most lines that an answer tells the mistakes of.
const MISTAKES_MAX: usize = 100;

/// The result of an import.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentImported)]
pub(in crate::rest) struct Imported {
    /// Lines that are new.
    added: usize,
    /// Lines that held before.
    unchanged: usize,
    /// Lines that are wrong, and were passed over.
    wrong: usize,
    /// The first 100 mistakes.
    mistakes: Vec<LineMistake>,
}

/// A line that was passed over.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentMistake)]
pub(in crate::rest) struct LineMistake {
    /// The line, from 1.
    line: usize,
    /// What is wrong.
    detail: String,
}

/// Imports lines. The first one names the columns; a file without names has numbers in its first column.
pub(super) async fn import(
    rest: &Rest,
    kind: Kind,
    caller: &Principal,
    text: &str,
) -> Result<Response, Problem> {
    let mut lines = csv::read(text);
    let columns = columns(&mut lines)?;
    let (mut changes, mut mistakes, mut wrong): (Vec<Change>, Vec<_>, _) = (Vec::new(), Vec::new(), 0);
    for (line, cells) in lines {
        match wanted(&columns, cells).change(rest, kind, caller, Source::Import) {
            Ok(change) => changes.push(change),
            Err(problem) => {
                wrong += 1;
                if mistakes.len() < MISTAKES_MAX {
                    mistakes.push(LineMistake { line, detail: problem.detail.to_string() });
                }
            }
        }
    }
    let changed = if changes.is_empty() { Vec::new() } else { rest.consent.change(changes).await? };
    let added = changed.iter().filter(|changed| **changed).count();
    let unchanged = changed.len() - added;
    Ok(json(StatusCode::OK, &Imported { added, unchanged, wrong, mistakes }))
}

/// The names of the columns, which are taken out of the lines.
fn columns(lines: &mut Vec<(usize, Vec<String>)>) -> Result<Vec<String>, Problem> {
    let Some((_, first)) = lines.first() else {
        return Err(Problem::bad("invalid_csv", "the file is empty: send lines with a number in each"));
    };
    let names: Vec<String> = first.iter().map(|name| name.trim().to_lowercase()).collect();
    if !names.iter().any(|name| name == "number") {
        let has_number = first.first().is_some_and(|cell| cell.chars().any(|c| c.is_ascii_digit()));
        let detail = "no column is named 'number': name the columns in the first line";
        return if has_number {
            Ok(vec!["number".to_owned()])
        } else {
            Err(Problem::bad("invalid_csv", detail))
        };
    }
    if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        let detail = format!("unknown column '{unknown}': the columns are {}", COLUMNS.join(", "));
        return Err(Problem::bad("invalid_csv", detail));
    }
    lines.remove(0);
    Ok(names)
}

fn wanted(columns: &[String], cells: Vec<String>) -> Wanted {
    let mut wanted = Wanted::default();
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim().to_owned();
        let is_given = !cell.is_empty();
        match column.as_str() {
            "number" => wanted.number = cell,
            "account" => wanted.account = Some(cell),
            "sender" => wanted.sender = is_given.then_some(cell),
            "purpose" => wanted.purpose = is_given.then_some(cell),
            "zone" => wanted.zone = is_given.then_some(cell),
            "reason" => wanted.reason = Some(cell),
            "obtained" => wanted.obtained = Some(cell),
            "text_shown" => wanted.text_shown = Some(cell),
            "proof" => wanted.proof = Some(cell),
            "at" => wanted.at = is_given.then_some(cell),
            // Where a line came from is this import.
            _ => {}
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Wanted>, String> {
        let mut lines = csv::read(text);
        let columns = columns(&mut lines).map_err(|problem| problem.detail.to_string())?;
        Ok(lines.into_iter().map(|(_, cells)| wanted(&columns, cells)).collect())
    }

    #[test]
    fn columns_are_named_or_the_first_is_the_number() {
        let named = read("Reason,Number\r\n\"called, angry\",+447700900123\r\n").unwrap();
        assert_eq!((&*named[0].number, named[0].reason.as_deref()), ("+447700900123", Some("called, angry")));
        let bare = read("+447700900123\n+447700900124\n").unwrap();
        assert_eq!(
            bare.iter().map(|wanted| &*wanted.number).collect::<Vec<_>>(),
            ["+447700900123", "+447700900124"]
        );
        assert!(read("").unwrap_err().contains("empty"));
        assert!(read("phone\n1").unwrap_err().contains("'number'"));
        assert!(read("number,colour\n1,red").unwrap_err().contains("'colour'"));
    }
}

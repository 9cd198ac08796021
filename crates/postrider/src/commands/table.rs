//! Answers of the gateway as tables for people, or as they came for programs.

use crate::terminal::{self, Style, escaped, paint, steers};
use serde_json::Value;

/// Prints an answer: as JSON if that was asked for, and otherwise by `print`.
pub(super) fn show(answer: &Value, json: bool, print: impl FnOnce(&Value)) {
    if json {
        terminal::say(&serde_json::to_string_pretty(answer).unwrap_or_default());
    } else {
        print(answer);
    }
}

/// A field as a text; lists are joined by commas.
pub(super) fn cell(value: &Value, name: &str) -> String {
    plain(value.get(name).unwrap_or(&Value::Null))
}

/// A text without line breaks, and without anything that would steer the terminal.
fn one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() || steers(c) { escaped(c) } else { c.to_string() };
    text.chars().map(shown).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        // What comes from elsewhere stays in its cell.
        Value::String(text) => one_line(text),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(object) if object.contains_key("code") => {
            let words = ["code", "carrier_code"].map(|name| object.get(name).map_or_else(String::new, plain));
            words.join(" ").trim_end().to_owned()
        }
        other => other.to_string(),
    }
}

/// Prints the rows that an answer has in a field, and says how the next page is asked for, if there is one.
pub(super) fn rows(answer: &Value, field: &str, columns: &[(&str, &str)]) {
    let rows = answer.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    print(columns, rows, "none", |_, _| None);
    if let Some(next) = answer.get("next").and_then(Value::as_str) {
        terminal::complain(&format!("more: add `--cursor {next}`"));
    }
}

/// Prints rows under their titles, without the columns that are empty in all of them; `none` if there are no
/// rows. `style` says how a value looks.
pub(super) fn print(
    columns: &[(&str, &str)],
    rows: &[Value],
    none: &str,
    style: impl Fn(&str, &str) -> Option<Style>,
) {
    if rows.is_empty() {
        terminal::complain(none);
        return;
    }
    let cells = |name: &str| rows.iter().map(|row| cell(row, name)).collect::<Vec<String>>();
    let columns: Vec<(&str, &str, Vec<String>)> = columns
        .iter()
        .map(|(title, name)| (*title, *name, cells(name)))
        .filter(|(_, _, cells)| cells.iter().any(|cell| !cell.is_empty()))
        .collect();
    let widths: Vec<usize> = columns.iter().map(|(title, _, cells)| width(title, cells)).collect();
    let mut titles = String::new();
    for ((title, _, _), width) in columns.iter().zip(&widths) {
        titles.push_str(&format!("{title:<width$}  "));
    }
    terminal::say(&paint(Style::Faint, titles.trim_end()));
    for row in 0..rows.len() {
        let mut line = String::new();
        for ((_, name, cells), width) in columns.iter().zip(&widths) {
            let value = &cells[row];
            let padded = format!("{value:<width$}  ");
            line.push_str(&style(name, value).map_or(padded.clone(), |style| paint(style, &padded)));
        }
        terminal::say(line.trim_end());
    }
}

fn width(title: &str, cells: &[String]) -> usize {
    cells.iter().map(|cell| cell.chars().count()).chain([title.len()]).max().unwrap_or(0)
}

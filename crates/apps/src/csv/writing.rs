//! Values that spreadsheets do not take for formulas.

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

    #[test]
    fn formulas_are_written_as_texts_and_numbers_as_they_are() {
        let mut out = String::new();
        write(&mut out, ["=1+1", "+447700900123", "-3.5", "@x", "+a", "a,b", "\"q\"", "-"]);
        let expected = "\"'=1+1\",+447700900123,-3.5,\"'@x\",\"'+a\",\"a,b\",\"\"\"q\"\"\",\"'-\"\r\n";
        assert_eq!(out, expected);
    }
}

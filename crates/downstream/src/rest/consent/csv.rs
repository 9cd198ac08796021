//! Comma-separated values (RFC 4180).

/// Adds a line.
pub(in crate::rest) fn write<'c>(out: &mut String, cells: impl IntoIterator<Item = &'c str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

/// The lines of a text, each with the number of the line on which it begins, from 1. Empty lines are left out. A quote that is
/// never closed ends with the text.
pub(in crate::rest) fn read(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut lines = Vec::new();
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let (mut line, mut begun) = (1, 1);
    let mut rest = text.trim_start_matches('\u{FEFF}').chars().peekable();
    while let Some(character) = rest.next() {
        line += usize::from(character == '\n');
        match character {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            _ if quoted => cell.push(character),
            ',' => cells.push(std::mem::take(&mut cell)),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' => {
                cells.push(std::mem::take(&mut cell));
                lines.push((begun, std::mem::take(&mut cells)));
                begun = line;
            }
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !cells.is_empty() {
        cells.push(cell);
        lines.push((begun, cells));
    }
    lines.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let lines = [vec!["+447700900123", "a, b", "say \"no\""], vec!["", "two\nlines", "x"]];
        let mut text = String::new();
        for cells in &lines {
            write(&mut text, cells.iter().copied());
        }
        let read: Vec<_> = read(&text).into_iter().map(|(_, cells)| cells).collect();
        assert_eq!(read, lines);
    }

    #[test]
    fn lines_are_counted_as_editors_count_them() {
        let text = "\u{FEFF}number\n\n1,\"a\nb\"\r\n2";
        let read = read(text);
        assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(read[1].1, ["1", "a\nb"]);
    }
}

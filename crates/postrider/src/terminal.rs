//! What a person sees: lines on standard output and standard error, coloured where that helps. Logs do not
//! go this way.
//!
//! Texts of carriers, clients and senders are among them. So no control character reaches the output except line breaks,
//! tabulators, and the colours of this module, which stand in a line as noncharacters of Unicode until it is printed.

use crate::failure::plain;
use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write, stderr, stdout};
use std::sync::OnceLock;

/// Why output was lost, if any was. A process has one standard output, and this is a fact about it.
static LOST: OnceLock<String> = OnceLock::new();

/// Why some of standard output couldn't be written, such as a full disk; `None` if all was.
pub(crate) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Keeps why output was lost. A reader who went away (`| head`) has read what it wanted.
pub(crate) fn note(written: io::Result<()>) {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = LOST.set(plain(&error.to_string()).to_owned());
        }
        _ => {}
    }
}

/// What a colour means, in the order of [`CODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// It may go wrong.
    Doubtful,
    /// It is what the eye should find.
    Strong,
    /// It is there for completeness.
    Faint,
}

/// The noncharacter before a text of the first style; the others follow. Texts hold none (Unicode 23.7).
const FIRST_STYLE: char = '\u{FDD0}';
/// The noncharacter behind a text with a style.
const PLAIN: char = '\u{FDEF}';
/// The codes of the styles (ECMA-48, SGR), in their order.
const CODES: [&str; 5] = ["32", "1;31", "1;33", "1", "2"];

/// Prints a line. A line that can't be written fails the command at its end.
pub(crate) fn say(line: &str) {
    let mut out = stdout().lock();
    note(writeln!(out, "{}", safe(line)).and_then(|()| out.flush()));
}

/// Prints text without a line's end, for output that other programs read.
pub(crate) fn print(text: &str) {
    let mut out = stdout().lock();
    note(out.write_all(safe(text).as_bytes()).and_then(|()| out.flush()));
}

/// Prints a table, such as CSV, whose line ends may be those of RFC 4180. Files and pipes get its characters as they are. On a terminal
/// nothing in it steers.
pub(crate) fn print_table(text: &str) {
    let mut out = stdout().lock();
    let shown = as_table(text, out.is_terminal());
    note(out.write_all(shown.as_bytes()).and_then(|()| out.flush()));
}

fn as_table(text: &str, terminal: bool) -> String {
    let mut lines = text.replace("\r\n", "\n");
    if !(lines.is_empty() || lines.ends_with('\n')) {
        lines.push('\n');
    }
    if terminal { safe(&lines).into_owned() } else { lines }
}

/// Prints a line on standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(stderr().lock(), "{}", safe(line));
}

/// `text` in a style, for standard output.
pub(crate) fn paint(style: Style, text: &str) -> String {
    styled(style, text, stdout().is_terminal())
}

/// `text` in a style, for standard error.
pub(crate) fn error(style: Style, text: &str) -> String {
    styled(style, text, stderr().is_terminal())
}

/// Colours are for people: files and pipes get none, and neither does who set `NO_COLOR` (no-color.org).
fn styled(style: Style, text: &str, terminal: bool) -> String {
    if !terminal || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return text.to_owned();
    }
    let start = char::from_u32(u32::from(FIRST_STYLE) + style as u32).unwrap_or(PLAIN);
    format!("{start}{text}{PLAIN}")
}

/// A text as it may go to a terminal: with colours, and with escapes such as `\u001b` in the place of what would steer the
/// terminal. In JSON and TOML these mean the same as the characters.
fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| steers(c) || code(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match code(c) {
            Some(code) => safe.extend(["\u{1b}[", code, "m"]),
            None if steers(c) => safe.push_str(&escaped(c)),
            None => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Whether a character would do something to a terminal, or to the order of what stands there.
pub(crate) fn steers(c: char) -> bool {
    let reorders = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    reorders || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The escape of a character.
pub(crate) fn escaped(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

/// The code of a style that stands in a text.
fn code(c: char) -> Option<&'static str> {
    if c == PLAIN {
        return Some("0");
    }
    let style = u32::from(c).checked_sub(u32::from(FIRST_STYLE))?;
    CODES.get(usize::try_from(style).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reaches_files_as_it_is_and_terminals_without_what_steers() {
        let csv = "to,name\r\n+447700900123,\u{202e}\u{1b}[31m\r\nlast";
        assert_eq!(as_table(csv, false), "to,name\n+447700900123,\u{202e}\u{1b}[31m\nlast\n");
        assert_eq!(as_table(csv, true), "to,name\n+447700900123,\\u202e\\u001b[31m\nlast\n");
        assert_eq!(as_table("", false), "");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let cases = [
            ("plain, with\ta tabulator\nand lines: äß😀", "plain, with\ta tabulator\nand lines: äß😀"),
            ("\u{1b}]0;title\u{7}\u{1b}[2J", "\\u001b]0;title\\u0007\\u001b[2J"),
            ("a\rb\u{8}c\u{7f}d\u{9b}31m", "a\\u000db\\u0008c\\u007fd\\u009b31m"),
            ("\u{202E}drow", "\\u202edrow"),
        ];
        for (text, expected) in cases {
            assert_eq!(safe(text), expected);
        }
    }

    #[test]
    fn styles_become_codes_when_they_are_printed() {
        let styles = [Style::Good, Style::Bad, Style::Doubtful, Style::Strong, Style::Faint];
        for (style, code) in styles.into_iter().zip(CODES) {
            let painted = format!("{FIRST_STYLE}");
            assert!(safe(&painted).starts_with("\u{1b}["));
            let start = char::from_u32(u32::from(FIRST_STYLE) + style as u32).unwrap();
            assert_eq!(safe(&format!("{start}x{PLAIN}")), format!("\u{1b}[{code}mx\u{1b}[0m"));
        }
    }

    #[test]
    fn an_escape_in_json_is_the_same_text() {
        let text = "\u{9b}31m and \u{7f}";
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(serde_json::from_str::<String>(&safe(&json)).unwrap(), text);
    }
}

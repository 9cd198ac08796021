//! What is wrong in the configuration file, shown as a compiler shows it: the place, the line, a caret, and
//! what to do. What counts as wrong is decided elsewhere.

use crate::terminal::{Style, error as paint};
use std::fmt::Write;
use std::ops::Range;

/// The most characters of a line that are shown; a caret beyond would be off the screen.
const LINE_MAX: usize = 160;

/// The severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The gateway does not start with this.
    Error,
    /// It starts and goes on without it, but it is not declared anew.
    Refused,
    /// It starts, but somebody should know.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// The severity.
    pub(crate) severity: Severity,
    /// Where it stands, in octets of the file.
    pub(crate) span: Range<usize>,
    /// The mistake, in one sentence without its full stop.
    pub(crate) message: String,
    /// The correction.
    pub(crate) help: Option<String>,
}

impl Diagnostic {
    /// A mistake.
    pub(crate) fn error(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, span, message: message.into(), help: None }
    }

    /// A mistake that a start outlives.
    pub(crate) fn refused(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Refused, span, message: message.into(), help: None }
    }

    /// A doubt.
    pub(crate) fn warning(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, span, message: message.into(), help: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// It on one line, for logs: `file:line:column: message (help)`.
    pub(crate) fn line(&self, source: &Source) -> String {
        let (line, column) = source.position(self.span.start);
        let help = self.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{line}:{column}: {}{help}", source.name, self.message)
    }

    /// It as a compiler shows it.
    pub(crate) fn show(&self, source: &Source) -> String {
        let (word, style) = match self.severity {
            Severity::Error | Severity::Refused => ("error", Style::Bad),
            Severity::Warning => ("warning", Style::Doubtful),
        };
        let (line, column) = source.position(self.span.start);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let bar = paint(Style::Faint, "|");
        let text: String = masked(source.line(line)).chars().take(LINE_MAX).collect();
        let before: String =
            text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let carets =
            paint(style, &"^".repeat(self.width(source, text.chars().count() + 1 - before.chars().count())));
        let mut shown = format!("{}: {}\n", paint(style, word), paint(Style::Strong, &self.message));
        let arrow = paint(Style::Faint, "-->");
        let _ = writeln!(shown, "{margin}{arrow} {}:{line}:{column}", source.name);
        let _ = writeln!(shown, "{margin} {bar}");
        let _ = writeln!(shown, "{} {bar} {text}", paint(Style::Faint, &number));
        let _ = write!(shown, "{margin} {bar} {before}{carets}");
        if let Some(help) = &self.help {
            let _ = write!(shown, "\n{margin} {} {help}", paint(Style::Good, "= help:"));
        }
        shown
    }

    /// How many carets: the span's width on its first line.
    fn width(&self, source: &Source, room: usize) -> usize {
        let marked = source.text.get(self.span.clone()).unwrap_or("");
        marked.lines().next().unwrap_or("").chars().count().clamp(1, room.max(1))
    }
}

/// A line of the file with the secrets in it hidden: what is shown on a terminal ends up in logs.
fn masked(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut quote = None;
    let mut hides = false;
    for c in line.chars() {
        match quote {
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                hides = names_a_secret(&shown);
                shown.push(c);
            }
            Some(open) if c == open => {
                quote = None;
                shown.push(c);
            }
            Some(_) if hides => shown.push('*'),
            _ => shown.push(c),
        }
    }
    shown
}

/// Whether what stands before a quotation mark is `name =`, with a name under which secrets stand.
fn names_a_secret(before: &str) -> bool {
    let Some(name) = before.trim_end().strip_suffix('=') else { return false };
    let (place, name) = name.trim_end().rsplit_once([' ', '\t', '{', ',']).unwrap_or(("", name.trim_end()));
    let is_secret = |word: &str| {
        let last = word.rsplit('_').next().unwrap_or(word);
        matches!(last, "password" | "secret" | "key" | "keys" | "token" | "pin" | "authentication")
    };
    // Presets name their secrets as their providers do.
    name.split('.').any(|word| word == "secret_values" || is_secret(word)) || place.contains("secret_values")
}

/// A file and what it is called.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path, as it was given.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) text: String,
}

impl Source {
    /// Line and column of an octet, both from 1; columns count characters.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    fn line(&self, line: usize) -> &str {
        self.text.lines().nth(line - 1).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_under_its_line() {
        let source =
            Source { name: "postrider.toml".into(), text: "[log]\nformat = \"préty\"\nlevle = 1\n".into() };
        let start = source.text.find("levle").unwrap();
        let mistake =
            Diagnostic::error(start..start + 5, "unknown key `levle`").help("did you mean `level`?");
        assert_eq!(
            mistake.show(&source),
            "error: unknown key `levle`\n --> postrider.toml:3:1\n  |\n3 | levle = 1\n  | ^^^^^\n  = help: did you mean `level`?"
        );
        assert_eq!(mistake.line(&source), "postrider.toml:3:1: unknown key `levle` (did you mean `level`?)");
    }

    #[test]
    fn positions_count_characters_and_bear_any_offset() {
        let source = Source { name: "x".into(), text: "é = 1\nb".into() };
        let cases = [(0, (1, 1)), (1, (1, 1)), (2, (1, 2)), (7, (2, 1)), (8, (2, 2)), (99, (2, 2))];
        for (offset, position) in cases {
            assert_eq!(source.position(offset), position, "{offset}");
        }
        assert!(Diagnostic::error(99..120, "past the end").show(&source).contains("x:2:2"));
    }

    #[test]
    fn secrets_of_every_kind_are_hidden() {
        for (line, shown) in [
            ("password = 'hush'", "password = '****'"),
            ("pin = \"1234\"", "pin = \"****\""),
            ("callback_key = 'hush'", "callback_key = '****'"),
            (
                "smpp = { system_id = 'me', previous_secret = 'hush' }",
                "smpp = { system_id = 'me', previous_secret = '****' }",
            ),
            (
                "secret_values = { account = 'hush', b = 'no' }",
                "secret_values = { account = '****', b = '**' }",
            ),
            ("secret_values.account = 'hush'", "secret_values.account = '****'"),
            ("key_file = '/key'", "key_file = '/key'"),
            (
                "modems = [{ device = '/dev/a', pin = '1234' }]",
                "modems = [{ device = '/dev/a', pin = '****' }]",
            ),
        ] {
            assert_eq!(masked(line), shown);
        }
    }
}

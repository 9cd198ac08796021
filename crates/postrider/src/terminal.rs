//! What a person sees: lines on standard output and standard error, coloured where that helps. Logs do not
//! go this way.

use crate::failure::plain;
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

/// What a colour means.
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

/// Prints a line. A line that can't be written fails the command at its end.
pub(crate) fn say(line: &str) {
    let mut out = stdout().lock();
    note(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Prints text as it is, for output that other programs read.
pub(crate) fn print(text: &str) {
    let mut out = stdout().lock();
    note(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints a line on standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(stderr().lock(), "{line}");
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
    let code = match style {
        Style::Good => "32",
        Style::Bad => "1;31",
        Style::Doubtful => "1;33",
        Style::Strong => "1",
        Style::Faint => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

//! Texts as handsets show them, drawn for a terminal.

use crate::clock;
use crate::terminal::{Style, paint, say};
use postrider_simulator::handset::Bubble;

/// The most columns of text in a bubble.
const WIDTH: usize = 60;

/// Prints a delivered text as a bubble, and an undelivered one as a line.
pub(super) fn show(bubble: &Bubble) {
    let time = clock::local_time().strftime("%H:%M:%S");
    let to = format!("+{}", bubble.to);
    let from = if bubble.from.is_empty() { "nobody" } else { &bubble.from };
    if !bubble.reached {
        say(&paint(Style::Doubtful, &format!("{time}  {to} doesn't get the text from {}", plain(from))));
        return;
    }
    let from = paint(Style::Strong, &plain(from));
    say(&format!("{}  {} {from}", paint(Style::Faint, &time.to_string()), paint(Style::Good, &to)));
    // A frame on one side only: terminals draw characters such as emoji at different widths.
    for (index, line) in wrap(&plain(&bubble.text)).iter().enumerate() {
        say(&format!("          {} {line}", if index == 0 { '╭' } else { '│' }));
    }
    say(&format!("          ╰ {}", paint(Style::Faint, &footnote(bubble))));
}

fn footnote(bubble: &Bubble) -> String {
    let parts = if bubble.parts == 1 { String::new() } else { format!(", {} parts", bubble.parts) };
    let flash = if bubble.flash { ", flash" } else { "" };
    format!("{}{parts}{flash}", bubble.encoding)
}

/// A text without control characters, which would steer the terminal. Line breaks stay.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// Lines of at most [`WIDTH`] characters, broken between words where there are any.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if line.chars().count() + word.trim_end().chars().count() > WIDTH && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                if line.chars().count() == WIDTH {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
        }
        lines.push(line);
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_between_words_and_inside_long_ones() {
        let text = format!("{} and\nthen {}", "word ".repeat(20).trim_end(), "x".repeat(70));
        let lines = wrap(&text);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert_eq!(wrap(""), [""]);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\r\nc"), "a [31mb\nc");
    }
}

//! Octets of a modem as lines. Carriage returns and line feeds end a line, in whatever order; empty lines mean nothing.

use bytes::{Buf, BytesMut};

/// The longest line, in octets.
pub const LINE_MAX: usize = 2_048;
/// Room made for the next read, in octets.
const READ_ROOM: usize = 4 * 1_024;

/// Octets that came, and are cut into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    input: BytesMut,
    /// Whether the beginning of the line was dropped since it is too long.
    skips: bool,
}

/// A piece of what came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Line(Box<str>),
    /// The prompt for what is to follow the command.
    Prompt,
    /// A line that is too long; it is dropped.
    TooLong,
}

impl Lines {
    pub(super) fn input(&mut self) -> &mut BytesMut {
        self.input.reserve(READ_ROOM);
        &mut self.input
    }

    /// The next piece. `prompts` says whether a prompt is waited for: it ends without a line's end.
    pub(super) fn next(&mut self, prompts: bool) -> Option<Piece> {
        loop {
            let end = self.input.iter().position(|octet| matches!(octet, b'\r' | b'\n'));
            if prompts && !self.skips && end != Some(0) && self.input.first() == Some(&b'>') {
                let octets = if self.input.get(1) == Some(&b' ') { 2 } else { 1 };
                self.input.advance(octets);
                return Some(Piece::Prompt);
            }
            let Some(end) = end else { return self.too_long() };
            let line = self.input.split_to(end);
            self.input.advance(1);
            if std::mem::take(&mut self.skips) {
                continue;
            }
            if line.len() > LINE_MAX {
                return Some(Piece::TooLong);
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_matches(|c: char| c.is_whitespace() || c.is_control());
            if !line.is_empty() {
                return Some(Piece::Line(line.into()));
            }
        }
    }

    fn too_long(&mut self) -> Option<Piece> {
        if self.input.len() <= LINE_MAX {
            return None;
        }
        self.input.clear();
        let told = !std::mem::replace(&mut self.skips, true);
        told.then_some(Piece::TooLong)
    }
}

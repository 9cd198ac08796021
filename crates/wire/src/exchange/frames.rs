//! Frames between STX and ETX, and what is between them. A frame's own checks, such as its length and its checksum, are for
//! its protocol.

use super::advance;
use bytes::BytesMut;
use std::ops::Range;

/// The octet that begins a frame.
pub(crate) const STX: u8 = 0x02;
/// The octet that ends a frame.
pub(crate) const ETX: u8 = 0x03;

/// What was read and cut into frames.
pub(super) struct Frames {
    input: BytesMut,
    /// Octets at the start of `input` that the last frame takes.
    consumed: usize,
    /// Octets without an ETX that need not be looked at again.
    searched: usize,
    max_frame: usize,
    /// Octets since the last frame that was understood.
    garbage: usize,
    skipped: usize,
}

impl Frames {
    pub(super) fn new(max_frame: usize) -> Self {
        Self { input: BytesMut::new(), consumed: 0, searched: 0, max_frame, garbage: 0, skipped: 0 }
    }

    /// The content of the next whole frame.
    ///
    /// # Errors
    /// The count of octets that came since a frame was understood, when that is more than a frame may have.
    pub(super) fn next(&mut self) -> Result<Option<Range<usize>>, usize> {
        self.forget();
        loop {
            let start = self.input.iter().position(|octet| *octet == STX).unwrap_or(self.input.len());
            self.skip(start);
            let unseen = self.input.get(self.searched..).unwrap_or_default();
            let end = unseen.iter().position(|octet| *octet == ETX).map(|end| end + self.searched);
            let seen = end.unwrap_or(self.input.len());
            // What begins anew before it ended was never whole.
            let again = self.input.get(..seen).unwrap_or_default().iter().rposition(|octet| *octet == STX);
            if let Some(again @ 1..) = again {
                self.skip(again);
                continue;
            }
            let is_long = seen > self.max_frame;
            if is_long {
                self.skip(seen);
            }
            if self.garbage > self.max_frame {
                return Err(self.garbage);
            }
            match end {
                _ if is_long => {}
                Some(end) => {
                    self.consumed = end + 1;
                    self.garbage += self.consumed;
                    self.searched = 0;
                    return Ok(Some(1..end));
                }
                None => {
                    self.searched = self.input.len();
                    return Ok(None);
                }
            }
        }
    }

    /// The last frame was one of the protocol.
    pub(super) fn understood(&mut self) {
        self.garbage = 0;
    }

    pub(super) fn content(&self, frame: Range<usize>) -> &[u8] {
        self.input.get(frame).unwrap_or_default()
    }

    pub(super) fn take_skipped(&mut self) -> usize {
        std::mem::take(&mut self.skipped)
    }

    pub(super) fn input(&mut self, room: usize) -> &mut BytesMut {
        self.forget();
        if self.input.capacity() - self.input.len() < room / 4 {
            self.input.reserve(room);
        }
        &mut self.input
    }

    pub(super) fn wants_input(&self) -> bool {
        self.input.len() - self.consumed <= self.max_frame
    }

    fn forget(&mut self) {
        let consumed = std::mem::take(&mut self.consumed);
        advance(&mut self.input, consumed);
    }

    fn skip(&mut self, octets: usize) {
        advance(&mut self.input, octets);
        self.garbage += octets;
        self.skipped += octets;
        self.searched = self.searched.saturating_sub(octets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(frames: &mut Frames) -> Vec<String> {
        let mut found = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            found.push(String::from_utf8_lossy(frames.content(frame)).into_owned());
            frames.understood();
        }
        found
    }

    #[test]
    fn frames_are_the_same_in_whatever_pieces_they_come() {
        let all_octets = b"banner\r\n\x02one\x03\n\x02half\x02two\x03\x03\x02\x03rest\x02thr";
        for size in 1..=all_octets.len() {
            let mut frames = Frames::new(100);
            let mut found = Vec::new();
            for piece in all_octets.chunks(size) {
                frames.input(100).extend_from_slice(piece);
                found.extend(all(&mut frames));
            }
            assert_eq!(found, ["one", "two", ""], "in pieces of {size}");
            assert_eq!(frames.take_skipped(), 8 + 1 + 5 + 1 + 4, "in pieces of {size}");
        }
    }

    #[test]
    fn octets_without_a_frame_have_a_limit() {
        for garbage in [vec![b'x'; 101], [&[STX][..], &[b'x'; 101]].concat(), [STX, b'x'].repeat(60)] {
            for size in [1, 7, 200] {
                let mut frames = Frames::new(100);
                let mut is_told = false;
                for piece in garbage.chunks(size) {
                    frames.input(200).extend_from_slice(piece);
                    is_told |= frames.next().is_err();
                    assert!(frames.input.len() <= 200);
                }
                assert!(is_told, "{} in pieces of {size}", garbage.escape_ascii());
            }
        }
    }
}

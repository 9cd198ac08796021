//! The lines of what an HTTP/1 client sends, followed without reading the requests themselves.
//!
//! The parser of requests drops `Content-Length` beside `Transfer-Encoding`, and doesn't say in which line a head was too
//! long. Both are seen here, from the beginnings of lines. A body of JSON has no line that looks like one of these headers.

const LENGTH: &[u8] = b"content-length:";
const ENCODING: &[u8] = b"transfer-encoding:";
/// The octets of a line that are looked at.
const BEGINNING: usize = ENCODING.len();

/// The head that is being read.
#[derive(Debug, Default)]
pub(super) struct Heads {
    beginning: [u8; BEGINNING],
    /// Octets in `beginning`.
    filled: usize,
    /// Complete lines of this head.
    lines: usize,
    has_length: bool,
    has_encoding: bool,
}

impl Heads {
    /// Follows further octets. Returns whether a head has both `Content-Length` and `Transfer-Encoding`.
    pub(super) fn follow(&mut self, octets: &[u8]) -> bool {
        let mut is_ambiguous = false;
        let mut lines = octets.split(|octet| *octet == b'\n').peekable();
        while let Some(line) = lines.next() {
            for (to, from) in self.beginning.iter_mut().skip(self.filled).zip(line) {
                *to = *from;
                self.filled += 1;
            }
            if lines.peek().is_some() {
                self.end_line();
                is_ambiguous |= self.has_length && self.has_encoding;
            }
        }
        is_ambiguous
    }

    /// Whether the octets end within the first line of a head, which holds the URI.
    pub(super) fn is_in_first_line(&self) -> bool {
        self.lines == 0 && self.filled == BEGINNING
    }

    fn end_line(&mut self) {
        let beginning = self.beginning.get(..self.filled).unwrap_or_default();
        let is_empty = matches!(beginning, b"" | b"\r");
        let begins = |name: &[u8]| {
            beginning.get(..name.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(name))
        };
        let (has_length, has_encoding) = (begins(LENGTH), begins(ENCODING));
        if is_empty {
            *self = Self::default();
            return;
        }
        self.lines += 1;
        self.has_length |= has_length;
        self.has_encoding |= has_encoding;
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lengths_of_one_head_are_seen_however_it_is_cut() {
        let heads = [
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", true),
            ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nA: b\r\ncontent-LENGTH:5\r\n\r\n", true),
            ("POST / HTTP/1.1\nContent-Length: 5\nTransfer-Encoding: chunked\n\n", true),
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", false),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-Content-Length: 5\r\n\r\n", false),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
                false,
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                false,
            ),
        ];
        for (text, expected) in heads {
            for cut in 0..text.len() {
                let mut heads = Heads::default();
                let (one, other) = text.as_bytes().split_at(cut);
                let seen = [heads.follow(one), heads.follow(other)];
                assert_eq!(seen.contains(&true), expected, "{text:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn the_first_line_of_a_head_is_told_from_the_others() {
        let first = |text: &str| {
            let mut heads = Heads::default();
            heads.follow(text.as_bytes());
            heads.is_in_first_line()
        };
        assert!(first("GET /aaaaaaaaaaaaaaaaaaaaaa"));
        assert!(first("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET /aaaaaaaaaaaaaaaaa"));
        assert!(!first("GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaa"));
        assert!(!first("GET / HTTP/1.1\r\nX: a\r\n\r\n"));
    }
}

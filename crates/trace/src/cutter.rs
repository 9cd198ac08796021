//! Cuts one direction of a connection into PDUs of SMPP, or into frames of UCP and CIMD2, in whatever pieces the octets are read
//! or written.

use crate::framed::{ETX, FRAME_MAX, STX};
use postrider_wire::smpp::frame::DEFAULT_MAX_PDU;
use postrider_wire::smpp::header::HEADER_LEN;

/// The most octets that are kept of one PDU.
pub const KEPT_MAX: usize = 4 * 1024;

/// A PDU that was cut out.
pub(crate) struct Cut<'a> {
    /// Octets before it in its direction.
    pub(crate) offset: u64,
    /// Its length in octets.
    pub(crate) length: usize,
    /// Its first octets, at most [`KEPT_MAX`].
    pub(crate) octets: &'a [u8],
}

/// One direction of a connection.
#[derive(Default)]
pub(crate) struct Cutter {
    /// Octets of all PDUs before the current one.
    offset: u64,
    /// The first octets of an incomplete PDU, at most [`KEPT_MAX`].
    begun: Vec<u8>,
    /// The count of octets that have come of it.
    seen: usize,
    /// Whether octets came that are no PDU. The session ends then, and later octets may hold anything, such as a password
    /// in an unexpected place.
    is_lost: bool,
    /// Whether the first octet began a frame: it can't begin a PDU.
    is_framed: bool,
}

/// The command_length, once its four octets have come; `Some(None)` if it is out of range.
fn length(octets: &[u8]) -> Option<Option<usize>> {
    let length = u32::from_be_bytes(*octets.first_chunk::<4>()?);
    let length = usize::try_from(length).ok();
    Some(length.filter(|length| (HEADER_LEN..=DEFAULT_MAX_PDU).contains(length)))
}

impl Cutter {
    /// Takes the next octets, and calls `whole` for each PDU that they complete.
    pub(crate) fn cut(&mut self, mut octets: &[u8], mut whole: impl FnMut(Cut<'_>)) {
        if self.offset == 0 && self.seen == 0 {
            self.is_framed |= octets.first() == Some(&STX);
        }
        if self.is_framed {
            return self.cut_frames(octets, &mut whole);
        }
        while !octets.is_empty() && !self.is_lost {
            if self.seen > 0 {
                octets = self.go_on(octets, &mut whole);
                continue;
            }
            match length(octets) {
                Some(None) => self.is_lost = true,
                Some(Some(length)) if length <= octets.len() => {
                    let (pdu, rest) = octets.split_at(length);
                    let kept = pdu.get(..KEPT_MAX).unwrap_or(pdu);
                    whole(Cut { offset: self.offset, length, octets: kept });
                    self.offset += length as u64;
                    octets = rest;
                }
                _ => octets = self.go_on(octets, &mut whole),
            }
        }
    }

    fn cut_frames(&mut self, mut octets: &[u8], whole: &mut impl FnMut(Cut<'_>)) {
        while !self.is_lost {
            if self.seen == 0 {
                let start = octets.iter().position(|octet| *octet == STX).unwrap_or(octets.len());
                self.offset += start as u64;
                octets = octets.get(start..).unwrap_or_default();
            }
            if octets.is_empty() {
                return;
            }
            let end = octets.iter().position(|octet| *octet == ETX).map(|end| end + 1);
            let (piece, rest) = octets.split_at(end.unwrap_or(octets.len()));
            let room = KEPT_MAX - self.begun.len();
            self.begun.extend_from_slice(piece.get(..room).unwrap_or(piece));
            self.seen += piece.len();
            if end.is_some() {
                whole(Cut { offset: self.offset, length: self.seen, octets: &self.begun });
                self.offset += self.seen as u64;
                self.seen = 0;
                self.begun = Vec::new();
            }
            self.is_lost = self.seen > FRAME_MAX;
            octets = rest;
        }
    }

    /// Adds octets to the incomplete PDU, up to the end of its command_length or of itself, and returns the rest.
    fn go_on<'a>(&mut self, octets: &'a [u8], whole: &mut impl FnMut(Cut<'_>)) -> &'a [u8] {
        let border = match length(&self.begun) {
            None => 4,
            Some(Some(length)) => length,
            Some(None) => {
                self.is_lost = true;
                return &[];
            }
        };
        let (piece, rest) = octets.split_at(octets.len().min(border - self.seen));
        let room = KEPT_MAX - self.begun.len();
        self.begun.extend_from_slice(piece.get(..room).unwrap_or(piece));
        self.seen += piece.len();
        if self.seen == border && border >= HEADER_LEN {
            whole(Cut { offset: self.offset, length: border, octets: &self.begun });
            self.offset += border as u64;
            self.seen = 0;
            // Few PDUs come in pieces, so the buffer is freed: there may be many quiet connections.
            self.begun = Vec::new();
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pdu(sequence: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER_LEN + body.len()).unwrap().to_be_bytes();
        [&length[..], &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, sequence], body].concat()
    }

    fn cut(cutter: &mut Cutter, octets: &[u8]) -> Vec<(u64, usize, Vec<u8>)> {
        let mut cuts = Vec::new();
        cutter.cut(octets, |cut| cuts.push((cut.offset, cut.length, cut.octets.to_vec())));
        cuts
    }

    #[test]
    fn pdus_are_the_same_in_whatever_pieces_they_come() {
        let (one, two) = (pdu(1, b"one"), pdu(2, &[7; 300]));
        let all = [one.clone(), two.clone(), pdu(3, &[])].concat();
        let expected = vec![(0, 19, one), (19, 316, two), (335, 16, pdu(3, &[]))];
        for size in 1..=all.len() {
            let mut cutter = Cutter::default();
            let cuts: Vec<_> = all.chunks(size).flat_map(|piece| cut(&mut cutter, piece)).collect();
            assert_eq!(cuts, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_long_one_is_kept_in_part_and_counted_whole() {
        let long = pdu(1, &[7; 10_000]);
        for size in [100, 20_000] {
            let mut cutter = Cutter::default();
            let all = [long.clone(), pdu(2, &[])].concat();
            let cuts: Vec<_> = all.chunks(size).flat_map(|piece| cut(&mut cutter, piece)).collect();
            let [(0, 10_016, kept), (10_016, 16, _)] = &cuts[..] else { panic!("{}", cuts.len()) };
            assert_eq!(kept, &long[..KEPT_MAX]);
        }
    }

    #[test]
    fn frames_are_the_same_in_whatever_pieces_they_come() {
        let all = b"\x02one\x03\r\n\x02two\x03\x02\x03rest\x02thr";
        for size in 1..=all.len() {
            let mut cutter = Cutter::default();
            let cuts: Vec<_> = all.chunks(size).flat_map(|piece| cut(&mut cutter, piece)).collect();
            let expected = [
                (0, 5, b"\x02one\x03".to_vec()),
                (7, 5, b"\x02two\x03".to_vec()),
                (12, 2, b"\x02\x03".to_vec()),
            ];
            assert_eq!(cuts, expected, "in pieces of {size}");
        }
        let mut cutter = Cutter::default();
        assert_eq!(cut(&mut cutter, &[&[STX][..], &[b'x'; FRAME_MAX]].concat()), []);
        assert_eq!(cut(&mut cutter, b"\x03\x02after it\x03"), []);
    }

    #[test]
    fn nothing_is_kept_of_what_is_not_smpp() {
        for size in [1, 3, 100] {
            let mut cutter = Cutter::default();
            let stranger = b"GET / HTTP/1.1\r\nAuthorization: Bearer secret\r\n\r\n";
            let cuts: Vec<_> = stranger.chunks(size).flat_map(|piece| cut(&mut cutter, piece)).collect();
            assert_eq!(cuts, []);
            assert!(cutter.begun.len() <= 4);
            assert_eq!(cut(&mut cutter, &pdu(1, b"after it")), []);
        }
    }
}

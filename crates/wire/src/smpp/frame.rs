//! Cutting a stream into PDUs by command_length, before a body is read. The frame ends where command_length says, even if
//! the body is malformed.

use super::header::{HEADER_LEN, Header};
use super::pdu::Hidden;
use super::{DecodeError, Pdu};
use std::fmt;

/// The longest PDU accepted unless set otherwise: a message_payload of 64 KiB with 4 KiB for everything else.
pub const DEFAULT_MAX_PDU: usize = 64 * 1024 + 4 * 1024;

/// One whole PDU, its header read and its body not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The header.
    pub header: Header,
    /// Everything after the header, to the end that command_length gives.
    pub body: &'a [u8],
}

/// Octets that can't be SMPP, or a PDU beyond the limit. The start of the next PDU is unknown, so the connection must be
/// closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameError {
    /// What was read as command_length.
    pub length: u32,
    /// The longest PDU that would have been accepted, in octets.
    pub max_pdu: usize,
}

impl<'a> Frame<'a> {
    /// The first PDU in `input`, or `None` while it isn't all there.
    ///
    /// # Errors
    /// When command_length is below 16 or above `max_pdu`, as soon as its four octets are there.
    #[inline]
    pub fn peek(input: &'a [u8], max_pdu: usize) -> Result<Option<Self>, FrameError> {
        let Some(length) = input.first_chunk::<4>().map(|octets| u32::from_be_bytes(*octets)) else {
            return Ok(None);
        };
        let end = usize::try_from(length).unwrap_or(usize::MAX);
        if end < HEADER_LEN || end > max_pdu {
            return Err(FrameError { length, max_pdu });
        }
        Ok(input.get(..end).and_then(Self::whole))
    }

    /// The frame of a slice that holds exactly one PDU, whatever its command_length; `None` if it is shorter than a header.
    #[inline]
    pub fn whole(octets: &'a [u8]) -> Option<Self> {
        let (header, body) = octets.split_first_chunk::<HEADER_LEN>()?;
        Some(Self { header: Header::decode(header), body })
    }

    /// Octets of the whole PDU, header included.
    #[inline]
    pub fn octets(&self) -> usize {
        HEADER_LEN + self.body.len()
    }

    /// Reads the body.
    ///
    /// # Errors
    /// When a mandatory field is missing or contradicts the frame; the error names it, and the status to answer.
    #[inline]
    pub fn decode(&self) -> Result<Pdu<'a>, DecodeError> {
        Pdu::decode(&self.header, self.body)
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("header", &self.header).field("body", &Hidden(self.body)).finish()
    }
}

/// The first octets of other protocols, whose clients reach an SMPP port by mistake.
const STRANGERS: &[(&[u8], &str)] = &[
    (b"GET ", "an HTTP request"),
    (b"POST", "an HTTP request"),
    (b"PUT ", "an HTTP request"),
    (b"HEAD", "an HTTP request"),
    (b"OPTI", "an HTTP request"),
    (b"CONN", "an HTTP request"),
    (b"PRI ", "an HTTP/2 request"),
    (b"HTTP", "an HTTP answer"),
    (b"SSH-", "an SSH client or server"),
    (b"EHLO", "a mail client (SMTP)"),
    (b"HELO", "a mail client (SMTP)"),
    (b"220 ", "a mail or file server (SMTP or FTP)"),
    (b"PROX", "a PROXY protocol header"),
    (b"\r\n\r\n", "lines of text or a PROXY protocol header (version 2)"),
    (b"\x16\x03", "a TLS handshake: one side speaks TLS and the other doesn't"),
    (b"\x15\x03", "a TLS alert: one side speaks TLS and the other doesn't"),
    (b"\x03\x00\x00", "a remote desktop scanner"),
    (b"\x02", "UCP/EMI or CIMD2"),
];

impl FrameError {
    /// The protocol that the octets belong to, if it is known, such as `an HTTP request`.
    pub fn looks_like(&self) -> Option<&'static str> {
        let start = self.length.to_be_bytes();
        let known = STRANGERS.iter().find(|(prefix, _)| start.starts_with(prefix)).map(|(_, name)| *name);
        // A PDU's length begins with a zero: it is below 2^24.
        let is_text = start.iter().all(|octet| matches!(octet, b'\r' | b'\n' | b'\t' | b' '..=b'~'));
        known.or(is_text.then_some("lines of text"))
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { length, max_pdu } = self;
        if let Some(name) = self.looks_like() {
            return write!(f, "this isn't SMPP: it looks like {name} (read as a PDU of {length} octets)");
        }
        write!(f, "a PDU says it has {length} octets, which is outside 16 to {max_pdu}")
    }
}

impl std::error::Error for FrameError {}

#[cfg(test)]
mod tests {
    use super::*;

    const ENQUIRE_LINK: &[u8] = &[0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 7];

    #[test]
    fn waits_for_the_whole_pdu() {
        for end in 0..ENQUIRE_LINK.len() {
            assert_eq!(Frame::peek(&ENQUIRE_LINK[..end], DEFAULT_MAX_PDU), Ok(None));
        }
        let frame = Frame::peek(ENQUIRE_LINK, DEFAULT_MAX_PDU).unwrap().unwrap();
        assert_eq!((frame.header.sequence, frame.body.len(), frame.octets()), (7, 0, 16));
    }

    #[test]
    fn leaves_what_follows() {
        let two = [ENQUIRE_LINK, ENQUIRE_LINK].concat();
        assert_eq!(Frame::peek(&two, DEFAULT_MAX_PDU).unwrap().unwrap().octets(), 16);
    }

    #[test]
    fn refuses_a_length_outside_the_limits() {
        assert!(Frame::peek(&[0, 0, 0, 15], 100).is_err());
        assert!(Frame::peek(&[0, 0, 0, 101], 100).is_err());
        assert_eq!(Frame::peek(&[0, 0, 0, 100], 100), Ok(None));
    }

    #[test]
    fn says_in_plain_words_who_called() {
        let words = |start: &[u8]| Frame::peek(start, DEFAULT_MAX_PDU).unwrap_err().to_string();
        assert!(words(b"GET / HTTP/1.1").contains("HTTP request"));
        assert!(words(b"HTTP/1.1 400").contains("HTTP answer"));
        assert!(words(b"\x16\x03\x01\x02\x00").contains("TLS"));
        assert!(words(b"SSH-2.0").contains("SSH"));
        assert!(words(b"\r\n\r\n").contains("looks like lines of text"));
        assert!(words(b"\r\nlogin:").contains("looks like lines of text"));
        assert!(words(b"Welcome").contains("looks like lines of text"));
        assert_eq!(words(&[0xA5; 8]), "a PDU says it has 2779096485 octets, which is outside 16 to 69632");
        assert_eq!(words(&[0, 0, 0, 1]), "a PDU says it has 1 octets, which is outside 16 to 69632");
    }
}

//! One PDU opened for changes: its header, its octets, and where its mandatory fields are (SMPP 3.4 section 4).

use postrider_wire::smpp::{Command, Frame, Header};
use std::ops::Range;

/// A PDU that is being changed. Its length is found out when it is written.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) header: Header,
    pub(super) body: Vec<u8>,
}

/// Appends a PDU; its command_length is that of what it holds.
pub(super) fn write(out: &mut Vec<u8>, header: Header, body: &[u8]) {
    let length = u32::try_from(body.len() + 16).unwrap_or(u32::MAX);
    out.extend_from_slice(&Header { length, ..header }.encode());
    out.extend_from_slice(body);
}

/// The mandatory fields of a command, a letter each: a C-octet string, an octet, a text after its length.
fn fields(command: Command) -> &'static [u8] {
    match command {
        Command::SUBMIT_SM | Command::DELIVER_SM => b"c11c11c111cc1111t",
        Command::DATA_SM => b"c11c11c111",
        Command::BIND_TRANSCEIVER | Command::BIND_TRANSMITTER | Command::BIND_RECEIVER => b"ccc111c",
        Command::QUERY_SM_RESP => b"cc11",
        command if command.is_response() => b"c",
        _ => b"",
    }
}

impl Draft {
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        Self { header: frame.header, body: frame.body.to_vec() }
    }

    /// Where the mandatory fields are, in their order, as far as they are there.
    fn places(&self) -> Vec<Range<usize>> {
        let mut from = 0;
        let mut places = Vec::new();
        for kind in fields(self.header.command) {
            let Some(rest) = self.body.get(from..) else { break };
            let octets = match kind {
                b'c' => rest.iter().position(|octet| *octet == 0).map(|nul| nul + 1),
                b't' => rest.first().map(|length| usize::from(*length) + 1),
                _ => rest.first().map(|_| 1),
            };
            let Some(end) = octets.map(|octets| from + octets).filter(|end| *end <= self.body.len()) else {
                break;
            };
            places.push(from..end);
            from = end;
        }
        places
    }

    /// Where mandatory field `index` is, from 0, with its NUL or its length.
    pub(super) fn place(&self, index: usize) -> Option<Range<usize>> {
        self.places().into_iter().nth(index)
    }

    /// Where short_message is, with its length.
    pub(super) fn text(&self) -> Option<Range<usize>> {
        let index = fields(self.header.command).iter().position(|kind| *kind == b't')?;
        self.place(index)
    }

    /// Where the optional parameters begin; `None` when a mandatory field is missing.
    pub(super) fn end(&self) -> Option<usize> {
        let places = self.places();
        (places.len() == fields(self.header.command).len()).then(|| places.last().map_or(0, |last| last.end))
    }

    /// Puts octets in the place of others.
    pub(super) fn replace(&mut self, place: Range<usize>, octets: &[u8]) {
        if place.end <= self.body.len() {
            self.body.splice(place, octets.iter().copied());
        }
    }
}

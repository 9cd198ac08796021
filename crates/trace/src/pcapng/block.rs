//! The blocks of a pcapng file (draft-ietf-opsawg-pcapng, section 4), big-endian.

use crate::packet::Direction;
use std::time::{SystemTime, UNIX_EPOCH};

const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
const BYTE_ORDER: u32 = 0x1A2B_3C4D;
/// Ethernet, as its link type.
const ETHERNET: u16 = 1;
/// Codes of options: the end of options, a comment, the writing program, and a packet's flags.
const END: u16 = 0;
const REMARK: u16 = 1;
const PROGRAM: u16 = 4;
const FLAGS: u16 = 2;

/// A file of blocks.
pub(super) struct Blocks(Vec<u8>);

impl Blocks {
    /// A section and its one interface, whose times are in microseconds.
    pub(super) fn new() -> Self {
        let mut blocks = Self(Vec::new());
        // Version 1.0, and a section whose length isn't said.
        let mut section = [&BYTE_ORDER.to_be_bytes()[..], &[0, 1, 0, 0], &[0xFF; 8]].concat();
        option(&mut section, PROGRAM, concat!("Postrider ", env!("CARGO_PKG_VERSION")).as_bytes());
        option(&mut section, END, &[]);
        blocks.add(SECTION, &section);
        // Two reserved octets, and packets of any length.
        blocks.add(INTERFACE, &[&ETHERNET.to_be_bytes()[..], &[0; 6]].concat());
        blocks
    }

    /// A frame of which `whole` octets were sent.
    pub(super) fn packet(
        &mut self,
        at: SystemTime,
        direction: Direction,
        frame: &[u8],
        whole: usize,
        remark: Option<&str>,
    ) {
        let micros = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        // High and low half, as they stand one behind the other.
        let time = u64::try_from(micros).unwrap_or(u64::MAX).to_be_bytes();
        let mut body =
            [&[0; 4][..], &time, &length(frame.len()).to_be_bytes(), &length(whole).to_be_bytes()].concat();
        body.extend_from_slice(frame);
        pad(&mut body);
        if let Some(remark) = remark {
            option(&mut body, REMARK, remark.as_bytes());
        }
        let flags: u32 = match direction {
            Direction::In => 1,
            Direction::Out => 2,
        };
        option(&mut body, FLAGS, &flags.to_be_bytes());
        option(&mut body, END, &[]);
        self.add(PACKET, &body);
    }

    pub(super) fn file(self) -> Vec<u8> {
        self.0
    }

    fn add(&mut self, kind: u32, body: &[u8]) {
        let length = length(body.len() + 12).to_be_bytes();
        self.0.extend_from_slice(&kind.to_be_bytes());
        self.0.extend_from_slice(&length);
        self.0.extend_from_slice(body);
        self.0.extend_from_slice(&length);
    }
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value.get(..usize::from(length)).unwrap_or(value));
    pad(out);
}

/// Pads to a multiple of four octets.
fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

fn length(octets: usize) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}

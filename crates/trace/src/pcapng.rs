//! Recordings as files that Wireshark reads: pcapng (draft-ietf-opsawg-pcapng), with invented Ethernet, IP and TCP headers
//! around the PDUs. Addresses, ports and the distances of sequence numbers are real.

mod block;
mod frame;

use crate::packet::{Direction, Packet, Party};
use block::Blocks;
use frame::{Segment, ethernet};
use std::collections::HashMap;

/// The most octets of one frame's payload, so that its length fits IP's.
const SEGMENT_MAX: usize = 32 * 1024;

/// A file of these PDUs, in their order.
#[must_use]
pub fn pcapng(packets: &[Packet]) -> Vec<u8> {
    let mut blocks = Blocks::new();
    let mut streams = Streams::begin(packets);
    for packet in packets {
        let (sequence, acknowledged, is_first) = streams.go_on(packet);
        // What isn't there of a long PDU isn't in the file either: TCP's sequence numbers tell the gap.
        let length = packet.length.min(SEGMENT_MAX);
        let segment = Segment {
            ends: packet.origin.ends,
            direction: packet.direction,
            sequence,
            acknowledged,
            octets: &packet.octets,
            length,
        };
        let remark = is_first.then(|| remark(packet));
        let frame = ethernet(&segment);
        let whole = frame.len() + (length - packet.octets.len().min(length));
        blocks.packet(packet.at, packet.direction, &frame, whole, remark.as_deref());
    }
    blocks.file()
}

/// A remark in the file at the first PDU of a connection: its peer.
fn remark(packet: &Packet) -> String {
    match packet.origin.party.as_deref() {
        Some(Party::Upstream { name, link }) => format!("upstream {name}, link {link}"),
        Some(Party::Account { name }) => format!("account {name}"),
        None => "a client that has not bound".to_owned(),
    }
}

/// The position of each direction of each connection.
struct Streams(HashMap<(u64, Direction), (u64, bool)>);

impl Streams {
    /// The offset of the first PDU in the file, for each.
    fn begin(packets: &[Packet]) -> Self {
        let mut streams = HashMap::new();
        for packet in packets {
            streams.entry((packet.origin.connection, packet.direction)).or_insert((packet.offset, true));
        }
        Self(streams)
    }

    /// The positions of a PDU and of the opposite direction, and whether the PDU is the first of its connection.
    fn go_on(&mut self, packet: &Packet) -> (u32, u32, bool) {
        let connection = packet.origin.connection;
        let (others, other_is_new) =
            self.0.get(&(connection, packet.direction.other())).copied().unwrap_or((0, true));
        let before =
            self.0.insert((connection, packet.direction), (packet.offset + packet.length as u64, false));
        let is_new = before.is_none_or(|(_, is_new)| is_new);
        (number(packet.offset), number(others), is_new && other_is_new)
    }
}

/// An offset as a TCP sequence number: from 1, since SYN takes the first number, and modulo 2^32.
fn number(place: u64) -> u32 {
    let [.., a, b, c, d] = place.wrapping_add(1).to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Ends, Origin};
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    fn packet(direction: Direction, offset: u64, length: usize, kept: usize) -> Packet {
        let party = Party::Upstream { name: "acme".into(), link: 0 };
        let ends = Ends { local: "10.0.0.1:40000".parse().unwrap(), peer: "10.0.0.2:2775".parse().unwrap() };
        Packet {
            origin: Origin { connection: 1, party: Some(Arc::new(party)), ends },
            at: SystemTime::UNIX_EPOCH + Duration::from_micros(1_800_000_000_123_456),
            direction,
            offset,
            length,
            octets: vec![0xAB; kept].into(),
        }
    }

    /// The blocks of a file: type and body.
    fn blocks(mut file: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let word = |octets: &[u8], at: usize| u32::from_be_bytes(octets[at..at + 4].try_into().unwrap());
        let mut blocks = Vec::new();
        while !file.is_empty() {
            let length = word(file, 4) as usize;
            assert_eq!((length % 4, word(file, length - 4) as usize), (0, length));
            blocks.push((word(file, 0), file[8..length - 4].to_vec()));
            file = &file[length..];
        }
        blocks
    }

    #[test]
    fn each_pdu_is_a_frame_at_its_place_in_the_stream() {
        let packets = [
            packet(Direction::Out, 1_000, 20, 20),
            packet(Direction::In, 500, 16, 16),
            packet(Direction::Out, 1_020, 20, 20),
        ];
        let blocks = blocks(&pcapng(&packets));
        let kinds: Vec<u32> = blocks.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [0x0A0D_0D0A, 1, 6, 6, 6]);
        // After interface, time and lengths: Ethernet 14, IPv4 20, and ports 4 octets.
        let numbers = |block: &(u32, Vec<u8>)| {
            let word = |at: usize| u32::from_be_bytes(block.1[at..at + 4].try_into().unwrap());
            (word(20 + 14 + 20 + 4), word(20 + 14 + 20 + 8))
        };
        let found: Vec<_> = blocks[2..].iter().map(numbers).collect();
        assert_eq!(found, [(1_001, 501), (501, 1_021), (1_021, 517)]);
        let remark = |block: &(u32, Vec<u8>)| block.1.windows(4).any(|word| word == b"acme");
        assert_eq!(blocks[2..].iter().map(remark).collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn a_pdu_that_was_cut_is_a_frame_that_was_cut() {
        let blocks = blocks(&pcapng(&[packet(Direction::In, 0, 60_000, 100)]));
        let word = |at: usize| u32::from_be_bytes(blocks[2].1[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((word(12), word(16)), (54 + 100, 54 + SEGMENT_MAX));
    }

    #[test]
    fn places_go_around() {
        assert_eq!([0, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0005].map(number), [1, 0xFFFF_FFFF, 0, 6]);
    }
}

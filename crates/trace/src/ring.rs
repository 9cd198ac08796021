//! The recent PDUs of one connection: the newest ones within a limit of PDUs and a limit of octets.

use crate::packet::{Direction, Origin, Packet};
use std::collections::VecDeque;
use std::time::SystemTime;

/// The most PDUs of a connection.
pub const PDUS_MAX: usize = 512;
/// The most octets of a connection's PDUs, fewer where there are many connections.
pub const OCTETS_MAX: usize = 64 * 1024;
/// The share of PDUs, one in so many, that is removed when there is no room: the oldest ones. Removing them one by one
/// costs more.
const GOES_AT_ONCE: usize = 16;

/// A PDU in a ring, without its octets.
pub(crate) struct Entry {
    pub(crate) at: SystemTime,
    pub(crate) direction: Direction,
    pub(crate) offset: u64,
    pub(crate) length: usize,
}

/// Recent PDUs. All their octets are in one buffer, so that recording allocates nothing.
#[derive(Default)]
pub(crate) struct Ring {
    /// The PDUs and the count of octets kept of each, the oldest first.
    entries: VecDeque<(Entry, usize)>,
    octets: VecDeque<u8>,
}

impl Ring {
    /// Adds a PDU, and removes the oldest ones until at most `room` octets are left. A longer PDU is cut to `room`.
    pub(crate) fn push(&mut self, entry: Entry, octets: &[u8], room: usize) {
        let octets = octets.get(..room).unwrap_or(octets);
        if self.entries.len() >= PDUS_MAX || self.octets.len() + octets.len() > room {
            self.forget_oldest(self.entries.len() / GOES_AT_ONCE, room - octets.len());
        }
        self.octets.extend(octets);
        self.entries.push_back((entry, octets.len()));
    }

    /// Removes the oldest PDUs until at most `room` octets are left, and frees the memory beyond.
    pub(crate) fn fit(&mut self, room: usize) {
        self.forget_oldest(0, room);
        self.octets.shrink_to(room);
    }

    /// Removes the oldest PDUs: `least` of them, and more until at most `room` octets are left.
    fn forget_oldest(&mut self, least: usize, room: usize) {
        let (mut pdus, mut octets) = (0, 0);
        for (_, kept) in &self.entries {
            if pdus >= least && self.octets.len() - octets <= room {
                break;
            }
            pdus += 1;
            octets += kept;
        }
        self.entries.drain(..pdus);
        self.octets.drain(..octets);
    }

    /// The PDUs, the oldest first.
    pub(crate) fn packets(&self, origin: &Origin) -> Vec<Packet> {
        let mut from = 0;
        let packet = |(entry, kept): &(Entry, usize)| {
            let octets = self.octets.range(from..from + kept).copied().collect();
            from += kept;
            let Entry { at, direction, offset, length } = *entry;
            Packet { origin: origin.clone(), at, direction, offset, length, octets }
        };
        self.entries.iter().map(packet).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Ends;

    fn origin() -> Origin {
        let any = "127.0.0.1:2775".parse().unwrap();
        Origin { connection: 1, party: None, ends: Ends { local: any, peer: any } }
    }

    fn push(ring: &mut Ring, number: usize, length: usize, room: usize) {
        let octet = u8::try_from(number % 251).unwrap();
        let entry =
            Entry { at: SystemTime::UNIX_EPOCH, direction: Direction::In, offset: number as u64, length };
        ring.push(entry, &vec![octet; length], room);
    }

    fn numbers(ring: &Ring) -> Vec<u64> {
        let packets = ring.packets(&origin());
        for packet in &packets {
            assert!(packet.octets.iter().all(|octet| u64::from(*octet) == packet.offset % 251));
        }
        packets.iter().map(|packet| packet.offset).collect()
    }

    #[test]
    fn the_newest_stay() {
        let mut ring = Ring::default();
        for number in 0..1_000 {
            push(&mut ring, number, 16 + number % 7, OCTETS_MAX);
        }
        let kept = numbers(&ring);
        assert_eq!(kept, (1_000 - kept.len() as u64..1_000).collect::<Vec<u64>>());
        assert!((PDUS_MAX - PDUS_MAX / GOES_AT_ONCE..=PDUS_MAX).contains(&kept.len()), "{}", kept.len());
        for number in 1_000..1_047 {
            push(&mut ring, number, 4_000, OCTETS_MAX);
            assert!(ring.octets.len() <= OCTETS_MAX);
        }
        let kept = numbers(&ring);
        assert_eq!(kept, (1_047 - kept.len() as u64..1_047).collect::<Vec<u64>>());
    }

    #[test]
    fn less_room_keeps_less() {
        let mut ring = Ring::default();
        for number in 0..100 {
            push(&mut ring, number, 100, OCTETS_MAX);
        }
        ring.fit(1_050);
        assert_eq!(numbers(&ring), (90..100).collect::<Vec<u64>>());
        assert!(ring.octets.capacity() < 2_200, "{}", ring.octets.capacity());
        push(&mut ring, 100, 4_000, 1_050);
        let packets = ring.packets(&origin());
        assert_eq!((packets.len(), packets[0].octets.len(), packets[0].length), (1, 1_050, 4_000));
        assert!(packets[0].is_cut());
    }
}

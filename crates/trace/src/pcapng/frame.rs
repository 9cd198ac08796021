//! Ethernet, IP and TCP headers around a PDU, as a capture would have them.

use crate::packet::{Direction, Ends};
use std::net::{IpAddr, Ipv6Addr};

/// A segment of a TCP connection.
pub(super) struct Segment<'a> {
    pub(super) ends: Ends,
    pub(super) direction: Direction,
    /// The sequence number of its first octet.
    pub(super) sequence: u32,
    /// The acknowledgement number: the position of the opposite direction.
    pub(super) acknowledged: u32,
    /// Its recorded octets.
    pub(super) octets: &'a [u8],
    /// Its whole length in octets.
    pub(super) length: usize,
}

/// Invented hardware addresses, from the locally administered range.
const OURS: [u8; 6] = [2, 0, 0, 0, 0, 1];
const THEIRS: [u8; 6] = [2, 0, 0, 0, 0, 2];
/// Octets of a TCP header without options.
const TCP: usize = 20;
/// PSH and ACK.
const FLAGS: u8 = 0x18;

/// The segment as a frame.
pub(super) fn ethernet(segment: &Segment<'_>) -> Vec<u8> {
    let Ends { local, peer } = segment.ends;
    let ((from, to), (mac_from, mac_to)) = match segment.direction {
        Direction::Out => ((local, peer), (OURS, THEIRS)),
        Direction::In => ((peer, local), (THEIRS, OURS)),
    };
    let mut frame = [mac_to, mac_from].concat();
    let (kind, ip, pseudo) = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => ipv4(from.octets(), to.octets(), segment.length),
        (from, to) => ipv6(wide(from), wide(to), segment.length),
    };
    frame.extend_from_slice(&kind);
    frame.extend_from_slice(&ip);
    frame.extend_from_slice(&tcp(segment, [from.port(), to.port()], &pseudo));
    frame.extend_from_slice(segment.octets);
    frame
}

/// An address as IPv6: behind a load balancer's PROXY header the two ends may be of different families.
fn wide(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => Ipv6Addr::octets(&address.to_ipv6_mapped()),
        IpAddr::V6(address) => address.octets(),
    }
}

type Header = ([u8; 2], Vec<u8>, Vec<u8>);

/// The EtherType, the IPv4 header, and the pseudo-header of TCP's checksum (RFC 791, RFC 9293 section 3.1).
fn ipv4(from: [u8; 4], to: [u8; 4], octets: usize) -> Header {
    let length = short(20 + TCP + octets);
    // No fragments, 64 hops, TCP, and the checksum to come.
    let mut header = [&[0x45, 0][..], &length, &[0, 0, 0x40, 0, 64, 6, 0, 0], &from, &to].concat();
    let sum = checksum(&header);
    header.splice(10..12, sum);
    ([8, 0], header, [&from[..], &to, &[0, 6], &short(TCP + octets)].concat())
}

/// The same for IPv6 (RFC 8200).
fn ipv6(from: [u8; 16], to: [u8; 16], octets: usize) -> Header {
    let length = short(TCP + octets);
    let header = [&[0x60, 0, 0, 0][..], &length, &[6, 64], &from, &to].concat();
    ([0x86, 0xDD], header, [&from[..], &to, &[0, 0], &length, &[0, 0, 0, 6]].concat())
}

fn tcp(segment: &Segment<'_>, ports: [u16; 2], pseudo: &[u8]) -> Vec<u8> {
    let [from, to] = ports.map(u16::to_be_bytes);
    let mut header = [&from[..], &to].concat();
    header.extend_from_slice(&segment.sequence.to_be_bytes());
    header.extend_from_slice(&segment.acknowledged.to_be_bytes());
    // Five words, a wide window, the checksum to come, nothing urgent.
    header.extend_from_slice(&[0x50, FLAGS, 0xFF, 0xFF, 0, 0, 0, 0]);
    // What isn't all there has no checksum that could be known.
    if segment.octets.len() == segment.length {
        let sum = checksum(&[pseudo, &header, segment.octets].concat());
        header.splice(16..18, sum);
    }
    header
}

/// The Internet checksum (RFC 1071).
fn checksum(octets: &[u8]) -> [u8; 2] {
    let word = |pair: &[u8]| u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
    let mut sum: u64 = octets.chunks(2).map(word).sum();
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    let [.., high, low] = (!sum).to_be_bytes();
    [high, low]
}

/// A length in two octets. Segments are short enough for it.
fn short(octets: usize) -> [u8; 2] {
    u16::try_from(octets).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(local: &str, peer: &str, direction: Direction) -> Vec<u8> {
        let ends = Ends { local: local.parse().unwrap(), peer: peer.parse().unwrap() };
        ethernet(&Segment { ends, direction, sequence: 1, acknowledged: 1, octets: b"abc", length: 3 })
    }

    #[test]
    fn a_frame_has_the_real_addresses_and_goes_its_way() {
        let out = frame("10.0.0.1:40000", "10.0.0.2:2775", Direction::Out);
        assert_eq!((out.len(), &out[12..14]), (14 + 20 + 20 + 3, &[8, 0][..]));
        assert_eq!(out[26..38], [10, 0, 0, 1, 10, 0, 0, 2, 0x9C, 0x40, 0x0A, 0xD7]);
        let back = frame("10.0.0.1:40000", "10.0.0.2:2775", Direction::In);
        assert_eq!((&back[26..30], &back[..6]), (&[10, 0, 0, 2][..], &OURS[..]));
    }

    #[test]
    fn what_is_summed_up_with_its_checksum_is_zero() {
        let v4 = frame("10.0.0.1:40000", "10.0.0.2:2775", Direction::Out);
        assert_eq!(checksum(&v4[14..34]), [0, 0]);
        let pseudo = [&v4[26..34], &[0, 6, 0, 23]].concat();
        assert_eq!(checksum(&[&pseudo, &v4[34..]].concat()), [0, 0]);
        let v6 = frame("[2001:db8::1]:40000", "203.0.113.9:2775", Direction::In);
        assert_eq!((v6.len(), &v6[12..14]), (14 + 40 + 20 + 3, &[0x86, 0xDD][..]));
        let pseudo = [&v6[22..54], &[0, 0, 0, 23, 0, 0, 0, 6]].concat();
        assert_eq!(checksum(&[&pseudo, &v6[54..]].concat()), [0, 0]);
    }
}

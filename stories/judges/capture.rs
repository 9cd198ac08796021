//! What was said on connections, written as Wireshark reads it: a file of pcap with IPv4 and TCP headers made up around
//! it.

use postrider_wire::smpp::frame::DEFAULT_MAX_PDU;
use postrider_wire::smpp::{Command, Frame};
use std::collections::HashMap;
use std::path::Path;

/// The port that the server has in the file, whatever it had.
pub(crate) const SERVER_PORT: u16 = 2775;

/// The most octets of one packet, so that its length fits IPv4's.
const MOST: usize = 32 * 1024;

/// What was said, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture(Vec<Said>);

/// Some octets in one direction of one connection.
#[derive(Clone, Debug)]
struct Said {
    connection: u16,
    by_client: bool,
    octets: Vec<u8>,
}

impl Capture {
    pub(crate) fn add(&mut self, connection: u16, by_client: bool, octets: &[u8]) {
        self.0.push(Said { connection, by_client, octets: octets.to_vec() });
    }

    /// The PDUs that were said, as we read them ourselves: who said each, and what kind it is.
    pub(crate) fn pdus(&self) -> Vec<(bool, Command)> {
        let mut streams: HashMap<(u16, bool), Vec<u8>> = HashMap::new();
        let mut pdus = Vec::new();
        for said in &self.0 {
            let stream = streams.entry((said.connection, said.by_client)).or_default();
            stream.extend_from_slice(&said.octets);
            while let Some((octets, command)) = first(stream) {
                pdus.push((said.by_client, command));
                stream.drain(..octets);
            }
        }
        pdus
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path) {
        // Version 2.4, packets of up to 65,535 octets, each beginning with its IPv4 header (link type 228).
        let mut file = Vec::new();
        for word in [0xA1B2_C3D4_u32, 0x0002_0004, 0, 0, 65_535, 228] {
            file.extend_from_slice(&word.to_be_bytes());
        }
        let mut streams = Streams::default();
        let pieces = self.0.iter().flat_map(|said| said.octets.chunks(MOST).map(move |piece| (said, piece)));
        for (time, (said, piece)) in pieces.enumerate() {
            let packet = streams.packet(said.connection, said.by_client, piece);
            let length = u32::try_from(packet.len()).unwrap();
            for word in [0, u32::try_from(time).unwrap(), length, length] {
                file.extend_from_slice(&word.to_be_bytes());
            }
            file.extend_from_slice(&packet);
        }
        std::fs::write(path, file).unwrap();
    }
}

/// How much went which way on each connection so far, from which come TCP's sequence numbers.
#[derive(Debug, Default)]
struct Streams(HashMap<(u16, bool), u32>);

impl Streams {
    fn packet(&mut self, connection: u16, by_client: bool, octets: &[u8]) -> Vec<u8> {
        let sequence = self.0.get(&(connection, by_client)).copied().unwrap_or(1);
        let acknowledged = self.0.get(&(connection, !by_client)).copied().unwrap_or(1);
        self.0.insert((connection, by_client), sequence + u32::try_from(octets.len()).unwrap());

        let (client, server) = ([127, 0, 0, 1], [127, 0, 0, 2]);
        let (from, to) = if by_client { (client, server) } else { (server, client) };
        let client_port = 40_000 + connection;
        let ports = if by_client { [client_port, SERVER_PORT] } else { [SERVER_PORT, client_port] };

        let length = u16::try_from(40 + octets.len()).unwrap();
        let mut packet = vec![0x45, 0];
        packet.extend_from_slice(&length.to_be_bytes());
        // No fragments, 64 hops, TCP, and no checksum.
        packet.extend_from_slice(&[0, 0, 0x40, 0, 64, 6, 0, 0]);
        packet.extend_from_slice(&[from, to].concat());
        packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&acknowledged.to_be_bytes());
        // A header of five words, PSH and ACK, a window, no checksum, nothing urgent.
        packet.extend_from_slice(&[0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
        packet.extend_from_slice(octets);
        packet
    }
}

/// The length and the kind of the first whole PDU.
fn first(stream: &[u8]) -> Option<(usize, Command)> {
    let frame = Frame::peek(stream, DEFAULT_MAX_PDU).unwrap()?;
    Some((frame.octets(), frame.header.command))
}

//! Serial lines behind a converter that speaks Telnet with its option for serial ports (RFC 854, RFC 2217): the converter is told
//! the speed, and octets are doubled where Telnet would take them for its own.

use crate::connect::Stream;
use crate::serial::Mode8N1;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const IAC: u8 = 0xFF;
const DONT: u8 = 0xFE;
const DO: u8 = 0xFD;
const WONT: u8 = 0xFC;
const WILL: u8 = 0xFB;
const SB: u8 = 0xFA;
const SE: u8 = 0xF0;
/// Options: octets as they are, no turns, and the serial port.
const BINARY: u8 = 0;
const NO_TURNS: u8 = 3;
const SERIAL_PORT: u8 = 44;
/// The most octets of our own that wait to be written.
const WAITING_MAX: usize = 4_096;

/// What is between two octets of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Data,
    Command,
    /// An option is negotiated by this command.
    Option(u8),
    /// Within a subnegotiation, and whether an IAC was the last octet.
    Inner(bool),
}

/// Telnet without its connection: octets come in, data and answers come out.
#[derive(Debug)]
struct Protocol {
    state: State,
    mode: Mode8N1,
    /// Octets of our own to be written.
    waiting: Vec<u8>,
    /// Whether the converter was told the speed.
    is_told: bool,
}

impl Protocol {
    fn new(mode: Mode8N1) -> Self {
        let mut waiting = Vec::new();
        for (command, option) in
            [(WILL, SERIAL_PORT), (WILL, BINARY), (DO, BINARY), (WILL, NO_TURNS), (DO, NO_TURNS)]
        {
            waiting.extend_from_slice(&[IAC, command, option]);
        }
        Self { state: State::Data, mode, waiting, is_told: false }
    }

    /// Takes in what came, and leaves its data in place: returns how many octets of data there are.
    fn receive(&mut self, octets: &mut [u8]) -> usize {
        let mut kept = 0;
        for at in 0..octets.len() {
            let Some(octet) = octets.get(at).copied() else { break };
            if let Some(data) = self.next(octet)
                && let Some(place) = octets.get_mut(kept)
            {
                *place = data;
                kept += 1;
            }
        }
        kept
    }

    fn next(&mut self, octet: u8) -> Option<u8> {
        let (state, data) = match (self.state, octet) {
            (State::Data, IAC) => (State::Command, None),
            (State::Data, data) => (State::Data, Some(data)),
            (State::Command, IAC) => (State::Data, Some(IAC)),
            (State::Command, SB) => (State::Inner(false), None),
            (State::Command, DO | DONT | WILL | WONT) => (State::Option(octet), None),
            (State::Command, _) => (State::Data, None),
            (State::Option(command), option) => {
                self.negotiate(command, option);
                (State::Data, None)
            }
            // What the converter says of its port is not needed.
            (State::Inner(true), SE) => (State::Data, None),
            (State::Inner(is_escaped), _) => (State::Inner(octet == IAC && !is_escaped), None),
        };
        self.state = state;
        data
    }

    /// Answers a wish of the converter. What we asked for ourselves needs no answer.
    fn negotiate(&mut self, command: u8, option: u8) {
        let is_ours = matches!(option, BINARY | NO_TURNS | SERIAL_PORT);
        match command {
            DO if option == SERIAL_PORT && !self.is_told => {
                self.is_told = true;
                self.tell();
            }
            DO if !is_ours => self.say(&[IAC, WONT, option]),
            WILL if !is_ours => self.say(&[IAC, DONT, option]),
            _ => {}
        }
    }

    /// Sets the port: speed, 8 data bits, no parity, 1 stop bit, flow control, and both wires that say that we are there.
    fn tell(&mut self) {
        let flow = if self.mode.hardware_flow { 3 } else { 1 };
        self.set(1, &self.mode.baud.to_be_bytes());
        for (command, value) in [(2, 8), (3, 1), (4, 1), (5, flow), (5, 8), (5, 11)] {
            self.set(command, &[value]);
        }
    }

    fn set(&mut self, command: u8, value: &[u8]) {
        let mut said = vec![IAC, SB, SERIAL_PORT, command];
        double(value, &mut said);
        said.extend_from_slice(&[IAC, SE]);
        self.say(&said);
    }

    fn say(&mut self, octets: &[u8]) {
        // A converter that asks without end is not answered without end.
        if self.waiting.len() < WAITING_MAX {
            self.waiting.extend_from_slice(octets);
        }
    }
}

/// Appends data as Telnet has it.
fn double(data: &[u8], out: &mut Vec<u8>) {
    for octet in data {
        out.push(*octet);
        if *octet == IAC {
            out.push(IAC);
        }
    }
}

/// A connection to a converter, as a serial line.
#[derive(Debug)]
pub struct Telnet<S> {
    stream: S,
    protocol: Protocol,
}

impl<S> Telnet<S> {
    /// The line behind a connection that was just made.
    pub fn new(stream: S, mode: Mode8N1) -> Self {
        Self { stream, protocol: Protocol::new(mode) }
    }
}

impl<S: AsyncWrite + Unpin> Telnet<S> {
    /// Writes what waits.
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.protocol.waiting.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.protocol.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.protocol.waiting.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Telnet<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            // Answers go as they can; whether they have gone doesn't hold up reading.
            if let Poll::Ready(Err(error)) = self.poll_waiting(cx) {
                return Poll::Ready(Err(error));
            }
            let before = into.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
            let Some(came) = into.filled_mut().get_mut(before..).filter(|came| !came.is_empty()) else {
                return Poll::Ready(Ok(()));
            };
            let kept = self.protocol.receive(came);
            into.set_filled(before + kept);
            if kept > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Telnet<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_waiting(cx))?;
        double(octets, &mut self.protocol.waiting);
        // It is taken, and goes with the next write or flush at the latest.
        if let Poll::Ready(Err(error)) = self.poll_waiting(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_waiting(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_waiting(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Stream> Stream for Telnet<S> {
    fn give_up(&self) {
        self.stream.give_up();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const MODE: Mode8N1 = Mode8N1 { baud: 115_200, hardware_flow: true };
    /// Baud 115200 is 0x0001C200.
    const TOLD: [u8; 52] = [
        255, 250, 44, 1, 0, 1, 0xC2, 0, 255, 240, 255, 250, 44, 2, 8, 255, 240, 255, 250, 44, 3, 1, 255, 240,
        255, 250, 44, 4, 1, 255, 240, 255, 250, 44, 5, 3, 255, 240, 255, 250, 44, 5, 8, 255, 240, 255, 250,
        44, 5, 11, 255, 240,
    ];

    fn received(protocol: &mut Protocol, octets: &[u8]) -> Vec<u8> {
        let mut octets = octets.to_vec();
        let kept = protocol.receive(&mut octets);
        octets.truncate(kept);
        octets
    }

    #[test]
    fn a_converter_that_takes_the_option_is_told_the_speed_once() {
        let mut protocol = Protocol::new(MODE);
        assert_eq!(protocol.waiting.get(..3), Some(&[IAC, WILL, SERIAL_PORT][..]));
        protocol.waiting.clear();
        assert_eq!(
            received(&mut protocol, &[IAC, DO, SERIAL_PORT, IAC, DO, BINARY, IAC, WILL, NO_TURNS]),
            []
        );
        assert_eq!(protocol.waiting, TOLD);
        received(&mut protocol, &[IAC, DO, SERIAL_PORT]);
        assert_eq!(protocol.waiting.len(), TOLD.len());
    }

    #[test]
    fn other_options_are_refused_and_a_converter_without_the_option_is_a_line_all_the_same() {
        let mut protocol = Protocol::new(MODE);
        protocol.waiting.clear();
        assert_eq!(
            received(&mut protocol, &[IAC, DONT, SERIAL_PORT, b'O', IAC, WILL, 1, IAC, DO, 24, b'K']),
            b"OK"
        );
        assert_eq!(protocol.waiting, [IAC, DONT, 1, IAC, WONT, 24]);
    }

    #[test]
    fn what_is_telnets_own_is_no_data_however_it_is_cut() {
        let octets = [
            b'A', IAC, IAC, b'B', IAC, SB, 44, 106, 0xFF, 0xFF, 0x30, IAC, SE, b'C', IAC, 241, b'D', IAC, SB,
            1, IAC, SE,
        ];
        for size in 1..=octets.len() {
            let mut protocol = Protocol::new(MODE);
            let data: Vec<u8> =
                octets.chunks(size).flat_map(|piece| received(&mut protocol, piece)).collect();
            assert_eq!(data, [b'A', 0xFF, b'B', b'C', b'D'], "{size}");
        }
    }

    #[tokio::test]
    async fn data_go_both_ways() {
        let (ours, mut converter) = duplex(1_024);
        let mut line = Telnet::new(ours, MODE);
        line.write_all(b"AT\xFF\r").await.unwrap();
        line.flush().await.unwrap();
        let mut greeting = [0; 20];
        converter.read_exact(&mut greeting).await.unwrap();
        assert_eq!(greeting.get(15..), Some(&b"AT\xFF\xFF\r"[..]));
        converter.write_all(&[IAC, DO, SERIAL_PORT]).await.unwrap();
        converter.write_all(b"OK").await.unwrap();
        let mut data = [0; 2];
        line.read_exact(&mut data).await.unwrap();
        assert_eq!(&data, b"OK");
        let mut told = [0; TOLD.len()];
        converter.read_exact(&mut told).await.unwrap();
        assert_eq!(told, TOLD);
        drop(converter);
        assert_eq!(line.read(&mut data).await.unwrap(), 0);
    }
}

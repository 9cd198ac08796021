//! A client of UCP or CIMD2 by hand: frames by their content, whose numbers, lengths and checksums are filled in. What it is told is
//! acknowledged, and kept for the story.

use super::within;
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An older protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Older {
    Ucp,
    Cimd2,
}

impl Older {
    /// The section of its door.
    pub(crate) const fn door(self) -> &'static str {
        match self {
            Self::Ucp => "ucp",
            Self::Cimd2 => "cimd2",
        }
    }
}

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct OlderClient {
    protocol: Older,
    stream: TcpStream,
    heard: Vec<u8>,
    asks: u8,
    told: VecDeque<String>,
}

/// Octets in hexadecimal digits.
pub(crate) fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

impl OlderClient {
    pub(crate) async fn connect(protocol: Older, address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await.unwrap();
        Self { protocol, stream, heard: Vec::new(), asks: 0, told: VecDeque::new() }
    }

    /// A client that is logged in.
    pub(crate) async fn logged_in(protocol: Older, address: SocketAddr, user: &str, password: &str) -> Self {
        let mut client = Self::connect(protocol, address).await;
        let (login, answer) = match protocol {
            Older::Ucp => {
                let password = digits(password.as_bytes());
                (format!("O/60/{user}/6/5/1/{password}//0100//////"), "R/60/A//")
            }
            Older::Cimd2 => (format!("01\t010:{user}\t011:{password}\t"), "51\t"),
        };
        assert_eq!(client.asks(&login).await, answer);
        client
    }

    /// Asks for something, and returns the answer: its content without number, length and checksum.
    pub(crate) async fn asks(&mut self, content: &str) -> String {
        let number = if self.protocol == Older::Cimd2 { (self.asks % 100) * 2 + 1 } else { self.asks % 100 };
        self.asks = (self.asks + 1) % 100;
        self.write(number, content).await;
        loop {
            let (number, frame) = self.frame().await;
            match self.answer_to(&frame) {
                None => return frame,
                Some(answer) => self.take_in(number, frame, &answer).await,
            }
        }
    }

    /// The next request of the server, which was acknowledged: its content without number, length and checksum.
    pub(crate) async fn told(&mut self) -> String {
        loop {
            if let Some(told) = self.told.pop_front() {
                return told;
            }
            let (number, frame) = self.frame().await;
            let answer = self.answer_to(&frame).unwrap_or_else(|| panic!("an answer to nothing: {frame}"));
            self.take_in(number, frame, &answer).await;
        }
    }

    async fn take_in(&mut self, number: u8, frame: String, answer: &str) {
        self.write(number, answer).await;
        self.told.push_back(frame);
    }

    /// The answer to a request; `None` for an answer.
    fn answer_to(&self, frame: &str) -> Option<String> {
        match self.protocol {
            Older::Ucp => frame.strip_prefix("O/").map(|rest| format!("R/{}/A///", &rest[..2])),
            Older::Cimd2 => {
                let operation: u8 = frame[..2].parse().unwrap();
                (operation < 50).then(|| format!("{}\t", operation + 50))
            }
        }
    }

    async fn frame(&mut self) -> (u8, String) {
        within("a frame", async {
            loop {
                if let Some(end) = self.heard.iter().position(|octet| *octet == 3) {
                    let frame: Vec<u8> = self.heard.drain(..=end).collect();
                    let content = String::from_utf8(frame[1..end - 2].to_vec()).unwrap();
                    return match self.protocol {
                        Older::Ucp => (content[..2].parse().unwrap(), content[9..].to_owned()),
                        Older::Cimd2 => {
                            (content[3..6].parse().unwrap(), format!("{}{}", &content[..2], &content[6..]))
                        }
                    };
                }
                assert_ne!(self.stream.read_buf(&mut self.heard).await.unwrap(), 0, "the server hung up");
            }
        })
        .await
    }

    async fn write(&mut self, number: u8, content: &str) {
        let (content, begun) = match self.protocol {
            Older::Ucp => (format!("{number:02}/{:05}/{content}", content.len() + 11), 0),
            // STX counts in its checksum.
            Older::Cimd2 => (format!("{}:{number:03}{}", &content[..2], &content[2..]), 2),
        };
        let sum = content.bytes().fold(begun, |sum: u8, octet| sum.wrapping_add(octet));
        self.stream.write_all(format!("\x02{content}{sum:02X}\x03").as_bytes()).await.unwrap();
    }
}

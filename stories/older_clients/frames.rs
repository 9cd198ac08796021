//! A client of UCP or CIMD2 by hand: frames by their content, whose numbers, lengths and checksums are filled in.

use crate::harness::within;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Ucp,
    Cimd2,
}

pub(super) struct Client {
    protocol: Protocol,
    stream: TcpStream,
    heard: Vec<u8>,
    asks: u8,
}

impl Client {
    pub(super) async fn connect(protocol: Protocol, address: SocketAddr) -> Self {
        Self { protocol, stream: TcpStream::connect(address).await.unwrap(), heard: Vec::new(), asks: 0 }
    }

    /// Asks for something, and returns the answer.
    pub(super) async fn asks(&mut self, content: &str) -> String {
        let number = if self.protocol == Protocol::Cimd2 { self.asks * 2 + 1 } else { self.asks };
        self.asks += 1;
        self.write(number, content).await;
        self.hears().await.1
    }

    /// The next frame: its number, and its content without number, length and checksum.
    pub(super) async fn hears(&mut self) -> (u8, String) {
        within("a frame", async {
            loop {
                if let Some(end) = self.heard.iter().position(|octet| *octet == 3) {
                    let frame: Vec<u8> = self.heard.drain(..=end).collect();
                    let content = String::from_utf8(frame[1..end - 2].to_vec()).unwrap();
                    return match self.protocol {
                        Protocol::Ucp => (content[..2].parse().unwrap(), content[9..].to_owned()),
                        Protocol::Cimd2 => {
                            (content[3..6].parse().unwrap(), format!("{}{}", &content[..2], &content[6..]))
                        }
                    };
                }
                assert_ne!(self.stream.read_buf(&mut self.heard).await.unwrap(), 0, "the gateway hung up");
            }
        })
        .await
    }

    pub(super) async fn answers(&mut self, number: u8, content: &str) {
        self.write(number, content).await;
    }

    async fn write(&mut self, number: u8, content: &str) {
        let (content, begun) = match self.protocol {
            Protocol::Ucp => (format!("{number:02}/{:05}/{content}", content.len() + 11), 0),
            Protocol::Cimd2 => (format!("{}:{number:03}{}", &content[..2], &content[2..]), 2),
        };
        let sum = content.bytes().fold(begun, |sum: u8, octet| sum.wrapping_add(octet));
        self.stream.write_all(format!("\x02{content}{sum:02X}\x03").as_bytes()).await.unwrap();
    }
}

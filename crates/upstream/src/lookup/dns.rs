//! ENUM: a DNS server is asked for the NAPTR records of a number, by UDP, and by TCP if its answer doesn't fit.

use postrider_core::lookup::{Assignment, Said};
use postrider_core::number::Number;
use postrider_provider::enum_rule;
use postrider_wire::dns::{self, Answer, UDP_MAX};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long an answer by UDP is waited for before the question is sent again.
const AGAIN: Duration = Duration::from_millis(800);
/// How often the question is sent.
const TRIES: usize = 4;

/// A DNS server, and how its records are read.
pub(super) struct EnumServer {
    pub(super) address: SocketAddr,
    pub(super) domain: String,
    /// The beginning of the services that count.
    pub(super) service: String,
    /// What is known of a number that has no name.
    pub(super) no_name: Assignment,
}

impl EnumServer {
    /// Asks about a number.
    pub(super) async fn ask(&self, number: Number) -> Result<Said, String> {
        let name = dns::name_of(number.digits(), &self.domain);
        let mut id = [0; 2];
        getrandom::fill(&mut id).map_err(|error| error.to_string())?;
        let question =
            dns::question(u16::from_be_bytes(id), &name).ok_or_else(|| format!("'{name}' is no name"))?;
        let answer = match self.by_udp(&question).await.map_err(|error| error.to_string())? {
            Answer::Truncated => self.by_tcp(&question).await.map_err(|error| error.to_string())?,
            answer => answer,
        };
        match answer {
            Answer::Records(records) => {
                let rules = records.iter().map(|record| (&*record.services, &*record.regexp));
                let uri = enum_rule::uri(number, rules, &self.service);
                Ok(uri.map_or(Said::default(), |uri| enum_rule::said(&uri)))
            }
            Answer::NoName => Ok(Said { network: None, assignment: self.no_name }),
            Answer::Truncated => Err("the answer doesn't fit".to_owned()),
            Answer::Failed(code) => Err(format!("the server answered with code {code}")),
        }
    }

    async fn by_udp(&self, question: &[u8]) -> io::Result<Answer> {
        let local: SocketAddr = match self.address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(local).await?;
        // Of nobody else an answer is taken.
        socket.connect(self.address).await?;
        for _ in 0..TRIES {
            socket.send(question).await?;
            if let Ok(answer) = timeout(AGAIN, heard(&socket, question)).await {
                return answer;
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the server doesn't answer"))
    }

    async fn by_tcp(&self, question: &[u8]) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address).await?;
        let length = u16::try_from(question.len()).unwrap_or(u16::MAX);
        stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
        let length = stream.read_u16().await?;
        let mut octets = vec![0; length.into()];
        stream.read_exact(&mut octets).await?;
        dns::answer(question, &octets).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "the octets are no answer to the question")
        })
    }
}

/// The answer to a question; what is none is passed over.
async fn heard(socket: &UdpSocket, question: &[u8]) -> io::Result<Answer> {
    let mut octets = [0; UDP_MAX as usize];
    loop {
        let length = socket.recv(&mut octets).await?;
        if let Some(answer) = octets.get(..length).and_then(|octets| dns::answer(question, octets).ok()) {
            return Ok(answer);
        }
    }
}

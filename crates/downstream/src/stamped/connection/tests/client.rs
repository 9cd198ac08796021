//! A client at the other end of a pipe. It writes frames by their content: numbers, lengths and checksums are filled in.

use super::*;
use crate::connections::Place;
use crate::sessions::listener::{Caller, Door as _};
use crate::sessions::{Counters, Sessions};
use crate::stamped::{Door, Settings};
use bytes::BytesMut;
use postrider_access::audit::Auditor;
use postrider_trace::{Ends, Recorder};
use postrider_wire::hex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::timeout;

pub(super) const UCP_HELLO: &str = "O/51/447700900123/60006//1//3/////////////3//48656C6C6F/////////////";
pub(super) const CIMD2_HELLO: &str = "03\t021:447700900123\t033:Hello\t";

pub(super) struct Client {
    protocol: Protocol,
    stream: DuplexStream,
    heard: BytesMut,
    stop: watch::Sender<bool>,
    /// How often it asked, and the number of what it was asked last.
    asks: u8,
    asked: u8,
    _place: Place,
}

impl Client {
    /// A client that is connected.
    pub(super) fn connect(protocol: Protocol, engine: &Arc<Engine>) -> Self {
        let counters = Counters {
            intake: Arc::clone(engine) as Arc<_>,
            archive: Arc::clone(engine) as Arc<_>,
            outbox: Arc::clone(engine) as Arc<_>,
            live: Arc::clone(engine) as Arc<_>,
        };
        let passwords = Arc::new(postrider_declare::Passwords::new().unwrap());
        let auditor = Auditor::new(Arc::clone(engine) as Arc<_>, Arc::clone(engine) as Arc<_>);
        let sessions = Sessions::new(counters, passwords, Recorder::new(), Arc::new(auditor));
        let door = Arc::new(Door::new(protocol, sessions, Settings::default()));
        let any: SocketAddr = ([127, 0, 0, 1], 3024).into();
        let place = door.connections.admit(any.ip()).unwrap();
        let (stop, stopped) = watch::channel(false);
        let (theirs, stream) = duplex(64 * 1_024);
        let caller = Caller {
            stream: Box::new(theirs),
            ends: Ends { local: any, peer: any },
            standing: Arc::clone(place.standing()),
            stop: stopped,
        };
        tokio::spawn(door.attend(caller));
        Self { protocol, stream, heard: BytesMut::new(), stop, asks: 0, asked: 0, _place: place }
    }

    /// A client that is logged in.
    pub(super) async fn log_in(protocol: Protocol, engine: &Arc<Engine>) -> Self {
        let mut client = Self::connect(protocol, engine);
        let (login, answer) = match protocol {
            Protocol::Ucp => ("O/60/shop/6/5/1/736563726574//0100//////", "00/R/60/A//"),
            Protocol::Cimd2 => ("01\t010:shop\t011:secret\t", "51:001\t"),
        };
        client.says(login).await;
        assert_eq!(client.hears().await, answer);
        assert!(engine.is_open());
        client
    }

    pub(super) fn now(&self) -> Instant {
        postrider_link::now()
    }

    pub(super) fn server_stops(&self) {
        self.stop.send_replace(true);
    }

    /// Asks for something.
    pub(super) async fn says(&mut self, content: &str) {
        let number = if self.protocol == Protocol::Cimd2 { self.asks * 2 + 1 } else { self.asks };
        self.asks += 1;
        self.write(number, content).await;
    }

    /// Answers what it was asked last.
    pub(super) async fn answers(&mut self, content: &str) {
        self.write(self.asked, content).await;
    }

    /// Writes octets as they are.
    pub(super) async fn writes(&mut self, octets: &[u8]) {
        // The other end may be gone.
        let _ = self.stream.write_all(octets).await;
    }

    async fn write(&mut self, number: u8, content: &str) {
        let (content, begun) = match self.protocol {
            // LEN counts both slashes around it, its five digits, the number and the checksum.
            Protocol::Ucp => (format!("{number:02}/{:05}/{content}", content.len() + 11), 0),
            // STX counts in its checksum.
            Protocol::Cimd2 => (format!("{}:{number:03}{}", &content[..2], &content[2..]), 2),
        };
        let sum = content.bytes().fold(begun, |sum: u8, octet| sum.wrapping_add(octet));
        let frame = [b"\x02", content.as_bytes(), &hex::pair(sum), b"\x03"].concat();
        self.writes(&frame).await;
    }

    /// The content of the next frame without length and checksum, within an hour.
    pub(super) async fn hears(&mut self) -> String {
        timeout(Duration::from_secs(3_600), self.next()).await.unwrap()
    }

    /// Lets time pass in which nothing is heard.
    pub(super) async fn lets_pass(&mut self, time: Duration) {
        let heard = timeout(time, self.next()).await;
        assert!(heard.is_err(), "{heard:?}");
    }

    async fn next(&mut self) -> String {
        loop {
            if let Some(end) = self.heard.iter().position(|octet| *octet == 3) {
                let frame = self.heard.split_to(end + 1);
                return self.understood(std::str::from_utf8(&frame[1..end - 2]).unwrap());
            }
            if !matches!(self.stream.read_buf(&mut self.heard).await, Ok(1..)) {
                return String::from("closed");
            }
        }
    }

    fn understood(&mut self, content: &str) -> String {
        match self.protocol {
            Protocol::Ucp => {
                self.asked = content[..2].parse().unwrap();
                format!("{}{}", &content[..2], &content[8..])
            }
            Protocol::Cimd2 => {
                self.asked = content[3..6].parse().unwrap();
                content.to_owned()
            }
        }
    }
}

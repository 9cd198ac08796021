//! A client driven by hand: it sends what a test tells it to and hands out what comes, one thing after the other.

use postrider_simulator::carrier::{Carrier, Counts, Settings};
use postrider_wire::smpp::pdu::{Bind, BindMode, DeliverSmResp, SubmitSm, UnbindResp};
use postrider_wire::smpp::{self, Address, Event, Pdu, Role, Session, Status};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    stream: TcpStream,
    session: Session<()>,
    came: VecDeque<Came>,
    /// What deliver_sm is answered with; not at all if `None`.
    pub(crate) deliver: Option<Status>,
}

/// Something that came from the carrier, in the order it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// submit_sm_resp.
    Answer { sequence: u32, status: Status, message_id: String },
    /// deliver_sm or data_sm.
    Deliver {
        source: String,
        destination: String,
        esm_class: u8,
        data_coding: u8,
        text: Vec<u8>,
        tlvs: Vec<(u16, Vec<u8>)>,
    },
    /// The connection is closed, or the session over.
    Closed,
}

impl Came {
    pub(crate) fn answer(self) -> (Status, String) {
        match self {
            Self::Answer { status, message_id, .. } => (status, message_id),
            other => panic!("an answer was due, not {other:?}"),
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::Deliver { text, .. } => String::from_utf8(text).unwrap(),
            other => panic!("a delivery was due, not {other:?}"),
        }
    }

    /// The value of a field in a receipt's text.
    pub(crate) fn field(self, name: &str) -> String {
        let text = self.text();
        let from =
            text.find(&format!("{name}:")).unwrap_or_else(|| panic!("no {name} in {text}")) + name.len() + 1;
        text[from..].split(' ').next().unwrap().to_owned()
    }
}

/// A carrier of this kind, on a free port.
pub(crate) async fn carrier(settings: Settings) -> Carrier {
    Carrier::start("127.0.0.1:0", settings).await.unwrap()
}

/// Waits until a carrier's counts are as a test expects them.
pub(crate) async fn until(carrier: &Carrier, enough: impl FnMut(&Counts) -> bool) -> Counts {
    let counts = tokio::time::timeout(PATIENCE, carrier.until(enough)).await;
    counts.unwrap_or_else(|_| panic!("it came otherwise: {:?}", carrier.counts()))
}

/// Receipts at once.
pub(crate) fn quick() -> Settings {
    Settings { receipt_delay: Duration::ZERO.into(), ..Settings::default() }
}

impl Client {
    pub(crate) async fn bind(address: SocketAddr) -> Self {
        let (client, status) = Self::try_bind(address, BindMode::Transceiver, "me", "secret").await;
        assert_eq!(status, Status::ROK);
        client
    }

    pub(crate) async fn try_bind(
        address: SocketAddr,
        mode: BindMode,
        who: &str,
        password: &str,
    ) -> (Self, Status) {
        let stream = TcpStream::connect(address).await.unwrap();
        let now = postrider_link::now();
        let settings = smpp::Settings { window: 1000, ..smpp::Settings::default() };
        let mut session = Session::new(Role::Client, settings, now);
        session.request(&Bind::new(mode, who.as_bytes(), password.as_bytes()), (), now).unwrap();
        let mut client = Self { stream, session, came: VecDeque::new(), deliver: Some(Status::ROK) };
        let (status, _) = client.next().await.answer();
        (client, status)
    }

    /// Sends a text, with a receipt asked for, and returns its sequence number. It is written with the next wait.
    pub(crate) fn send(&mut self, to: &str, text: &[u8]) -> u32 {
        self.submit(&SubmitSm {
            source: Address::alphanumeric(b"me"),
            destination: Address::international(to.as_bytes()),
            registered_delivery: 1,
            short_message: text,
            ..SubmitSm::default()
        })
    }

    pub(crate) fn submit(&mut self, pdu: &SubmitSm<'_>) -> u32 {
        self.session.request(pdu, (), postrider_link::now()).unwrap()
    }

    pub(crate) fn unbind(&mut self) {
        self.session.unbind(postrider_link::now()).unwrap();
    }

    /// Sends a text and waits for its answer.
    pub(crate) async fn ask(&mut self, to: &str, text: &[u8]) -> (Status, String) {
        self.send(to, text);
        self.next().await.answer()
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> Came {
        tokio::time::timeout(PATIENCE, self.wait()).await.expect("nothing came")
    }

    /// Writes what there is to write.
    pub(crate) async fn flush(&mut self) {
        let output = self.session.output().split();
        self.stream.write_all(&output).await.unwrap();
    }

    async fn wait(&mut self) -> Came {
        loop {
            self.handle();
            self.flush().await;
            if let Some(came) = self.came.pop_front() {
                return came;
            }
            if self.stream.read_buf(self.session.input()).await.unwrap_or(0) == 0 {
                return Came::Closed;
            }
        }
    }

    fn handle(&mut self) {
        let now = postrider_link::now();
        loop {
            let answer = match self.session.next(now) {
                None => return,
                Some(Event::Request { sequence, pdu }) => {
                    self.came.push_back(delivery(&pdu));
                    self.deliver.map(|status| (sequence, status))
                }
                Some(Event::Response { sequence, status, pdu, .. }) => {
                    let message_id = match pdu {
                        Pdu::SubmitSmResp(answer) => answer.message_id,
                        _ => &[],
                    };
                    let message_id = String::from_utf8(message_id.to_vec()).unwrap();
                    self.came.push_back(Came::Answer { sequence, status, message_id });
                    None
                }
                Some(Event::Unbind { sequence }) => {
                    self.session.respond(sequence, Status::ROK, &UnbindResp, now).unwrap();
                    None
                }
                Some(Event::Closed(_)) => {
                    self.came.push_back(Came::Closed);
                    None
                }
                Some(other) => panic!("{other:?}"),
            };
            if let Some((sequence, status)) = answer {
                self.session.respond(sequence, status, &DeliverSmResp::default(), now).unwrap();
            }
        }
    }
}

fn delivery(pdu: &Pdu<'_>) -> Came {
    let string = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    let Pdu::DeliverSm(pdu) = pdu else { panic!("{pdu:?}") };
    Came::Deliver {
        source: string(pdu.source.digits),
        destination: string(pdu.destination.digits),
        esm_class: pdu.esm_class,
        data_coding: pdu.data_coding,
        text: pdu.text().to_vec(),
        tlvs: pdu.tlvs.iter().map(|(tag, value)| (tag, value.to_vec())).collect(),
    }
}

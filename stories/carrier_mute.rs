//! Carriers that leave answers out. One that says nothing any more is left, and what lies in the connection with it; one that
//! only lost an answer is not.

use crate::harness::{Plan, within};
use postrider_wire::smpp::pdu::{BindMode, BindResp, SubmitSmResp};
use postrider_wire::smpp::{Event, Pdu, Role, Session, Settings, State, Status, Tlvs};
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const WINDOW: usize = 5;
/// How long the carrier takes to an answer, so that what it answers late was written earlier than what follows.
const THOUGHT: Duration = Duration::from_millis(200);

/// One connection of a carrier whose every answer is the story's.
struct Connection {
    socket: TcpStream,
    session: Session<()>,
    /// Numbers of the parts that came, in order.
    parts: Vec<u32>,
    /// Whether it says anything, be it to an `enquire_link`.
    is_mute: bool,
}

impl Connection {
    /// The next one, bound.
    async fn accept(listener: &TcpListener) -> Self {
        let (socket, _) = within("a connection", listener.accept()).await.unwrap();
        let settings = Settings { enquire_link: None, ..Settings::default() };
        let session = Session::new(Role::Server, settings, Instant::now());
        let mut connection = Self { socket, session, parts: Vec::new(), is_mute: false };
        while connection.session.state() != State::BoundTrx {
            connection.read().await.unwrap();
        }
        connection
    }

    /// Takes in what the gateway writes next.
    async fn read(&mut self) -> io::Result<()> {
        if within("octets", self.socket.read_buf(self.session.input())).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let now = Instant::now();
        let mut bind = None;
        while let Some(event) = self.session.next(now) {
            match event {
                Event::Request { sequence, pdu: Pdu::Bind(_) } => bind = Some(sequence),
                Event::Request { sequence, pdu: Pdu::SubmitSm(_) } => self.parts.push(sequence),
                _ => {}
            }
        }
        if let Some(sequence) = bind {
            let answer = BindResp::new(BindMode::Transceiver, b"mute");
            self.session.respond(sequence, Status::ROK, &answer, now).unwrap();
        }
        self.write().await
    }

    async fn write(&mut self) -> io::Result<()> {
        let octets = self.session.output().split();
        if self.is_mute { Ok(()) } else { self.socket.write_all(&octets).await }
    }

    /// Waits until so many parts have come.
    async fn until(&mut self, parts: usize) {
        while self.parts.len() < parts {
            self.read().await.unwrap();
        }
    }

    async fn answer(&mut self, part: usize) {
        let answer = SubmitSmResp { message_id: b"1", tlvs: Tlvs::EMPTY };
        self.session.respond(self.parts[part], Status::ROK, &answer, Instant::now()).unwrap();
        self.write().await.unwrap();
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

#[tokio::test]
async fn a_carrier_that_falls_silent_is_sent_no_more_and_left_with_all_that_lies_in_the_connection() {
    let carrier = listener().await;
    let gateway = Plan::simple(carrier.local_addr().unwrap())
        .with(&format!("upstreams.acme.window = {WINDOW}\nupstreams.acme.response_timeout = '6s'"))
        .start();
    let (gateway, mut first) = tokio::join!(gateway, Connection::accept(&carrier));
    for n in 0..4 * WINDOW {
        gateway.http("shop").send(&format!("+4917000000{n:02}"), "Hello").await;
    }
    first.until(WINDOW).await;
    tokio::time::sleep(THOUGHT).await;
    first.answer(WINDOW - 1).await;
    first.is_mute = true;
    let end = loop {
        if let Err(end) = first.read().await {
            break end;
        }
    };
    assert_eq!(first.parts.len(), WINDOW + 1, "what is given up makes no room for more");
    assert_eq!(end.kind(), io::ErrorKind::ConnectionReset, "{end}");
    Connection::accept(&carrier).await.until(WINDOW).await;
}

#[tokio::test]
async fn a_carrier_that_loses_an_answer_keeps_its_session() {
    let carrier = listener().await;
    let gateway =
        Plan::simple(carrier.local_addr().unwrap()).with("upstreams.acme.response_timeout = '1s'").start();
    let (gateway, mut connection) = tokio::join!(gateway, Connection::accept(&carrier));
    let id = gateway.http("shop").send("+491700000001", "Hello").await;
    connection.until(2).await;
    connection.answer(1).await;
    gateway.http("shop").message_in(&id, "sent").await;
}

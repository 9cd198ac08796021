//! A client at the other end of a pipe.

use super::*;
use crate::sessions::{Counters, Sessions};
use crate::smpp::settings::Settings;
use postrider_access::audit::Auditor;
use postrider_trace::{Ends, Recorder};
use postrider_wire::smpp::pdu::{Bind, BindMode, DeliverSmResp, SubmitSm};
use postrider_wire::smpp::{Encode, Pdu};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::timeout;

pub(super) struct Client {
    stream: DuplexStream,
    session: Session<()>,
    stop: watch::Sender<bool>,
    /// The number of what the server asked last.
    asked: u32,
}

impl Client {
    /// A client that is connected.
    pub(super) fn connect(engine: &Arc<Engine>) -> Self {
        let counters = Counters {
            intake: Arc::clone(engine) as Arc<_>,
            archive: Arc::clone(engine) as Arc<_>,
            outbox: Arc::clone(engine) as Arc<_>,
            live: Arc::clone(engine) as Arc<_>,
        };
        let passwords = Arc::new(postrider_declare::Passwords::new().unwrap());
        let auditor = Auditor::new(Arc::clone(engine) as Arc<_>, Arc::clone(engine) as Arc<_>);
        let sessions = Sessions::new(counters, passwords, Recorder::new(), Arc::new(auditor));
        let door = Arc::new(Smpp::new(sessions, Settings::default()));
        let any: SocketAddr = ([127, 0, 0, 1], 2775).into();
        let tape = door.sessions.recorder.client(Ends { local: any, peer: any });
        let place = door.connections.admit(any.ip()).unwrap();
        let (stop, stopped) = watch::channel(false);
        let now = postrider_link::now();
        let (theirs, stream) = duplex(64 * 1_024);
        tokio::spawn(Connection::new(door, tape, Arc::clone(place.standing()), stopped, now).run(theirs));
        // It asks nothing of itself.
        let rules = postrider_wire::smpp::Settings {
            enquire_link: None,
            ..postrider_wire::smpp::Settings::default()
        };
        Self { stream, session: Session::new(Role::Client, rules, now), stop, asked: 0 }
    }

    /// A client that is bound, as transceiver.
    pub(super) async fn bind(engine: &Arc<Engine>) -> Self {
        let mut client = Self::connect(engine);
        client.asks_to_bind();
        assert_eq!(client.hears().await, "bind_transceiver_resp ESME_ROK (0x00)");
        assert!(engine.is_open());
        client
    }

    pub(super) fn asks_to_bind(&mut self) {
        let bind = Bind::new(BindMode::Transceiver, b"shop", b"secret");
        self.session.request(&bind, (), self.now()).unwrap();
    }

    pub(super) fn now(&self) -> Instant {
        postrider_link::now()
    }

    pub(super) fn submit(&mut self) {
        self.session.request(&SubmitSm::default(), (), self.now()).unwrap();
    }

    pub(super) fn unbind(&mut self) {
        self.session.unbind(self.now()).unwrap();
    }

    pub(super) fn answers_unbind(&mut self) {
        self.session.leave(Some(self.asked), self.now());
    }

    pub(super) fn answers_receipt(&mut self, status: Status) {
        self.session.respond(self.asked, status, &DeliverSmResp::default(), self.now()).unwrap();
    }

    pub(super) fn server_stops(&self) {
        self.stop.send_replace(true);
    }

    /// The next event, within an hour.
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
            let now = self.now();
            let heard = match self.session.next(now) {
                Some(Event::Response { status, pdu, .. }) => Some(format!("{} {status}", pdu.command())),
                Some(Event::Request { sequence, pdu: Pdu::DeliverSm(_) }) => {
                    self.asked = sequence;
                    Some(String::from("deliver_sm"))
                }
                Some(Event::Unbind { sequence }) => {
                    self.asked = sequence;
                    Some(String::from("unbind"))
                }
                Some(Event::Closed(Reason::Unbound)) => Some(String::from("unbound")),
                Some(Event::Closed(_)) => Some(String::from("closed")),
                Some(other) => panic!("{other:?}"),
                None => None,
            };
            // The other end may be gone.
            let _ = self.stream.write_all_buf(self.session.output()).await;
            if let Some(heard) = heard {
                return heard;
            }
            if !matches!(self.stream.read_buf(self.session.input()).await, Ok(1..)) {
                return String::from("closed");
            }
        }
    }
}

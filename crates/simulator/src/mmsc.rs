//! A centre for multimedia messages (MMSC) that speaks MM7: it takes messages, reports what became of them, and brings what handsets send.
//! Numbers with fixed fates have them here, too.

use crate::provider::caller::Caller;
use crate::provider::request::Request;
use crate::provider::{Ending, Octets, converse, plain};
use postrider_provider::Outgoing;
use postrider_provider::simulation::Fate;
use postrider_wire::mm7::{
    Address, Content, Deliver, DeliveryReport, Dialect, Envelope, MmStatus, Operation, ReadReply, Status,
    Submit, read, write,
};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

/// The most messages that are kept to be looked at.
const KEPT_MAX: usize = 10_000;
/// How often a report is repeated that nobody takes.
const REPEATS: usize = 20;
/// The identifier of the part with the media.
const CONTENT: &str = "mms";

/// How the centre answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    #[default]
    Good,
    /// With this status of MM7, as the answer to the request.
    Refusing(u16),
    /// With this status of MM7, as a fault of SOAP, by HTTP's status 500.
    Fault(u16),
    /// With a page of HTML, and status 200.
    Html,
    /// With this status of HTTP and an empty body.
    Status(u16),
    /// Not at all: the connection stays.
    Silent,
    /// Not at all: the connection is closed, once it has the message.
    Forgetful,
}

/// How the centre behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How it answers.
    pub manner: Manner,
    /// Where it posts reports and messages from handsets.
    pub callback: Option<String>,
    /// How long after the answer the report comes; `None` for none.
    pub reports_after: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { manner: Manner::Good, callback: None, reports_after: Some(Duration::ZERO) }
    }
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its identifier.
    pub id: String,
    /// The request's transaction.
    pub transaction: String,
    /// The request.
    pub submit: Submit,
    /// Its media, with the presentation and the text.
    pub contents: Vec<Content>,
    /// The HTTP body as it came, and its type.
    pub raw: (String, Vec<u8>),
}

/// A centre that is running. Dropping it ends it.
#[derive(Debug)]
pub struct Mmsc {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    changed: watch::Sender<u64>,
    caller: Caller,
}

#[derive(Debug)]
struct World {
    settings: Settings,
    next: u64,
    taken: Vec<Taken>,
    /// Requests of the centre that were answered well.
    told: u64,
}

impl Mmsc {
    /// Starts a centre.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub async fn start(address: impl ToSocketAddrs, settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let world = World { settings, next: 1, taken: Vec::new(), told: 0 };
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            changed: watch::Sender::new(0),
            caller: Caller::new(),
        });
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, acceptor })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes how it behaves from now on.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.world().settings);
    }

    /// How many of its reports and messages the gateway has taken.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.shared.world().told
    }

    /// Waits until so many messages were taken, and returns them.
    pub async fn taken_at_least(&self, count: u64) -> Vec<Taken> {
        let mut changed = self.shared.changed.subscribe();
        // The sender lives as long as this.
        drop(changed.wait_for(|taken| *taken >= count).await);
        self.shared.world().taken.clone()
    }

    /// Has a handset send a message with media. Returns the status of the answer, 0 for none; `None` if it is told nowhere.
    pub async fn send(&self, (from, to): (&str, &str), subject: &str, contents: &[Content]) -> Option<u16> {
        let deliver = Deliver {
            relay: Some("mmsc.simulated".to_owned()),
            linked_id: Some(self.shared.world().identifier()),
            sender: Some(Address::number(from)),
            to: vec![Address::short_code(to)],
            subject: (!subject.is_empty()).then(|| subject.to_owned()),
            content: Some(CONTENT.to_owned()),
        };
        self.shared.ask(Operation::DeliverReq(deliver), contents).await
    }

    /// Tells that a message was read. Returns as [`Mmsc::send`] does.
    pub async fn report_read(&self, taken: &Taken) -> Option<u16> {
        let reply = ReadReply {
            message: taken.id.clone(),
            recipient: taken.submit.to.first().cloned(),
            sender: taken.submit.sender.clone(),
            time: None,
            status: MmStatus::Read,
        };
        self.shared.ask(Operation::ReadReplyReq(reply), &[]).await
    }
}

impl Drop for Mmsc {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

impl World {
    fn identifier(&mut self) -> String {
        let id = self.next;
        self.next += 1;
        format!("mm{id:06}")
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts a request to the gateway, and returns the status of the answer.
    async fn ask(&self, operation: Operation, contents: &[Content]) -> Option<u16> {
        let (callback, transaction) = {
            let mut world = self.world();
            (world.settings.callback.clone()?, world.identifier())
        };
        let envelope = Envelope { transaction, dialect: Dialect::default(), operation };
        let packaged = write(&envelope, Some(CONTENT), contents);
        let request = Outgoing {
            method: "POST".into(),
            url: callback.parse().ok()?,
            headers: vec![
                ("content-type".into(), packaged.content_type),
                ("soapaction".into(), "\"\"".to_owned()),
            ],
            body: Some(packaged.body),
        };
        let status = self.caller.call(&request).await;
        if (200..300).contains(&status) {
            self.world().told += 1;
        }
        Some(status)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let shared = Arc::clone(&shared);
                connections.spawn(converse(stream, || Duration::ZERO, move |request| answer(&shared, request)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The answer to a request; `None` if there is none.
fn answer(shared: &Arc<Shared>, request: &Request) -> Option<Octets> {
    let manner = shared.world().settings.manner;
    let read = match read(&request.content_type, &request.body) {
        Ok(read) => read,
        Err(error) => {
            let operation = Operation::RelayError(Status::new(4004, &error.to_string()));
            let envelope = Envelope { transaction: String::new(), dialect: Dialect::default(), operation };
            return Some(written(500, &envelope));
        }
    };
    let Operation::SubmitReq(submit) = &read.envelope.operation else {
        let status = Status::new(4003, "Unsupported operation");
        return Some(written(500, &read.envelope.answer(Operation::RelayError(status))));
    };
    let refused = |code| Operation::SubmitRsp(Status::new(code, "Refused"), None);
    match manner {
        Manner::Good => {}
        Manner::Refusing(code) => return Some(written(200, &read.envelope.answer(refused(code)))),
        Manner::Fault(code) => {
            let fault = Operation::RelayError(Status::new(code, "Refused"));
            return Some(written(500, &read.envelope.answer(fault)));
        }
        Manner::Html => return Some(plain(200, "text/html", b"<html><body>Hello</body></html>")),
        Manner::Status(status) => return Some(plain(status, "text/plain", b"")),
        Manner::Silent => return None,
        Manner::Forgetful => {
            take(shared, submit.clone(), &read.envelope.transaction, read.contents.clone(), request);
            return Some(Octets { octets: Vec::new(), closes: true });
        }
    }
    let digits = submit.to.first().map_or("", |to| to.text.trim_start_matches('+'));
    let ending = Ending::of(digits);
    match ending {
        Ending::Refused => Some(written(200, &read.envelope.answer(refused(2003)))),
        Ending::Unanswered => None,
        Ending::Ends(_) | Ending::Unknown => {
            let taken =
                take(shared, submit.clone(), &read.envelope.transaction, read.contents.clone(), request);
            let operation = Operation::SubmitRsp(Status::success(), Some(taken.id.clone()));
            let answered = written(200, &read.envelope.answer(operation));
            if let (Ending::Ends(fate), true) = (ending, taken.submit.delivery_report) {
                report_later(shared, taken, fate);
            }
            Some(answered)
        }
    }
}

/// Keeps a message.
fn take(
    shared: &Shared,
    submit: Submit,
    transaction: &str,
    contents: Vec<Content>,
    request: &Request,
) -> Taken {
    let mut world = shared.world();
    let id = world.identifier();
    let raw = (request.content_type.clone(), request.body.clone());
    let taken = Taken { id, transaction: transaction.to_owned(), submit, contents, raw };
    if world.taken.len() < KEPT_MAX {
        world.taken.push(taken.clone());
    }
    drop(world);
    shared.changed.send_modify(|count| *count += 1);
    taken
}

fn report_later(shared: &Arc<Shared>, taken: Taken, fate: Fate) {
    let Some(after) = shared.world().settings.reports_after else { return };
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let mut wait = after;
        for _ in 0..REPEATS {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            match shared.ask(Operation::DeliveryReportReq(report(&taken, fate)), &[]).await {
                None | Some(200..=299) => return,
                Some(_) => wait = (wait * 2).clamp(Duration::from_millis(100), Duration::from_secs(5)),
            }
        }
    });
}

fn report(taken: &Taken, fate: Fate) -> DeliveryReport {
    DeliveryReport {
        message: taken.id.clone(),
        recipient: taken.submit.to.first().cloned(),
        sender: taken.submit.sender.clone(),
        date: Some("2026-11-29T08:30:07Z".to_owned()),
        status: match fate {
            Fate::Delivered => MmStatus::Retrieved,
            Fate::Expired => MmStatus::Expired,
            Fate::Rejected => MmStatus::Rejected,
            Fate::Undelivered => MmStatus::Unrecognised,
        },
        text: None,
    }
}

fn written(status: u16, envelope: &Envelope) -> Octets {
    let packaged = write(envelope, None, &[]);
    plain(status, &packaged.content_type, &packaged.body)
}

//! Everything a carrier knows, behind one lock that is taken once for a batch and never held while waiting.
//! It touches no socket: connections (`link`) bring it submissions (`intake`) and fetch mail from it (`outgoing`).

use super::desk::Desk;
use super::judge::Judge;
use super::mail::Mail;
use super::modem::Sim;
use super::part::Part;
use super::record::Record;
use super::ussd::Dialogues;
use super::{Counts, Settings};
use crate::schedule::Schedule;
use postrider_link::wall;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};
use tokio::sync::{Notify, broadcast};

/// The most system_ids that may have bound, since each keeps its mail.
const MAX_CLIENTS: usize = 10_000;

/// The most receipts and messages that may be on the agenda.
const MAX_AGENDA: usize = 5_000_000;

/// The most parts that a listener may lag behind before it misses some.
const LISTENER_LAG: usize = 10_000;

/// The handset that greets, and the number that it writes to.
const GREETER: &str = "15005550006";
const GREETED: &str = "1234";

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) judge: Judge,
    pub(crate) counts: Counts,
    pub(crate) record: Record,
    pub(crate) paused: bool,
    pub(crate) desks: HashMap<Arc<str>, Desk>,
    lines: HashMap<u64, Line>,
    /// Mail that is to be laid on clients' desks, by time.
    pub(crate) agenda: Schedule<(Arc<str>, Mail)>,
    pub(crate) next_id: u64,
    next_bind: u64,
    /// The latest time stamp of each recipient, by UCP and CIMD2, and the second before which they are forgotten.
    pub(super) stamps: (u64, HashMap<Box<[u8]>, u64>),
    pub(crate) heard: broadcast::Sender<Heard>,
    /// The SIM of a modem.
    pub(crate) sim: Sim,
    /// What a modem's terminal said by USSD.
    pub(crate) dialled: Vec<String>,
    /// Handsets' USSD dialogues.
    pub(crate) dialogues: Dialogues,
}

/// An accepted part, and whether it reaches the handset.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The part.
    pub part: Part,
    /// Whether the handset gets it.
    pub reaches_handset: bool,
}

/// A connection, seen from the world.
#[derive(Debug)]
struct Line {
    /// The system_id, once it is bound.
    client: Option<Arc<str>>,
    wake: Arc<Notify>,
    orders: Vec<Order>,
}

/// An order to a connection from outside.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    /// Close at once.
    Cut,
    /// Unbind.
    Unbind,
    /// Write these octets.
    Write(Arc<[u8]>),
}

/// A bound client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) bind: u64,
    pub(crate) system_id: Arc<str>,
    pub(crate) mode: BindMode,
}

impl Client {
    /// Whether it receives anything.
    pub(crate) fn receives(&self) -> bool {
        self.mode != BindMode::Transmitter
    }
}

/// Seconds since 1970.
pub(crate) fn clock() -> u64 {
    wall().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl World {
    pub(crate) fn new(settings: Settings, now: Instant) -> Self {
        Self {
            record: Record::new(settings.recording),
            judge: Judge::new(Arc::new(settings)),
            counts: Counts::default(),
            paused: false,
            desks: HashMap::new(),
            lines: HashMap::new(),
            agenda: Schedule::new(now),
            // Counting from the time, a carrier that is started anew doesn't repeat itself.
            next_id: clock() * 1_000_000,
            next_bind: 1,
            stamps: (0, HashMap::new()),
            heard: broadcast::channel(LISTENER_LAG).0,
            sim: Sim::default(),
            dialled: Vec::new(),
            dialogues: Dialogues::default(),
        }
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        self.judge.settings()
    }

    pub(crate) fn set(&mut self, settings: Settings) {
        if settings.recording != self.settings().recording {
            self.record = Record::new(settings.recording);
        }
        self.judge.set(Arc::new(settings));
        self.wake_all();
    }

    /// Plans that mail is laid on a client's desk when it is due.
    pub(crate) fn plan(&mut self, due: Instant, client: &Arc<str>, mail: Mail) {
        if self.agenda.len() < MAX_AGENDA {
            self.agenda.add(due, (Arc::clone(client), mail));
        } else {
            self.counts.dropped += 1;
        }
    }

    /// A client that receives mail; if none is bound now, one that was.
    pub(crate) fn receiver(&self) -> Option<Arc<str>> {
        let best =
            self.desks.iter().max_by_key(|(name, desk)| (desk.has_receivers(), Reverse(Arc::clone(name))));
        best.map(|(name, _)| Arc::clone(name))
    }

    /// The counts as they are now.
    pub(crate) fn count(&self) -> Counts {
        let waiting = self.desks.values().map(|desk| desk.waiting() as u64).sum();
        Counts { waiting, ..self.counts }
    }

    /// A new connection: its number.
    pub(crate) fn connected(&mut self, wake: Arc<Notify>) -> u64 {
        let bind = self.next_bind;
        self.next_bind += 1;
        self.counts.connections += 1;
        self.lines.insert(bind, Line { client: None, wake, orders: Vec::new() });
        bind
    }

    /// A connection is gone.
    pub(crate) fn disconnected(&mut self, bind: u64) {
        if self.lines.remove(&bind).is_some() {
            self.counts.connections -= 1;
        }
    }

    /// Whether a bind is let in, or the status to refuse it with.
    pub(crate) fn bind(&mut self, bind: u64, request: &Bind<'_>, now: Instant) -> Result<Client, Status> {
        if let Err(status) = self.admit(request) {
            self.counts.binds_refused += 1;
            return Err(status);
        }
        let system_id: Arc<str> = String::from_utf8_lossy(request.system_id).into();
        if self.settings().displaces {
            self.displace(&system_id);
        }
        if let Some(line) = self.lines.get_mut(&bind) {
            line.client = Some(Arc::clone(&system_id));
        }
        let client = Client { bind, system_id, mode: request.mode };
        let desk = self.desks.entry(Arc::clone(&client.system_id)).or_insert_with(|| Desk::new(now));
        desk.binds += 1;
        self.counts.binds += 1;
        self.counts.binds_granted += 1;
        if client.receives()
            && let Some(line) = self.lines.get(&bind)
        {
            desk.open(bind, Arc::clone(&line.wake));
            self.counts.receivers += 1;
            if let Some(greeting) = self.settings().greeting.clone() {
                self.say(&client.system_id, GREETER, GREETED, &greeting, now);
            }
        }
        Ok(client)
    }

    /// Has every session of a client closed.
    fn displace(&mut self, system_id: &Arc<str>) {
        for line in self.lines.values_mut().filter(|line| line.client.as_ref() == Some(system_id)) {
            line.orders.push(Order::Cut);
            line.wake.notify_one();
        }
    }

    fn admit(&self, request: &Bind<'_>) -> Result<(), Status> {
        let settings = self.settings();
        if let Some((binds, status)) = settings.refused_binds
            && self.counts.binds_refused < binds
        {
            return Err(status);
        }
        let is =
            |wanted: &Option<String>, given: &[u8]| wanted.as_ref().is_none_or(|w| w.as_bytes() == given);
        if !is(&settings.system_id, request.system_id) {
            return Err(Status::RINVSYSID);
        }
        if !is(&settings.password, request.password) {
            return Err(Status::RINVPASWD);
        }
        if !is(&settings.system_type, request.system_type) {
            return Err(Status::RINVSYSTYP);
        }
        let is_version = settings.version.is_none_or(|version| version == request.interface_version);
        let kind = (request.addr_ton.0, request.addr_npi.0);
        let is_range = is(&settings.address_range, request.address_range)
            && settings.range_type.is_none_or(|wanted| wanted == kind);
        if !is_version || !is_range {
            return Err(Status::RBINDFAIL);
        }
        if request.mode == BindMode::Transceiver && !settings.transceivers {
            return Err(Status::RINVCMDID);
        }
        let desk = self.desks.get(&*String::from_utf8_lossy(request.system_id));
        if desk.is_none() && self.desks.len() >= MAX_CLIENTS {
            return Err(Status::RBINDFAIL);
        }
        match settings.max_binds {
            Some(most) if desk.is_some_and(|desk| desk.binds >= most) => Err(Status::RALYBND),
            _ => Ok(()),
        }
    }

    /// A bind has ended; `undelivered` is what was written to it and never answered, oldest first.
    pub(crate) fn unbound(&mut self, client: &Client, undelivered: impl DoubleEndedIterator<Item = Mail>) {
        let Some(desk) = self.desks.get_mut(&client.system_id) else { return };
        desk.binds -= 1;
        self.counts.binds -= 1;
        if client.receives() {
            self.counts.receivers -= 1;
            desk.close(client.bind);
        }
        desk.put_back(undelivered);
        desk.wake();
    }

    /// Gives an order to every connection.
    pub(crate) fn order(&mut self, order: &Order) {
        for line in self.lines.values_mut() {
            line.orders.push(order.clone());
            line.wake.notify_one();
        }
    }

    /// Takes the orders given to a connection.
    pub(crate) fn orders(&mut self, bind: u64) -> Vec<Order> {
        self.lines.get_mut(&bind).map(|line| std::mem::take(&mut line.orders)).unwrap_or_default()
    }

    /// Wakes every connection, so that it looks around.
    pub(crate) fn wake_all(&self) {
        for line in self.lines.values() {
            line.wake.notify_one();
        }
    }
}

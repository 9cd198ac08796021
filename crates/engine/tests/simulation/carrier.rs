//! A carrier: it takes parts or refuses them, answers now or never, and reports what became of them, as the dice say. It
//! outlives the nodes, and keeps what it got.

use crate::clock::instant;
use crate::dice::Dice;
use crate::manners::Manners;
use crate::scenario::Odds;
use crate::seen::Seen;
use crate::witness::Witness;
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_core::id::MessageId;
use postrider_core::receipt::{Report, Reported};
use postrider_core::route::UpstreamId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

/// How long until a receipt that nobody acknowledged is brought again.
const RECEIPT_AGAIN: Duration = Duration::from_secs(20);
/// How long until a receipt for which there is no session is tried again.
const RECEIPT_WAITS: Duration = Duration::from_secs(5);

/// The carrier behind one upstream.
pub(crate) struct Carrier {
    pub(crate) upstream: UpstreamId,
    manners: Manners,
    witness: Arc<Witness>,
    state: Mutex<State>,
    wake: Notify,
}

struct State {
    dice: Dice,
    odds: Odds,
    /// What happens when, in order.
    agenda: BTreeMap<(Instant, u64), Item>,
    count: u64,
    sessions: BTreeMap<u64, UnboundedSender<Said>>,
    /// Whom it can call, by node.
    listeners: BTreeMap<u64, UnboundedSender<Said>>,
    /// The last time stamp that each recipient was given.
    stamps: BTreeMap<u64, u64>,
    down_until: Option<Instant>,
    /// Another upstream of the same carrier, by which receipts may come too.
    fellow: Option<Arc<Carrier>>,
    receipts: BTreeMap<u64, Receipt>,
}

/// A part, as it is written to a session.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// What the session knows the part by.
    pub(crate) token: u64,
    pub(crate) node: u8,
    pub(crate) message: MessageId,
    pub(crate) part: u8,
    pub(crate) to: u64,
    /// Whether its message is marked as a possible duplicate.
    pub(crate) marked: bool,
}

/// What a carrier says in a session.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    /// What it made of a part.
    Answer { token: u64, outcome: PartOutcome },
    /// What became of a part.
    Receipt { number: u64, receipt: Receipt },
    /// The session is over.
    Ended,
}

/// A receipt, and what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    pub(crate) carrier: UpstreamId,
    pub(crate) message: MessageId,
    pub(crate) part: u8,
    pub(crate) report: Report,
}

enum Item {
    Arrives { session: u64, written: Vec<Written> },
    Answers { session: u64, token: u64, outcome: PartOutcome },
    Reports { receipt: u64 },
}

/// What a carrier does with a part.
enum Fate {
    Takes { answers: bool, named: bool },
    Refuses(FaultKind),
    Ignores,
}

impl Carrier {
    pub(crate) fn new(
        upstream: UpstreamId,
        manners: Manners,
        witness: Arc<Witness>,
        dice: Dice,
        odds: Odds,
    ) -> Arc<Self> {
        let state = State {
            dice,
            odds,
            agenda: BTreeMap::new(),
            count: 0,
            sessions: BTreeMap::new(),
            listeners: BTreeMap::new(),
            stamps: BTreeMap::new(),
            down_until: None,
            fellow: None,
            receipts: BTreeMap::new(),
        };
        Arc::new(Self { upstream, manners, witness, state: Mutex::new(state), wake: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Receipts may come by this one too.
    pub(crate) fn befriend(&self, fellow: &Arc<Carrier>) {
        self.state().fellow = Some(Arc::clone(fellow));
    }

    /// Ends all that is wrong with it, for good.
    pub(crate) fn clear_up(&self) {
        let mut state = self.state();
        state.odds = Odds { store: 0, carrier: 0, receipt: 0, client: 0 };
        state.down_until = None;
    }

    /// Is away for a while: its sessions end.
    pub(crate) fn go_down(&self, span: Duration) {
        let mut state = self.state();
        state.down_until = Some(instant() + span);
        for (_, session) in std::mem::take(&mut state.sessions) {
            drop(session.send(Said::Ended));
        }
    }

    /// Opens a session; `None` when it is away.
    pub(crate) fn open(&self) -> Option<(u64, UnboundedReceiver<Said>)> {
        let mut state = self.state();
        if state.down_until.is_some_and(|until| until > instant()) {
            return None;
        }
        let (session, said) = unbounded_channel();
        let number = state.number();
        state.sessions.insert(number, session);
        Some((number, said))
    }

    /// A session has ended at the other side.
    pub(crate) fn close(&self, session: u64) {
        self.state().sessions.remove(&session);
    }

    /// What it says to a node without a session, if it calls, for as long as the receiver lives.
    pub(crate) fn listen(&self, node: u8) -> UnboundedReceiver<Said> {
        let (listener, said) = unbounded_channel();
        self.state().listeners.insert(node.into(), listener);
        said
    }

    /// Parts of one request are on their way here.
    pub(crate) fn write(&self, session: u64, written: Vec<Written>) {
        let mut state = self.state();
        let after = state.dice.span(Duration::from_millis(1), Duration::from_millis(200));
        state.plan(after, Item::Arrives { session, written });
        drop(state);
        self.wake.notify_one();
    }

    /// A receipt was acknowledged, or wasn't and is to be brought again.
    pub(crate) fn acknowledge(&self, receipt: u64, acknowledged: bool) {
        let mut state = self.state();
        let odds = state.odds.receipt;
        if acknowledged && !state.dice.chance(odds / 2) {
            state.receipts.remove(&receipt);
        }
    }

    /// Lives for as long as the run does.
    pub(crate) async fn live(self: Arc<Self>) {
        loop {
            let next = self.state().agenda.first_key_value().map(|((at, _), _)| *at);
            match next {
                Some(at) if at <= instant() => {
                    let item = self.state().agenda.pop_first();
                    if let Some((_, item)) = item {
                        self.happen(item);
                    }
                }
                Some(at) => tokio::select! {
                    biased;
                    () = self.wake.notified() => {}
                    () = sleep_until(at) => {}
                },
                None => self.wake.notified().await,
            }
        }
    }

    fn happen(&self, item: Item) {
        match item {
            Item::Arrives { session, written } => self.arrive(session, &written),
            Item::Answers { session, token, outcome } => {
                if let Some(session) = self.state().sessions.get(&session) {
                    drop(session.send(Said::Answer { token, outcome }));
                }
            }
            Item::Reports { receipt } => self.report(receipt),
        }
    }

    /// A request arrives, unless its session has ended and took it along. Its parts are answered together or not at all.
    fn arrive(&self, session: u64, written: &[Written]) {
        let mut state = self.state();
        if !state.sessions.contains_key(&session) && state.dice.chance(500) {
            return;
        }
        let odds = state.odds.carrier;
        let slow = if state.dice.chance(odds) { Duration::from_secs(90) } else { Duration::from_secs(1) };
        let after = state.dice.span(Duration::from_millis(1), slow);
        let fates: Vec<Fate> = written.iter().map(|_| state.fate()).collect();
        let is_answered =
            !fates.iter().any(|fate| matches!(fate, Fate::Ignores | Fate::Takes { answers: false, .. }));
        let mut copies = Vec::new();
        for (part, fate) in written.iter().zip(fates) {
            let outcome = match fate {
                Fate::Ignores => continue,
                Fate::Refuses(kind) => {
                    PartOutcome::Refused(Fault { kind, cause: "refused by the dice".into() })
                }
                Fate::Takes { named, .. } => {
                    copies.push(part);
                    let name = named.then(|| self.name(&mut state, part));
                    if let Some(name) = name.as_deref().filter(|_| self.manners.reports) {
                        state.promise_receipts(self.upstream, part, name, after, self.manners.calls);
                    }
                    PartOutcome::Accepted(name)
                }
            };
            if is_answered {
                state.plan(after, Item::Answers { session, token: part.token, outcome });
            }
        }
        drop(state);
        for Written { node, message, part, marked, .. } in copies {
            let (message, part, marked) = (*message, *part, *marked);
            self.witness.saw(*node, Seen::Copy { message, part, marked });
        }
    }

    /// A name for a part. Stamped ones are new for their recipient at this carrier, and another carrier may give the same. Upstreams
    /// of one carrier share its names.
    fn name(&self, state: &mut State, written: &Written) -> Box<str> {
        if !self.manners.stamps || state.fellow.is_some() {
            return format!("u{}-n{}", self.upstream.0, state.number()).into();
        }
        let now = self.witness.now().0.unsigned_abs() / 1_000;
        let last = state.stamps.entry(written.to).or_default();
        *last = now.max(*last + 1);
        format!("{}:{last}", written.to).into()
    }

    /// Brings a receipt by one of the sessions or by a call, and again until it is acknowledged.
    fn report(&self, number: u64) {
        let Some(receipt) = self.state().receipts.get(&number).cloned() else { return };
        let (message, reported) = (receipt.message, receipt.report.reported);
        self.witness.saw(0, Seen::Reported { message, reported });
        let mut state = self.state();
        let said = Said::Receipt { number, receipt };
        let fellow = state.fellow.clone().filter(|_| state.dice.chance(300));
        let went = match fellow {
            Some(fellow) => {
                // One at a time: two carriers that are each other's fellow must not wait for each other.
                drop(state);
                let went = fellow.state().say(said, fellow.manners.calls);
                state = self.state();
                went
            }
            None => state.say(said, self.manners.calls),
        };
        state.plan(if went { RECEIPT_AGAIN } else { RECEIPT_WAITS }, Item::Reports { receipt: number });
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn plan(&mut self, after: Duration, item: Item) {
        let number = self.number();
        self.agenda.insert((instant() + after, number), item);
    }

    /// Says something in one of the sessions, or in a call to one of the nodes, if there is any.
    fn say(&mut self, said: Said, calls: bool) -> bool {
        let listeners = if calls { &self.listeners } else { &self.sessions };
        let all: Vec<u64> = listeners.keys().copied().collect();
        !all.is_empty() && listeners[self.dice.pick(&all)].send(said).is_ok()
    }

    fn fate(&mut self) -> Fate {
        let odds = self.odds.carrier;
        if self.dice.chance(1_000 - odds.min(1_000)) {
            return Fate::Takes { answers: true, named: true };
        }
        match self.dice.between(0, 9) {
            0 | 1 => Fate::Refuses(FaultKind::Throttled),
            2 | 3 => Fate::Refuses(FaultKind::Temporary),
            4 => Fate::Refuses(FaultKind::Elsewhere),
            5 => Fate::Refuses(FaultKind::Permanent),
            6 => Fate::Refuses(FaultKind::Paused),
            7 => Fate::Takes { answers: false, named: true },
            8 => Fate::Takes { answers: true, named: false },
            _ => Fate::Ignores,
        }
    }

    /// What will be reported of a part that is answered after `answer`.
    fn promise_receipts(
        &mut self,
        carrier: UpstreamId,
        written: &Written,
        name: &str,
        answer: Duration,
        calls: bool,
    ) {
        let odds = self.odds.receipt;
        let ends = [Reported::Delivered, Reported::Delivered, Reported::Undelivered, Reported::Expired];
        let reported = *self.dice.pick(&ends);
        let between = [self.dice.chance(500).then_some(written.to), None];
        let promise = |state: &mut Self, after: Duration, reported: Reported| {
            let error = (reported != Reported::Delivered).then(|| "011".into());
            let report = Report { reference: name.into(), also: None, between, reported, error };
            let receipt = Receipt { carrier, message: written.message, part: written.part, report };
            let number = state.number();
            state.receipts.insert(number, receipt);
            state.plan(after, Item::Reports { receipt: number });
        };
        if self.dice.chance(odds) {
            return;
        }
        // Who calls doesn't wait for its own answer.
        let early = self.dice.chance(if calls { 300 } else { odds });
        let late = if self.dice.chance(odds) { Duration::from_mins(30) } else { Duration::from_secs(60) };
        let after = self.dice.span(Duration::from_millis(1), if early { answer } else { late });
        if self.dice.chance(odds) {
            promise(self, after / 2, Reported::Underway);
        }
        promise(self, after, reported);
        if self.dice.chance(odds) {
            let other = *self.dice.pick(&ends);
            let later = after + self.dice.span(Duration::ZERO, Duration::from_secs(120));
            promise(self, later, other);
        }
    }
}

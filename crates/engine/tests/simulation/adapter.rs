//! The adapter of one upstream on one node: it stands at the desk as a real one does, and keeps a session with the carrier
//! for each bind that is its node's.

mod sending;

use crate::carrier::{Carrier, Receipt, Said};
use crate::clock::instant;
use crate::dice::Dice;
use crate::flights::Flights;
use crate::handsets::Handsets;
use crate::life::Life;
use crate::manners::Manners;
use crate::scenario::{NUMBER, OWN_NUMBER, Odds, Plant};
use crate::seen::Seen;
use crate::witness::Witness;
use postrider_core::contract::{Answer, Desk, Heard, LinkState};
use postrider_core::delivery::{FaultKind, PartOutcome};
use postrider_core::inbound::{Address, Inbound};
use postrider_core::message::{Body, Encoding};
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use postrider_core::sender::Sender;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Handsets that say STOP when they get a message, in a thousand.
const STOPS: u64 = 10;
/// Handsets that write when they get a message, and texts that the carrier brings again then, in a thousand.
const WRITES: u64 = 20;
/// See [`WRITES`].
const REPEATS: u64 = 100;
/// How long an adapter that has nothing to wait for sleeps.
const IDLE: Duration = Duration::from_secs(60);

/// What an adapter is given.
pub(crate) struct Place {
    pub(crate) upstream: Upstream,
    pub(crate) manners: Manners,
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) carriers: Arc<BTreeMap<UpstreamId, Arc<Carrier>>>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) handsets: Arc<Handsets>,
    pub(crate) life: Arc<Life>,
    pub(crate) odds: Odds,
    pub(crate) plant: Option<Plant>,
    /// Ends when the node is to stop in order.
    pub(crate) service: Arc<Life>,
}

/// The adapter.
pub(crate) struct Adapter {
    place: Place,
    dice: Dice,
    /// The dice of handsets that say STOP.
    stops: Dice,
    links: Vec<Link>,
    /// What the carrier says without a session.
    calls: UnboundedReceiver<Said>,
    receipts: JoinSet<()>,
    /// What the desk said last.
    seen: u64,
    dry: bool,
    stopping: bool,
    token: u64,
}

type Told = Pin<Box<dyn Future<Output = Option<Duration>> + Send>>;

/// One bind.
struct Link {
    bind: usize,
    /// Waits until the bind is this node's, or, with how long answers may be waited for, until it isn't any more.
    told: Told,
    state: LinkIs,
    flights: Flights,
}

enum LinkIs {
    Elsewhere,
    /// Not there until then.
    Down(Instant),
    Up(Session),
}

struct Session {
    number: u64,
    said: UnboundedReceiver<Said>,
    /// When the dice have it break.
    breaks: Instant,
    /// Until when nothing is sent.
    paused: Option<Instant>,
    /// By when it ends in order.
    leaves: Option<Instant>,
    carrier: Arc<Carrier>,
    witness: Arc<Witness>,
    node: u8,
    bind: usize,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.carrier.close(self.number);
        let (upstream, bind) = (self.carrier.upstream, self.bind);
        self.witness.saw(self.node, Seen::Bind { upstream, bind, up: false });
    }
}

enum Woken {
    Told(usize, Option<Duration>),
    Said(usize, Option<Said>),
    Called(Said),
    Work(u64),
    Stop,
    Time,
}

impl Adapter {
    pub(crate) fn new(place: Place, dice: Dice) -> Self {
        let links = (0..usize::from(place.upstream.binds))
            .map(|bind| Link {
                bind,
                told: admitted(&place.desk, bind),
                state: LinkIs::Elsewhere,
                flights: Flights::new(place.manners.turns),
            })
            .collect();
        let receipts = JoinSet::new();
        let calls = place.carriers[&place.upstream.id].listen(place.life.node);
        // Apart from the adapter's own dice, so that these fall as they do without handsets.
        let stops = Dice::new(u64::from(place.upstream.id.0) << 8 | u64::from(place.life.node)).fork("stops");
        Self { place, dice, stops, links, calls, receipts, seen: 0, dry: false, stopping: false, token: 0 }
    }

    /// Works until the node is stopped in order.
    pub(crate) async fn run(mut self) {
        loop {
            self.look(instant());
            self.fill();
            self.hand_over();
            while self.receipts.try_join_next().is_some() {}
            if self.stopping && self.links.iter().all(|link| matches!(link.state, LinkIs::Elsewhere)) {
                return;
            }
            match self.wait().await {
                Woken::Told(index, wait) => self.told(index, wait),
                Woken::Said(index, said) => self.all_said(index, said.unwrap_or(Said::Ended)),
                Woken::Called(Said::Receipt { number, receipt }) => self.hear(number, receipt),
                Woken::Called(_) => {}
                Woken::Work(seen) => (self.seen, self.dry) = (seen, false),
                Woken::Stop => self.stop(),
                Woken::Time => {}
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let hungry = self.links.iter().any(|link| link.room(self.share()) > 0);
        let deadline = self.deadline();
        let (desk, service) = (Arc::clone(&self.place.desk), Arc::clone(&self.place.service));
        let seen = self.seen;
        let stopping = self.stopping;
        let (links, calls) = (&mut self.links, &mut self.calls);
        tokio::select! {
            biased;
            () = service.over(), if !stopping => Woken::Stop,
            woken = of_links(links) => woken,
            Some(said) = calls.recv() => Woken::Called(said),
            seen = desk.work(seen), if hungry => Woken::Work(seen),
            () = sleep_until(deadline) => Woken::Time,
        }
    }

    fn deadline(&self) -> Instant {
        let of_link = |link: &Link| {
            let state = match &link.state {
                LinkIs::Elsewhere => None,
                LinkIs::Down(until) => Some(*until),
                LinkIs::Up(session) => {
                    [session.paused, session.leaves].into_iter().flatten().chain([session.breaks]).min()
                }
            };
            state.into_iter().chain(link.flights.deadline()).min()
        };
        self.links.iter().filter_map(of_link).min().unwrap_or_else(|| instant() + IDLE)
    }

    /// The window of one link.
    fn share(&self) -> usize {
        (self.place.upstream.window / usize::from(self.place.upstream.binds)).max(1)
    }

    fn carrier(&self) -> &Arc<Carrier> {
        &self.place.carriers[&self.place.upstream.id]
    }

    /// Does what it is time for.
    fn look(&mut self, now: Instant) {
        for index in 0..self.links.len() {
            let link = &mut self.links[index];
            link.flights.give_up(now);
            let is_idle = link.flights.open() == 0;
            match &mut link.state {
                LinkIs::Down(until) if *until <= now => self.connect(index),
                LinkIs::Up(session) => {
                    let leaves = session.leaves.is_some_and(|by| by <= now || is_idle);
                    let (breaks, resumes) =
                        (session.breaks <= now, session.paused.is_some_and(|until| until <= now));
                    if leaves {
                        self.leave(index);
                    } else if breaks {
                        self.lose(index);
                    } else if resumes {
                        session.paused = None;
                        self.place.desk.link(link.bind, LinkState::Up);
                        self.dry = false;
                    }
                }
                _ => {}
            }
        }
    }

    fn connect(&mut self, index: usize) {
        let lasts = if self.dice.chance(self.place.odds.carrier * 3) { 120 } else { 7_200 };
        let breaks = instant() + self.dice.span(Duration::from_millis(100), Duration::from_secs(lasts));
        let Some((number, said)) = self.carrier().open() else { return self.down(index) };
        let (node, bind) = (self.place.life.node, self.links[index].bind);
        let (carrier, witness) = (Arc::clone(self.carrier()), Arc::clone(&self.place.witness));
        witness.saw(node, Seen::Bind { upstream: carrier.upstream, bind, up: true });
        let session =
            Session { number, said, breaks, paused: None, leaves: None, carrier, witness, node, bind };
        self.links[index].state = LinkIs::Up(session);
        self.place.desk.link(bind, LinkState::Up);
        self.dry = false;
    }

    /// A session is over; the next is made after a while.
    fn lose(&mut self, index: usize) {
        let leaves = matches!(&self.links[index].state, LinkIs::Up(session) if session.leaves.is_some());
        self.links[index].flights.lose_all();
        if leaves { self.leave(index) } else { self.down(index) }
    }

    fn down(&mut self, index: usize) {
        let pause = self.dice.span(Duration::from_millis(50), Duration::from_secs(30));
        let link = &mut self.links[index];
        link.state = LinkIs::Down(instant() + pause);
        let down = LinkState::Down { reason: "the dice say so".into(), retry_in: pause };
        self.place.desk.link(link.bind, down);
    }

    /// The bind is another node's.
    fn leave(&mut self, index: usize) {
        let link = &mut self.links[index];
        link.flights.lose_all();
        link.state = LinkIs::Elsewhere;
        // What was under way is back at the desk before the bind may be another's.
        self.hand_over();
        let link = &mut self.links[index];
        self.place.desk.link(link.bind, LinkState::Elsewhere);
        link.told = if self.stopping {
            Box::pin(std::future::pending())
        } else {
            admitted(&self.place.desk, link.bind)
        };
    }

    fn told(&mut self, index: usize, wait: Option<Duration>) {
        let link = &mut self.links[index];
        match (wait, &mut link.state) {
            (None, _) => {
                link.told = dismissed(&self.place.desk, link.bind);
                link.state = LinkIs::Down(instant());
                self.place.desk.link(link.bind, LinkState::Connecting);
            }
            (Some(wait), LinkIs::Up(session)) => {
                session.leaves = Some(instant() + wait);
                link.told = Box::pin(std::future::pending());
            }
            (Some(_), _) => self.leave(index),
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        for index in 0..self.links.len() {
            match &mut self.links[index].state {
                LinkIs::Up(session) => session.leaves = Some(instant() + Duration::from_secs(5)),
                _ => self.leave(index),
            }
            self.links[index].told = Box::pin(std::future::pending());
        }
    }

    fn hand_over(&mut self) {
        for link in &mut self.links {
            let mut answers = link.flights.take_answers();
            if answers.is_empty() {
                continue;
            }
            if self.place.plant == Some(Plant::SwappedAnswers) {
                swap(&mut answers);
            }
            for answer in &answers {
                let (upstream, message) = (self.place.upstream.id, answer.delivery.message.id);
                self.place.witness.saw(self.place.life.node, Seen::Answered { upstream, message });
            }
            self.place.desk.answered(answers);
        }
    }

    /// Takes in all that a session has said, so that what is answered together is brought to the desk together.
    fn all_said(&mut self, index: usize, first: Said) {
        let mut next = Some(first);
        while let Some(said) = next {
            self.said(index, said);
            next = match &mut self.links[index].state {
                LinkIs::Up(session) => session.said.try_recv().ok(),
                _ => None,
            };
        }
    }

    fn said(&mut self, index: usize, said: Said) {
        match said {
            Said::Ended => self.lose(index),
            Said::Receipt { number, receipt } => self.hear(number, receipt),
            Said::Answer { token, outcome } => {
                let pauses =
                    matches!(&outcome, PartOutcome::Refused(fault) if fault.kind == FaultKind::Paused);
                let late = self.links[index].flights.answered(token, outcome);
                if let Some(late) = late {
                    self.hand_over();
                    self.place.desk.named_late(vec![late]);
                }
                self.write(index);
                if pauses {
                    self.pause(index);
                }
            }
        }
    }

    fn pause(&mut self, index: usize) {
        let span = self.dice.span(Duration::from_secs(1), Duration::from_secs(60));
        let link = &mut self.links[index];
        let LinkIs::Up(session) = &mut link.state else { return };
        if session.paused.is_none() {
            session.paused = Some(instant() + span);
            let down = LinkState::Down { reason: "paused".into(), retry_in: span };
            self.place.desk.link(link.bind, down);
        }
    }

    /// Hands in a STOP of a handset, which the carrier takes for heard once it is acknowledged.
    fn hear_stop(&mut self, number: u64) {
        let (desk, life) = (Arc::clone(&self.place.desk), Arc::clone(&self.place.life));
        let witness = Arc::clone(&self.place.witness);
        let inbound = written(number, NUMBER, "Stop!");
        self.receipts.spawn(async move {
            let kept = desk.heard(vec![Heard::Inbound(Box::new(inbound))]).await.is_ok();
            if kept && !life.is_over() {
                witness.saw(life.node, Seen::Stopped(number));
            }
        });
    }

    /// Hands in a text of a handset, which the carrier brings again unless it is acknowledged.
    fn hear_text(&mut self, text: u64, from: u64) {
        let (desk, life) = (Arc::clone(&self.place.desk), Arc::clone(&self.place.life));
        let (witness, handsets) = (Arc::clone(&self.place.witness), Arc::clone(&self.place.handsets));
        let inbound = written(from, OWN_NUMBER, &format!("hello {text}"));
        witness.saw(life.node, Seen::Brought(text));
        self.receipts.spawn(async move {
            let kept = desk.heard(vec![Heard::Inbound(Box::new(inbound))]).await.is_ok();
            if life.is_over() {
                return;
            }
            if kept {
                witness.saw(life.node, Seen::Heard(text));
            }
            handsets.answered(text, kept);
        });
    }

    /// Hands a receipt in, and acknowledges it once it is kept.
    fn hear(&mut self, number: u64, receipt: Receipt) {
        let (desk, life) = (Arc::clone(&self.place.desk), Arc::clone(&self.place.life));
        let (witness, carrier) =
            (Arc::clone(&self.place.witness), Arc::clone(&self.place.carriers[&receipt.carrier]));
        let by = self.place.upstream.id;
        self.receipts.spawn(async move {
            let Receipt { carrier: sent_by, message, part, report } = receipt;
            let kept = desk.heard(vec![Heard::Report(report.clone())]).await.is_ok();
            if life.is_over() {
                return;
            }
            if kept {
                let durable = witness.is_kept((sent_by, by), message, part, &report).await;
                witness.saw(life.node, Seen::Acknowledged { message, part, durable });
            }
            carrier.acknowledge(number, kept);
        });
    }
}

/// Gives the first two answers each other's outcomes.
fn swap(answers: &mut [Answer]) {
    if let [one, other, ..] = answers
        && one.outcomes.len() == 1
        && other.outcomes.len() == 1
    {
        std::mem::swap(&mut one.outcomes, &mut other.outcomes);
    }
}

/// A message of a handset.
fn written(from: u64, to: &str, text: &str) -> Inbound {
    let understood = Number::from_digits(from).map(Sender::Number);
    Inbound {
        from: Address { given: from.to_string().into(), understood },
        to: Address { given: to.into(), understood: Some(Sender::Code(to.into())) },
        body: Body::Text(text.into()),
        encoding: Encoding::Gsm7,
        flash: false,
        reference: None,
        parameters: Box::default(),
    }
}

impl Link {
    /// How many parts may be written.
    fn room(&self, share: usize) -> usize {
        match &self.state {
            LinkIs::Up(session) if session.paused.is_none() && session.leaves.is_none() => {
                share.saturating_sub(self.flights.open())
            }
            _ => 0,
        }
    }
}

/// Waits for what the desk tells of binds and what carriers say, always in the same order.
async fn of_links(links: &mut [Link]) -> Woken {
    poll_fn(|context| {
        for (index, link) in links.iter_mut().enumerate() {
            if let Poll::Ready(wait) = link.told.as_mut().poll(context) {
                return Poll::Ready(Woken::Told(index, wait));
            }
            if let LinkIs::Up(session) = &mut link.state
                && let Poll::Ready(said) = session.said.poll_recv(context)
            {
                return Poll::Ready(Woken::Said(index, said));
            }
        }
        Poll::Pending
    })
    .await
}

fn admitted(desk: &Arc<dyn Desk>, bind: usize) -> Told {
    let desk = Arc::clone(desk);
    Box::pin(async move {
        desk.admitted(bind).await;
        None
    })
}

fn dismissed(desk: &Arc<dyn Desk>, bind: usize) -> Told {
    let desk = Arc::clone(desk);
    Box::pin(async move { Some(desk.dismissed(bind).await) })
}

//! A modem as a link's conversation: it is made ready, then commands go one at a time, those of the gateway's own before the
//! next message.

mod dialogue;
mod housekeeping;
mod incoming;
mod sending;

use self::dialogue::Dialogue;
use super::encode::{Encoded, encode};
use super::memory::Shared;
use super::meters::Gauges;
use super::settings::Settings;
use super::setup::{Found, Next, Refusal, Setup};
use super::watch::Watch;
use crate::meters::Meters;
use crate::refusal;
use postrider_core::contract::Unheard;
use postrider_core::delivery::Fault;
use postrider_core::message::Message;
use postrider_core::time::Time;
use postrider_core::ussd::Page;
use postrider_link::carrier::{self, Failure, Part, Request, Token, Unsent, Ussd};
use postrider_wire::modem::{self, Command, Event, Reason, Session};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// What a command is for.
#[derive(Debug)]
pub(super) enum Sent {
    Setup,
    /// A part of a message, and what is known of it.
    Part(Flight),
    /// An acknowledgement (`AT+CNMA`).
    Acknowledge,
    /// Another storage is entered.
    Enter,
    /// The storage is left for the usual one.
    Leave,
    /// All that is stored is read, from this storage.
    List(Box<str>),
    /// One message is read, from this storage.
    Read(Box<str>, u16),
    Delete,
    /// A registration is asked for, by the question with this place in their list.
    Network(usize),
    Signal,
    /// A modem that didn't answer in time is called.
    Call,
    /// A USSD code is dialled, or the network is answered.
    Dial,
    /// Nobody waits for what it does.
    Other,
}

/// A part that the modem has not answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    token: Token,
    /// The digits of its recipient.
    to: u64,
    /// The world's time when it was written.
    at: Time,
}

/// How a message that came is acknowledged.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ack {
    /// It is deleted from this storage.
    Stored(Box<str>, u16),
    /// The network is told (`AT+CNMA`).
    Direct,
    /// Not at all: the modem knows nothing of it.
    Nothing,
}

/// What the modem is doing.
enum Phase {
    Setup(Box<Setup>),
    Up(Watch),
    Over,
}

/// One session.
pub(super) struct Conversation {
    settings: Arc<Settings>,
    memory: Shared,
    ussd: Arc<dyn Ussd>,
    meters: Meters,
    gauges: Gauges,
    session: Session<Sent>,
    phase: Phase,
    found: Found,
    /// Commands of our own that wait, the next first.
    todo: VecDeque<(Command, Sent)>,
    told: VecDeque<carrier::Event<Ack>>,
    /// Messages in storages that were read and are not deleted yet, or can't be read.
    held: BTreeSet<(Box<str>, u16)>,
    /// When to go on with the set-up.
    wait: Option<Instant>,
    /// Calls in a row that the modem didn't answer.
    unanswered_calls: u8,
    /// Messages in a row that the modem refused since it failed itself.
    failures: u8,
    is_in_flight: bool,
    /// The last part that was given up: a late answer names it.
    given_up: Option<Flight>,
    /// The USSD dialogue that the gateway began.
    dialogue: Option<Dialogue>,
    /// Whether the network began a USSD dialogue that is open.
    is_asked: bool,
    /// Whether the gateway is through with that dialogue, and hangs up if the network goes on.
    hangs_up: bool,
}

impl Conversation {
    /// A session with a modem whose line was opened at `now`.
    pub(super) fn begin(
        settings: &Arc<Settings>,
        memory: &Shared,
        ussd: &Arc<dyn Ussd>,
        now: Instant,
    ) -> Self {
        Self {
            ussd: Arc::clone(ussd),
            memory: memory.clone(),
            meters: Meters::new(&settings.name),
            gauges: Gauges::new(settings),
            session: Session::new(modem::Settings::default(), now),
            phase: Phase::Setup(Box::new(Setup::new(settings, memory, now))),
            found: Found::default(),
            todo: VecDeque::new(),
            told: VecDeque::new(),
            held: BTreeSet::new(),
            wait: None,
            unanswered_calls: 0,
            failures: 0,
            is_in_flight: false,
            given_up: None,
            dialogue: None,
            is_asked: false,
            hangs_up: false,
            settings: Arc::clone(settings),
        }
    }

    /// What was found out about the modem.
    pub(super) const fn found(&self) -> &Found {
        &self.found
    }

    /// Gives the next command, if none is running.
    fn start(&mut self, now: Instant) {
        if !self.session.is_idle() {
            return;
        }
        if let Phase::Setup(setup) = &mut self.phase {
            self.wait = None;
            match setup.next(now) {
                Next::Ask(command) => {
                    self.session.request(command, Sent::Setup, now);
                }
                Next::Wait(until) => self.wait = Some(until),
                Next::Ready => {
                    let found = std::mem::take(&mut setup.found);
                    self.is_ready(found, now);
                }
                Next::Failed(refusal) => self.refuse(refusal),
            }
        }
        if let Some((command, sent)) = self.todo.pop_front_if(|_| self.session.is_idle()) {
            self.session.request(command, sent, now);
        }
    }

    fn is_ready(&mut self, found: Found, now: Instant) {
        let Found { model, storage, notifications, .. } = &found;
        let (upstream, device) = (&*self.settings.name, self.settings.device.text());
        tracing::info!(upstream, device, %model, %storage, "the modem is ready");
        if notifications.is_none() {
            tracing::warn!(
                upstream,
                device,
                "the modem announces no messages: its storage is looked through instead, and status reports may be missing"
            );
        }
        self.found = found;
        self.memory.lock().failures = 0;
        let timers = &self.settings.timers;
        self.phase = Phase::Up(Watch::new(timers.check_every.get(), timers.registration_timeout.get(), now));
        self.gauges.registered(true);
        self.told.push_back(carrier::Event::LoggedIn);
        self.look_through();
        self.todo.push_back((super::watch::ask_signal(), Sent::Signal));
        self.check_dialogue(now);
    }

    fn refuse(&mut self, refusal: Refusal) {
        let Refusal { failure, reason, advice, restart } = refusal;
        if failure == Failure::NotReady {
            self.memory.failed(&reason);
        }
        if restart {
            self.session.shout(RESTART);
        }
        self.gauges.registered(false);
        self.phase = Phase::Over;
        self.told.push_back(carrier::Event::LoginRefused { failure, reason, advice });
    }

    /// Ends the session, and has the modem start anew.
    fn give_up(&mut self, reason: &str) {
        self.memory.failed(reason);
        self.session.shout(RESTART);
        self.gauges.registered(false);
        self.phase = Phase::Over;
        self.session.close(Reason::GivenUp(format!("{reason}; it is told to start anew")));
    }

    fn take(&mut self, event: Event<Sent>, now: Instant) {
        match event {
            Event::Done { token: Sent::Setup, result, lines } => {
                if let Phase::Setup(setup) = &mut self.phase {
                    setup.answered(&result, &lines, now);
                }
            }
            Event::Done { token: Sent::Part(flight), result, lines } => {
                self.answered(flight, &result, &lines);
            }
            Event::Done { token, result, lines } => self.done(token, &result, &lines, now),
            Event::TimedOut { token: Sent::Setup, .. } => {
                if let Phase::Setup(setup) = &mut self.phase {
                    setup.silent(now);
                }
            }
            Event::TimedOut { token: Sent::Part(flight), serial, written } => {
                self.missed(flight, serial, written);
            }
            Event::TimedOut { token, .. } => self.silent(&token),
            Event::Late { serial, reference } => self.late(serial, reference),
            Event::Unsolicited(said) => self.heard(said),
            Event::Malformed(wrong) => self.meters.malformed(&wrong),
            Event::Closed(reason) => self.told.push_back(carrier::Event::Closed {
                reason: reason.to_string(),
                is_lost: !matches!(reason, Reason::Left),
            }),
        }
    }
}

/// Starts a modem anew (3GPP TS 27.007, 8.2).
const RESTART: &str = "AT+CFUN=1,1";

impl carrier::Conversation for Conversation {
    type Endpoint = Session<Sent>;
    type Encoded = Encoded;
    type Ack = Ack;

    fn endpoint(&mut self) -> &mut Session<Sent> {
        &mut self.session
    }

    fn deadline(&self) -> Option<Instant> {
        let (watch, dialogue) = match &self.phase {
            Phase::Up(watch) => (Some(watch.deadline()), self.dialogue_deadline()),
            Phase::Setup(_) | Phase::Over => (None, None),
        };
        [self.session.deadline(), self.wait, watch, dialogue].into_iter().flatten().min()
    }

    fn tick(&mut self, now: Instant) {
        self.session.tick(now);
        self.check(now);
    }

    fn next(&mut self, now: Instant) -> Option<carrier::Event<Ack>> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Some(told);
            }
            self.start(now);
            match self.session.next(now) {
                Some(event) => self.take(event, now),
                None if self.told.is_empty() => return None,
                None => {}
            }
        }
    }

    fn encode(&self, message: &Message) -> Result<(u8, Encoded), Fault> {
        refusal::check_carried(&self.settings.carriage(), message.to, None)?;
        let encoded = encode(message, self.settings.parts_max)?;
        Ok((u8::try_from(encoded.parts.len()).unwrap_or(u8::MAX), encoded))
    }

    fn send(&mut self, part: &Part<'_, Encoded>, now: Instant, clock: Time) -> Result<(), Unsent> {
        self.submit(part, now, clock)
    }

    fn window_free(&self) -> usize {
        let Phase::Up(watch) = &self.phase else { return 0 };
        usize::from(watch.is_registered() && self.session.is_idle() && self.todo.is_empty())
    }

    fn outstanding(&self) -> usize {
        usize::from(self.is_in_flight)
    }

    fn acknowledge(&mut self, ack: Ack, kept: bool, _: Instant) {
        self.acknowledged(ack, kept);
    }

    fn ask(&mut self, _: Unheard, _: Instant) {
        // Status reports come by themselves or not at all.
    }

    fn probe(&mut self, _: Instant) {
        // A modem that owes an answer is called anyway.
    }

    fn probed(&self) -> Option<Instant> {
        None
    }

    fn heard(&self) -> Instant {
        self.session.heard()
    }

    fn leave(&mut self, _: Instant) {
        self.phase = Phase::Over;
        self.session.close(Reason::Left);
    }

    fn takes_ussd(&self) -> bool {
        matches!(&self.phase, Phase::Up(watch) if watch.is_registered()) && self.dialogue.is_none()
    }

    fn ask_network(&mut self, request: Request, now: Instant) {
        self.request(request, now);
    }

    fn show(&mut self, _: u64, page: Option<Page>, _: Instant) {
        self.answer_network(page);
    }

    fn disconnected(&mut self, reason: String) {
        self.gauges.registered(false);
        self.phase = Phase::Over;
        self.session.close(Reason::Disconnected(format!("the line to the modem is gone: {reason}")));
    }
}

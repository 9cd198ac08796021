//! One link, from its login to its end: carries deliveries from the desk to the carrier, and answers and receipts back.
//! Connecting and trying again is for [`super::keeper`], how a link stands for [`super::state`].

use super::conversation::{Conversation, Event, Unsent};
use super::evictions::Evictions;
use super::flights::Flights;
use super::late::GivenUp;
use super::meters::Meters;
use super::receipts::Receipts;
use super::sources::{Leave, News, Waits};
use super::state::{Signs, State};
use super::{Failure, Line, Settings, Surroundings, Token};
use crate::connect::{self, Stream};
use crate::{Driven, Pump, Turn, drive};
use postrider_core::contract::{Late, LinkState};
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_core::receipt::Report;
use postrider_wire::Endpoint;
use std::io;
use std::time::{Duration, Instant};

/// How long a carrier that says goodbye is given to answer what it has.
const CARRIER_LEAVES: Duration = Duration::from_secs(2);

/// A link's place and its surroundings.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// Its place among the upstream's links.
    pub(super) index: usize,
    pub(super) line: &'a Line,
    pub(super) settings: &'a Settings,
    pub(super) surroundings: &'a Surroundings,
    pub(super) evictions: &'a Evictions,
}

/// Why there is no link.
#[derive(Debug)]
pub(super) struct End {
    pub(super) failure: Failure,
    /// In words.
    pub(super) reason: String,
    /// Advice for the operator.
    pub(super) advice: Option<&'static str>,
    /// Until when the carrier is to be left alone.
    pub(super) paused_until: Option<Instant>,
}

impl End {
    pub(super) fn new(failure: Failure, reason: String) -> Self {
        Self { failure, reason, advice: None, paused_until: None }
    }
}

/// One link.
pub(super) struct Link<'a, C: Conversation> {
    context: Context<'a>,
    conversation: C,
    state: State,
    flights: Flights<C::Encoded>,
    given_up: GivenUp,
    receipts: Receipts<C::Ack>,
    /// The carrier's answers to questions about parts.
    replies: Vec<Report>,
    meters: Meters,
    waits: Waits<'a, C::Ack>,
}

impl<'a, C: Conversation> Link<'a, C> {
    pub(super) fn new(context: Context<'a>, conversation: C, leave: &'a mut Leave) -> Self {
        Self {
            conversation,
            state: State::new(),
            flights: Flights::default(),
            given_up: GivenUp::default(),
            receipts: Receipts::default(),
            replies: Vec::new(),
            meters: Meters::new(&context.settings.name),
            waits: Waits::new(&*context.surroundings.desk, leave),
            context,
        }
    }

    /// Works until the link ends, for whatever reason; everything taken is given back by then.
    pub(super) async fn run(mut self, stream: impl Stream) -> End {
        let mut pump = Pump::new(stream);
        let end = drive(&mut pump, &mut self).await;
        if self.state.is_lost() {
            pump.give_up();
        } else {
            // The last words, such as the answer to a goodbye, are worth one try.
            pump.close(self.conversation.endpoint()).await;
        }
        self.flights.lose_all();
        self.hand_over();
        End { paused_until: self.state.paused_until(), ..end }
    }
}

impl<'a, C: Conversation> Driven for Link<'a, C> {
    type Endpoint = C::Endpoint;
    type Sources = Waits<'a, C::Ack>;
    type End = End;

    fn turn(&mut self, now: Instant) -> Turn<End> {
        if self.conversation.deadline().is_some_and(|due| due <= now) {
            self.conversation.tick(now);
        }
        self.resume(now);
        let end = self.take_in(now);
        self.waits.keep(self.receipts.keep(&*self.context.surroundings.desk));
        if end.is_none() {
            self.fill(now);
        }
        self.hand_over();
        if let Some(end) = end {
            return Turn::Over(end);
        }
        let is_quiet = self.flights.is_empty() && self.waits.are_kept();
        if self.state.says_goodbye(now, is_quiet) {
            self.conversation.leave(now);
            return Turn::Again;
        }
        self.waits.wants_work = self.takes();
        let until = self.conversation.deadline().into_iter().chain(self.state.deadline()).min();
        Turn::Wait { until, reads: !self.receipts.are_many() }
    }

    fn parts(&mut self) -> (&mut C::Endpoint, &mut Waits<'a, C::Ack>) {
        (self.conversation.endpoint(), &mut self.waits)
    }

    fn hear(&mut self, news: News<C::Ack>, now: Instant) {
        match news {
            News::Work => self.state.refill(),
            News::Kept(kept) => {
                self.receipts.acknowledged(kept.acks.len());
                for ack in kept.acks {
                    self.conversation.acknowledge(ack, kept.is_kept, now);
                }
            }
            News::Leave(patience) => {
                if !self.state.is_leaving() {
                    self.state.leave(now + patience);
                }
            }
        }
    }

    fn lost(&mut self, error: &io::Error) {
        self.conversation.disconnected(connect::lost(error));
    }
}

/// The events of one read that are acted upon once for all of them.
#[derive(Default)]
struct Gist {
    logged_in: bool,
    /// The code that said that nothing is to be sent.
    pause: Option<Box<str>>,
    load: Option<u8>,
    /// When the last of the overdue parts was written.
    unanswered: Option<Instant>,
    late: Vec<Late>,
    leaves: bool,
    end: Option<End>,
}

impl<C: Conversation> Link<'_, C> {
    /// Takes in the events of one read: answers, receipts, and the session's own.
    fn take_in(&mut self, now: Instant) -> Option<End> {
        let mut gist = Gist::default();
        while let Some(event) = self.conversation.next(now) {
            self.sort(event, &mut gist, now);
        }
        if gist.logged_in {
            self.up(now);
        }
        if let Some(code) = gist.pause {
            self.pause(&code, now);
        }
        if let Some(load) = gist.load {
            self.context.surroundings.desk.loaded(load);
        }
        self.name_late(gist.late);
        if let Some(written) = gist.unanswered {
            self.doubt(written, now, &mut gist.end);
        }
        if gist.leaves {
            self.state.leave(now + CARRIER_LEAVES);
        }
        gist.end
    }

    fn sort(&mut self, event: Event<C::Ack>, gist: &mut Gist, now: Instant) {
        match event {
            Event::LoggedIn => gist.logged_in = true,
            Event::LoginRefused { failure, reason, advice } => {
                gist.end.get_or_insert(End { advice: Some(advice), ..End::new(failure, reason) });
            }
            Event::Answered { token, outcome, status, load } => {
                self.meters.answered(status, now.saturating_duration_since(token.written));
                gist.load = gist.load.max(load);
                if let PartOutcome::Refused(Fault { kind: FaultKind::Paused, code }) = &outcome {
                    gist.pause = Some(code.clone());
                }
                self.flights.answered(token, outcome);
            }
            Event::Unanswered { token, request } => {
                self.miss(token, request, now);
                gist.unanswered = gist.unanswered.max(Some(token.written));
            }
            Event::Late { request, reference } => gist.late.extend(self.given_up.named(request, &reference)),
            Event::Brought { heard, ack } => self.receipts.add(heard, ack),
            Event::Reply(report) => self.replies.push(report),
            Event::Leave => gist.leaves = true,
            Event::Closed { reason, is_lost } => {
                if is_lost {
                    self.state.lose();
                }
                let was_up = self.state.was_up() || gist.logged_in;
                let failure = if was_up { Failure::Ended } else { Failure::NotReady };
                gist.end.get_or_insert(End::new(failure, reason));
            }
        }
    }

    /// A part was not answered in time.
    fn miss(&mut self, token: Token, request: u32, now: Instant) {
        self.meters.unanswered();
        if let Some(missed) = self.flights.missed(token) {
            self.given_up.remember(request, missed, now);
        }
        self.flights.answered(token, PartOutcome::Unanswered);
    }

    /// Brings the desk the names of parts that were answered too late.
    fn name_late(&mut self, late: Vec<Late>) {
        if !late.is_empty() {
            // What was given up is back at the desk before it is named.
            self.hand_over();
            self.context.surroundings.desk.named_late(late);
        }
    }

    fn up(&mut self, now: Instant) {
        let Context { index, line, settings, evictions, .. } = self.context;
        self.state.log_in();
        self.meters.up();
        evictions.up(index, now);
        tracing::info!(upstream = %settings.name, link = index, mode = line.kind, "the link is up");
        self.tell(LinkState::Up);
    }

    /// Sends nothing for a while. The link is told as down, so that messages go by another upstream. The session stays
    /// for outstanding answers and for receipts.
    fn pause(&mut self, code: &str, now: Instant) {
        let Context { index, settings, .. } = self.context;
        let pause = settings.timers.pause;
        self.flights.leave_unwritten();
        if !self.state.pause(now + pause) {
            return;
        }
        tracing::error!(
            upstream = %settings.name,
            link = index,
            code,
            paused_for = ?pause,
            "the carrier answered with a code that pauses this link: ask the carrier what is wrong with the account"
        );
        let reason = format!("paused, since the carrier answered {code}");
        self.tell(LinkState::Down { reason, retry_in: pause });
    }

    /// Goes on once a pause is over.
    fn resume(&mut self, now: Instant) {
        let signs = self.signs();
        if self.state.resume(now, signs) {
            let Context { index, settings, .. } = self.context;
            tracing::warn!(upstream = %settings.name, link = index, "the pause is over");
            self.tell(LinkState::Up);
        }
    }

    /// Parts were not answered in time, the last of them written at `written`.
    fn doubt(&mut self, written: Instant, now: Instant, end: &mut Option<End>) {
        if end.is_some() {
            return;
        }
        let signs = self.signs();
        self.state.doubt(written, now, signs);
        if self.state.is_lost() {
            let reason = String::from("nothing came from the carrier, nor the answers that it owes");
            *end = Some(End::new(Failure::Ended, reason));
        } else {
            self.conversation.probe(now);
        }
    }

    fn signs(&self) -> Signs {
        Signs {
            heard: self.conversation.heard(),
            probed: self.conversation.probed(),
            probes: self.context.settings.probes,
            outstanding: self.conversation.outstanding(),
        }
    }

    /// Fetches as much work as the window has room for, and writes it.
    fn fill(&mut self, now: Instant) {
        let surroundings = self.context.surroundings;
        if self.context.settings.asks && self.takes() {
            for part in surroundings.desk.ask(self.conversation.window_free()) {
                self.conversation.ask(part, now);
            }
        }
        loop {
            self.write_parts(now);
            if !self.takes() || self.state.is_dry() {
                return;
            }
            let taken = surroundings.desk.take(self.conversation.window_free());
            if taken.is_empty() {
                // Only nothing at all says that there is no more: parts are counted differently here and there.
                self.state.run_dry();
                return;
            }
            for delivery in taken {
                match self.conversation.encode(&delivery.message) {
                    Ok((parts, encoded)) => self.flights.admit(delivery, parts, encoded),
                    Err(fault) => self.flights.refuse(delivery, &fault),
                }
            }
        }
    }

    fn write_parts(&mut self, now: Instant) {
        let clock = self.context.surroundings.live.now();
        let mut written = 0;
        while self.conversation.window_free() > 0
            && self.state.flows(self.signs())
            && let Some(part) = self.flights.next(now)
        {
            let token = part.token;
            match self.conversation.send(&part, now, clock) {
                Ok(()) => {
                    written += 1;
                    self.flights.written(token);
                }
                Err(Unsent::Unwritable(error)) => {
                    let fault = Fault { kind: FaultKind::Permanent, code: error.into() };
                    self.flights.unwritable(token, PartOutcome::Refused(fault));
                }
                Err(Unsent::NotNow) => self.flights.unwritable(token, PartOutcome::NotSent),
            }
        }
        self.meters.written(written);
    }

    /// Whether there is room for more work.
    fn takes(&mut self) -> bool {
        self.context.line.sends
            && self.state.takes(self.signs())
            && !self.flights.has_unwritten()
            && self.conversation.window_free() > 0
            && self.conversation.endpoint().wants_input()
    }

    /// Brings the desk answers to its deliveries and its questions.
    fn hand_over(&mut self) {
        let desk = &self.context.surroundings.desk;
        let answers = self.flights.take_answers();
        if !answers.is_empty() {
            desk.answered(answers);
        }
        if !self.replies.is_empty() {
            desk.replied(std::mem::take(&mut self.replies));
        }
    }

    fn tell(&self, state: LinkState) {
        self.context.surroundings.desk.link(self.context.index, state);
    }
}

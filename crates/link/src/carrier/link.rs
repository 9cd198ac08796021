//! One link, from its login to its end: carries deliveries from the desk to the carrier, and answers and receipts back.
//! [`super::keeper`] connects and tries again, [`super::state`] knows how a link stands.

mod events;

use super::conversation::{Conversation, Unsent};
use super::evictions::Evictions;
use super::flights::Flights;
use super::late::GivenUp;
use super::meters::Meters;
use super::receipts::Receipts;
use super::sources::{Leave, News, Waits};
use super::state::{Signs, State};
use super::{Failure, Line, Settings, Surroundings};
use crate::connect::{self, Stream};
use crate::{Driven, Pump, Turn, drive};
use postrider_core::cause::{Cause, Code};
use postrider_core::contract::LinkState;
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_core::pace::Pace;
use postrider_core::receipt::Report;
use postrider_wire::Endpoint;
use std::io;
use std::time::{Duration, Instant};

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
    /// Holds this link to its own rate.
    pace: Pace,
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
            pace: Pace::new(context.settings.rate, context.surroundings.live.now()),
            waits: Waits::new(context.surroundings, context.index, leave),
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
        let turn = self.turn_of_rate(now);
        self.waits.wants_work = turn.is_none() && self.takes();
        self.context.surroundings.desk.waits(self.context.line.bind, self.waits.wants_work);
        self.waits.wants_requests = self.conversation.takes_ussd();
        let until = self.conversation.deadline().into_iter().chain(self.state.deadline()).chain(turn).min();
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
            News::Asked(request) => self.conversation.ask_network(request, now),
            News::Shown(dialogue, page) => self.conversation.show(dialogue, page, now),
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

impl<C: Conversation> Link<'_, C> {
    /// Goes on once a pause is over.
    fn resume(&mut self, now: Instant) {
        let signs = self.signs();
        if self.state.resume(now, signs) {
            let Context { index, settings, .. } = self.context;
            tracing::warn!(upstream = %settings.name, link = index, "the pause is over");
            self.tell(LinkState::Up);
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
            let permitted = self.pace.permits(surroundings.live.now()).min(self.room_of_bind().unwrap_or(0));
            if permitted == 0 {
                return;
            }
            let taken = surroundings
                .desk
                .take_for(self.context.line.bind, self.conversation.window_free().min(permitted));
            let parts = taken.iter().map(|delivery| usize::from(delivery.message.parts)).sum();
            self.pace.spend(parts, surroundings.live.now());
            surroundings.desk.spent_by_bind(self.context.line.bind, parts);
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
                    let cause = Cause::with_detail(Code::NotEncodable, error);
                    let fault = Fault { kind: FaultKind::Permanent, cause };
                    self.flights.unwritable(token, PartOutcome::Refused(fault));
                }
                Err(Unsent::NotNow) => self.flights.unwritable(token, PartOutcome::NotSent),
            }
        }
        self.meters.written(written);
    }

    /// When this link's own rate and the limits of its bind permit the next part, if they don't now.
    fn turn_of_rate(&mut self, now: Instant) -> Option<Instant> {
        if !self.takes() || self.state.is_dry() {
            return None;
        }
        let clock = self.context.surroundings.live.now();
        let of_rate = (self.pace.permits(clock) == 0).then(|| self.pace.wait(clock));
        let wait = of_rate.max(self.room_of_bind().err())?;
        Some(now + wait.max(Duration::from_millis(1)))
    }

    /// Parts that its bind has room for by its limits; if none, how long until it is to be looked again.
    fn room_of_bind(&self) -> Result<usize, Duration> {
        self.context.surroundings.desk.room_of_bind(self.context.line.bind)
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

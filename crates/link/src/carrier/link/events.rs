//! The events of a link's conversation, and what follows from them.

use super::{Context, End, Link};
use crate::carrier::{Conversation, Event, Failure, Token};
use postrider_core::contract::{Late, LinkState};
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use std::time::{Duration, Instant};

/// How long a carrier that says goodbye is given to answer what it has.
const CARRIER_LEAVES: Duration = Duration::from_secs(2);

/// The events of one read that are acted upon once for all of them.
#[derive(Default)]
struct Gist {
    logged_in: bool,
    /// The code that said that nothing is to be sent.
    pause: Option<Box<str>>,
    load: Option<u8>,
    /// How many parts were answered, and how long all of them took together.
    answered: (u32, Duration),
    /// When the last of the overdue parts was written.
    unanswered: Option<Instant>,
    late: Vec<Late>,
    leaves: bool,
    end: Option<End>,
}

impl<C: Conversation> Link<'_, C> {
    /// Takes in the events of one read: answers, receipts, and the session's own.
    pub(super) fn take_in(&mut self, now: Instant) -> Option<End> {
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
        if let Some(mean) = gist.answered.1.checked_div(gist.answered.0) {
            self.context.surroundings.desk.round_trip(mean);
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
                let took = now.saturating_duration_since(token.written);
                self.meters.answered(status, took);
                gist.answered = (gist.answered.0 + 1, gist.answered.1 + took);
                gist.load = gist.load.max(load);
                if let PartOutcome::Refused(Fault { kind: FaultKind::Paused, cause }) = &outcome {
                    gist.pause = Some(cause.shortest().into());
                }
                self.flights.answered(token, outcome);
            }
            Event::Unanswered { token, request } => {
                tracing::warn!(
                    kind = "unanswered",
                    upstream = %self.context.settings.name,
                    "the carrier did not answer a message in time: it may have it all the same"
                );
                self.miss(token, request, now);
                gist.unanswered = gist.unanswered.max(Some(token.written));
            }
            Event::Late { request, reference } => gist.late.extend(self.given_up.named(request, &reference)),
            Event::Brought { heard, ack } => self.receipts.add(heard, ack),
            Event::Reply(report) => self.replies.push(report),
            Event::Dialled { dialogue, turn } => self.waits.dial(dialogue, turn),
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
}

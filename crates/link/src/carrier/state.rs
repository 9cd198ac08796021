//! The state of a link in one value, and the rules by which it changes. Time is an argument.

use crate::Drain;
use std::time::Instant;

/// The state of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    phase: Phase,
    flow: Flow,
}

/// The phases of a link's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The login is not answered yet.
    LoggingIn,
    /// It is up.
    Up,
    /// It ends in order, and takes no more work.
    Leaving { drain: Drain, was_up: bool },
    /// The other end is taken for gone.
    Lost { was_up: bool },
}

/// Whether parts go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// They do, and the desk may have more.
    Ready,
    /// They would, but the desk had nothing more when it was asked.
    Dry,
    /// The carrier said that nothing is to be sent, until this time. `doubted` is as in `Doubted`, for afterwards.
    Paused { until: Instant, doubted: Option<Instant> },
    /// A part was given up as unanswered then, and nothing is sent until the carrier is heard.
    Doubted { since: Instant },
}

/// The carrier's signs of life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    /// When it was heard last.
    pub(super) heard: Instant,
    /// Since when a sign of life is waited for.
    pub(super) probed: Option<Instant>,
    /// Whether it is asked for signs of life at all.
    pub(super) probes: bool,
    /// Requests that have no answer yet.
    pub(super) outstanding: usize,
}

impl State {
    /// A link that logs in.
    pub(super) const fn new() -> Self {
        Self { phase: Phase::LoggingIn, flow: Flow::Ready }
    }

    /// The login was accepted.
    pub(super) fn log_in(&mut self) {
        if self.phase == Phase::LoggingIn {
            self.phase = Phase::Up;
        }
    }

    /// Whether the link takes work from the desk.
    pub(super) fn takes(&self, signs: Signs) -> bool {
        self.phase == Phase::Up && self.flows(signs)
    }

    /// Whether parts may be written.
    pub(super) fn flows(&self, signs: Signs) -> bool {
        match self.flow {
            Flow::Ready | Flow::Dry => true,
            Flow::Paused { .. } => false,
            // A carrier that is never asked must be sent something to say anything: one part at a time.
            Flow::Doubted { since } => since <= signs.heard || !signs.probes && signs.outstanding == 0,
        }
    }

    /// Whether the desk had nothing more.
    pub(super) fn is_dry(&self) -> bool {
        self.flow == Flow::Dry
    }

    /// The desk has nothing more.
    pub(super) fn run_dry(&mut self) {
        if self.flow == Flow::Ready {
            self.flow = Flow::Dry;
        }
    }

    /// The desk may have something.
    pub(super) fn refill(&mut self) {
        if self.flow == Flow::Dry {
            self.flow = Flow::Ready;
        }
    }

    /// The carrier said that nothing is to be sent until this time. Returns whether anything was sent until now.
    pub(super) fn pause(&mut self, until: Instant) -> bool {
        let (doubted, flowed) = match self.flow {
            Flow::Ready | Flow::Dry => (None, true),
            Flow::Doubted { since } => (Some(since), true),
            Flow::Paused { doubted, .. } => (doubted, false),
        };
        self.flow = Flow::Paused { until, doubted };
        flowed
    }

    /// Until when nothing is to be sent.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        match self.flow {
            Flow::Paused { until, .. } => Some(until),
            Flow::Ready | Flow::Dry | Flow::Doubted { .. } => None,
        }
    }

    /// Ends a pause whose time is over, and tells so; ends a doubt once the carrier is heard.
    pub(super) fn resume(&mut self, now: Instant, signs: Signs) -> bool {
        let mut is_over = false;
        if let Flow::Paused { until, doubted } = self.flow
            && until <= now
        {
            self.flow = doubted.map_or(Flow::Ready, |since| Flow::Doubted { since });
            is_over = true;
        }
        if let Flow::Doubted { since } = self.flow
            && since <= signs.heard
        {
            self.flow = Flow::Ready;
        }
        is_over
    }

    /// Parts, the last of them written at `written`, were not answered in time. A carrier that was heard since is there,
    /// and is to be probed before it is sent more. One that was not heard, though it was probed, is lost.
    pub(super) fn doubt(&mut self, written: Instant, now: Instant, signs: Signs) {
        let was_probed = !signs.probes || signs.probed.is_some_and(|probed| probed < now);
        if signs.heard <= written && was_probed {
            self.lose();
            return;
        }
        self.flow = match self.flow {
            Flow::Paused { until, .. } => Flow::Paused { until, doubted: Some(now) },
            Flow::Ready | Flow::Dry | Flow::Doubted { .. } => Flow::Doubted { since: now },
        };
    }

    /// The other end is taken for gone.
    pub(super) fn lose(&mut self) {
        self.phase = Phase::Lost { was_up: self.was_up() };
    }

    /// Whether the other end is taken for gone.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.phase, Phase::Lost { .. })
    }

    /// The link is to end in order, by then at the latest.
    pub(super) fn leave(&mut self, by: Instant) {
        if !self.is_lost() {
            self.phase = Phase::Leaving { drain: Drain::until(by), was_up: self.was_up() };
        }
    }

    /// Whether the link ends in order.
    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving { .. })
    }

    /// Whether goodbye is to be said now; it is so once.
    pub(super) fn says_goodbye(&mut self, now: Instant, is_quiet: bool) -> bool {
        match &mut self.phase {
            Phase::Leaving { drain, .. } => drain.is_over(now, is_quiet),
            Phase::LoggingIn | Phase::Up | Phase::Lost { .. } => false,
        }
    }

    /// Whether the login was accepted, however the link ended.
    pub(super) fn was_up(&self) -> bool {
        match self.phase {
            Phase::LoggingIn => false,
            Phase::Up => true,
            Phase::Leaving { was_up, .. } | Phase::Lost { was_up } => was_up,
        }
    }

    /// When to look again at the latest.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let drain = match self.phase {
            Phase::Leaving { drain, .. } => drain.deadline(),
            Phase::LoggingIn | Phase::Up | Phase::Lost { .. } => None,
        };
        drain.into_iter().chain(self.paused_until()).min()
    }
}

#[cfg(test)]
mod tests;

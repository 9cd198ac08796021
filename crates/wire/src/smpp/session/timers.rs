//! The timers of SMPP 3.4 section 7.2: session_init, enquire_link, inactivity and the wait for an unbind_resp.
//! The response timer of each request is with the requests (`outstanding`).

use super::outbound::write_header;
use super::{Reason, Session, State};
use crate::smpp::{Command, Status};
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Timers {
    connected: Instant,
    heard: Instant,
    /// When an enquire_link was sent, until anything is heard.
    enquired: Option<Instant>,
    unbinding: Option<Unbinding>,
}

#[derive(Clone, Copy, Debug)]
struct Unbinding {
    since: Instant,
    ours: bool,
}

impl Timers {
    pub(super) fn new(now: Instant) -> Self {
        Self { connected: now, heard: now, enquired: None, unbinding: None }
    }

    /// Any PDU is a sign of life.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.enquired = None;
    }

    pub(super) fn unbinding_by_us(&mut self, since: Instant) {
        self.unbinding = Some(Unbinding { since, ours: true });
    }

    pub(super) fn unbinding_by_peer(&mut self, since: Instant) {
        self.unbinding.get_or_insert(Unbinding { since, ours: false });
    }

    /// Whether the unbind under way is one of ours.
    pub(super) fn unbinding_is_ours(&self) -> bool {
        self.unbinding.is_some_and(|unbinding| unbinding.ours)
    }
}

impl<T> Session<T> {
    /// When to call `tick`, if nothing happens before. It may come early once in a while: then there is nothing to do.
    pub fn deadline(&self) -> Option<Instant> {
        if self.state == State::Closed {
            return None;
        }
        let ends = [self.init_ends(), self.unbind_ends(), self.silence_ends(), self.enquiry_due()];
        ends.into_iter().flatten().chain(self.outstanding.deadline()).min()
    }

    /// Does what is due: sends enquire_link, gives up what wasn't answered, or the session. Call `next` afterwards.
    pub fn tick(&mut self, now: Instant) {
        if self.state == State::Closed {
            return;
        }
        self.outstanding.expire(now, &mut self.expired);
        let due = |end: Option<Instant>| end.is_some_and(|end| end <= now);
        if due(self.init_ends()) {
            self.close(Reason::SessionInit);
        } else if due(self.unbind_ends()) {
            self.close(Reason::UnbindTimedOut);
        } else if due(self.silence_ends()) {
            self.close(Reason::Inactivity);
        } else if due(self.enquiry_due()) {
            self.enquire(now);
        }
    }

    /// When the peer was heard last.
    pub fn heard(&self) -> Instant {
        self.timers.heard
    }

    /// Since when an enquire_link waits for its answer, or for anything else from the peer.
    pub fn asked(&self) -> Option<Instant> {
        self.timers.enquired
    }

    /// Asks at once whether the peer is there, unless it is being asked, or never is.
    pub fn ask(&mut self, now: Instant) {
        if self.is_bound() && self.settings.enquire_link.is_some() && self.timers.enquired.is_none() {
            self.enquire(now);
        }
    }

    fn enquire(&mut self, now: Instant) {
        if self.timers.enquired.is_some() {
            self.close(Reason::EnquireLink);
            return;
        }
        let sequence = self.outstanding.next_sequence();
        self.outstanding.skip();
        write_header(&mut self.output, Command::ENQUIRE_LINK, Status::ROK, sequence);
        self.timers.enquired = Some(now);
    }

    fn is_bound(&self) -> bool {
        matches!(self.state, State::BoundTx | State::BoundRx | State::BoundTrx)
    }

    fn init_ends(&self) -> Option<Instant> {
        let waiting = matches!(self.state, State::Open | State::Outbound);
        waiting.then(|| self.timers.connected + self.settings.session_init)
    }

    fn unbind_ends(&self) -> Option<Instant> {
        self.timers.unbinding.map(|unbinding| unbinding.since + self.settings.unbind)
    }

    fn silence_ends(&self) -> Option<Instant> {
        self.settings.inactivity.filter(|_| self.is_bound()).map(|patience| self.timers.heard + patience)
    }

    /// When to ask, or when an answer is overdue.
    fn enquiry_due(&self) -> Option<Instant> {
        let idle = self.settings.enquire_link.filter(|_| self.is_bound())?;
        let sooner = self.settings.enquire_debtor.filter(|_| self.outstanding.len() > 0);
        let idle = sooner.map_or(idle, |sooner| sooner.min(idle));
        Some(match self.timers.enquired {
            Some(enquired) => enquired + self.settings.response,
            None => self.timers.heard + idle,
        })
    }
}

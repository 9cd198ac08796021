//! One client's connection: hands in the client's requests, and brings it answers and receipts.

use super::Smpp;
use super::batch;
use super::inbox::Inbox;
use super::login::{Ask, Bound, login, mode};
use super::query;
use super::submit::Reading;
use super::telling::{self, Told};
use crate::connections::Standing;
use crate::sessions::handover::{Seat, Serves};
use crate::sessions::notices::{Notices, fetch};
use crate::sessions::pieces::Piece;
use crate::sessions::speaks::Speaks;
use crate::sessions::waits::{News, Waits};
use futures_util::future::BoxFuture;
use postrider_core::notice::{Lane, Notice};
use postrider_core::rules::Rules;
use postrider_link::{Drain, Driven, Pump, Turn, drive};
use postrider_trace::Tape;
use postrider_wire::smpp::pdu::BindResp;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Event, Pdu, Reason, Role, Session, Status, TlvBuilder};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// The most requests of ours that one client may leave unanswered.
const WINDOW_MAX: usize = 500;
/// How long an unbind may take, ours or theirs.
const UNBIND: Duration = Duration::from_secs(5);
/// How often it is looked whether the account may still have the session.
const REVIEW_EVERY: Duration = Duration::from_secs(5);

/// Work that is done, and whose answer can be written.
pub(super) enum Done {
    Login(Ask, Result<Bound, Status>),
    Submitted(Vec<batch::Reply>),
    Found(u32, query::Reply),
}

/// A client's connection.
pub(super) struct Connection {
    door: Arc<Smpp>,
    peer: SocketAddr,
    tape: Arc<Tape>,
    session: Session<u32>,
    bound: Option<Bound>,
    inbox: Inbox,
    notices: Notices<Piece>,
    /// Where it changes messages from handsets for those that it serves, while it is bound to receive.
    seat: Option<Arc<Seat>>,
    waits: Waits<Done>,
    review: Instant,
    /// Whether the log already says that this client sends what can't be read.
    complained: bool,
    /// Whether the log has a generic_nack of this client.
    is_nack_told: bool,
    leaving: Option<Drain>,
    /// The client's unbind, to be answered.
    unbind: Option<u32>,
    standing: Arc<Standing>,
}

impl Connection {
    pub(super) fn new(
        door: Arc<Smpp>,
        tape: Arc<Tape>,
        standing: Arc<Standing>,
        stop: watch::Receiver<bool>,
        now: Instant,
    ) -> Self {
        Self {
            session: Session::new(Role::Server, session_settings(&door.settings), now),
            door,
            peer: tape.ends().peer,
            tape,
            bound: None,
            inbox: Inbox::default(),
            notices: Notices::default(),
            seat: None,
            waits: Waits::new(stop),
            review: now + REVIEW_EVERY,
            complained: false,
            is_nack_told: false,
            leaving: None,
            unbind: None,
            standing,
        }
    }

    /// Serves the client until the session ends, for whatever reason.
    pub(super) async fn run(mut self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut pump = Pump::new(stream);
        let reason = drive(&mut pump, &mut self).await;
        pump.close(&mut self.session).await;
        if let Reason::Unframeable(error) = &reason {
            self.complain(error);
        }
        if let Some(bound) = &self.bound {
            self.notices.hand_over(bound.account, &self.door.sessions.outbox);
            self.notices.give_back(bound.account, &self.door.sessions.outbox);
            let unserved = self.seat.as_ref().map(|seat| seat.leave()).unwrap_or_default();
            if !unserved.is_empty() {
                self.door.sessions.outbox.give_back(Lane::Sessions(bound.account), unserved);
            }
            metrics::gauge!("postrider_sessions", "protocol" => "smpp", "type" => mode(bound.mode))
                .decrement(1.0);
            self.door.sessions.live.session(bound.account, false);
            tracing::info!(account = %bound.name, peer = %self.peer, %reason, "a session ended");
        } else {
            tracing::debug!(peer = %self.peer, %reason, "a connection ended unbound");
        }
    }
}

impl Driven for Connection {
    type Endpoint = Session<u32>;
    type Sources = Waits<Done>;
    type End = Reason;

    fn turn(&mut self, now: Instant) -> Turn<Reason> {
        if self.session.deadline().is_some_and(|due| due <= now) {
            self.session.tick(now);
        }
        if self.review <= now {
            self.review(now);
        }
        if let Some(reason) = self.take_in(now) {
            return Turn::Over(reason);
        }
        // Whoever asks for something is looked at again first.
        if self.inbox.has_requests() {
            self.review(now);
        }
        self.hand_in(now);
        self.tell(now);
        let is_quiet = self.waits.is_idle() && (self.unbind.is_some() || self.notices.is_quiet());
        if self.leaving.as_mut().is_some_and(|drain| drain.is_over(now, is_quiet)) {
            self.session.leave(self.unbind.take(), now);
            return Turn::Again;
        }
        if !self.waits.is_fetching()
            && let Some(notices) = self.fetch()
        {
            self.waits.fetch(notices);
        }
        Turn::Wait { until: self.deadline(), reads: true }
    }

    fn parts(&mut self) -> (&mut Session<u32>, &mut Waits<Done>) {
        (&mut self.session, &mut self.waits)
    }

    fn hear(&mut self, news: News<Done>, now: Instant) {
        match news {
            News::Done(done) => self.done(done, now),
            News::Notices(notices) => self.fetched(notices),
            News::Stop if self.leaving.is_none() => self.leave_by(now + self.door.settings.drain),
            News::Stop => {}
        }
    }

    fn lost(&mut self, error: &io::Error) {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => String::from("the client closed the connection"),
            _ => format!("the connection was lost: {error}"),
        };
        self.session.close(Reason::Disconnected(reason));
    }
}

impl Connection {
    /// Takes in what was read; requests are sorted for what comes next.
    fn take_in(&mut self, now: Instant) -> Option<Reason> {
        // Requests before the bind are refused, whatever their alphabet.
        let alphabets = self.bound.as_ref().map(|bound| bound.alphabets).unwrap_or_default();
        let drops_nul = self.bound.as_ref().is_some_and(|bound| bound.login.drops_nul);
        let reading = Reading { alphabets, drops_nul, from_zero: false, now: self.door.sessions.live.now() };
        let (mut unbind, mut reason, mut malformed, mut nack) = (None, None, None, None);
        while let Some(event) = self.session.next(now) {
            match event {
                Event::Request { sequence, pdu } => self.inbox.request(sequence, &pdu, reading),
                Event::Response { token, status, .. } => {
                    self.notices.answered(token, telling::answer(Some(status)), reading.now, now);
                }
                Event::TimedOut { token, .. } => {
                    self.notices.answered(token, telling::answer(None), reading.now, now);
                }
                Event::Unbind { sequence } => unbind = Some(sequence),
                Event::Malformed { header, error } => malformed = Some((header.command, error)),
                Event::Refused { header, status } => {
                    tracing::debug!(peer = %self.peer, command = %header.command, %status, "a request was refused");
                }
                Event::LateResponse { sequence, status, pdu: Pdu::GenericNack(_) } => {
                    nack = Some((sequence, status));
                }
                Event::LateResponse { sequence, status, .. } => {
                    tracing::debug!(peer = %self.peer, sequence, %status, "an answer came that nobody waits for");
                }
                Event::Closed(why) => reason = Some(why),
            }
        }
        if let Some((command, error)) = malformed {
            self.complain(&format!("{command}: {error}"));
        }
        if let Some((sequence, status)) = nack {
            self.nacked(sequence, status);
        }
        if unbind.is_some() {
            self.unbind = unbind;
            self.leave_by(now + UNBIND);
        }
        reason
    }

    /// Hands in what was sorted, and answers what is refused at once.
    fn hand_in(&mut self, now: Instant) {
        if let Some(ask) = self.inbox.bind.take() {
            // A trace of an account is to show above all why it is not let in.
            if let Some(account) = ask.credentials.account(&self.door.sessions.live.rules()) {
                self.tape.belongs_to(&account.name);
            }
            let (door, address) = (Arc::clone(&self.door), self.peer);
            self.waits.add(Box::pin(async move {
                let answer = login(door, address, &ask, now).await;
                Done::Login(ask, answer)
            }));
        }
        if !self.inbox.batch.is_empty() {
            self.submit();
        }
        if let Some(bound) = &self.bound {
            for (sequence, question) in self.inbox.questions.drain(..) {
                let asked = query::ask(Arc::clone(&self.door.sessions.archive), bound.account, question);
                self.waits.add(Box::pin(async move { Done::Found(sequence, asked.await) }));
            }
        }
        for (sequence, command, status) in self.inbox.refusals.drain(..) {
            // A session that is over takes no answers.
            let _ = self.session.refuse(sequence, command, status, now);
        }
    }

    /// Hands in the messages of one read, in one go.
    fn submit(&mut self) {
        let rules = self.door.sessions.live.rules();
        let account = self.bound.as_ref().and_then(|bound| rules.account(bound.account));
        let batch = std::mem::take(&mut self.inbox.batch);
        let Some(account) = account.filter(|_| self.leaving.is_none() || self.unbind.is_some()) else {
            let status = if self.is_unwelcome(&rules) { Status::RSUBMITFAIL } else { Status::RSYSERR };
            let refused = batch.requests().map(|(sequence, command)| (sequence, command, status));
            self.inbox.refusals.extend(refused);
            self.inbox.answered(batch.len());
            return;
        };
        let (intake, account) = (Arc::clone(&self.door.sessions.intake), Arc::clone(account));
        self.waits.add(Box::pin(async move { Done::Submitted(batch.hand_in(&*intake, &account).await) }));
    }

    fn done(&mut self, done: Done, now: Instant) {
        match done {
            // Nobody is let in any more who came while the server was stopping.
            Done::Login(ask, Ok(_)) if self.leaving.is_some() || self.waits.is_stopping() => {
                self.turn_away(&ask, Status::RBINDFAIL, now);
            }
            Done::Login(ask, Ok(bound)) => self.welcome(&ask, bound, now),
            Done::Login(ask, Err(status)) => self.turn_away(&ask, status, now),
            Done::Submitted(replies) => {
                self.inbox.answered(replies.len());
                batch::answer(&mut self.session, &replies, now);
            }
            Done::Found(sequence, reply) => {
                self.inbox.answered(1);
                query::answer(&mut self.session, sequence, &reply, now);
            }
        }
    }

    fn turn_away(&mut self, ask: &Ask, status: Status, now: Instant) {
        let _ = self.session.refuse(ask.sequence, ask.mode.command(), status, now);
        self.session.close(Reason::Disconnected(String::from("the bind was refused")));
    }

    fn welcome(&mut self, ask: &Ask, bound: Bound, now: Instant) {
        let mut tlvs = TlvBuilder::new();
        if bound.has_parameters() {
            tlvs.push_u8(tag::SC_INTERFACE_VERSION, if ask.version >= 0x50 { 0x50 } else { 0x34 });
        }
        let system_id = self.door.settings.system_id.as_bytes();
        let answer = BindResp { mode: ask.mode, system_id, tlvs: tlvs.tlvs() };
        if let Err(error) = self.session.respond(ask.sequence, Status::ROK, &answer, now) {
            self.session.close(Reason::Disconnected(error.to_string()));
            return;
        }
        tracing::info!(account = %bound.name, peer = %self.peer, mode = mode(bound.mode), version = %spoken(bound.version), "a session is bound");
        metrics::gauge!("postrider_sessions", "protocol" => "smpp", "type" => mode(bound.mode))
            .increment(1.0);
        self.inbox.admit(bound.window);
        self.door.sessions.live.session(bound.account, true);
        let serves = Serves { speaks: Speaks::Smpp, range: bound.range.clone() };
        let handover = &self.door.sessions.handover;
        self.seat = bound.receives().then(|| Arc::new(handover.join(bound.account, serves)));
        self.bound = Some(bound);
        // A bound session is never ended for another connection.
        self.standing.prove();
        self.standing.begin();
    }

    /// Writes the receipts that are there, and hands over what was told.
    fn tell(&mut self, now: Instant) {
        self.notices.go_on(now);
        if let Some(bound) = &self.bound {
            let mut told = Told { session: &mut self.session, bound };
            self.notices.write(&mut told, self.door.sessions.live.now(), now);
            self.notices.hand_over(bound.account, &self.door.sessions.outbox);
        }
    }

    /// Takes in what was fetched: its own, and what other sessions serve or nobody does.
    fn fetched(&mut self, notices: Vec<Notice>) {
        let Some(seat) = &self.seat else { return self.notices.add(notices) };
        let (own, unserved) = seat.sort(notices);
        self.notices.add(own);
        self.notices.postpone(unserved, self.door.sessions.live.now());
    }

    /// Begins to fetch notices, if the client can take some.
    fn fetch(&self) -> Option<BoxFuture<'static, Vec<Notice>>> {
        let bound = self.bound.as_ref().filter(|bound| bound.receives())?;
        let room = bound.window.min(WINDOW_MAX).saturating_sub(self.session.outstanding());
        let ready =
            self.leaving.is_none() && room > 0 && self.session.wants_input() && self.notices.may_fetch();
        let seat = self.seat.as_ref().filter(|_| ready)?;
        Some(fetch(&self.door.sessions.outbox, seat, bound.account, room))
    }

    /// Ends the session of an account that was deleted, disabled, given another login, or barred from its address.
    fn review(&mut self, now: Instant) {
        self.review = now + REVIEW_EVERY;
        if self.leaving.is_none() && self.is_unwelcome(&self.door.sessions.live.rules()) {
            self.leave_by(now + UNBIND);
        }
    }

    /// Whether it is bound, and may not be any more.
    fn is_unwelcome(&self, rules: &Rules) -> bool {
        let peer = self.peer.ip();
        self.bound.as_ref().is_some_and(|bound| !bound.is_welcome(rules.account(bound.account), peer))
    }

    /// The session ends in order, by then at the latest.
    fn leave_by(&mut self, by: Instant) {
        self.leaving = Some(Drain::until(by));
    }

    fn deadline(&self) -> Option<Instant> {
        let drain = self.leaving.and_then(|drain| drain.deadline());
        let deadlines = [self.session.deadline(), drain, self.notices.paused_until(), Some(self.review)];
        deadlines.into_iter().flatten().min()
    }

    /// The client sent a generic_nack that answers no request. The log has the first one of a connection.
    fn nacked(&mut self, sequence: u32, status: Status) {
        metrics::counter!("postrider_generic_nacks_total", "peer" => "client").increment(1);
        if !std::mem::replace(&mut self.is_nack_told, true) {
            let account = self.bound.as_ref().map(|bound| &*bound.name);
            tracing::warn!(
                peer = %self.peer,
                account,
                sequence,
                %status,
                "a client sent a generic_nack that answers no request: it couldn't read a PDU of the gateway"
            );
        }
    }

    /// Says once a connection, in words, that its client sends what can't be read.
    fn complain(&mut self, what: &impl std::fmt::Display) {
        metrics::counter!("postrider_pdu_decode_errors_total", "peer" => "client").increment(1);
        if !std::mem::replace(&mut self.complained, true) {
            let account = self.bound.as_ref().map(|bound| &*bound.name);
            tracing::warn!(peer = %self.peer, account, %what, "a client sends what can't be read");
        }
    }
}

/// A version as people write it: `3.4` for 0x34.
fn spoken(version: u8) -> String {
    format!("{}.{}", version >> 4, version & 0xF)
}

fn session_settings(settings: &super::Settings) -> postrider_wire::smpp::Settings {
    let unless_zero = |span: Duration| (!span.is_zero()).then_some(span);
    postrider_wire::smpp::Settings {
        window: WINDOW_MAX,
        max_pdu: settings.pdu_max,
        session_init: settings.session_init,
        enquire_link: unless_zero(settings.enquire_link),
        response: settings.response,
        inactivity: unless_zero(settings.inactivity),
        unbind: UNBIND,
        ..postrider_wire::smpp::Settings::default()
    }
}

#[cfg(test)]
mod tests;

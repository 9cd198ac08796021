//! One client's connection: hands in the client's requests, and brings it answers and notices.

use super::Door;
use super::content::alphabet;
use super::conversation::{Conversation, Event, Reading, Reply, Submitted, too_fast};
use super::question::{Found, Question};
use super::settings::WINDOW_MAX;
use super::told::Told;
use crate::connections::Standing;
use crate::sessions::address_range::AddressRange;
use crate::sessions::handover::{Seat, Serves};
use crate::sessions::intake::{Unaccepted, hand_in};
use crate::sessions::login::{Admitted, Credentials, Entrance, NotAdmitted, login};
use crate::sessions::notices::{Notices, fetch};
use crate::sessions::pieces::Piece;
use crate::sessions::waits::{News, Waits};
use futures_util::future::BoxFuture;
use postrider_core::account::Account;
use postrider_core::contract::Busy;
use postrider_core::notice::{Lane, Notice};
use postrider_core::rules::Rules;
use postrider_core::submission::{Refusal, Submission};
use postrider_link::{Drain, Driven, Pump, Turn, drive};
use postrider_trace::Tape;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// How long the end of a session may take that the client or an administrator wants.
const LEAVING: Duration = Duration::from_secs(5);
/// What every session of these protocols carries.
const MODE: &str = "transceiver";
/// How often it is looked whether the account may still have the session.
const REVIEW_EVERY: Duration = Duration::from_secs(5);

/// A client's connection.
pub(super) struct Connection<C: Conversation> {
    door: Arc<Door>,
    peer: SocketAddr,
    tape: Arc<Tape>,
    conversation: C,
    admitted: Option<Admitted>,
    /// Whether it asked to be let in: it may once.
    has_asked: bool,
    /// The messages of one read.
    batch: Vec<(C::Ask, Vec<Submission>)>,
    /// Requests that wait for an answer.
    open: usize,
    notices: Notices<Piece>,
    /// Where it changes notices for those that it serves.
    seat: Option<Arc<Seat>>,
    waits: Waits<Done<C::Ask>>,
    review: Instant,
    /// Whether the log already says that this client sends what can't be read.
    complained: bool,
    leaving: Option<Drain>,
    standing: Arc<Standing>,
}

/// Work that is done, and whose answer can be written.
pub(super) enum Done<A> {
    Login(A, Result<Admitted, NotAdmitted>),
    Submitted(Vec<(A, Vec<Submitted>)>),
    Found(A, Question, Found),
}

impl<C: Conversation> Connection<C> {
    pub(super) fn new(
        door: Arc<Door>,
        conversation: C,
        tape: Arc<Tape>,
        standing: Arc<Standing>,
        stop: watch::Receiver<bool>,
        now: Instant,
    ) -> Self {
        Self {
            door,
            peer: tape.ends().peer,
            tape,
            conversation,
            admitted: None,
            has_asked: false,
            batch: Vec::new(),
            open: 0,
            notices: Notices::default(),
            seat: None,
            waits: Waits::new(stop),
            review: now + REVIEW_EVERY,
            complained: false,
            leaving: None,
            standing,
        }
    }

    /// Serves the client until the session ends, for whatever reason.
    pub(super) async fn run(mut self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut pump = Pump::new(stream);
        let reason = drive(&mut pump, &mut self).await;
        pump.close(self.conversation.endpoint()).await;
        let protocol = self.door.protocol.speaks().word();
        let Some(admitted) = &self.admitted else {
            tracing::debug!(peer = %self.peer, protocol, %reason, "a connection ended without a login");
            return;
        };
        let outbox = &self.door.sessions.outbox;
        self.notices.hand_over(admitted.account, outbox);
        self.notices.give_back(admitted.account, outbox);
        let unserved = self.seat.as_ref().map(|seat| seat.leave()).unwrap_or_default();
        if !unserved.is_empty() {
            outbox.give_back(Lane::Sessions(admitted.account), unserved);
        }
        open_sessions(protocol).decrement(1.0);
        self.door.sessions.live.session(admitted.account, false);
        tracing::info!(account = %admitted.name, peer = %self.peer, protocol, %reason, "a session ended");
    }
}

impl<C: Conversation> Driven for Connection<C> {
    type Endpoint = C::Endpoint;
    type Sources = Waits<Done<C::Ask>>;
    type End = String;

    fn turn(&mut self, now: Instant) -> Turn<String> {
        if self.conversation.deadline().is_some_and(|due| due <= now) {
            self.conversation.tick(now);
        }
        if self.review <= now {
            self.review(now);
        }
        if let Some(reason) = self.take_in(now) {
            return Turn::Over(reason);
        }
        if !self.batch.is_empty() {
            // Whoever asks for something is looked at again first.
            self.review(now);
            self.submit(now);
        }
        self.tell(now);
        let is_quiet = self.waits.is_idle() && self.notices.is_quiet();
        if self.leaving.as_mut().is_some_and(|drain| drain.is_over(now, is_quiet)) {
            self.conversation.close(String::from("the session was ended"));
            return Turn::Again;
        }
        if !self.waits.is_fetching()
            && let Some(notices) = self.fetch()
        {
            self.waits.fetch(notices);
        }
        Turn::Wait { until: self.deadline(), reads: true }
    }

    fn parts(&mut self) -> (&mut C::Endpoint, &mut Waits<Done<C::Ask>>) {
        (self.conversation.endpoint(), &mut self.waits)
    }

    fn hear(&mut self, news: News<Done<C::Ask>>, now: Instant) {
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
        self.conversation.close(reason);
    }
}

impl<C: Conversation> Connection<C> {
    /// Takes in what was read. Returns why the session is over, if it is.
    fn take_in(&mut self, now: Instant) -> Option<String> {
        let reading = self.reading();
        while let Some(event) = self.conversation.next(reading, now) {
            match event {
                Event::Login { ask, credentials } => self.log_in(ask, credentials, now),
                Event::Submit { ask, submissions } if self.has_room() => {
                    self.open += 1;
                    self.batch.push((ask, submissions));
                }
                Event::Submit { ask, submissions } => {
                    self.conversation.answer(ask, &refused(submissions, &too_fast()), reading, now);
                }
                Event::Question { ask, question } => self.question(ask, question, reading, now),
                Event::Answered { token, answer } => self.notices.answered(token, answer, reading.now, now),
                Event::Left => self.leave_by(now + LEAVING),
                Event::Malformed(what) => self.complain(&what),
                Event::Closed { reason, is_garbage } => {
                    if is_garbage {
                        self.complain(&reason);
                    }
                    return Some(reason);
                }
            }
        }
        None
    }

    fn reading(&self) -> Reading {
        let login = self.admitted.as_ref().map(|admitted| &admitted.login);
        Reading {
            alphabet: login.map(|login| alphabet(login.alphabet)).unwrap_or_default(),
            offset: self.door.settings.utc_offset,
            now: self.door.sessions.live.now(),
        }
    }

    /// Whether one more request may wait for its answer.
    fn has_room(&self) -> bool {
        self.admitted.as_ref().is_some_and(|admitted| self.open < admitted.window)
    }

    fn log_in(&mut self, ask: C::Ask, credentials: Credentials, now: Instant) {
        if std::mem::replace(&mut self.has_asked, true) {
            return self.conversation.admit(ask, Err(NotAdmitted::Full));
        }
        // A trace of an account is to show above all why it is not let in.
        if let Some(account) = credentials.account(&self.door.sessions.live.rules()) {
            self.tape.belongs_to(&account.name);
        }
        let (door, peer) = (Arc::clone(&self.door), self.peer);
        self.waits.add(Box::pin(async move {
            let speaks = door.protocol.speaks();
            let entrance = Entrance { speaks, server: "postrider", peer, mode: MODE };
            Done::Login(ask, login(&door.sessions, entrance, &credentials, now).await)
        }));
    }

    fn question(&mut self, ask: C::Ask, question: Question, reading: Reading, now: Instant) {
        let account = self.account(&self.door.sessions.live.rules()).filter(|_| self.has_room());
        let Some(account) = account else {
            self.conversation.answer(ask, &Reply::Found(question, Found::Busy), reading, now);
            return;
        };
        self.open += 1;
        let door = Arc::clone(&self.door);
        self.waits.add(Box::pin(async move {
            let speaks = door.protocol.speaks();
            let found = question.ask(&*door.sessions.archive, &account, speaks).await;
            Done::Found(ask, question, found)
        }));
    }

    /// The account as it is declared now, if it may still have the session.
    fn account(&self, rules: &Rules) -> Option<Arc<Account>> {
        let admitted = self.admitted.as_ref()?;
        let account = rules.account(admitted.account);
        account.filter(|_| admitted.is_welcome(account, self.peer.ip())).cloned()
    }

    /// Hands in the messages of one read, in one go.
    fn submit(&mut self, now: Instant) {
        let mut batch = std::mem::take(&mut self.batch);
        let reading = self.reading();
        let account = match self.account(&self.door.sessions.live.rules()) {
            Some(account) if self.leaving.is_none() => account,
            account => {
                let why = match account {
                    Some(_) => Unaccepted::Busy(Busy::Draining),
                    None => Unaccepted::Refused(Refusal::AccountDisabled),
                };
                self.open = self.open.saturating_sub(batch.len());
                for (ask, submissions) in batch {
                    self.conversation.answer(ask, &refused(submissions, &why), reading, now);
                }
                return;
            }
        };
        let all = batch.iter_mut().flat_map(|(_, submissions)| submissions);
        let speaks = self.door.protocol.speaks();
        let stamps = self.door.naming.name(speaks, account.id, all, reading.offset, reading.now);
        let door = Arc::clone(&self.door);
        self.waits
            .add(Box::pin(async move { Done::Submitted(handed_in(&door, &account, batch, stamps).await) }));
    }

    fn done(&mut self, done: Done<C::Ask>, now: Instant) {
        let reading = self.reading();
        match done {
            // Nobody is let in any more who came while the server was stopping.
            Done::Login(ask, Ok(_)) if self.leaving.is_some() || self.waits.is_stopping() => {
                self.turn_away(ask, NotAdmitted::Disabled);
            }
            Done::Login(ask, Ok(admitted)) => self.welcome(ask, admitted),
            Done::Login(ask, Err(why)) => self.turn_away(ask, why),
            Done::Submitted(replies) => {
                self.open = self.open.saturating_sub(replies.len());
                for (ask, submitted) in replies {
                    self.conversation.answer(ask, &Reply::Submitted(submitted), reading, now);
                }
            }
            Done::Found(ask, question, found) => {
                self.open = self.open.saturating_sub(1);
                self.conversation.answer(ask, &Reply::Found(question, found), reading, now);
            }
        }
    }

    fn turn_away(&mut self, ask: C::Ask, why: NotAdmitted) {
        self.conversation.admit(ask, Err(why));
        self.conversation.close(String::from("the login was refused"));
    }

    fn welcome(&mut self, ask: C::Ask, admitted: Admitted) {
        self.conversation.admit(ask, Ok(()));
        let speaks = self.door.protocol.speaks();
        let protocol = speaks.word();
        tracing::info!(account = %admitted.name, peer = %self.peer, protocol, "a session is logged in");
        open_sessions(protocol).increment(1.0);
        self.door.sessions.live.session(admitted.account, true);
        let serves = Serves { speaks, range: AddressRange::All };
        self.seat = Some(Arc::new(self.door.sessions.handover.join(admitted.account, serves)));
        self.admitted = Some(admitted);
        // Such a session is never ended for another connection.
        self.standing.prove();
        self.standing.begin();
    }

    /// Writes the notices that are there, and hands over what was told.
    fn tell(&mut self, now: Instant) {
        self.notices.go_on(now);
        let reading = self.reading();
        if let Some(admitted) = &self.admitted {
            let window = admitted.window.min(WINDOW_MAX);
            let mut told = Told { conversation: &mut self.conversation, window, reading };
            self.notices.write(&mut told, reading.now, now);
            self.notices.hand_over(admitted.account, &self.door.sessions.outbox);
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
        let admitted = self.admitted.as_ref()?;
        let room = admitted.window.min(WINDOW_MAX).saturating_sub(self.conversation.outstanding());
        let ready = self.leaving.is_none() && room > 0 && self.notices.may_fetch();
        let seat = self.seat.as_ref().filter(|_| ready)?;
        Some(fetch(&self.door.sessions.outbox, seat, admitted.account, room))
    }

    /// Ends the session of an account that was deleted, disabled, given another login, or barred from its address.
    fn review(&mut self, now: Instant) {
        self.review = now + REVIEW_EVERY;
        let is_unwelcome =
            self.admitted.is_some() && self.account(&self.door.sessions.live.rules()).is_none();
        if self.leaving.is_none() && is_unwelcome {
            self.leave_by(now + LEAVING);
        }
    }

    /// The session ends in order, by then at the latest.
    fn leave_by(&mut self, by: Instant) {
        self.leaving = Some(Drain::until(by));
    }

    fn deadline(&self) -> Option<Instant> {
        let drain = self.leaving.and_then(|drain| drain.deadline());
        let deadlines = [self.conversation.deadline(), drain, self.notices.paused_until(), Some(self.review)];
        deadlines.into_iter().flatten().min()
    }

    /// Says once a connection, in words, that its client sends what can't be read.
    fn complain(&mut self, what: &str) {
        metrics::counter!("postrider_pdu_decode_errors_total", "peer" => "client").increment(1);
        if !std::mem::replace(&mut self.complained, true) {
            let account = self.admitted.as_ref().map(|admitted| &*admitted.name);
            let protocol = self.door.protocol.speaks().word();
            tracing::warn!(peer = %self.peer, account, protocol, what, "a client sends what can't be read");
        }
    }
}

/// Hands in messages, and shares out their results among their requests.
async fn handed_in<A>(
    door: &Door,
    account: &Account,
    batch: Vec<(A, Vec<Submission>)>,
    stamps: Vec<String>,
) -> Vec<(A, Vec<Submitted>)> {
    let (mut asked, mut all) = (Vec::with_capacity(batch.len()), Vec::with_capacity(stamps.len()));
    for (ask, submissions) in batch {
        let to: Vec<String> = submissions.iter().map(|submission| submission.to.clone()).collect();
        asked.push((ask, to));
        all.extend(submissions);
    }
    let results = hand_in(&*door.sessions.intake, account, all, |_| ()).await;
    let mut results = results.into_iter().zip(stamps);
    let mut submitted = |to| {
        // Each submission has a result and a stamp.
        let busy = || (Err(Unaccepted::Busy(Busy::Store)), String::new());
        let (result, stamp) = results.next().unwrap_or_else(busy);
        Submitted { to, result: result.map(|_| stamp) }
    };
    asked.into_iter().map(|(ask, to)| (ask, to.into_iter().map(&mut submitted).collect())).collect()
}

fn open_sessions(protocol: &'static str) -> metrics::Gauge {
    metrics::gauge!("postrider_sessions", "protocol" => protocol, "type" => MODE)
}

/// The refusal of every message of a request.
fn refused(submissions: Vec<Submission>, why: &Unaccepted) -> Reply {
    let one = |submission: Submission| Submitted { to: submission.to, result: Err(why.clone()) };
    Reply::Submitted(submissions.into_iter().map(one).collect())
}

#[cfg(test)]
mod tests;

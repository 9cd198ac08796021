//! One client's connection: the task that owns its socket and its session, hands in what it asks and tells it
//! what became of it.

use super::Smpp;
use super::batch;
use super::gate::Seat;
use super::inbox::Inbox;
use super::login::{Ask, Bound, login};
use super::notices::{Notices, fetch};
use super::pump::{self, Stream, exchange};
use super::query;
use super::submit::Reading;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::stream::FuturesUnordered;
use postrider_core::notice::Notice;
use postrider_trace::Tape;
use postrider_wire::smpp::pdu::{BindResp, UnbindResp};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, Event, Reason, Role, Session, Status, TlvBuilder};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep_until;

/// The most requests of ours that one client may leave unanswered.
const WINDOW_MAX: usize = 500;
/// How long an unbind may take, ours or theirs.
const UNBIND: Duration = Duration::from_secs(5);
/// The longest that a session goes without a look at whether it is still welcome.
const REVIEW: Duration = Duration::from_secs(30);

/// A client's connection.
pub(super) struct Connection {
    door: Arc<Smpp>,
    peer: SocketAddr,
    tape: Arc<Tape>,
    session: Session<u32>,
    bound: Option<Bound>,
    inbox: Inbox,
    notices: Notices,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    /// Whether the log already says that this client sends what can't be read.
    complained: bool,
    leaving: Option<Leaving>,
    _seat: Seat,
}

/// The session ends in order: at `by`, or when nothing is under way any more.
#[derive(Clone, Copy)]
struct Leaving {
    by: Instant,
    /// The client's unbind to answer; without one, ours is sent.
    theirs: Option<u32>,
    said: bool,
}

/// Work that is done, and whose answer can be written.
enum Done {
    Login(Ask, Result<Bound, Status>),
    Submitted(Vec<batch::Reply>),
    Found(u32, query::Reply),
}

/// What woke the loop.
enum Woken {
    Bytes(io::Result<()>),
    Done(Done),
    Notices(Vec<Notice>),
    Time,
    Stop,
}

impl Connection {
    pub(super) fn new(door: Arc<Smpp>, tape: Arc<Tape>, seat: Seat) -> Self {
        let session = Session::new(Role::Server, session_settings(&door.settings), Instant::now());
        Self {
            door,
            peer: tape.ends().peer,
            tape,
            session,
            bound: None,
            inbox: Inbox::default(),
            notices: Notices::default(),
            work: FuturesUnordered::new(),
            complained: false,
            leaving: None,
            _seat: seat,
        }
    }

    /// Serves the client until the session ends, for whatever reason.
    pub(super) async fn run(mut self, mut stream: Box<dyn Stream>, mut stop: watch::Receiver<bool>) {
        let reason = self.turn(&mut stream, &mut stop).await;
        pump::close(&mut stream, &mut self.session).await;
        if let Reason::Unframeable(error) = &reason {
            self.complain(error);
        }
        if let Some(bound) = &self.bound {
            self.notices.hand_over(bound.account, &self.door.outbox);
            self.notices.give_back(bound.account, &self.door.outbox);
            metrics::gauge!("postrider_sessions", "type" => mode(bound)).decrement(1.0);
            self.door.live.session(bound.account, false);
            tracing::info!(account = %bound.name, peer = %self.peer, %reason, "a session ended");
        } else {
            tracing::debug!(peer = %self.peer, %reason, "a connection ended unbound");
        }
    }

    async fn turn(&mut self, stream: &mut Box<dyn Stream>, stop: &mut watch::Receiver<bool>) -> Reason {
        let mut fetching: OptionFuture<BoxFuture<'static, Vec<Notice>>> = None.into();
        let mut is_fetching = false;
        let mut alarm = pin!(sleep_until(self.deadline().into()));
        let mut rung = false;
        loop {
            let now = Instant::now();
            if rung {
                self.session.tick(now);
                self.review();
            }
            if let Some(reason) = self.take_in(now) {
                return reason;
            }
            self.hand_in();
            self.tell(now);
            if self.leave(now) {
                continue;
            }
            let deadline = self.deadline();
            if rung || deadline < alarm.deadline().into_std() {
                alarm.as_mut().reset(deadline.into());
            }
            if !is_fetching && let Some(fetch) = self.fetch() {
                fetching = Some(fetch).into();
                is_fetching = true;
            }
            let woken = tokio::select! {
                result = exchange(stream, &mut self.session) => Woken::Bytes(result),
                Some(done) = self.work.next(), if !self.work.is_empty() => Woken::Done(done),
                Some(notices) = &mut fetching, if is_fetching => Woken::Notices(notices),
                () = alarm.as_mut() => Woken::Time,
                () = stopped(stop), if self.leaving.is_none() => Woken::Stop,
            };
            rung = matches!(woken, Woken::Time);
            match woken {
                Woken::Bytes(Ok(())) | Woken::Time => {}
                Woken::Bytes(Err(error)) => self.session.close(Reason::Disconnected(lost(&error))),
                Woken::Done(done) => self.done(done),
                Woken::Notices(notices) => {
                    (is_fetching, fetching) = (false, None.into());
                    self.notices.add(notices);
                }
                Woken::Stop => self.leave_within(self.door.settings.drain, None),
            }
        }
    }

    /// Takes in what was read; requests are sorted for what comes next.
    fn take_in(&mut self, now: Instant) -> Option<Reason> {
        // What comes before the bind is refused, whatever it is in.
        let alphabets = self.bound.as_ref().map(|bound| bound.alphabets).unwrap_or_default();
        let drops_nul = self.bound.as_ref().is_some_and(|bound| bound.drops_nul);
        let reading = Reading { alphabets, drops_nul, from_zero: false, now: self.door.live.now() };
        let (mut unbind, mut reason, mut malformed) = (None, None, None);
        while let Some(event) = self.session.next(now) {
            match event {
                Event::Request { sequence, pdu } => self.inbox.request(sequence, &pdu, reading),
                Event::Response { token, status, .. } => {
                    self.notices.answered(token, Some(status), reading.now, now);
                }
                Event::TimedOut { token, .. } => self.notices.answered(token, None, reading.now, now),
                Event::Unbind { sequence } => unbind = Some(sequence),
                Event::Malformed { header, error } => malformed = Some((header.command, error)),
                Event::Refused { header, status } => {
                    tracing::debug!(peer = %self.peer, command = %header.command, %status, "a request was refused");
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
        if let Some(sequence) = unbind {
            self.leave_within(UNBIND, Some(sequence));
        }
        reason
    }

    /// Hands in what was sorted, and answers what is refused at once.
    fn hand_in(&mut self) {
        let now = Instant::now();
        if let Some(ask) = self.inbox.bind.take() {
            // Who looks at an account wants to see above all why it is not let in.
            if let Some(account) = ask.account(&self.door.live.rules()) {
                self.tape.belongs_to(&account.name);
            }
            let (door, address) = (Arc::clone(&self.door), self.peer.ip());
            self.work.push(Box::pin(async move {
                let answer = login(door, address, &ask).await;
                Done::Login(ask, answer)
            }));
        }
        if !self.inbox.batch.is_empty() {
            self.submit();
        }
        if let Some(bound) = &self.bound {
            for (sequence, question) in self.inbox.questions.drain(..) {
                let asked = query::ask(Arc::clone(&self.door.archive), bound.account, question);
                self.work.push(Box::pin(async move { Done::Found(sequence, asked.await) }));
            }
        }
        for (sequence, command, status) in self.inbox.refusals.drain(..) {
            // A session that is over takes no answers.
            let _ = self.session.refuse(sequence, command, status, now);
        }
    }

    /// Hands in the messages of one read, in one go.
    fn submit(&mut self) {
        let rules = self.door.live.rules();
        let account = self.bound.as_ref().and_then(|bound| rules.account(bound.account));
        let batch = std::mem::take(&mut self.inbox.batch);
        let Some(account) = account.filter(|_| self.leaving.is_none_or(|leaving| leaving.theirs.is_some()))
        else {
            let refused = batch.requests().map(|(sequence, command)| (sequence, command, Status::RSYSERR));
            self.inbox.refusals.extend(refused);
            self.inbox.answered(batch.len());
            return;
        };
        let (intake, account) = (Arc::clone(&self.door.intake), Arc::clone(account));
        self.work.push(Box::pin(async move { Done::Submitted(batch.hand_in(&*intake, &account).await) }));
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Login(ask, Ok(bound)) => self.welcome(&ask, bound),
            Done::Login(ask, Err(status)) => {
                let _ = self.session.refuse(ask.sequence, ask.mode.command(), status, Instant::now());
                self.session.close(Reason::Disconnected(String::from("the bind was refused")));
            }
            Done::Submitted(replies) => {
                self.inbox.answered(replies.len());
                batch::answer(&mut self.session, &replies);
            }
            Done::Found(sequence, reply) => {
                self.inbox.answered(1);
                query::answer(&mut self.session, sequence, &reply);
            }
        }
    }

    fn welcome(&mut self, ask: &Ask, bound: Bound) {
        let mut tlvs = TlvBuilder::new();
        if bound.has_parameters() {
            tlvs.push_u8(tag::SC_INTERFACE_VERSION, if ask.version >= 0x50 { 0x50 } else { 0x34 });
        }
        let system_id = self.door.settings.system_id.as_bytes();
        let answer = BindResp { mode: ask.mode, system_id, tlvs: tlvs.tlvs() };
        if let Err(error) = self.session.respond(ask.sequence, Status::ROK, &answer, Instant::now()) {
            self.session.close(Reason::Disconnected(error.to_string()));
            return;
        }
        tracing::info!(account = %bound.name, peer = %self.peer, mode = mode(&bound), version = %spoken(bound.version), "a session is bound");
        metrics::gauge!("postrider_sessions", "type" => mode(&bound)).increment(1.0);
        self.inbox.admit(bound.window);
        self.door.live.session(bound.account, true);
        self.bound = Some(bound);
    }

    /// Writes the receipts that are there, and hands over what was told.
    fn tell(&mut self, now: Instant) {
        self.notices.go_on(now);
        if let Some(bound) = &self.bound {
            self.notices.write(&mut self.session, bound, self.door.live.now(), now);
            self.notices.hand_over(bound.account, &self.door.outbox);
        }
    }

    /// Begins to fetch notices, if the client can take some.
    fn fetch(&self) -> Option<BoxFuture<'static, Vec<Notice>>> {
        let bound = self.bound.as_ref().filter(|bound| bound.receives())?;
        let room = bound.window.min(WINDOW_MAX).saturating_sub(self.session.outstanding());
        let ready =
            self.leaving.is_none() && room > 0 && self.session.wants_input() && self.notices.may_fetch();
        ready.then(|| fetch(&self.door.outbox, bound.account, room))
    }

    /// Ends the session of an account that was deleted, disabled, or given another login.
    fn review(&mut self) {
        let rules = self.door.live.rules();
        let unwelcome = |bound: &Bound| !bound.is_welcome(rules.account(bound.account));
        if self.leaving.is_none() && self.bound.as_ref().is_some_and(unwelcome) {
            self.leave_within(UNBIND, None);
        }
    }

    fn leave_within(&mut self, patience: Duration, theirs: Option<u32>) {
        self.leaving = Some(Leaving { by: Instant::now() + patience, theirs, said: false });
    }

    /// Says goodbye once nothing is under way, or there was time enough; tells whether it did so just now.
    fn leave(&mut self, now: Instant) -> bool {
        let Some(leaving) = &mut self.leaving else { return false };
        let quiet = self.work.is_empty() && (leaving.theirs.is_some() || self.notices.is_quiet());
        if leaving.said || !(quiet || leaving.by <= now) {
            return false;
        }
        leaving.said = true;
        let said = match leaving.theirs {
            Some(sequence) => self.session.respond(sequence, Status::ROK, &UnbindResp, now).is_ok(),
            None => self.session.unbind(now).is_ok(),
        };
        if !said {
            self.session.close(Reason::Unbound);
        }
        true
    }

    fn deadline(&self) -> Instant {
        let leave_by = self.leaving.filter(|leaving| !leaving.said).map(|leaving| leaving.by);
        let deadlines = [self.session.deadline(), leave_by, self.notices.paused_until()];
        let review = Instant::now() + REVIEW;
        deadlines.into_iter().flatten().fold(review, Instant::min)
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

fn mode(bound: &Bound) -> &'static str {
    match (bound.mode.command(), bound.receives()) {
        (Command::BIND_TRANSCEIVER, _) => "transceiver",
        (_, true) => "receiver",
        (_, false) => "transmitter",
    }
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

/// Waits until the server is to stop; whoever could say so being gone says it too.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn lost(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => String::from("the client closed the connection"),
        _ => format!("the connection was lost: {error}"),
    }
}

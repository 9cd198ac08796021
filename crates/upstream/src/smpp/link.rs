//! One bound connection: the task that owns its socket and its session, and carries work from the desk to the
//! carrier and answers and receipts back. Connecting and trying again is for [`super::bind`].

use super::asking::Asking;
use super::backoff::Failure;
use super::connect::Stream;
use super::encode::encode;
use super::flights::{Flights, Token};
use super::incoming::{Incoming, Kept};
use super::late::GivenUp;
use super::meters::Meters;
use super::outgoing::Outgoing;
use super::pump::{exchange, flush};
use super::settings::Settings;
use super::siblings::Siblings;
use super::status::{fault, unbound};
use super::tls::words;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use postrider_core::contract::{Desk, Late, LinkState, Live};
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_wire::smpp::pdu::{BindMode, UnbindResp};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Event, Pdu, Reason, RequestError, Role, Session, Status};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep_until;

/// The most receipts of one link that may be on their way into the store; beyond it nothing is read.
const RECEIPTS_MAX: usize = 4_096;
/// How long a carrier that unbinds is given to answer what it has.
const LEAVE: Duration = Duration::from_secs(2);
/// How long an unbind of ours may take.
const UNBIND: Duration = Duration::from_secs(2);

/// What a request of ours is remembered by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent {
    Bind,
    /// A part, and when it was written.
    Part(Token, Instant),
    /// A question about a part.
    Query,
}

/// Why a link ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) failure: Failure,
    pub(super) reason: String,
    /// The status that the bind was refused with.
    pub(super) refused: Option<Status>,
    /// Until when nothing was to be sent.
    pub(super) paused: Option<Instant>,
}

/// One bound connection, from the bind to its end.
pub(super) struct Link<'a> {
    pub(super) index: usize,
    pub(super) mode: BindMode,
    pub(super) settings: &'a Settings,
    pub(super) desk: &'a Arc<dyn Desk>,
    pub(super) live: &'a Arc<dyn Live>,
    siblings: &'a Siblings,
    session: Session<Sent>,
    flights: Flights,
    given_up: GivenUp,
    asking: Asking,
    outgoing: Outgoing,
    incoming: Incoming,
    meters: Meters,
    bound: bool,
    /// Whether the desk had nothing more.
    dry: bool,
    /// What [`Desk::work`] said last.
    seen: u64,
    leaving: Option<Leaving>,
    /// Until when nothing is sent.
    paused: Option<Instant>,
    /// When a part was given up as unanswered: nothing is sent until the carrier is heard after that.
    doubted: Option<Instant>,
    /// Whether the other end is taken for gone.
    lost: bool,
}

/// The link ends in order: at `by`, or when nothing is outstanding any more.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    by: Instant,
    /// The carrier's unbind to answer; without one, ours is sent.
    theirs: Option<u32>,
    said: bool,
}

/// What woke the loop.
enum Woken {
    Bytes(io::Result<()>),
    Work(u64),
    Kept(Kept),
    Time,
    Leave(Duration),
}

impl<'a> Link<'a> {
    pub(super) fn new(
        index: usize,
        mode: BindMode,
        settings: &'a Settings,
        desk: &'a Arc<dyn Desk>,
        live: &'a Arc<dyn Live>,
        siblings: &'a Siblings,
    ) -> Self {
        Self {
            index,
            mode,
            settings,
            desk,
            live,
            siblings,
            session: Session::new(Role::Client, session_settings(settings), Instant::now()),
            flights: Flights::default(),
            given_up: GivenUp::default(),
            asking: Asking::default(),
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            meters: Meters::new(&settings.name),
            bound: false,
            dry: false,
            seen: 0,
            leaving: None,
            paused: None,
            doubted: None,
            lost: false,
        }
    }

    /// Binds and works until the link ends, for whatever reason; everything taken is given back by then.
    pub(super) async fn run(mut self, mut stream: Box<dyn Stream>, leave: &mut Leave) -> End {
        let end = match self.outgoing.bind(&mut self.session, self.mode, self.settings) {
            Ok(()) => self.turn(&mut stream, leave).await,
            Err(error) => {
                End { failure: Failure::Login, reason: error.to_string(), refused: None, paused: None }
            }
        };
        self.flights.lose_all();
        self.hand_over();
        End { paused: self.paused, ..end }
    }

    async fn turn(&mut self, stream: &mut Box<dyn Stream>, leave: &mut Leave) -> End {
        let desk = Arc::clone(self.desk);
        let mut keeping = FuturesUnordered::new();
        let mut work = desk.work(self.seen);
        let mut alarm = pin!(sleep_until(self.deadline().into()));
        let mut rung = false;
        loop {
            let now = Instant::now();
            if rung {
                self.session.tick(now);
            }
            self.go_on(now);
            let ended = self.take_in(now);
            keeping.extend(self.incoming.keep(self.desk));
            self.fill(now);
            self.hand_over();
            if let Some(end) = ended {
                if self.lost {
                    stream.give_up();
                } else {
                    // The last words, such as an unbind_resp, are worth one try.
                    let _ = flush(stream, &mut self.session).await;
                }
                return end;
            }
            if self.leave(now, keeping.is_empty()) {
                continue;
            }
            let deadline = self.deadline();
            if rung || deadline < alarm.deadline().into_std() {
                alarm.as_mut().reset(deadline.into());
            }
            let hungry = self.is_hungry();
            let full = self.incoming.pending() >= RECEIPTS_MAX;
            let woken = tokio::select! {
                result = exchange(stream, &mut self.session, !full) => Woken::Bytes(result),
                seen = &mut work, if hungry => Woken::Work(seen),
                Some(kept) = keeping.next(), if !keeping.is_empty() => Woken::Kept(kept),
                () = alarm.as_mut() => Woken::Time,
                patience = told_to_leave(leave), if self.leaving.is_none() => Woken::Leave(patience),
            };
            rung = matches!(woken, Woken::Time);
            match woken {
                Woken::Bytes(Ok(())) | Woken::Time => {}
                Woken::Bytes(Err(error)) => self.session.close(Reason::Disconnected(lost(&error))),
                Woken::Work(seen) => {
                    (self.seen, self.dry) = (seen, false);
                    work = desk.work(seen);
                }
                Woken::Kept(kept) => self.incoming.acknowledge(kept, &mut self.session),
                Woken::Leave(patience) => self.leave_within(patience, None),
            }
        }
    }

    /// Takes in what was read: answers, receipts, and the session's own events.
    fn take_in(&mut self, now: Instant) -> Option<End> {
        let (mut up, mut unbind, mut end, mut paused) = (false, None, None, None);
        let (mut load, mut unanswered, mut late) = (None, None, Vec::new());
        while let Some(event) = self.session.next(now) {
            match event {
                Event::Response { token: Sent::Part(token, written), status, pdu, .. } => {
                    self.meters.answered(status, now.saturating_duration_since(written));
                    load = load.max(congestion(&pdu));
                    let outcome = outcome(status, &pdu, &self.settings.faults);
                    if let PartOutcome::Refused(Fault { kind: FaultKind::Paused, code }) = &outcome {
                        paused = Some(code.clone());
                    }
                    self.flights.answered(token, outcome);
                }
                Event::Response { token: Sent::Query, sequence, status, pdu } => {
                    self.asking.answered(sequence, status, &pdu, self.settings, &self.meters);
                }
                Event::Response { token: Sent::Bind, status, pdu, .. } => {
                    match bound(status, &pdu, &self.settings.faults) {
                        Ok(()) => up = true,
                        Err(refused) => end = Some(refused),
                    }
                }
                Event::TimedOut { token: Sent::Part(token, written), sequence } => {
                    self.miss(token, sequence, now);
                    unanswered = unanswered.max(Some(written));
                }
                Event::TimedOut { token: Sent::Query, sequence } => {
                    self.asking.unanswered(sequence, &self.meters);
                }
                Event::TimedOut { token: Sent::Bind, .. } => {
                    self.lost = true;
                    end = Some(silent("the bind was not answered in time"));
                }
                Event::Request { sequence, pdu } => self.incoming.request(sequence, &pdu, self.settings),
                Event::LateResponse { sequence, status, pdu } => {
                    tracing::debug!(upstream = %self.settings.name, sequence, %status, "an answer came too late");
                    if let PartOutcome::Accepted(Some(name)) = outcome(status, &pdu, &self.settings.faults) {
                        late.extend(self.given_up.named(sequence, &name));
                    }
                }
                Event::Malformed { header, error } => self.meters.malformed(&header, &error),
                Event::Refused { header, status } => {
                    tracing::debug!(upstream = %self.settings.name, command = %header.command, %status, "refused");
                }
                Event::Unbind { sequence } => unbind = Some(sequence),
                Event::Closed(reason) => {
                    self.lost |= is_lost(&reason);
                    end = end.or_else(|| Some(self.meters.ended(&reason, self.bound)));
                }
            }
        }
        if up {
            self.up();
        }
        if let Some(code) = paused {
            self.pause(&code, now);
        }
        if let Some(load) = load {
            self.desk.loaded(load);
        }
        self.name_late(late);
        if let Some(written) = unanswered {
            end = end.or_else(|| self.doubt(written, now));
        }
        self.incoming.refuse_messages(&mut self.session, &self.meters);
        if let Some(sequence) = unbind {
            self.leave_within(LEAVE, Some(sequence));
        }
        end.inspect(|_| self.bound = false)
    }

    /// Says what parts are called that were answered too late.
    fn name_late(&mut self, late: Vec<Late>) {
        if !late.is_empty() {
            // What was given up is back at the desk before it is named.
            self.hand_over();
            self.desk.named_late(late);
        }
    }

    /// A part was not answered in time.
    fn miss(&mut self, token: Token, sequence: u32, now: Instant) {
        self.meters.unanswered();
        if let Some(missed) = self.flights.missed(token) {
            self.given_up.remember(sequence, missed, now);
        }
        self.flights.answered(token, PartOutcome::Unanswered);
    }

    fn up(&mut self) {
        self.bound = true;
        self.meters.bound();
        self.siblings.bound(self.index, Instant::now());
        let mode = match self.mode {
            BindMode::Transmitter => "transmitter",
            BindMode::Receiver => "receiver",
            BindMode::Transceiver => "transceiver",
        };
        tracing::info!(upstream = %self.settings.name, link = self.index, mode, "the link is up");
        self.desk.link(self.index, LinkState::Up);
    }

    /// Sends nothing for a while: to whoever asks the link is down, so that messages go by another upstream, but the session
    /// stays for what is outstanding and for receipts.
    fn pause(&mut self, code: &str, now: Instant) {
        let pause = self.settings.timers.pause;
        self.flights.leave_unwritten();
        if self.paused.replace(now + pause).is_some() {
            return;
        }
        let upstream = &*self.settings.name;
        tracing::error!(
            upstream,
            link = self.index,
            code,
            paused_for = ?pause,
            "the carrier answered with a code that pauses this link: ask the carrier what is wrong with the account"
        );
        let reason = format!("paused, since the carrier answered {code}");
        self.desk.link(self.index, LinkState::Down { reason, retry_in: pause });
    }

    /// Parts, the last of them written at `written`, were not answered in time. A carrier that has said something since
    /// is there, and is asked for a sign of life before it is sent more; one that hasn't, though it was asked, is gone.
    fn doubt(&mut self, written: Instant, now: Instant) -> Option<End> {
        let was_asked = !self.asks() || self.session.asked().is_some_and(|asked| asked < now);
        if self.session.heard() <= written && was_asked {
            self.lost = true;
            let reason = String::from("nothing came from the carrier, nor the answers that it owes");
            return Some(End { failure: Failure::Ended, reason, refused: None, paused: None });
        }
        self.doubted = Some(now);
        self.session.ask(now);
        None
    }

    /// Whether the carrier may be gone. One that is never asked must be sent something to say anything.
    fn is_doubted(&self) -> bool {
        let unheard = self.doubted.is_some_and(|since| self.session.heard() < since);
        unheard && (self.asks() || self.session.outstanding() > 0)
    }

    /// Whether the carrier is asked for signs of life.
    fn asks(&self) -> bool {
        !self.settings.timers.enquire.is_zero()
    }

    /// Goes on once the pause is over.
    fn go_on(&mut self, now: Instant) {
        if self.paused.take_if(|until| *until <= now).is_some() {
            tracing::warn!(upstream = %self.settings.name, link = self.index, "the pause is over");
            self.desk.link(self.index, LinkState::Up);
        }
    }

    /// Fetches as much work as the window has room for, and writes it.
    fn fill(&mut self, now: Instant) {
        if self.settings.receipts.ask && self.is_hungry() {
            self.asking.ask(&mut self.session, self.desk, self.settings, now);
        }
        loop {
            self.write_parts(now);
            if !self.is_hungry() || self.dry {
                return;
            }
            let taken = self.desk.take(self.session.window_free());
            // Only nothing at all says that there is no more: parts are counted differently here and there.
            self.dry = taken.is_empty();
            for delivery in taken {
                match encode(&delivery.message, &self.settings.text) {
                    Ok(encoded) => self.flights.admit(delivery, encoded),
                    Err(fault) => self.flights.refuse(delivery, &fault),
                }
            }
        }
    }

    fn write_parts(&mut self, now: Instant) {
        let clock = self.live.now();
        let mut written = 0;
        while self.session.window_free() > 0
            && !self.is_doubted()
            && let Some(next) = self.flights.next()
        {
            let token = next.token;
            match self.outgoing.submit(&mut self.session, &next, self.settings, (now, clock)) {
                Ok(_) => {
                    written += 1;
                    self.flights.written(token);
                }
                Err(RequestError::Encode(error)) => {
                    let fault = Fault { kind: FaultKind::Permanent, code: error.to_string().into() };
                    self.flights.unwritable(token, PartOutcome::Refused(fault));
                }
                Err(_) => self.flights.unwritable(token, PartOutcome::NotSent),
            }
        }
        self.meters.written(written);
    }

    /// Whether there is room for more work.
    fn is_hungry(&self) -> bool {
        self.bound
            && self.mode != BindMode::Receiver
            && self.leaving.is_none()
            && self.paused.is_none()
            && !self.is_doubted()
            && !self.flights.has_unwritten()
            && self.session.window_free() > 0
            && self.session.wants_input()
    }

    fn hand_over(&mut self) {
        let answers = self.flights.take_answers();
        if !answers.is_empty() {
            self.desk.answered(answers);
        }
        self.asking.hand_over(self.desk);
    }

    fn leave_within(&mut self, patience: Duration, theirs: Option<u32>) {
        let by = Instant::now() + patience;
        self.leaving = Some(Leaving { by, theirs, said: false });
    }

    /// Says goodbye once nothing is outstanding, or there was time enough; tells whether it did so just now.
    fn leave(&mut self, now: Instant, all_kept: bool) -> bool {
        let Some(leaving) = &mut self.leaving else { return false };
        let done = self.flights.is_empty() && all_kept;
        if leaving.said || !(done || leaving.by <= now) {
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
        let far = || Instant::now() + Duration::from_secs(60);
        let leave_by = self.leaving.filter(|leaving| !leaving.said).map(|leaving| leaving.by);
        self.session.deadline().into_iter().chain(leave_by).chain(self.paused).min().unwrap_or_else(far)
    }
}

fn session_settings(settings: &Settings) -> postrider_wire::smpp::Settings {
    let timers = settings.timers;
    postrider_wire::smpp::Settings {
        window: settings.window,
        session_init: timers.bind,
        enquire_link: (!timers.enquire.is_zero()).then_some(timers.enquire),
        // In time to know by the end of the response timer whether it is the answer that is missing or the carrier.
        enquire_debtor: Some(timers.response / 2),
        response: timers.response,
        unbind: UNBIND,
        ..postrider_wire::smpp::Settings::default()
    }
}

/// Holds how long answers are waited for, once the link is to end.
pub(super) type Leave = watch::Receiver<Option<Duration>>;

/// Waits until the link is to end, and says how long answers are waited for; whoever could say so being gone says not
/// at all.
pub(super) async fn told_to_leave(leave: &mut Leave) -> Duration {
    leave.wait_for(Option::is_some).await.ok().and_then(|patience| *patience).unwrap_or_default()
}

fn outcome(status: Status, pdu: &Pdu<'_>, own: &[(u32, FaultKind)]) -> PartOutcome {
    match pdu {
        Pdu::SubmitSmResp(answer) if status.is_ok() => {
            let id = answer.message_id.trim_ascii();
            PartOutcome::Accepted((!id.is_empty()).then(|| String::from_utf8_lossy(id).into()))
        }
        _ if status.is_ok() => PartOutcome::Refused(fault(Status::RUNKNOWNERR, own)),
        _ => PartOutcome::Refused(fault(status, own)),
    }
}

/// How loaded the carrier says it is, in per cent (`congestion_state` of SMPP 5.0).
fn congestion(pdu: &Pdu<'_>) -> Option<u8> {
    let Pdu::SubmitSmResp(answer) = pdu else { return None };
    answer.tlvs.number::<u8>(tag::CONGESTION_STATE)
}

fn bound(status: Status, pdu: &Pdu<'_>, own: &[(u32, FaultKind)]) -> Result<(), End> {
    if status.is_ok() && matches!(pdu, Pdu::BindResp(_)) {
        return Ok(());
    }
    let failure = unbound(status, own);
    Err(End {
        failure,
        reason: format!("the carrier refused the bind: {status}"),
        refused: Some(status),
        paused: None,
    })
}

/// Whether a session ended since the other end can't be reached, or doesn't answer.
fn is_lost(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::SessionInit
            | Reason::EnquireLink
            | Reason::Inactivity
            | Reason::UnbindTimedOut
            | Reason::Disconnected(_)
    )
}

fn silent(reason: &str) -> End {
    End { failure: Failure::Unbound, reason: reason.to_owned(), refused: None, paused: None }
}

pub(super) fn lost(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => String::from("the carrier closed the connection"),
        _ => words(error).unwrap_or_else(|| format!("the connection was lost: {error}")),
    }
}

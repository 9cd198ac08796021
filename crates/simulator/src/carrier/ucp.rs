//! One connection to a carrier that speaks EMI/UCP: a session, and the answers that are held back for a while. The world
//! decides what is answered and what is delivered, as it does for SMPP.

mod letter;
mod submission;

use super::Settings;
use super::intake::{Moment, Reaction};
use super::link::{Call, Ending, MAX_HELD, Next};
use super::mail::Mail;
use super::shared::Shared;
use super::world::{Client, Order, World, clock};
use crate::schedule::Schedule;
use postrider_link::{Driven, Pump, Turn, drive, now};
use postrider_wire::exchange::{self, Reason};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use postrider_wire::smpp::time::Civil;
use postrider_wire::ucp::operation::Login;
use postrider_wire::ucp::{Answer, ErrorCode, Event, Operation, Ot, Outcome, Role, Session, time};
use postrider_wire::{Endpoint, hex};
use std::io;
use std::sync::Arc;
use std::time::Instant;
use submission::Submitted;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;

struct Link {
    shared: Arc<Shared>,
    number: u64,
    call: Call,
    session: Session<Mail>,
    client: Option<Client>,
    /// Submissions so far.
    submitted: u64,
    /// Answers that aren't due yet.
    answers: Schedule<Held>,
    settings: Arc<Settings>,
    /// Octets to be written as they are.
    raw: Vec<u8>,
}

/// An answer to a submission.
#[derive(Debug)]
struct Held {
    trn: u8,
    ot: Ot,
    /// Recipient and time stamp, or an error.
    result: Result<Box<[u8]>, ErrorCode>,
}

/// The step that follows an event, once its borrow of the session has ended.
enum Step {
    Nothing,
    Login { trn: u8, admitted: Result<Client, Status> },
    React { trn: u8, ot: Ot, name: Box<[u8]>, reaction: Reaction },
    Answer { trn: u8, ot: Ot, result: Result<&'static [u8], ErrorCode> },
    Close,
}

/// Serves a connection until it ends.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let mut pump = Pump::new(stream);
    let mut link = Link::new(shared, now());
    if drive(&mut pump, &mut link).await == Ending::Close {
        pump.close(&mut link.session).await;
    }
    link.end();
}

impl Driven for Link {
    type Endpoint = Session<Mail>;
    type Sources = Call;
    type End = Ending;

    /// Does everything there is to do at `now`, with the world locked once.
    fn turn(&mut self, now: Instant) -> Turn<Ending> {
        let shared = Arc::clone(&self.shared);
        let next = shared.with(|world| self.act(world, now));
        self.session.output().extend_from_slice(&std::mem::take(&mut self.raw));
        match next {
            Next::Exchange => {
                let until = self.session.deadline().into_iter().chain(self.answers.next()).min();
                Turn::Wait { until, reads: true }
            }
            Next::StandStill => Turn::Still,
            Next::End(ending) => Turn::Over(ending),
        }
    }

    fn stride(&self) -> usize {
        if self.settings.octets.one_by_one { 1 } else { usize::MAX }
    }

    fn parts(&mut self) -> (&mut Session<Mail>, &mut Call) {
        (&mut self.session, &mut self.call)
    }

    fn hear(&mut self, (): (), _: Instant) {}

    fn lost(&mut self, error: &io::Error) {
        self.session.close(Reason::Disconnected(error.to_string()));
    }
}

impl Link {
    fn new(shared: Arc<Shared>, now: Instant) -> Self {
        let wake = Arc::new(Notify::new());
        let (number, settings) = shared.with(|world| {
            let number = world.connected(Arc::clone(&wake));
            (number, Arc::clone(world.settings()))
        });
        let session = exchange::Settings {
            window: settings.window,
            response: settings.patience,
            keepalive: settings.enquire_link,
            inactivity: settings.idle,
            ..exchange::Settings::default()
        };
        Self {
            shared,
            number,
            call: Call(wake),
            session: Session::new(Role::Server, session, b"", now),
            client: None,
            submitted: 0,
            answers: Schedule::new(now),
            settings,
            raw: Vec::new(),
        }
    }

    fn act(&mut self, world: &mut World, now: Instant) -> Next {
        let moment = Moment { now, clock: clock() };
        self.settings = Arc::clone(world.settings());
        for order in world.orders(self.number) {
            match order {
                Order::Cut => return Next::End(Ending::Cut),
                // UCP has no word for it.
                Order::Unbind => return Next::End(Ending::Close),
                Order::Write(octets) => self.raw.extend_from_slice(&octets),
            }
        }
        if world.paused {
            return Next::StandStill;
        }
        self.session.tick(now);
        self.answer_due(now);
        let next = self.handle_events(world, moment);
        world.lay_out(now);
        self.carry_mail(world, moment);
        self.lose_patience(world, next)
    }

    /// The carrier's own actions, once it has answered all requests.
    fn lose_patience(&mut self, world: &World, next: Next) -> Next {
        let waiting = self.answers.len();
        let is_too_much = self.settings.window_allowed.is_some_and(|most| waiting > most);
        let has_enough = self.settings.unbind_after.is_some_and(|most| self.submitted >= most);
        let sends_away = self.client.as_ref().is_some_and(|client| world.awaits_later_bind(client));
        if is_too_much || waiting == 0 && (has_enough || sends_away) {
            return Next::End(Ending::Close);
        }
        next
    }

    fn handle_events(&mut self, world: &mut World, moment: Moment) -> Next {
        loop {
            match self.step(world, moment) {
                None => return Next::Exchange,
                Some(Step::Close) => return Next::End(Ending::Close),
                Some(Step::React { reaction: Reaction::HangUp, .. }) => return Next::End(Ending::Close),
                Some(step) => self.follow(step, moment.now),
            }
        }
    }

    /// The next event, as far as the world is concerned with it.
    fn step(&mut self, world: &mut World, moment: Moment) -> Option<Step> {
        let event = self.session.next(moment.now)?;
        Some(match (event, &self.client) {
            (Event::Operation { trn, operation: Operation::Login(login) }, _) => {
                Step::Login { trn, admitted: admit(world, self.number, &login, moment.now) }
            }
            (Event::Operation { trn, operation: Operation::Alert(_) }, _) => {
                Step::Answer { trn, ot: Ot::ALERT, result: Ok(b"0000") }
            }
            (Event::Operation { trn, operation }, Some(client)) => {
                let ot = operation.ot();
                match Submitted::read(&operation, &client.system_id) {
                    Ok(submitted) => {
                        self.submitted += 1;
                        let reaction = world.submit(client, &submitted.submission(), self.submitted, moment);
                        Step::React { trn, ot, name: name(submitted.recipient(), moment.clock), reaction }
                    }
                    Err(code) => Step::Answer { trn, ot, result: Err(code) },
                }
            }
            (Event::Operation { trn, operation }, None) => {
                Step::Answer { trn, ot: operation.ot(), result: Err(ErrorCode::NOT_ALLOWED) }
            }
            (Event::Result { token, outcome, .. }, Some(client)) => {
                world.answered(client, token, status_of(&outcome), moment.now);
                Step::Nothing
            }
            (Event::TimedOut { token, .. }, Some(client)) => {
                world.return_mail(client, token);
                Step::Nothing
            }
            (Event::Closed(_), _) => Step::Close,
            _ => Step::Nothing,
        })
    }

    fn follow(&mut self, step: Step, now: Instant) {
        match step {
            Step::Login { trn, admitted } => {
                let result = match admitted {
                    Ok(client) => {
                        self.client = Some(client);
                        Ok(&b""[..])
                    }
                    Err(status) => Err(error_of(status)),
                };
                self.answer(trn, Ot::SESSION, result);
            }
            Step::Answer { trn, ot, result } => self.answer(trn, ot, result),
            Step::React { trn, ot, name, reaction: Reaction::Answer { at, result } } => {
                let held = Held { trn, ot, result: result.map(|_| name).map_err(error_of) };
                if at <= now || self.answers.len() >= MAX_HELD {
                    self.give(&held);
                } else {
                    self.answers.add(at, held);
                }
            }
            Step::React { .. } | Step::Nothing | Step::Close => {}
        }
    }

    fn answer_due(&mut self, now: Instant) {
        for held in self.answers.take_due(now) {
            self.give(&held);
        }
    }

    fn give(&mut self, held: &Held) {
        self.answer(held.trn, held.ot, held.result.as_deref().map_err(|code| *code));
    }

    fn answer(&mut self, trn: u8, ot: Ot, result: Result<&[u8], ErrorCode>) {
        let answer = match result {
            Ok(sm) => Answer::Done { mvp: b"", sm },
            Err(code) => Answer::Refused { code, sm: b"" },
        };
        self.session.answer(trn, ot, &answer);
    }

    /// Writes as much mail as the window has room for.
    fn carry_mail(&mut self, world: &mut World, moment: Moment) {
        let Some(client) = &self.client else { return };
        while self.session.window_free() > 0 {
            let Some(mail) = world.fetch(client) else { break };
            let is_receipt = matches!(mail, Mail::Receipt(_));
            match letter::post(mail, &mut self.session, &client.system_id, moment) {
                Ok(_) => world.counts.receipts_sent += u64::from(is_receipt),
                Err(_) => world.counts.dropped += 1,
            }
        }
        world.set_room(client, self.session.window_free());
    }

    fn end(mut self) {
        let undelivered: Vec<Mail> = self.session.drain_outstanding().collect();
        self.shared.with(|world| {
            if let Some(client) = &self.client {
                world.unbound(client, undelivered.into_iter());
            }
            world.disconnected(self.number);
        });
    }
}

/// Whether a client is let in: its login number is its system_id.
fn admit(world: &mut World, number: u64, login: &Login<'_>, now: Instant) -> Result<Client, Status> {
    let password = hex::read(login.pwd).unwrap_or_default();
    world.bind(number, &Bind::new(BindMode::Transceiver, login.oadc, &password), now)
}

/// A part's name: its recipient and when it came.
fn name(recipient: &[u8], clock: u64) -> Box<[u8]> {
    [recipient, b":", &stamp(clock)].concat().into()
}

/// The time stamp of a moment in seconds since 1970.
fn stamp(clock: u64) -> [u8; 12] {
    time::stamp(Civil::from_unix_ms(i64::try_from(clock).unwrap_or_default().saturating_mul(1_000)))
}

/// The error code with which the carrier refuses what in SMPP has this status (EMI/UCP 4.0, 7.1).
fn error_of(status: Status) -> ErrorCode {
    match status {
        Status::RINVPASWD | Status::RINVSYSID | Status::RBINDFAIL => ErrorCode::AUTHENTICATION,
        Status::RALYBND | Status::RTHROTTLED | Status::RINVBNDSTS => ErrorCode::NOT_ALLOWED,
        Status::RINVDSTADR => ErrorCode::ADDRESS,
        Status::RINVMSGLEN => ErrorCode::TOO_LONG,
        Status::RMSGQFUL => ErrorCode(50),
        Status::RSUBMITFAIL => ErrorCode(54),
        Status::RSYSERR | Status::RX_T_APPN => ErrorCode::SYSTEM,
        _ => ErrorCode::SYNTAX,
    }
}

/// The status that in SMPP stands for a client's answer.
fn status_of(outcome: &Outcome<'_>) -> Status {
    match outcome {
        Outcome::Done { .. } => Status::ROK,
        Outcome::Refused { code: ErrorCode(4 | 50 | 55), .. } => Status::RX_T_APPN,
        Outcome::Refused { .. } | Outcome::Unreadable => Status::RX_P_APPN,
    }
}

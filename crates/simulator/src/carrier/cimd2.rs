//! One connection to a carrier that speaks CIMD2: a session, and the answers that are held back for a while. The world
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
use postrider_wire::Endpoint;
use postrider_wire::cimd2::frame::Header;
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{ErrorCode, Event, Op, Parameters, Role, Session, time};
use postrider_wire::exchange::{self, Reason};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use postrider_wire::smpp::time::Civil;
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
    request: Header,
    recipient: Vec<u8>,
    /// The time stamp, or an error.
    result: Result<[u8; 12], ErrorCode>,
}

/// The step that follows an event, once its borrow of the session has ended.
enum Step {
    Nothing,
    Login { request: Header, admitted: Result<Client, Status> },
    React { request: Header, recipient: Vec<u8>, reaction: Reaction },
    Refuse { request: Header, error: ErrorCode },
    Logout { request: Header },
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
            session: Session::new(Role::Server, session, true, now),
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
                // A service centre says nothing before it goes.
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
                Some(step) => self.follow(step, moment),
            }
        }
    }

    /// The next event, as far as the world is concerned with it.
    fn step(&mut self, world: &mut World, moment: Moment) -> Option<Step> {
        let event = self.session.next(moment.now)?;
        Some(match (event, &self.client) {
            (Event::Request { header, parameters }, None) if header.op == Op::LOGIN => {
                Step::Login { request: header, admitted: admit(world, self.number, &parameters, moment.now) }
            }
            (Event::Request { header, parameters }, Some(client)) => match header.op {
                Op::LOGOUT => Step::Logout { request: header },
                Op::SUBMIT => match Submitted::read(&parameters, &client.system_id) {
                    Ok(submitted) => {
                        self.submitted += 1;
                        let reaction = world.submit(client, &submitted.submission(), self.submitted, moment);
                        let recipient = submitted.recipient().to_vec();
                        Step::React { request: header, recipient, reaction }
                    }
                    Err(error) => Step::Refuse { request: header, error },
                },
                _ => Step::Refuse { request: header, error: ErrorCode::UNEXPECTED },
            },
            (Event::Request { header, .. }, None) => {
                Step::Refuse { request: header, error: ErrorCode::UNEXPECTED }
            }
            (Event::Response { token, parameters, .. }, Some(client)) => {
                let is_taken = parameters.number(code::ERROR).is_none_or(|error: u16| error == 0);
                let status = if is_taken { Status::ROK } else { Status::RX_P_APPN };
                world.answered(client, token, status, moment.now);
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

    fn follow(&mut self, step: Step, moment: Moment) {
        match step {
            Step::Login { request, admitted: Ok(client) } => {
                self.client = Some(client);
                self.session.answer(request, &[]);
            }
            Step::Login { request, admitted: Err(status) } => {
                self.session.refuse(request, error_of(status));
            }
            Step::Refuse { request, error } => self.session.refuse(request, error),
            Step::React { request, recipient, reaction: Reaction::Answer { at, result } } => {
                let result = result.map(|_| stamp(moment.clock)).map_err(error_of);
                let held = Held { request, recipient, result };
                if at <= moment.now || self.answers.len() >= MAX_HELD {
                    self.give(&held);
                } else {
                    self.answers.add(at, held);
                }
            }
            Step::Logout { request } => {
                self.session.answer(request, &[]);
                self.session.close(Reason::Left);
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
        let recipient = (code::DESTINATION, held.recipient.as_slice());
        match &held.result {
            Ok(stamp) => self.session.answer(held.request, &[recipient, (code::STAMP, stamp)]),
            Err(error) => {
                let error = error.0.to_string();
                self.session.answer(held.request, &[recipient, (code::ERROR, error.as_bytes())]);
            }
        }
    }

    /// Writes as much mail as the window has room for.
    fn carry_mail(&mut self, world: &mut World, moment: Moment) {
        let Some(client) = &self.client else { return };
        while self.session.window_free() > 0 {
            let Some(mail) = world.fetch(client) else { break };
            let is_receipt = matches!(mail, Mail::Receipt(_));
            match letter::post(mail, &mut self.session, moment) {
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

/// Whether a client is let in: its user identity is its system_id.
fn admit(world: &mut World, number: u64, login: &Parameters<'_>, now: Instant) -> Result<Client, Status> {
    let user = login.get(code::USER).unwrap_or_default();
    let password = login.get(code::PASSWORD).unwrap_or_default();
    world.bind(number, &Bind::new(BindMode::Transceiver, user, password), now)
}

/// The time stamp of a moment in seconds since 1970.
fn stamp(clock: u64) -> [u8; 12] {
    time::stamp(Civil::from_unix_ms(i64::try_from(clock).unwrap_or_default().saturating_mul(1_000)))
}

/// The error code with which the carrier refuses what in SMPP has this status (CIMD2, section 5.2).
fn error_of(status: Status) -> ErrorCode {
    ErrorCode(match status {
        Status::RINVPASWD | Status::RINVSYSID | Status::RBINDFAIL => 100,
        Status::RALYBND => 102,
        Status::RTHROTTLED | Status::RMSGQFUL => 10,
        Status::RINVDSTADR => 300,
        Status::RSUBMITFAIL => 9,
        Status::RSYSERR | Status::RX_T_APPN => 6,
        _ => 2,
    })
}

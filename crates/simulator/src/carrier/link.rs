//! One connection to a carrier: a session, and the answers that are held back for a while. The world decides what is
//! answered and what is delivered.

use super::Settings;
use super::envelope::Envelope;
use super::inquiry::Standing;
use super::intake::{Moment, Reaction};
use super::mail::Mail;
use super::part::Submission;
use super::shared::Shared;
use super::world::{Client, Order, World, clock};
use crate::schedule::Schedule;
use crate::twist::Twister;
use postrider_link::{Driven, Pump, Sources, Turn, drive, now};
use postrider_wire::smpp::pdu::{BindMode, BindResp, DataSmResp, QuerySmResp, SubmitSmResp, UnbindResp};
use postrider_wire::smpp::time::Absolute;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{self, Command, Encode, Event, Pdu, Reason, Role, Session, Status, TlvBuilder};
use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;

/// The version of SMPP that is offered, 3.4.
const VERSION: u8 = 0x34;

/// The most answers that are held back; further ones are given at once.
pub(super) const MAX_HELD: usize = 100_000;

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
    envelope: Envelope,
    twister: Twister,
    /// Octets to be written as they are.
    raw: Vec<u8>,
    id: Vec<u8>,
}

/// An answer to a submission.
#[derive(Debug)]
struct Held {
    sequence: u32,
    command: Command,
    result: Result<u64, Status>,
}

/// The step that follows an event, once its borrow of the session has ended.
enum Step {
    Nothing,
    Bind { sequence: u32, mode: BindMode, admitted: Result<Client, Status> },
    React { sequence: u32, command: Command, reaction: Reaction },
    Refuse { sequence: u32, command: Command },
    Tell { sequence: u32, found: Result<Standing, Status> },
    Unbind { sequence: u32 },
    Close,
}

/// The next step after a turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Write and read.
    Exchange,
    /// Neither, until called.
    StandStill,
    /// End.
    End(Ending),
}

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The remaining output is written first.
    Close,
    /// At once.
    Cut,
}

/// The world calls: something has happened elsewhere.
pub(super) struct Call(pub(super) Arc<Notify>);

impl Sources for Call {
    type News = ();

    async fn next(&mut self) {
        self.0.notified().await;
    }
}

/// Whether the answer to a receipt should give its identifier back and doesn't.
fn lacks_echo(settings: &Settings, mail: &Mail, answer: &Pdu<'_>) -> bool {
    let (true, Mail::Receipt(receipt), Pdu::DeliverSmResp(answer)) = (settings.wants_echo, mail, answer)
    else {
        return false;
    };
    answer.message_id != settings.receipts.ids.spell(receipt.id).as_bytes()
}

/// A moment as SMPP writes it (SMPP 3.4 section 7.1.1.1).
fn moment(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Absolute::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX), 0).to_string()
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
        let written = self.session.output().len();
        let shared = Arc::clone(&self.shared);
        let next = shared.with(|world| self.act(world, now));
        self.twister.send(self.session.output(), written);
        self.session.output().extend_from_slice(&std::mem::take(&mut self.raw));
        match next {
            Next::Exchange => Turn::Wait { until: self.deadline(), reads: true },
            Next::StandStill => Turn::Still,
            Next::End(ending) => Turn::Over(ending),
        }
    }

    fn stride(&self) -> usize {
        self.twister.stride()
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
        let session = smpp::Settings {
            window: settings.window,
            response: settings.patience,
            enquire_link: settings.enquire_link,
            inactivity: settings.idle,
            ..smpp::Settings::default()
        };
        Self {
            shared,
            number,
            call: Call(wake),
            session: Session::new(Role::Server, session, now),
            client: None,
            submitted: 0,
            answers: Schedule::new(now),
            envelope: Envelope::new(&settings),
            twister: Twister::new(settings.octets.clone(), number),
            raw: Vec::new(),
            settings,
            id: Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.session.deadline().into_iter().chain(self.answers.next()).min()
    }

    fn act(&mut self, world: &mut World, now: Instant) -> Next {
        let moment = Moment { now, clock: clock() };
        self.adopt(world.settings());
        let ordered = self.obey(world.orders(self.number), now);
        if ordered == Next::End(Ending::Cut) {
            return Next::End(Ending::Cut);
        }
        if world.paused {
            return Next::StandStill;
        }
        self.session.tick(now);
        self.answer_due(now);
        self.twister.receive(self.session.input());
        let next = self.handle_events(world, moment);
        world.lay_out(now);
        self.carry_mail(world, moment);
        self.lose_patience(world, now, next)
    }

    /// The carrier's own actions, once it has answered all requests.
    fn lose_patience(&mut self, world: &World, now: Instant, next: Next) -> Next {
        if self.settings.window_allowed.is_some_and(|most| self.session.unanswered() > most) {
            return Next::End(Ending::Close);
        }
        let has_enough = self.settings.unbind_after.is_some_and(|most| self.submitted >= most);
        let has_answered = self.session.unanswered() == 0;
        let sends_away =
            has_answered && self.client.as_ref().is_some_and(|client| world.awaits_later_bind(client));
        if has_enough || sends_away {
            self.answer_all(now);
            // A client that was unbound already is spared another.
            let _ = self.session.unbind(now);
        }
        next
    }

    fn adopt(&mut self, settings: &Arc<Settings>) {
        if !Arc::ptr_eq(&self.settings, settings) {
            self.settings = Arc::clone(settings);
            self.envelope = Envelope::new(settings);
            self.twister.adopt(&settings.octets);
        }
    }

    fn obey(&mut self, orders: Vec<Order>, now: Instant) -> Next {
        for order in orders {
            match order {
                Order::Cut => return Next::End(Ending::Cut),
                // A client that isn't bound is spared the unbind.
                Order::Unbind => {
                    let _ = self.session.unbind(now);
                }
                Order::Write(octets) => self.raw.extend_from_slice(&octets),
            }
        }
        Next::Exchange
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
            (Event::Request { sequence, pdu }, Some(client)) => match pdu {
                Pdu::SubmitSm(_) | Pdu::DataSm(_) => {
                    let submission = match &pdu {
                        Pdu::DataSm(pdu) => Submission::from(pdu),
                        Pdu::SubmitSm(pdu) => Submission::from(pdu),
                        _ => return Some(Step::Nothing),
                    };
                    self.submitted += 1;
                    let reaction = world.submit(client, &submission, self.submitted, moment);
                    Step::React { sequence, command: pdu.command(), reaction }
                }
                Pdu::QuerySm(question) => {
                    Step::Tell { sequence, found: world.inquire(&client.system_id, &question) }
                }
                other => Step::Refuse { sequence, command: other.command() },
            },
            (Event::Request { sequence, pdu: Pdu::Bind(bind) }, None) => {
                let admitted = world.bind(self.number, &bind, moment.now);
                Step::Bind { sequence, mode: bind.mode, admitted }
            }
            (Event::Request { sequence, pdu }, None) => Step::Refuse { sequence, command: pdu.command() },
            (Event::Response { token, status, pdu, .. }, Some(client)) => {
                let status =
                    if lacks_echo(&self.settings, &token, &pdu) { Status::RX_T_APPN } else { status };
                world.answered(client, token, status, moment.now);
                Step::Nothing
            }
            (Event::TimedOut { token, .. }, Some(client)) => {
                world.return_mail(client, token);
                Step::Nothing
            }
            (Event::Unbind { sequence }, _) => Step::Unbind { sequence },
            (Event::Closed(_), _) => Step::Close,
            _ => Step::Nothing,
        })
    }

    fn follow(&mut self, step: Step, now: Instant) {
        match step {
            Step::Bind { sequence, mode, admitted } => self.answer_bind(sequence, mode, admitted, now),
            Step::React { sequence, command, reaction: Reaction::Answer { at, result } } => {
                let held = Held { sequence, command, result };
                if at <= now || self.answers.len() >= MAX_HELD {
                    self.answer(&held, now);
                } else {
                    self.answers.add(at, held);
                }
            }
            // A session that is over has nobody to be answered.
            Step::Refuse { sequence, command } => {
                let _ = self.session.refuse(sequence, command, Status::RINVCMDID, now);
            }
            Step::Tell { sequence, found } => self.tell(sequence, found, now),
            Step::Unbind { sequence } => {
                self.answer_all(now);
                let _ = self.session.respond(sequence, Status::ROK, &UnbindResp, now);
            }
            Step::React { .. } | Step::Nothing | Step::Close => {}
        }
    }

    fn answer_bind(&mut self, sequence: u32, mode: BindMode, admitted: Result<Client, Status>, now: Instant) {
        let sent = match admitted {
            Ok(client) => {
                self.client = Some(client);
                let mut tlvs = TlvBuilder::new();
                tlvs.push_u8(tag::SC_INTERFACE_VERSION, VERSION);
                let name = self.settings.name.as_bytes();
                let answer = BindResp { mode, system_id: name, tlvs: tlvs.tlvs() };
                self.session.respond(sequence, Status::ROK, &answer, now)
            }
            Err(status) => self.session.refuse(sequence, mode.command(), status, now),
        };
        if let Err(error) = sent {
            tracing::warn!(%error, "a bind couldn't be answered");
        }
    }

    fn tell(&mut self, sequence: u32, found: Result<Standing, Status>, now: Instant) {
        let sent = match found {
            Err(status) => self.session.refuse(sequence, Command::QUERY_SM, status, now),
            Ok(Standing { id, state, done }) => {
                let done = done.map(moment).unwrap_or_default();
                let answer = QuerySmResp {
                    message_id: id.as_bytes(),
                    final_date: done.as_bytes(),
                    message_state: state.number(),
                    ..QuerySmResp::default()
                };
                self.session.respond(sequence, Status::ROK, &answer, now)
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "a question couldn't be answered");
        }
    }

    fn answer_due(&mut self, now: Instant) {
        for held in self.answers.take_due(now) {
            self.answer(&held, now);
        }
    }

    /// Answers what is held back as well, however early.
    fn answer_all(&mut self, now: Instant) {
        while let Some(due) = self.answers.next() {
            for held in self.answers.take_due(due) {
                self.answer(&held, now);
            }
        }
    }

    fn answer(&mut self, held: &Held, now: Instant) {
        let sent = match held.result {
            Err(status) => self.session.refuse(held.sequence, held.command, status, now),
            Ok(id) => {
                self.id.clear();
                self.settings.ids.write(id, &mut self.id);
                let message_id = self.id.as_slice();
                if held.command == Command::DATA_SM {
                    let answer = DataSmResp { message_id, ..DataSmResp::default() };
                    self.session.respond(held.sequence, Status::ROK, &answer, now)
                } else {
                    let answer = SubmitSmResp { message_id, ..SubmitSmResp::default() };
                    self.session.respond(held.sequence, Status::ROK, &answer, now)
                }
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "a submission couldn't be answered");
        }
    }

    /// Writes as much mail as the window has room for.
    fn carry_mail(&mut self, world: &mut World, moment: Moment) {
        let Some(client) = self.client.as_ref().filter(|client| client.receives()) else { return };
        if !matches!(self.session.state(), smpp::State::BoundRx | smpp::State::BoundTrx) {
            return;
        }
        while self.session.window_free() > 0 {
            let Some(mail) = world.fetch(client) else { break };
            let is_receipt = matches!(mail, Mail::Receipt(_));
            match self.envelope.post(mail, &mut self.session, moment.clock, moment.now) {
                Ok(_) => world.counts.receipts_sent += u64::from(is_receipt),
                Err(error) => {
                    tracing::warn!(%error, "mail for a client can't be written as it should");
                    world.counts.dropped += 1;
                }
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

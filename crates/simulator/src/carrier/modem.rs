//! A GSM modem with its SIM: one line to a terminal that speaks AT. The world decides what becomes of messages, as it does for
//! SMPP; the modem has modes, a storage, and the quirks of its chip.

mod chip;
mod commands;
mod form;
mod letter;
mod state;
mod submission;

pub use chip::Chip;
pub(super) use commands::{ICCID, IMEI};
pub use form::ModemForm;
pub(crate) use form::Sim;

use super::Settings;
use super::intake::{Moment, Reaction};
use super::link::{Call, Ending, Next};
use super::shared::Shared;
use super::world::{Client, Order, World, clock};
use commands::{CENTRE, Reply};
use letter::{Letter, reference};
use postrider_link::{Driven, Pump, Turn, drive, now};
use postrider_wire::Endpoint;
use postrider_wire::modem::tpdu::{Address, Kind, read_submit};
use postrider_wire::modem::{Cms, Device, Final, Input};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use state::Modem;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use submission::Submitted;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;

/// The name that a modem's mail is kept under, unless the settings name another.
const NAME: &str = "modem";

struct Link {
    shared: Arc<Shared>,
    number: u64,
    call: Call,
    device: Device,
    modem: Modem,
    client: Option<Client>,
    /// Submissions so far.
    submitted: u64,
    /// The answer to a submission, and when it is given.
    answer: Option<(Instant, Result<u64, Status>)>,
    settings: Arc<Settings>,
    raw: Vec<u8>,
    /// Whether the terminal's end of the line is gone.
    is_gone: bool,
}

/// Serves a line until it ends.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let mut pump = Pump::new(stream);
    let mut link = Link::new(shared, now());
    if drive(&mut pump, &mut link).await == Ending::Close {
        pump.close(&mut link.device).await;
    }
    link.end();
}

impl Driven for Link {
    type Endpoint = Device;
    type Sources = Call;
    type End = Ending;

    /// Does everything there is to do at `now`, with the world locked once.
    fn turn(&mut self, now: Instant) -> Turn<Ending> {
        let shared = Arc::clone(&self.shared);
        let next = shared.with(|world| self.act(world, now));
        self.device.output().extend_from_slice(&std::mem::take(&mut self.raw));
        match next {
            Next::Exchange => {
                let answer = self.answer.as_ref().map(|(at, _)| *at);
                let until = self.modem.deadline().into_iter().chain(answer).min();
                Turn::Wait { until, reads: true }
            }
            Next::StandStill => Turn::Still,
            Next::End(ending) => Turn::Over(ending),
        }
    }

    fn stride(&self) -> usize {
        if self.settings.octets.one_by_one { 1 } else { usize::MAX }
    }

    fn parts(&mut self) -> (&mut Device, &mut Call) {
        (&mut self.device, &mut self.call)
    }

    fn hear(&mut self, (): (), _: Instant) {}

    fn lost(&mut self, _: &io::Error) {
        self.is_gone = true;
    }
}

impl Link {
    fn new(shared: Arc<Shared>, now: Instant) -> Self {
        let wake = Arc::new(Notify::new());
        let (number, settings) = shared.with(|world| {
            let number = world.connected(Arc::clone(&wake));
            (number, Arc::clone(world.settings()))
        });
        Self {
            shared,
            number,
            call: Call(wake),
            device: Device::new(),
            modem: Modem::new(settings.modem.clone(), now),
            client: None,
            submitted: 0,
            answer: None,
            settings,
            raw: Vec::new(),
            is_gone: false,
        }
    }

    fn act(&mut self, world: &mut World, now: Instant) -> Next {
        if self.is_gone {
            return Next::End(Ending::Cut);
        }
        let moment = Moment { now, clock: clock() };
        self.settings = Arc::clone(world.settings());
        self.modem.change(&self.settings.modem);
        for order in world.orders(self.number) {
            match order {
                Order::Cut => return Next::End(Ending::Cut),
                // A modem that goes down for a moment.
                Order::Unbind => self.restart(world, now),
                Order::Write(octets) => self.raw.extend_from_slice(&octets),
            }
        }
        if world.paused {
            return Next::StandStill;
        }
        if self.client.is_none() {
            self.client = plug_in(world, self.number, &self.settings, now);
        }
        self.modem.tick(now);
        if let Some((_, result)) = self.answer.take_if(|(at, _)| *at <= now) {
            self.give(result);
        }
        while self.answer.is_none()
            && let Some(input) = self.device.read()
        {
            if let Some(ending) = self.take(input, world, moment) {
                return Next::End(ending);
            }
        }
        world.lay_out(now);
        self.return_mail(world, now);
        self.carry_mail(world, moment);
        Next::Exchange
    }

    fn take(&mut self, input: Input, world: &mut World, moment: Moment) -> Option<Ending> {
        match input {
            Input::Command(line) => self.command(&line, world, moment.now),
            Input::Escaped => {
                self.modem.submits = None;
                self.device.line("OK");
            }
            Input::Text(digits) => return self.submit(&digits, world, moment),
        }
        None
    }

    fn command(&mut self, line: &str, world: &mut World, now: Instant) {
        let reply = self.modem.line(line, &mut world.sim, now);
        world.dialled.append(&mut self.modem.dialled);
        match reply {
            Reply::Done(lines, result, afterwards) => {
                if let Some(chatter) = self.modem.quirks.chatter {
                    self.device.line(chatter);
                }
                lines.iter().for_each(|line| self.device.line(line));
                self.finish(&result);
                afterwards.iter().for_each(|line| self.device.line(line));
            }
            Reply::Prompt => self.device.prompt(),
            Reply::Echo(echo) => {
                self.device.echo = echo;
                self.device.line("OK");
            }
            Reply::Restart => {
                self.device.line("OK");
                self.restart(world, now);
            }
        }
    }

    /// Errors have numbers or words only if the terminal asked for that.
    fn finish(&mut self, result: &Final) {
        let said = match (result, self.modem.modes.errors) {
            (Final::Cme(_), 0) => Final::Error.to_string(),
            (Final::Cme(cme), 2) => format!("+CME ERROR: {}", cme.name().unwrap_or("unknown error")),
            (Final::Cms(cms), 2) => format!("+CMS ERROR: {}", cms.name().unwrap_or("unknown error")),
            _ => result.to_string(),
        };
        self.device.line(&said);
    }

    fn submit(&mut self, digits: &str, world: &mut World, moment: Moment) -> Option<Ending> {
        let length = self.modem.submits.take();
        let (Ok(submit), Some(client)) = (read_submit(digits.as_bytes(), length), &self.client) else {
            self.finish(&Final::Cms(Cms(304)));
            return None;
        };
        self.submitted += 1;
        let submitted = Submitted::of(&submit, &self.modem.form.number);
        match world.submit(client, &submitted.submission(), self.submitted, moment) {
            Reaction::Answer { at, result } if at <= moment.now => self.give(result),
            Reaction::Answer { at, result } => self.answer = Some((at, result)),
            Reaction::Ignore => {}
            Reaction::HangUp => return Some(Ending::Cut),
        }
        None
    }

    fn give(&mut self, result: Result<u64, Status>) {
        match result {
            Ok(id) => {
                self.device.line(&format!("+CMGS: {}", reference(id)));
                self.device.line("OK");
            }
            Err(status) => self.finish(&Final::Cms(error_of(status, self.modem.quirks.failure))),
        }
    }

    fn restart(&mut self, world: &mut World, now: Instant) {
        self.modem.restart(&mut world.sim, now);
        self.device.restart();
        self.answer = None;
        for line in ["RDY", "+CFUN: 1", "SMS Ready"] {
            self.device.line(line);
        }
    }

    /// Tells the world what became of mail.
    fn return_mail(&mut self, world: &mut World, now: Instant) {
        let Some(client) = &self.client else { return };
        for mail in self.modem.taken.drain(..) {
            world.answered(client, mail, Status::ROK, now);
        }
        for mail in self.modem.refused.drain(..) {
            world.answered(client, mail, Status::RX_T_APPN, now);
        }
    }

    /// Receives as much mail as there is room for.
    fn carry_mail(&mut self, world: &mut World, moment: Moment) {
        let Some(client) = &self.client else { return };
        let centre = Address::number(Kind::INTERNATIONAL, CENTRE);
        let is_registered = self.modem.registration(world.sim, moment.now) == 1;
        while let Some(letter) = self.modem.take_unwanted() {
            for line in self.modem.receive(letter, moment.now) {
                self.device.line(&line);
            }
        }
        while is_registered && self.modem.has_room() && self.modem.submits.is_none() {
            let Some(mail) = world.fetch(client) else { break };
            let letter = Letter::of(mail, &centre, moment);
            world.counts.receipts_sent += u64::from(letter.is_report());
            for line in self.modem.receive(letter, moment.now) {
                self.device.line(&line);
            }
        }
        let room = usize::from(is_registered && self.modem.has_room());
        world.set_room(client, room);
    }

    fn end(mut self) {
        let undelivered = self.modem.drain();
        self.shared.with(|world| {
            if let Some(client) = &self.client {
                for mail in self.modem.taken.drain(..) {
                    world.answered(client, mail, Status::ROK, now());
                }
                world.unbound(client, undelivered.into_iter());
            }
            world.disconnected(self.number);
        });
    }
}

/// The world knows a modem as a client that is always let in.
fn plug_in(world: &mut World, number: u64, settings: &Settings, now: Instant) -> Option<Client> {
    let name = settings.system_id.as_deref().unwrap_or(NAME);
    let password = settings.password.as_deref().unwrap_or_default();
    world.bind(number, &Bind::new(BindMode::Transceiver, name.as_bytes(), password.as_bytes()), now).ok()
}

/// The error with which the network, or the modem, refuses what in SMPP has this status.
fn error_of(status: Status, failure: u16) -> Cms {
    Cms(match status {
        Status::RINVDSTADR => 1,
        Status::RTHROTTLED => 42,
        Status::RMSGQFUL => 22,
        Status::RSUBMITFAIL => 38,
        Status::RX_T_APPN => 41,
        Status::RX_P_APPN | Status::RX_R_APPN => 21,
        _ => failure,
    })
}

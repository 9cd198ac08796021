//! What a modem is asked and told before it is of use: a step after the other, each a command and what follows from its answer.

use super::memory::Shared;
use super::notifications::{self, Notifications};
use super::settings::Settings;
use super::storage::Storages;
use super::tries::QUESTIONS;
use super::watch::{self, NETWORKS, Registration};
use postrider_declare::upstream::modem::{Receive, Storage};
use postrider_link::carrier::Failure;
use postrider_wire::modem::fields::{after, split};
use postrider_wire::modem::{Cme, Command, Final};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a modem is called that doesn't answer, and how long each call is waited for.
const CALLS: u8 = 5;
const CALL: Duration = Duration::from_secs(2);
/// How long a SIM may be busy after a start or its PIN.
const SIM_PATIENCE: Duration = Duration::from_secs(30);
/// The pause before the SIM, and before the network, is asked for again.
const SIM_AGAIN: Duration = Duration::from_secs(1);
const NETWORK_AGAIN: Duration = Duration::from_secs(2);
/// The time limit of the answer to a PIN.
const UNLOCK: Duration = Duration::from_secs(10);

/// What was found out, and holds as long as the session.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The maker's name for the modem.
    pub(super) model: Box<str>,
    /// The SIM's number; empty if nobody knows it.
    pub(super) number: Box<str>,
    /// Where messages are read from; empty where the modem doesn't say it.
    pub(super) storage: Box<str>,
    /// How it announces messages; `None` if it doesn't, and its storage is all there is.
    pub(super) notifications: Option<Notifications>,
}

/// Why a modem is of no use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    pub(super) reason: String,
    pub(super) advice: &'static str,
    /// Whether to start it anew is worth a try.
    pub(super) restart: bool,
}

/// The next step.
#[derive(Debug)]
pub(super) enum Next {
    Ask(Command),
    Wait(Instant),
    Ready,
    Failed(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Call,
    Echo,
    Errors,
    Model,
    Sim,
    /// The question for tries with this place in their list.
    Tries(usize),
    Unlock,
    /// The question for a network with this place in their list.
    Network(usize),
    Mode,
    Service,
    Storage,
    SetStorage,
    Notifications,
    /// The set with this place among the candidates.
    Notify(usize),
    More,
    Number,
    Done,
}

/// A modem that is being made ready.
#[derive(Debug)]
pub(super) struct Setup {
    settings: Arc<Settings>,
    memory: Shared,
    step: Step,
    /// How often the modem was called.
    calls: u8,
    /// Since when this step, or a longer stretch of them, is tried.
    since: Instant,
    wait: Option<Instant>,
    refusal: Option<Refusal>,
    acknowledges: bool,
    change: Option<Command>,
    candidates: Vec<Notifications>,
    registration: Option<Registration>,
    pub(super) found: Found,
}

impl Setup {
    pub(super) fn new(settings: &Arc<Settings>, memory: &Shared, now: Instant) -> Self {
        Self {
            settings: Arc::clone(settings),
            memory: memory.clone(),
            step: Step::Call,
            calls: 0,
            since: now,
            wait: None,
            refusal: None,
            acknowledges: false,
            change: None,
            candidates: Vec::new(),
            registration: None,
            found: Found::default(),
        }
    }

    /// What to do now that no command is running.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if let Some(refusal) = self.refusal.take() {
            return Next::Failed(refusal);
        }
        if let Some(until) = self.wait {
            if now < until {
                return Next::Wait(until);
            }
            self.wait = None;
        }
        match self.command() {
            Some(command) => Next::Ask(command),
            None => Next::Ready,
        }
    }

    /// The command of the step; `None` when all is done.
    fn command(&self) -> Option<Command> {
        Some(match self.step {
            Step::Call => Command::new("AT").within(CALL),
            Step::Echo => Command::new("ATE0"),
            Step::Errors => Command::new("AT+CMEE=1"),
            Step::Model => Command::new("AT+CGMM"),
            Step::Sim => Command::new("AT+CPIN?").expecting("+CPIN"),
            Step::Tries(question) => Command::new(QUESTIONS.get(question)?.command),
            Step::Unlock => {
                let pin = self.settings.pin.as_deref().unwrap_or_default();
                Command::new(format!("AT+CPIN=\"{pin}\"")).within(UNLOCK)
            }
            Step::Network(network) => watch::ask(NETWORKS.get(network).copied()?),
            Step::Mode => Command::new("AT+CMGF=0"),
            Step::Service => Command::new("AT+CSMS=1"),
            Step::Storage => Storages::ask(),
            Step::SetStorage => self.change.clone()?,
            Step::Notifications => Command::new("AT+CNMI=?"),
            Step::Notify(candidate) => Command::new(self.candidates.get(candidate)?.command.clone()),
            // The radio link is kept between the parts of a message (3GPP TS 27.005, 3.5.6).
            Step::More => Command::new("AT+CMMS=2"),
            Step::Number => Command::new("AT+CNUM"),
            Step::Done => return None,
        })
    }

    /// The modem didn't answer.
    pub(super) fn silent(&mut self, now: Instant) {
        match self.step {
            Step::Call if self.calls + 1 < CALLS => self.calls += 1,
            Step::Call => self.refuse(Refusal {
                failure: Failure::NotReady,
                reason: "the modem doesn't answer".to_owned(),
                advice: "check that this is the modem's port for AT commands, and 'baud': many modems have several ports",
                restart: true,
            }),
            Step::Unlock => self.pin_is_refused("the modem didn't answer the PIN"),
            // What can be done without is left out.
            _ => self.answered(&Final::Error, &[], now),
        }
    }

    /// The modem answered.
    pub(super) fn answered(&mut self, result: &Final, lines: &[Box<str>], now: Instant) {
        let is_ok = result.is_ok();
        match self.step {
            Step::Call if is_ok => self.go(Step::Echo, now),
            Step::Call => self.silent(now),
            Step::Echo => self.go(Step::Errors, now),
            Step::Errors => self.go(Step::Model, now),
            Step::Model => {
                let model = lines
                    .first()
                    .filter(|_| is_ok)
                    .map_or("unknown", |line| line.trim_start_matches("+CGMM:").trim());
                self.found.model = model.into();
                self.go(Step::Sim, now);
            }
            Step::Sim => self.sim(result, lines, now),
            Step::Tries(question) => self.tries(question, lines, now),
            Step::Unlock if is_ok => {
                self.go(Step::Sim, now);
                self.wait = Some(now + SIM_AGAIN);
            }
            Step::Unlock => self.pin_is_refused(&format!("the SIM refused the PIN ({result})")),
            Step::Network(network) => self.network(network, lines, now),
            Step::Mode if is_ok => self.go(Step::Service, now),
            Step::Mode => self.again("the modem refuses PDU mode", result, now),
            Step::Service => {
                self.acknowledges = is_ok;
                self.go(Step::Storage, now);
            }
            Step::Storage => self.storage(result, lines, now),
            Step::SetStorage => self.storage_set(result, now),
            Step::Notifications => {
                let is_direct = self.acknowledges && self.settings.receive == Receive::Direct;
                self.candidates = notifications::candidates(lines, is_direct);
                self.go(Step::Notify(0), now);
            }
            Step::Notify(candidate) => self.notify(candidate, is_ok, now),
            Step::More => self.go(Step::Number, now),
            Step::Number => {
                self.found.number = self.number(lines);
                self.go(Step::Done, now);
            }
            Step::Done => {}
        }
    }

    fn go(&mut self, step: Step, now: Instant) {
        self.step = step;
        self.since = now;
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal = Some(refusal);
    }

    /// Tries the step again, as long as a SIM may be busy.
    fn again(&mut self, reason: &str, result: &Final, now: Instant) {
        if now.saturating_duration_since(self.since) < SIM_PATIENCE {
            self.wait = Some(now + SIM_AGAIN);
            return;
        }
        self.refuse(Refusal {
            failure: Failure::NotReady,
            reason: format!("{reason} ({result})"),
            advice: "take the SIM out and in again; if that doesn't help, the modem may not be made for SMS",
            restart: true,
        });
    }

    fn sim(&mut self, result: &Final, lines: &[Box<str>], now: Instant) {
        let said = lines.iter().find_map(|line| after(line, "+CPIN")).filter(|_| result.is_ok());
        let word = match (said, result) {
            (Some(word), _) => word,
            (None, Final::Cme(Cme::PIN)) => "SIM PIN",
            (None, Final::Cme(Cme::PUK)) => "SIM PUK",
            (None, Final::Cme(Cme::NO_SIM)) => "",
            (None, _) => return self.again("the modem can't read the SIM", result, now),
        };
        let (reason, advice) = match word {
            "READY" => return self.go(Step::Network(0), now),
            "SIM PIN" if self.settings.pin.is_none() => {
                ("the SIM asks for its PIN".to_owned(), "write pin = '...', or switch the PIN off in a phone")
            }
            "SIM PIN" if self.memory.lock().pin_refused => (
                "the SIM has refused this PIN before, and it isn't given again".to_owned(),
                "correct 'pin': the gateway gives a PIN once, so that the last try is never spent",
            ),
            "SIM PIN" => return self.go(Step::Tries(0), now),
            "SIM PUK" => (
                "the SIM is blocked and asks for its PUK".to_owned(),
                "put the SIM into a phone and type the PUK that came with it; the gateway never gives a PUK",
            ),
            "" => {
                return self.refuse(Refusal {
                    failure: Failure::NotReady,
                    reason: "there is no SIM in the modem".to_owned(),
                    advice: "put a SIM in",
                    restart: false,
                });
            }
            other => (
                format!("the modem asks for '{other}'"),
                "unlock the modem or the SIM with a phone or the maker's tool",
            ),
        };
        self.refuse(Refusal { failure: Failure::Login, reason, advice, restart: false });
    }

    fn tries(&mut self, question: usize, lines: &[Box<str>], now: Instant) {
        let left = QUESTIONS.get(question).and_then(|question| question.read(lines));
        let (reason, advice) = match left {
            Some(2..) => return self.go(Step::Unlock, now),
            Some(left) => (
                match left {
                    1 => "the SIM asks for its PIN and has one try left".to_owned(),
                    left => format!("the SIM asks for its PIN and has {left} tries left"),
                },
                "type the PIN into a phone, which gives the SIM all its tries back; the gateway never spends the last one",
            ),
            None if question + 1 < QUESTIONS.len() => return self.go(Step::Tries(question + 1), now),
            None if self.settings.pin_blind => return self.go(Step::Unlock, now),
            None => (
                "the SIM asks for its PIN, and the modem doesn't say how many tries are left".to_owned(),
                "switch the PIN off in a phone, or write pin_blind = true if you are sure of the PIN and of the tries that are left",
            ),
        };
        self.refuse(Refusal { failure: Failure::Login, reason, advice, restart: false });
    }

    fn pin_is_refused(&mut self, reason: &str) {
        self.memory.lock().pin_refused = true;
        self.refuse(Refusal {
            failure: Failure::Login,
            reason: reason.to_owned(),
            advice: "correct 'pin': it isn't given again before that, so that the last try is never spent",
            restart: false,
        });
    }

    fn network(&mut self, network: usize, lines: &[Box<str>], now: Instant) {
        let read = NETWORKS.get(network).and_then(|prefix| Registration::read(lines, prefix));
        if read.is_some_and(Registration::is_there) {
            return self.go(Step::Mode, now);
        }
        self.registration = self.registration.filter(|_| network > 0).or(read);
        if network + 1 < NETWORKS.len() {
            self.step = Step::Network(network + 1);
            return;
        }
        self.step = Step::Network(0);
        self.wait = Some(now + NETWORK_AGAIN);
        let patience = self.settings.timers.registration_timeout.get();
        if now.saturating_duration_since(self.since) >= patience {
            let state =
                self.registration.map_or_else(|| "it doesn't say".to_owned(), |state| state.to_string());
            self.refuse(Refusal {
                failure: Failure::NotReady,
                reason: format!(
                    "the modem has found no network in {}: {state}",
                    self.settings.timers.registration_timeout
                ),
                advice: "check the aerial, and in a phone whether the SIM is active and has a network here",
                restart: true,
            });
        }
    }

    fn storage(&mut self, result: &Final, lines: &[Box<str>], now: Instant) {
        if matches!(result, Final::Cme(Cme::BUSY)) && now.saturating_duration_since(self.since) < SIM_PATIENCE
        {
            self.wait = Some(now + SIM_AGAIN);
            return;
        }
        let Some(storages) = Storages::read(lines) else { return self.go(Step::Notifications, now) };
        let wanted = storages.wanted(self.settings.storage);
        self.found.storage = wanted.into();
        self.change = storages.change(wanted);
        let next = if self.change.is_some() { Step::SetStorage } else { Step::Notifications };
        self.go(next, now);
    }

    fn storage_set(&mut self, result: &Final, now: Instant) {
        if result.is_ok() || self.settings.storage == Storage::Auto {
            return self.go(Step::Notifications, now);
        }
        self.refuse(Refusal {
            failure: Failure::NotReady,
            reason: format!("the modem can't store messages in '{}' ({result})", self.found.storage),
            advice: "leave 'storage' out, so that the modem stores them where it does by itself",
            restart: false,
        });
    }

    fn notify(&mut self, candidate: usize, is_ok: bool, now: Instant) {
        if !is_ok && candidate + 1 < self.candidates.len() {
            return self.go(Step::Notify(candidate + 1), now);
        }
        self.found.notifications = self.candidates.get(candidate).filter(|_| is_ok).cloned();
        self.go(Step::More, now);
    }

    /// The SIM's number: the settings', or what the SIM says.
    fn number(&self, lines: &[Box<str>]) -> Box<str> {
        if !self.settings.number.is_empty() {
            return self.settings.number.as_str().into();
        }
        let said = lines.iter().find_map(|line| after(line, "+CNUM"));
        said.and_then(|rest| split(rest).get(1).copied()).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests;

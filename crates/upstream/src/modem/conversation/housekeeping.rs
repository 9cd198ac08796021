//! What the gateway asks a modem for its own sake: its network, its signal, its storage, and whether it still answers.

use super::{Conversation, Phase, Sent};
use crate::modem::watch::{self, NETWORKS, Registration};
use postrider_wire::modem::{Command, Final};
use std::time::{Duration, Instant};

/// Calls that a modem may leave unanswered before it is started anew.
const CALLS_MAX: u8 = 2;
/// How long each is waited for.
const CALL: Duration = Duration::from_secs(5);

impl Conversation {
    /// Asks for what is due.
    pub(super) fn check(&mut self, now: Instant) {
        let Phase::Up(watch) = &mut self.phase else { return };
        if watch.is_lost(now) {
            let patience = self.settings.timers.registration_timeout.to_string();
            return self.give_up(&format!("the modem has been without a network for {patience}"));
        }
        self.check_dialogue(now);
        let Phase::Up(watch) = &mut self.phase else { return };
        // A modem that is busy with a message has no time, and need not be asked whether it is there.
        if watch.is_due(now) && self.todo.is_empty() {
            self.todo.push_back((watch::ask(NETWORKS[0]), Sent::Network(0)));
            // What a session before this one left unacknowledged may have ended the announcements meanwhile.
            self.announce_again();
            self.todo.push_back((watch::ask_signal(), Sent::Signal));
            self.look_through();
        }
    }

    /// A command of our own was answered.
    pub(super) fn done(&mut self, sent: Sent, result: &Final, lines: &[Box<str>], now: Instant) {
        self.unanswered_calls = 0;
        match sent {
            Sent::Network(network) => self.network(network, lines, now),
            Sent::Signal => {
                if let Some(dbm) = watch::signal(lines) {
                    self.gauges.signal(dbm);
                }
            }
            Sent::Acknowledge if !result.is_ok() => self.announce_again(),
            Sent::Enter => self.entered(result),
            Sent::Dial => self.dialled(result),
            Sent::List(storage) => self.found_stored(&storage, None, lines),
            Sent::Read(storage, index) => self.found_stored(&storage, Some(index), lines),
            Sent::Setup
            | Sent::Part(_)
            | Sent::Acknowledge
            | Sent::Leave
            | Sent::Delete
            | Sent::Call
            | Sent::Other => {}
        }
    }

    /// A modem that gave something out which nobody acknowledged in time may have stopped to do so (3GPP TS 27.005, 3.4.4).
    fn announce_again(&mut self) {
        if let Some(how) = &self.found.notifications {
            self.todo.push_back((Command::new(how.command.clone()), Sent::Other));
        }
    }

    fn network(&mut self, network: usize, lines: &[Box<str>], now: Instant) {
        let read = NETWORKS.get(network).and_then(|prefix| Registration::read(lines, prefix));
        let is_there = read.is_some_and(Registration::is_there);
        if let (false, Some(prefix)) = (is_there, NETWORKS.get(network + 1)) {
            self.todo.push_front((watch::ask(prefix), Sent::Network(network + 1)));
            return;
        }
        let Phase::Up(watch) = &mut self.phase else { return };
        if watch.found(is_there, now) {
            self.gauges.registered(is_there);
            let (upstream, device) = (&*self.settings.name, self.settings.device.text());
            let state = read.map_or_else(|| "unknown".to_owned(), |state| state.to_string());
            if is_there {
                tracing::info!(upstream, device, state, "the modem has a network again");
            } else {
                tracing::warn!(upstream, device, state, "the modem has no network: messages wait");
            }
        }
    }

    /// A command of our own was not answered in time.
    pub(super) fn silent(&mut self, sent: &Sent) {
        if matches!(sent, Sent::Call) {
            self.unanswered_calls += 1;
        }
        if self.unanswered_calls >= CALLS_MAX {
            return self.give_up("the modem doesn't answer");
        }
        if matches!(sent, Sent::Dial) {
            self.dialled(&Final::Error);
        }
        if matches!(sent, Sent::Enter) {
            self.entered(&Final::Error);
        }
        self.call();
    }

    /// Calls the modem before anything else is asked: by a question whose answer can't be taken for another one's.
    pub(super) fn call(&mut self) {
        self.todo.push_front((watch::ask_signal().within(CALL), Sent::Call));
    }
}

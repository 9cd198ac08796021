//! What comes from the network: messages from handsets and status reports, given out or stored.

use super::{Ack, Conversation, Phase, Sent};
use crate::modem::storage::{self, Stored};
use crate::modem::{inbound, report};
use postrider_core::contract::Heard;
use postrider_link::carrier;
use postrider_wire::modem::tpdu::{Incoming, Malformed};
use postrider_wire::modem::{Command, Final, Reason, Unsolicited};

/// The storage of status reports.
const REPORTS: &str = "SR";

impl Conversation {
    /// Takes in what the modem says by itself.
    pub(super) fn heard(&mut self, said: Unsolicited) {
        match said {
            Unsolicited::Message(digits, length) | Unsolicited::Report(digits, length) => {
                self.bring(Incoming::read(digits.as_bytes(), length), Ack::Direct);
            }
            Unsolicited::Stored { storage, index } if matches!(self.phase, Phase::Up(_)) => {
                if !self.held.contains(&(storage.clone(), index)) {
                    let read = (storage::read(index), Sent::Read(storage.clone(), index));
                    self.in_storage(&storage, read);
                }
            }
            // What is stored is read when it is ready.
            Unsolicited::Stored { .. } => {}
            Unsolicited::Ussd { state, text, coding } => self.network_says(state, &text, coding),
            Unsolicited::Restarted(word) => {
                if matches!(self.phase, Phase::Up(_)) {
                    self.phase = Phase::Over;
                    self.session
                        .close(Reason::GivenUp(format!("the modem has started anew: it said '{word}'")));
                }
            }
        }
    }

    /// Brings a message to be kept, and acknowledged then.
    fn bring(&mut self, message: Result<Incoming, Malformed>, ack: Ack) {
        let heard = match message {
            Ok(Incoming::Deliver(message)) => {
                Some(Heard::Inbound(Box::new(inbound::read(&message, &self.found.number))))
            }
            Ok(Incoming::Report(message)) => {
                let read = report::read(&message, &self.settings, &self.memory.lock().names);
                if read.is_none() {
                    self.meters.unreadable();
                }
                read.map(Heard::Report)
            }
            Err(wrong) => {
                self.meters.malformed(&wrong);
                if matches!(ack, Ack::Stored(..)) {
                    // It stays in the storage, for somebody who can read it.
                    return;
                }
                None
            }
        };
        self.told.push_back(carrier::Event::Brought { heard, ack });
    }

    /// What was brought is kept, or can't be: then it comes again.
    pub(super) fn acknowledged(&mut self, ack: Ack, kept: bool) {
        match ack {
            Ack::Stored(storage, index) if kept => {
                self.held.remove(&(storage.clone(), index));
                self.in_storage(&storage, (storage::delete(index), Sent::Delete));
            }
            // It is read again with all that is stored.
            Ack::Stored(storage, index) => {
                self.held.remove(&(storage, index));
            }
            Ack::Nothing => {}
            Ack::Direct => {
                // A network waits for few seconds only.
                let command = Command::new(if kept { "AT+CNMA" } else { "AT+CNMA=2" });
                self.todo.push_front((command, Sent::Acknowledge));
            }
        }
    }

    /// Reads everything that is stored.
    pub(super) fn look_through(&mut self) {
        let main = self.found.storage.clone();
        self.todo.push_back((storage::list(), Sent::List(main)));
        if self.found.notifications.as_ref().is_some_and(|how| how.stores_reports) {
            self.in_storage(REPORTS, (storage::list(), Sent::List(REPORTS.into())));
        }
    }

    /// Has a command run in a storage, which is entered before and left afterwards unless it is the usual one.
    fn in_storage(&mut self, storage: &str, (command, sent): (Command, Sent)) {
        let usual = self.found.storage.clone();
        if usual.is_empty() || *usual == *storage {
            self.todo.push_back((command, sent));
            return;
        }
        self.todo.push_back((storage::enter(storage), Sent::Enter));
        self.todo.push_back((command, sent));
        self.todo.push_back((storage::enter(&usual), Sent::Leave));
    }

    /// A storage was entered, or not: then what was to be done there is left out.
    pub(super) fn entered(&mut self, result: &Final) {
        while !result.is_ok()
            && let Some((_, sent)) = self.todo.pop_front()
        {
            if matches!(sent, Sent::Leave) {
                return;
            }
        }
    }

    /// The answer to a question for what is stored.
    pub(super) fn found_stored(&mut self, storage: &str, index: Option<u16>, lines: &[Box<str>]) {
        for Stored { index: listed, message } in storage::received(lines) {
            let Some(index) = listed.or(index) else { continue };
            if self.held.insert((storage.into(), index)) {
                self.bring(message, Ack::Stored(storage.into(), index));
            }
        }
    }
}

//! The state of a simulated modem: its modes, what is stored, and what waits to be acknowledged. It touches neither the world
//! nor the line.

use super::ModemForm;
use super::chip::Quirks;
use super::form::Sim;
use super::letter::Letter;
use crate::carrier::mail::Mail;
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// The modes of `AT+CNMI` and others, as a start leaves them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Modes {
    /// The values of `AT+CNMI`.
    pub(super) notify: [u8; 5],
    /// Whether messages are acknowledged (`AT+CSMS=1`).
    pub(super) acknowledges: bool,
    /// The form of errors (`AT+CMEE`): 0 none, 1 numbers, 2 words.
    pub(super) errors: u8,
    /// Whether the terminal asked for messages in any way.
    pub(super) is_listening: bool,
}

/// A header and the message behind it, with no blank line between (3GPP TS 27.005, 3.4.1): some terminals take one for the message.
pub(super) fn pair(head: &str, digits: &str) -> String {
    format!("{head}\r\n{digits}")
}

/// A message in the storage.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) letter: Letter,
    pub(super) is_new: bool,
}

/// A simulated modem.
#[derive(Debug)]
pub(super) struct Modem {
    pub(super) form: ModemForm,
    pub(super) quirks: Quirks,
    pub(super) modes: Modes,
    pub(super) stored: BTreeMap<u16, Stored>,
    /// A message that was given out directly, and until when its acknowledgement is waited for.
    pub(super) unacknowledged: Option<(Letter, Instant)>,
    /// Since when it looks for the network.
    searches: Instant,
    /// Questions about the SIM that are still answered by "SIM busy".
    pub(super) busy: u8,
    /// Mail that the terminal has taken.
    pub(super) taken: Vec<Mail>,
    /// Mail that it refused, or didn't acknowledge.
    pub(super) refused: Vec<Mail>,
    /// Reports that wait until the terminal wants some.
    pub(super) unwanted: VecDeque<Letter>,
    /// The length of a message whose text is prompted for.
    pub(super) submits: Option<usize>,
    /// What the terminal said by USSD, until the world has it.
    pub(super) dialled: Vec<String>,
}

impl Modem {
    pub(super) fn new(form: ModemForm, now: Instant) -> Self {
        let quirks = form.chip.quirks();
        Self {
            busy: quirks.busy,
            quirks,
            form,
            modes: Modes::default(),
            stored: BTreeMap::new(),
            unacknowledged: None,
            searches: now,
            taken: Vec::new(),
            refused: Vec::new(),
            unwanted: VecDeque::new(),
            submits: None,
            dialled: Vec::new(),
        }
    }

    /// Takes on changes from outside; a chip stays what it is.
    pub(super) fn change(&mut self, form: &ModemForm) {
        let chip = self.form.chip;
        self.form.clone_from(form);
        self.form.chip = chip;
    }

    /// Starts anew, as after a loss of power: what is stored stays.
    pub(super) fn restart(&mut self, sim: &mut Sim, now: Instant) {
        self.modes = Modes::default();
        self.refused.extend(self.unacknowledged.take().map(|(letter, _)| letter.mail));
        self.busy = self.quirks.busy;
        self.submits = None;
        sim.is_open = false;
        self.search(now);
    }

    pub(super) fn search(&mut self, now: Instant) {
        self.searches = now;
    }

    /// Whether the SIM can be used.
    pub(super) fn is_open(&self, sim: Sim) -> bool {
        self.form.has_sim && (self.form.pin.is_none() || sim.is_open)
    }

    /// The state of its registration (`AT+CREG`).
    pub(super) fn registration(&self, sim: Sim, now: Instant) -> u8 {
        let is_found = now.saturating_duration_since(self.searches) >= self.form.registers_after;
        match (self.is_open(sim), self.form.has_network, is_found) {
            (false, ..) => 0,
            (true, true, true) => 1,
            (true, ..) => 2,
        }
    }

    /// Whether it has room for mail.
    pub(super) fn has_room(&self) -> bool {
        self.modes.is_listening && self.unacknowledged.is_none() && self.stored.len() < self.form.capacity
    }

    /// Receives a letter: the lines that it says about it.
    pub(super) fn receive(&mut self, letter: Letter, now: Instant) -> Vec<String> {
        let [_, messages, _, reports, _] = self.modes.notify;
        let padded = format!("{}{}", letter.digits, self.quirks.padding);
        match (letter.is_report(), messages, reports) {
            (true, _, 1) => self.give_out(letter, |length| format!("+CDS: {length}"), &padded, now),
            (true, _, 2) => {
                let index = self.store(letter);
                vec![format!("+CDSI: \"{}\",{index}", self.quirks.reports)]
            }
            (true, ..) => {
                self.unwanted.push_back(letter);
                Vec::new()
            }
            (false, 2, _) => self.give_out(letter, |length| format!("+CMT: ,{length}"), &padded, now),
            (false, 1, _) => {
                let index = self.store(letter);
                vec![format!("+CMTI: \"SM\",{index}")]
            }
            (false, ..) => {
                self.store(letter);
                Vec::new()
            }
        }
    }

    /// A report that waited, once the terminal wants reports and has acknowledged the one before.
    pub(super) fn take_unwanted(&mut self) -> Option<Letter> {
        let wants = self.modes.notify[3] != 0 && self.unacknowledged.is_none();
        if wants { self.unwanted.pop_front() } else { None }
    }

    fn give_out(
        &mut self,
        letter: Letter,
        head: impl Fn(usize) -> String,
        digits: &str,
        now: Instant,
    ) -> Vec<String> {
        let lines = vec![pair(&head(letter.length), digits)];
        if self.modes.acknowledges {
            self.unacknowledged = Some((letter, now + self.form.patience));
        } else {
            self.taken.push(letter.mail);
        }
        lines
    }

    fn store(&mut self, letter: Letter) -> u16 {
        let free = (self.quirks.first_index..).find(|index| !self.stored.contains_key(index));
        let index = free.unwrap_or(u16::MAX);
        self.stored.insert(index, Stored { letter, is_new: true });
        index
    }

    /// When to look whether an acknowledgement is overdue.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.unacknowledged.as_ref().map(|(_, due)| *due)
    }

    /// Returns what was not acknowledged in time, and gives nothing out directly any more (3GPP TS 27.005, 3.4.4).
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some((letter, _)) = self.unacknowledged.take_if(|(_, due)| *due <= now) {
            self.refused.push(letter.mail);
            let [mode, _, broadcasts, _, buffer] = self.modes.notify;
            self.modes.notify = [mode, 0, broadcasts, 0, buffer];
        }
    }

    /// Everything that the terminal has not taken, the oldest first.
    pub(super) fn drain(&mut self) -> Vec<Mail> {
        let stored = std::mem::take(&mut self.stored).into_values().map(|stored| stored.letter.mail);
        let pending = self.unacknowledged.take().map(|(letter, _)| letter.mail);
        let unwanted = std::mem::take(&mut self.unwanted).into_iter().map(|letter| letter.mail);
        self.refused.drain(..).chain(pending).chain(unwanted).chain(stored).collect()
    }
}

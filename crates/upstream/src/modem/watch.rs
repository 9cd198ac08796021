//! The network and the signal of a modem, asked again and again.

use postrider_wire::modem::Command;
use postrider_wire::modem::fields::{after, split};
use std::fmt;
use std::time::{Duration, Instant};

/// The state of a registration (3GPP TS 27.007, 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registration(u8);

impl Registration {
    /// The answer to `AT+CREG?` and its likes: the state is behind the mode.
    pub(super) fn read(lines: &[Box<str>], prefix: &str) -> Option<Self> {
        let states = lines.iter().filter_map(|line| after(line, prefix));
        // A line with one field came by itself.
        states.filter_map(|rest| split(rest).get(1)?.parse().ok()).next_back().map(Self)
    }

    /// Whether messages can be sent.
    pub(super) const fn is_there(self) -> bool {
        matches!(self.0, 1 | 5..=7 | 9 | 10)
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "it is not looking for one",
            1 => "home network",
            2 => "it is looking for one",
            3 => "the network denies it",
            5 => "roaming",
            6 => "home network, messages only",
            7 => "roaming, messages only",
            8 => "emergency calls only",
            9 | 10 => "registered beside a packet network",
            _ => "it doesn't know",
        })
    }
}

/// The questions for the network: of GSM and UMTS, and of LTE, whose networks some modems are in alone.
pub(super) const NETWORKS: [&str; 2] = ["+CREG", "+CEREG"];

/// The question for a network.
pub(super) fn ask(prefix: &'static str) -> Command {
    Command::new(format!("AT{prefix}?")).expecting(prefix)
}

/// The question for the signal.
pub(super) fn ask_signal() -> Command {
    Command::new("AT+CSQ").expecting("+CSQ")
}

/// The signal in dBm, if the modem knows it (3GPP TS 27.007, 8.5).
pub(super) fn signal(lines: &[Box<str>]) -> Option<f64> {
    let rest = lines.iter().find_map(|line| after(line, "+CSQ"))?;
    let level: i16 = split(rest).first()?.parse().ok()?;
    (0..=31).contains(&level).then(|| f64::from(2 * level - 113))
}

/// When the modem is asked again, and since when it is without a network.
#[derive(Debug)]
pub(super) struct Watch {
    every: Duration,
    patience: Duration,
    next: Instant,
    lost: Option<Instant>,
}

impl Watch {
    /// A modem that has a network at `now`.
    pub(super) fn new(every: Duration, patience: Duration, now: Instant) -> Self {
        Self { every, patience, next: now + every, lost: None }
    }

    /// When it is to be asked.
    pub(super) const fn deadline(&self) -> Instant {
        self.next
    }

    /// Whether it is to be asked now.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.next <= now;
        if is_due {
            self.next = now + self.every;
        }
        is_due
    }

    pub(super) const fn is_registered(&self) -> bool {
        self.lost.is_none()
    }

    /// Takes note whether there is a network; says whether that changed.
    pub(super) fn found(&mut self, is_there: bool, now: Instant) -> bool {
        let before = self.is_registered();
        if is_there {
            self.lost = None;
        } else {
            self.lost.get_or_insert(now);
        }
        before != is_there
    }

    /// Whether it has been without a network for too long.
    pub(super) fn is_lost(&self, now: Instant) -> bool {
        self.lost.is_some_and(|since| now.saturating_duration_since(since) >= self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Box<str>> {
        text.lines().map(Into::into).collect()
    }

    #[test]
    fn a_registration_is_behind_the_mode() {
        for (answer, is_there) in [
            ("+CREG: 0,1", Some(true)),
            ("+CREG: 2,5,\"00AB\",\"00001234\",7", Some(true)),
            ("+CREG: 0,2", Some(false)),
            ("+CREG: 1\n+CREG: 0,3", Some(false)),
            ("+CREG: 1", None),
            ("", None),
        ] {
            let read = Registration::read(&lines(answer), "+CREG");
            assert_eq!(read.map(Registration::is_there), is_there, "{answer}");
        }
    }

    #[test]
    fn a_signal_is_in_dbm() {
        for (answer, dbm) in [
            ("+CSQ: 0,0", Some(-113.0)),
            ("+CSQ: 31,99", Some(-51.0)),
            ("+CSQ: 99,99", None),
            ("+CSQ: x", None),
        ] {
            assert_eq!(signal(&lines(answer)), dbm, "{answer}");
        }
    }
}

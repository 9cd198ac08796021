//! The memory of rules: what they did for a sender. It lets robots be recognised, limits hold, and menus and polls wait for answers.

use crate::account::AccountId;
use crate::automation::{Reason, RuleId};
use crate::inbound::{Address, Received};
use crate::numbers::Numbers;
use crate::time::Time;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Messages that rules send because of one sender, at most, in [`SENDINGS_WITHIN`]. Then they are silent: see [`QUIET`].
const SENDINGS_MAX: u32 = 30;
/// The same for replies of applications, which may hold longer talks.
const REPLIES_MAX: u32 = 100;
/// The most characters of a text that applications may reply to however often it comes.
const SHORT_MAX: usize = 8;
/// See [`SENDINGS_MAX`].
pub(super) const SENDINGS_WITHIN: Duration = Duration::from_hours(1);
/// How often a sender may repeat a text, each time within [`REPEATED_WITHIN`], before rules are silent: people give up, robots don't.
const REPEATS_MAX: u32 = 3;
/// See [`REPEATS_MAX`].
pub(super) const REPEATED_WITHIN: Duration = Duration::from_mins(10);
/// How long a robot must be quiet until rules answer it again.
const QUIET: Duration = Duration::from_hours(1);
/// How long a sender is known after the last message.
const KNOWN: Duration = Duration::from_hours(400 * 24);
/// The longest name of a sender, in octets; what is longer is cut.
pub const CALLER_MAX: usize = 64;

/// All that rules remember of one sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What is remembered for all rules together.
    pub sender: SenderMemory,
    /// The same for single rules.
    pub rules: BTreeMap<RuleId, RuleMemory>,
    /// Whether the sender wrote before.
    pub is_known: bool,
}

/// What is remembered of a sender, for all rules of an account together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderMemory {
    /// Messages sent because of it,
    pub sent: u32,
    /// since this.
    pub since: Time,
    /// How often its last text came again.
    pub repeats: u32,
    /// A hash of its last text.
    pub text: u64,
    /// When it wrote last.
    pub heard: Time,
    /// Rules are silent until then.
    pub quiet_until: Time,
    /// The menu or poll that waits for its answer, and until when.
    pub menu: Option<(RuleId, Time)>,
}

/// What one rule remembers of a sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleMemory {
    /// How often it acted,
    pub count: u32,
    /// since this.
    pub since: Time,
    /// The answer to a poll.
    pub choice: Option<Box<str>>,
}

/// A row of memory as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRow {
    /// The account.
    pub account: AccountId,
    /// The sender, as [`known_as`] has it.
    pub sender: Box<str>,
    /// The rule; 0 is what is known of the sender for all rules.
    pub rule: RuleId,
    /// What is remembered, in a form of the core's own.
    pub value: Box<str>,
    /// The answer to a poll.
    pub choice: Option<Box<str>>,
    /// When it may be forgotten.
    pub until: Time,
}

impl SenderMemory {
    /// Takes note of a text.
    pub(super) fn hear(&mut self, text: &str, now: Time) {
        let hash = hash(text);
        let is_repeated = self.text == hash && now.since(self.heard) <= REPEATED_WITHIN;
        self.repeats = if is_repeated { self.repeats + 1 } else { 0 };
        (self.text, self.heard) = (hash, now);
        if now.since(self.since) >= SENDINGS_WITHIN {
            (self.sent, self.since) = (0, now);
        }
    }

    /// Why rules send nothing because of the sender: it seems to be a robot. Rules are silent for a while then.
    pub(super) fn robot(&mut self, now: Time) -> Option<Reason> {
        self.robot_beyond(SENDINGS_MAX, now)
    }

    fn robot_beyond(&mut self, most: u32, now: Time) -> Option<Reason> {
        let repeats_itself = self.repeats >= REPEATS_MAX && self.menu(now).is_none();
        let reason = if self.quiet_until > now {
            Reason::Quiet
        } else if self.sent >= most {
            Reason::TooMany
        } else if repeats_itself {
            Reason::Repeats
        } else {
            return None;
        };
        self.quiet_until = now + QUIET;
        Some(reason)
    }

    /// Takes note of a message from a handset that an application replies to, so many times. Tells why it must not, if the sender
    /// seems to be a robot, or is one of our own numbers.
    pub fn reply(&mut self, received: &Received, numbers: &Numbers, replies: u32) -> Option<Reason> {
        let inbound = &received.inbound;
        if inbound.from.understood.as_ref().is_some_and(|from| numbers.has(from)) {
            return Some(Reason::OwnNumber);
        }
        let text = inbound.text().unwrap_or_default();
        self.hear(text, received.at);
        if text.chars().count() <= SHORT_MAX {
            // An answer to the application's own menu, such as 1, comes again and again.
            self.repeats = 0;
        }
        let robot = self.robot_beyond(REPLIES_MAX, received.at);
        if robot.is_none() {
            self.sent += replies;
        }
        robot
    }

    /// The menu or poll that waits for an answer.
    #[must_use]
    pub fn menu(&self, now: Time) -> Option<RuleId> {
        self.menu.filter(|(_, until)| *until > now).map(|(rule, _)| rule)
    }

    /// When the menu or poll that a message began is over, if it wasn't waited for before in the same way.
    #[must_use]
    pub fn begun(&self, before: &Self) -> Option<(RuleId, Time)> {
        self.menu.filter(|menu| before.menu.as_ref() != Some(menu))
    }

    fn write(&self) -> String {
        let Self { sent, since, repeats, text, heard, quiet_until, menu } = self;
        let mut line = format!("{sent} {since} {repeats} {text} {heard} {quiet_until}");
        if let Some((rule, until)) = menu {
            // Writing into a text can't fail.
            let _ = write!(line, " {} {until}", rule.0);
        }
        line
    }

    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut next = || words.next();
        let (sent, since) = (next()?.parse().ok()?, time(next()?)?);
        let (repeats, text, heard) = (next()?.parse().ok()?, next()?.parse().ok()?, time(next()?)?);
        let quiet_until = time(next()?)?;
        let menu = match (next(), next()) {
            (Some(rule), Some(until)) => Some((RuleId(rule.parse().ok()?), time(until)?)),
            _ => None,
        };
        Some(Self { sent, since, repeats, text, heard, quiet_until, menu })
    }
}

impl RuleMemory {
    fn write(&self) -> String {
        format!("{} {}", self.count, self.since)
    }

    fn read(row: &StateRow) -> Option<Self> {
        let (count, since) = row.value.split_once(' ')?;
        Some(Self { count: count.parse().ok()?, since: time(since)?, choice: row.choice.clone() })
    }
}

impl Memory {
    /// The memory that rows of one sender hold. A row that can't be read is as good as none.
    #[must_use]
    pub fn read(rows: &[StateRow]) -> Self {
        let mut memory = Self::default();
        for row in rows {
            if row.rule == RuleId(0) {
                memory.sender = SenderMemory::read(&row.value).unwrap_or_default();
                memory.is_known = true;
            } else if let Some(of_rule) = RuleMemory::read(row) {
                memory.rules.insert(row.rule, of_rule);
            }
        }
        memory
    }

    /// The rows that keep what differs from `before`.
    #[must_use]
    pub fn rows(&self, before: &Self, account: AccountId, sender: &str, now: Time) -> Vec<StateRow> {
        let until = now + KNOWN;
        let row = |rule, value: String, choice| {
            let (value, sender) = (value.into(), sender.into());
            StateRow { account, sender, rule, value, choice, until }
        };
        let mut rows = vec![row(RuleId(0), self.sender.write(), None)];
        for (rule, memory) in &self.rules {
            if before.rules.get(rule) != Some(memory) {
                rows.push(row(*rule, memory.write(), memory.choice.clone()));
            }
        }
        rows
    }
}

/// The sender as rules know it.
#[must_use]
pub fn known_as(sender: &Address) -> Box<str> {
    let shown = sender.shown();
    shown[..shown.floor_char_boundary(CALLER_MAX)].into()
}

fn time(text: &str) -> Option<Time> {
    text.parse().ok().map(Time)
}

/// FNV-1a of a text, without the case of its letters and what is around it.
fn hash(text: &str) -> u64 {
    let octets = text.trim().chars().flat_map(char::to_lowercase);
    octets.fold(0xCBF2_9CE4_8422_2325, |hash, character| {
        (hash ^ u64::from(u32::from(character))).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_reads_back_what_it_writes() {
        let sender = SenderMemory {
            sent: 3,
            since: Time(5),
            repeats: 1,
            text: u64::MAX,
            heard: Time(7),
            quiet_until: Time(0),
            menu: Some((RuleId(9), Time(99))),
        };
        let poll = RuleMemory { count: 2, since: Time(4), choice: Some("yes".into()) };
        for menu in [sender.menu, None] {
            let memory = Memory {
                sender: SenderMemory { menu, ..sender.clone() },
                rules: [(RuleId(9), poll.clone())].into(),
                is_known: true,
            };
            let rows = memory.rows(&Memory::default(), AccountId(1), "+447700900123", Time(10));
            assert_eq!(Memory::read(&rows), memory);
            assert_eq!(memory.rows(&memory, AccountId(1), "x", Time(10)).len(), 1, "what didn't change");
        }
        let broken = StateRow {
            account: AccountId(1),
            sender: "x".into(),
            rule: RuleId(0),
            value: "1 x".into(),
            choice: None,
            until: Time(0),
        };
        assert_eq!(Memory::read(&[broken]).sender, SenderMemory::default());
    }
}

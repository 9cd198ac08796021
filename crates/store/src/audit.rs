//! The chain of the audit log: the hash of each line covers the line and the hash before it.
//!
//! Whoever can write to the database can make a whole new chain. It differs from what was noted of the old one elsewhere: the
//! last hash, which is in each answer, in the log of each node, and in copies.

use postrider_core::audit::{ActorKind, Event, Head, Line, LineHash, REMOVED};
use postrider_core::contract::ResourceChange;
use postrider_core::principal::USER_PREFIX;
use postrider_core::time::Time;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::Duration;

/// The hash before the first line.
const BEGINNING: LineHash = [0; 32];
/// What a hash begins with, so that it is none of anything else.
const PREFIX: &[u8] = b"postrider audit 1\n";

/// How much older than its time the oldest line is before lines are removed: so that a removal, which leaves a line, is done once
/// a day.
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// The columns of table `audit`, in the order of a line.
pub(crate) const COLUMNS: &str = "id, at, who, role, address, action, subject, outcome, detail, hash";

/// The hash of a line behind the one with hash `previous`.
fn hash(previous: &LineHash, sequence: u64, event: &Event) -> LineHash {
    let mut hasher = Sha256::new();
    hasher.update(PREFIX);
    hasher.update(previous);
    hasher.update(sequence.to_be_bytes());
    hasher.update(event.at.0.to_be_bytes());
    let Event { at: _, who, role, address, action, subject, outcome, detail } = event;
    let texts = [
        Some(&**who),
        Some(role.word()),
        address.as_deref(),
        Some(action),
        Some(subject),
        Some(outcome),
        detail.as_deref(),
    ];
    for text in texts {
        let length = text.map_or(u32::MAX, |text| u32::try_from(text.len()).unwrap_or(u32::MAX - 1));
        hasher.update(length.to_be_bytes());
        hasher.update(text.unwrap_or_default());
    }
    hasher.finalize().into()
}

/// The lines of these events, behind the last one of the log.
pub(crate) fn lines(head: Option<Head>, events: Vec<Event>) -> Vec<Line> {
    let mut head = head.unwrap_or(Head { sequence: 0, hash: BEGINNING });
    let line = |event: Event| {
        let sequence = head.sequence + 1;
        let hash = hash(&head.hash, sequence, &event);
        head = Head { sequence, hash };
        Line { sequence, event, hash }
    };
    events.into_iter().map(line).collect()
}

/// The event that a declaration was changed. The declarations before and after are without secrets.
pub(crate) fn changed(change: &ResourceChange) -> Event {
    let ResourceChange { at, who, kind, name, before, after } = change;
    let (who, role) = match who.strip_prefix(USER_PREFIX) {
        Some(user) => (user.into(), ActorKind::User),
        None if &**who == "file" => (who.clone(), ActorKind::System),
        None => (who.clone(), ActorKind::Administrator),
    };
    let json = |document: &Option<Box<str>>| document.as_deref().unwrap_or("null").replace('\0', "");
    Event {
        at: *at,
        who,
        role,
        address: None,
        action: "change".into(),
        subject: format!("{kind} {name}").into(),
        outcome: "ok".into(),
        detail: Some(format!("{{\"before\":{},\"after\":{}}}", json(before), json(after)).into()),
    }
}

/// The event that lines up to this one were removed.
pub(crate) fn removed(last: &Head, now: Time) -> Event {
    Event {
        at: now,
        who: "".into(),
        role: ActorKind::System,
        address: None,
        action: REMOVED.into(),
        subject: format!("lines up to {}", last.sequence).into(),
        outcome: "ok".into(),
        detail: Some(format!("{{\"through\":{},\"hash\":\"{}\"}}", last.sequence, hex(&last.hash)).into()),
    }
}

/// A hash in hexadecimal.
#[must_use]
pub fn hex(hash: &LineHash) -> String {
    let mut text = String::with_capacity(64);
    for octet in hash {
        // Writing to a string can't fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

/// A fault of the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A line isn't what its hash says, or what follows it.
    #[error("line {0} was changed")]
    Changed(u64),
    /// Lines are missing between two others, or at the beginning.
    #[error("{}", missing(*.0, *.1))]
    Missing(u64, u64),
    /// The last lines are missing.
    #[error("the log ends at line {0}, and its last line was {1}")]
    Truncated(u64, u64),
    /// The last line is another than was noted.
    #[error("line {0} has another hash than was noted")]
    Replaced(u64),
}

fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("line {first} is missing")
    } else {
        format!("lines {first} to {last} are missing")
    }
}

/// Checks lines, the oldest first.
#[derive(Debug, Default)]
pub struct Chain {
    /// The last line that was checked.
    last: Option<Head>,
    /// The first line, if it isn't line 1, until a line says that those before it were removed.
    first: Option<Line>,
    /// Lines that were checked.
    pub count: u64,
    /// What is wrong, in the order of lines.
    pub faults: Vec<Fault>,
}

/// Faults that are told at most: after that the log is no log.
const FAULTS_MAX: usize = 100;

impl Chain {
    /// Checks the next line.
    pub fn check(&mut self, line: Line) {
        self.count += 1;
        let found = Head { sequence: line.sequence, hash: line.hash };
        let next = self.last.map_or(1, |last| last.sequence + 1);
        match self.last {
            None if line.sequence > 1 => self.first = Some(line),
            _ if line.sequence > next => {
                self.fault(Fault::Missing(next, line.sequence - 1));
                self.look_for_removal(&line);
            }
            last => {
                let previous = last.map_or(BEGINNING, |last| last.hash);
                if line.sequence < next || hash(&previous, line.sequence, &line.event) != line.hash {
                    self.fault(Fault::Changed(line.sequence));
                }
                self.look_for_removal(&line);
            }
        }
        self.last = Some(found);
    }

    /// Whether the line says that the lines before the first one were removed, and the first one follows those.
    fn look_for_removal(&mut self, line: &Line) {
        let Some(first) = self.first.take_if(|_| &*line.event.action == REMOVED) else { return };
        let through = first.sequence - 1;
        let is_it =
            line.event.detail.as_deref().and_then(removal).filter(|removed| removed.sequence == through);
        match is_it {
            Some(removed) if hash(&removed.hash, first.sequence, &first.event) != first.hash => {
                self.fault(Fault::Changed(first.sequence));
            }
            Some(_) => {}
            None => self.first = Some(first),
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }

    /// Checks the end against the last line as the store remembers it.
    pub fn end(&mut self, head: Option<Head>) {
        if let Some(first) = self.first.take() {
            self.fault(Fault::Missing(1, first.sequence - 1));
        }
        let last = self.last.map_or(0, |last| last.sequence);
        match head {
            Some(head) if head.sequence > last => self.fault(Fault::Truncated(last, head.sequence)),
            Some(head)
                if self.last.is_some_and(|last| last.sequence == head.sequence && last.hash != head.hash) =>
            {
                self.fault(Fault::Replaced(head.sequence));
            }
            None if last > 0 => self.fault(Fault::Truncated(last, last)),
            _ => {}
        }
    }

    /// Compares a last line that was noted earlier with what the log has in its place.
    pub fn compare(&mut self, noted: &Head, found: Option<LineHash>, head: Option<Head>) {
        match found {
            Some(hash) if hash != noted.hash => self.fault(Fault::Replaced(noted.sequence)),
            None if head.is_none_or(|head| head.sequence < noted.sequence) => {
                self.fault(Fault::Truncated(head.map_or(0, |head| head.sequence), noted.sequence));
            }
            // Removed since, as its time was over.
            _ => {}
        }
    }
}

/// The last removed line, in the detail of a line that tells of a removal.
fn removal(detail: &str) -> Option<Head> {
    let (sequence, hash) = detail.strip_prefix("{\"through\":")?.split_once(",\"hash\":\"")?;
    Some(Head { sequence: sequence.parse().ok()?, hash: of_hex(hash.strip_suffix("\"}")?)? })
}

/// A hash that was written in hexadecimal.
#[must_use]
pub fn of_hex(text: &str) -> Option<LineHash> {
    let mut hash = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (octet, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        *octet = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: i64) -> Event {
        Event {
            at: Time(n),
            who: "ops".into(),
            role: ActorKind::Administrator,
            address: Some("192.0.2.1".into()),
            action: "change".into(),
            subject: format!("route {n}").into(),
            outcome: "ok".into(),
            detail: None,
        }
    }

    fn log() -> Vec<Line> {
        lines(None, (1..=5).map(event).collect())
    }

    fn head(lines: &[Line]) -> Option<Head> {
        lines.last().map(|line| Head { sequence: line.sequence, hash: line.hash })
    }

    fn faults(lines: Vec<Line>, head: Option<Head>) -> Vec<Fault> {
        let mut chain = Chain::default();
        lines.into_iter().for_each(|line| chain.check(line));
        chain.end(head);
        chain.faults
    }

    #[test]
    fn an_untouched_log_has_no_fault() {
        assert_eq!(faults(log(), head(&log())), []);
        assert_eq!(faults(Vec::new(), None), []);
        let more = lines(head(&log()), vec![event(6)]);
        let all: Vec<Line> = log().into_iter().chain(more).collect();
        let end = head(&all);
        assert_eq!(faults(all, end), []);
    }

    #[test]
    fn each_field_of_a_line_is_covered() {
        let changes: [fn(&mut Event); 8] = [
            |it| it.at.0 += 1,
            |it| it.who = "op".into(),
            |it| it.role = ActorKind::Account,
            |it| it.address = None,
            |it| it.action = "chang".into(),
            |it| it.subject = "".into(),
            |it| it.outcome = "".into(),
            |it| it.detail = Some("".into()),
        ];
        for change in changes {
            let mut log = log();
            change(&mut log[2].event);
            assert_eq!(faults(log, head(&self::log())), [Fault::Changed(3)]);
        }
        // What moves from one field to the next is another line, too.
        let mut log = log();
        (log[2].event.who, log[2].event.subject) = ("opsr".into(), "oute 3".into());
        assert_eq!(faults(log, head(&self::log())), [Fault::Changed(3)]);
    }

    #[test]
    fn a_line_that_was_made_anew_is_seen_in_the_next() {
        let mut log = log();
        log[2] = lines(head(&log[..2]), vec![event(33)]).remove(0);
        assert_eq!(faults(log, head(&self::log())), [Fault::Changed(4)]);
    }

    #[test]
    fn a_line_that_is_missing_shows() {
        let without = |place: usize| {
            let mut log = log();
            log.remove(place);
            faults(log, head(&self::log()))
        };
        assert_eq!(without(0), [Fault::Missing(1, 1)]);
        assert_eq!(without(2), [Fault::Missing(3, 3)]);
        assert_eq!(without(4), [Fault::Truncated(4, 5)]);
        assert_eq!(faults(Vec::new(), head(&log())), [Fault::Truncated(0, 5)]);
        assert_eq!(faults(log(), None), [Fault::Truncated(5, 5)]);
    }

    #[test]
    fn lines_whose_time_was_over_leave_a_line() {
        let log = log();
        let note = lines(head(&log), vec![removed(&head(&log[..2]).unwrap(), Time(9))]);
        let kept: Vec<Line> = log[2..].iter().cloned().chain(note.clone()).collect();
        assert_eq!(faults(kept.clone(), head(&note)), []);
        let mut changed = kept.clone();
        changed[0].event.who = "me".into();
        assert_eq!(faults(changed, head(&note)), [Fault::Changed(3)]);
        assert_eq!(faults(kept[1..].to_vec(), head(&note)), [Fault::Missing(1, 3)]);
    }
}

//! Steps of deliveries as rows to be written, sorted into sets so that many are recorded with few statements.
//!
//! Within a wave the order of steps makes no difference: no two of its steps are about the same carrier's name, nor,
//! unless they only add to it, about the same message. What would make a difference is put into a later wave.

use super::gathered::Open;
use super::money::Settled;
use super::returns::Returns;
use super::rows::{Arrays, code, key, name, text};
use crate::codes::what_code;
use crate::table::Numbered;
use postrider_core::delivery::{Awaited, Change, PartReport, Queue};
use postrider_core::notice::Notice;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A carrier's name for a part: the upstream's number, and the name as columns hold it.
pub(super) type Name<'c> = (i64, Cow<'c, str>);

/// Receipts that are waited for from now on.
#[derive(Default)]
pub(super) struct Waiting<'c> {
    pub(super) upstream: Vec<i64>,
    pub(super) reference: Vec<Cow<'c, str>>,
    pub(super) given: Vec<Option<Cow<'c, str>>>,
    pub(super) message: Vec<i64>,
    pub(super) part: Vec<i16>,
    pub(super) parts: Vec<i16>,
    pub(super) sent_at: Vec<i64>,
    pub(super) possible_duplicate: Vec<bool>,
}

/// Places in the queue that messages return to.
#[derive(Default)]
pub(super) struct Puts {
    pub(super) message: Vec<i64>,
    pub(super) upstream: Vec<i64>,
    pub(super) due: Vec<i64>,
    pub(super) failed: Vec<i32>,
    pub(super) taken: Vec<i64>,
    pub(super) possible_duplicate: Vec<bool>,
}

/// Final states of single parts, with the name by which each was reported.
#[derive(Default)]
pub(super) struct Parts<'c> {
    known: HashSet<(i64, u8)>,
    pub(super) message: Vec<i64>,
    pub(super) part: Vec<i16>,
    pub(super) state: Vec<i16>,
    pub(super) error: Vec<Option<Cow<'c, str>>>,
    pub(super) at: Vec<i64>,
    pub(super) upstream: Vec<Option<i64>>,
    pub(super) reference: Vec<Option<Cow<'c, str>>>,
}

/// Messages that leave the queue, or end there.
#[derive(Default)]
pub(super) struct Leaves {
    pub(super) message: Vec<i64>,
    /// Those of them of which it is known that the carrier may have had them twice.
    pub(super) marked: Vec<i64>,
}

/// Ends of messages.
#[derive(Default)]
pub(super) struct Outcomes<'c> {
    pub(super) message: Vec<i64>,
    pub(super) rows: Arrays<'c>,
    /// Whether a step before, in the same batch, may have turned out to be about one copy of two.
    pub(super) doubtful: Vec<bool>,
}

/// Ends of messages in the queue that no receipt has told.
#[derive(Default)]
pub(super) struct Verdicts<'c> {
    pub(super) leave: Leaves,
    /// Messages of which nothing is waited for any more.
    pub(super) forgotten: Vec<i64>,
    pub(super) outcome: Outcomes<'c>,
    pub(super) notice: Notices,
    pub(super) settled: Settled,
}

/// Notices to be told.
#[derive(Default)]
pub(super) struct Notices {
    pub(super) lane: Vec<i64>,
    pub(super) id: Vec<i64>,
    pub(super) what: Vec<i16>,
    pub(super) due: Vec<i64>,
    pub(super) failed: Vec<i32>,
    pub(super) owned: Vec<bool>,
}

/// Remarks on messages.
#[derive(Default)]
pub(super) struct Remarks<'c> {
    pub(super) message: Vec<i64>,
    pub(super) at: Vec<i64>,
    pub(super) text: Vec<Cow<'c, str>>,
}

/// Steps whose order among each other makes no difference.
#[derive(Default)]
pub(super) struct Wave<'c> {
    pub(super) leave: Leaves,
    /// Messages that a receipt has ended, wherever they are.
    pub(super) ended: Vec<i64>,
    pub(super) put: Puts,
    pub(super) returns: Returns<'c>,
    pub(super) waiting: Waiting<'c>,
    /// Messages all of whose parts are marked as possible duplicates.
    pub(super) marked: Vec<i64>,
    pub(super) part: Parts<'c>,
    pub(super) arrived: (Vec<i64>, Vec<Cow<'c, str>>),
    pub(super) open: Open<'c>,
    pub(super) forgotten: Vec<i64>,
    pub(super) verdict: Verdicts<'c>,
    pub(super) outcome: Outcomes<'c>,
    /// What the outcomes do to balances, if they are new.
    pub(super) settled: Settled,
    /// Told only if the outcome is new.
    pub(super) notice: Notices,
    /// Told in any case.
    pub(super) notice_alone: Notices,
    pub(super) remark: Remarks<'c>,
}

/// Sorts steps into waves; a step that must come later is in a later wave.
pub(super) fn waves<'c>(changes: impl IntoIterator<Item = &'c Change>) -> Vec<Wave<'c>> {
    let mut waves: Vec<Wave<'c>> = Vec::new();
    // The first wave that what comes next about a name, or a message, may be in.
    let mut after_name: HashMap<Name<'c>, usize> = HashMap::new();
    let mut after_message: HashMap<i64, Turn> = HashMap::new();
    for change in changes {
        let message = key(change.message);
        let only_adds = only_adds(change);
        let turn = after_message.entry(message).or_default();
        let mut place = if only_adds { turn.to_add } else { turn.to_change };
        let names: Vec<Name<'c>> = names(change).collect();
        for name in &names {
            place = place.max(after_name.get(name).copied().unwrap_or(0));
        }
        turn.to_change = turn.to_change.max(place + 1);
        if !only_adds {
            turn.to_add = place + 1;
        }
        for name in names {
            after_name.insert(name, place + 1);
        }
        if waves.len() <= place {
            waves.resize_with(place + 1, Wave::default);
        }
        waves[place].add(message, change, place > 0);
    }
    waves
}

/// The first waves in which a message's next steps may be.
#[derive(Default)]
struct Turn {
    to_add: usize,
    to_change: usize,
}

/// Whether a step only adds rows about its message, which others that add don't meet.
fn only_adds(change: &Change) -> bool {
    change.queue == Queue::Keep
        && !change.forget_awaited
        && change.outcome.is_none()
        && change.notice.is_none()
}

fn names(change: &Change) -> impl Iterator<Item = Name<'_>> {
    let awaited = change.awaited.iter().map(|awaited| (awaited.upstream, &awaited.reference));
    let arrived = change.arrived.iter().map(|(upstream, reference)| (*upstream, reference));
    awaited.chain(arrived).map(|(upstream, reference)| (upstream.0.into(), name(reference)))
}

/// The name under which a part goes on waiting, that no receipt has, when the carrier gave its name to another.
/// `rename` in the statements of recording makes the same.
fn reused(reference: &str, message: i64, part: i16, sent_at: i64) -> String {
    format!("{reference} (reused, {message}.{part}.{sent_at})")
}

impl<'c> Wave<'c> {
    fn add(&mut self, message: i64, change: &'c Change, is_later: bool) {
        self.queue(message, change);
        for awaited in &change.awaited {
            self.waiting.push(message, awaited, change.at.0);
            if awaited.marks_message() {
                self.marked.push(message);
            }
        }
        if let Some(part) = &change.part {
            self.part.push(message, change, part);
        }
        if Open::is(change) {
            self.open.push(message, change);
        }
        let returns = matches!(change.queue, Queue::Return(_));
        for (upstream, reference) in change.arrived.iter().filter(|_| !Open::is(change) && !returns) {
            self.arrived.0.push(upstream.0.into());
            self.arrived.1.push(name(reference));
        }
        self.end(message, change, is_later);
        if let Some(remark) = &change.remark {
            self.remark.message.push(message);
            self.remark.at.push(change.at.0);
            self.remark.text.push(text(remark));
        }
    }

    fn end(&mut self, message: i64, change: &'c Change, is_later: bool) {
        let (forgotten, outcomes, notices, settled) = if change.ends_in_queue() {
            let Verdicts { forgotten, outcome, notice, settled, .. } = &mut self.verdict;
            (forgotten, outcome, notice, settled)
        } else {
            (&mut self.forgotten, &mut self.outcome, &mut self.notice, &mut self.settled)
        };
        if change.forget_awaited {
            forgotten.push(message);
        }
        if let Some(outcome) = &change.outcome {
            outcomes.message.push(message);
            outcomes.rows.push(outcome);
            outcomes.doubtful.push(is_later && !outcome.possible_duplicate);
        }
        if let Some(settlement) = &change.settlement {
            settled.push(message, change, settlement);
        }
        if let Some(notice) = &change.notice {
            let notices = if change.outcome.is_some() { notices } else { &mut self.notice_alone };
            notices.push(notice);
        }
    }

    fn queue(&mut self, message: i64, change: &'c Change) {
        match &change.queue {
            Queue::Keep => {}
            Queue::Leave if change.ends_in_queue() => self.verdict.leave.push(message, change),
            Queue::Leave if !change.arrived.is_empty() => self.ended.push(message),
            Queue::Leave => self.leave.push(message, change),
            Queue::Put { upstream, due, failed, taken, possible_duplicate } => {
                self.put.message.push(message);
                self.put.upstream.push(upstream.0.into());
                self.put.due.push(due.0);
                self.put.failed.push((*failed).into());
                self.put.taken.push(taken.0.cast_signed());
                self.put.possible_duplicate.push(*possible_duplicate);
            }
            Queue::Return(back) => self.returns.push(message, change, back),
        }
    }
}

impl Leaves {
    fn push(&mut self, message: i64, change: &Change) {
        self.message.push(message);
        self.marked.extend(change.is_marked().then_some(message));
    }
}

impl<'c> Waiting<'c> {
    fn push(&mut self, message: i64, awaited: &'c Awaited, at: i64) {
        let upstream = i64::from(awaited.upstream.0);
        let reference = name(&awaited.reference);
        // Within a wave only a step's own parts can have the same name: the carrier named two of them alike.
        let own = self.message.iter().rposition(|other| *other != message).map_or(0, |last| last + 1);
        for earlier in own..self.message.len() {
            if self.upstream[earlier] == upstream && self.reference[earlier] == reference {
                let (part, sent_at) = (self.part[earlier], self.sent_at[earlier]);
                self.reference[earlier] = reused(&reference, message, part, sent_at).into();
            }
        }
        self.upstream.push(upstream);
        self.reference.push(reference);
        self.given.push(awaited.given.as_deref().map(name));
        self.message.push(message);
        self.part.push(awaited.part.into());
        self.parts.push(awaited.parts.into());
        self.sent_at.push(at);
        self.possible_duplicate.push(awaited.possible_duplicate);
    }
}

impl<'c> Parts<'c> {
    /// The first report of a part holds.
    fn push(&mut self, message: i64, change: &'c Change, part: &'c PartReport) {
        if !self.known.insert((message, part.part)) {
            return;
        }
        let by = change.arrived.first();
        self.message.push(message);
        self.part.push(part.part.into());
        self.state.push(code(part.state));
        self.error.push(part.error.as_ref().map(|cause| text(&cause.to_string()).into_owned().into()));
        self.at.push(change.at.0);
        self.upstream.push(by.map(|(upstream, _)| upstream.0.into()));
        self.reference.push(by.map(|(_, reference)| name(reference)));
    }
}

impl Notices {
    /// Adds one.
    pub(super) fn push(&mut self, notice: &Notice) {
        self.lane.push(notice.lane.to_number());
        self.id.push(notice.id.to_number());
        self.what.push(i16::try_from(what_code(&notice.what)).unwrap_or(-1));
        self.due.push(notice.due.0);
        self.failed.push(notice.failed.into());
        self.owned.push(notice.owned);
    }
}

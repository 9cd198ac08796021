//! The life of a message after it was accepted: the one state machine, and the only place where a
//! delivery's state changes.
//!
//! [`step`] takes a delivery and what happened, and returns the [`Change`] that the store must make, whole
//! or not at all.

use crate::id::MessageId;
use crate::message::{Class, Message, Via};
use crate::notice::Notice;
use crate::receipt::Report;
use crate::retry;
use crate::route::UpstreamId;
use crate::time::Time;
use std::sync::Arc;

/// Where a message stands. The words are the API's, the numbers are the store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Accepted; waits for its turn, for its time, or for a way out.
    Queued,
    /// The carrier took it; its receipt is waited for.
    Sent,
    /// It reached the handset.
    Delivered,
    /// The carrier took it and then could not deliver it.
    Undelivered,
    /// Its time ran out, here or at the carrier.
    Expired,
    /// The carrier refused it.
    Rejected,
    /// The gateway could not send it.
    Failed,
    /// Nobody knows, and nobody will.
    Unknown,
    /// The client took it back.
    Canceled,
}

impl State {
    /// All states, by their numbers.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sent,
        Self::Delivered,
        Self::Undelivered,
        Self::Expired,
        Self::Rejected,
        Self::Failed,
        Self::Unknown,
        Self::Canceled,
    ];

    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Canceled => "canceled",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// A set of a message's parts, numbered from 0 to 63.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartSet(pub u64);

impl PartSet {
    /// The set with `part` in it too.
    #[must_use]
    pub const fn with(self, part: u8) -> Self {
        Self(self.0 | 1 << (part & 63))
    }

    /// Whether `part` is in it.
    #[must_use]
    pub const fn has(self, part: u8) -> bool {
        self.0 & (1 << (part & 63)) != 0
    }

    /// How many are in it.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

/// How often in a row a message is throttled before that counts as a failed attempt, and it steps aside for others: a
/// carrier that says "too fast" of one number only, such as one whose mailbox is full, must not hold up all that is
/// behind it.
pub const THROTTLED_MAX: u8 = 5;

/// A message on its way: what of it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is delivered.
    pub message: Arc<Message>,
    /// The way it goes.
    pub upstream: UpstreamId,
    /// Where it stands.
    pub state: State,
    /// Attempts that failed.
    pub failed: u16,
    /// How often in a row the carrier said "too fast". It is not stored.
    pub throttled: u8,
    /// How many parts the upstream made of it; 0 before it was first sent.
    pub parts: u8,
    /// Parts that the carrier has taken.
    pub taken: PartSet,
    /// Parts whose receipt came and was final.
    pub reported: PartSet,
    /// What the worst final receipt so far said; delivered when all were.
    pub worst: Option<(State, Option<Box<str>>)>,
    /// When the carrier took the last part.
    pub sent_at: Option<Time>,
    /// The carrier's name for the first part.
    pub reference: Option<Box<str>>,
    /// Whether the carrier may have had it twice.
    pub possible_duplicate: bool,
}

impl Delivery {
    /// A delivery that has just been accepted.
    #[must_use]
    pub const fn new(message: Arc<Message>, upstream: UpstreamId) -> Self {
        Self {
            message,
            upstream,
            state: State::Queued,
            failed: 0,
            throttled: 0,
            parts: 0,
            taken: PartSet(0),
            reported: PartSet(0),
            worst: None,
            sent_at: None,
            reference: None,
            possible_duplicate: false,
        }
    }
}

/// What the carrier made of one part. Sending can't fail: every failure is one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartOutcome {
    /// The carrier took it and gave it this name, if it gave one.
    Accepted(Option<Box<str>>),
    /// The carrier, or the upstream itself, refused it.
    Refused(Fault),
    /// Written and never answered: the carrier may have it.
    Unanswered,
    /// Never written: the link went, or a part before it was refused.
    NotSent,
}

/// Why a part was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What to do about it.
    pub kind: FaultKind,
    /// The carrier's own code and word: `0x0000000B ESME_RINVDSTADR`. Nobody branches on it.
    pub code: Box<str>,
}

/// What a refusal means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Too fast: the same again, later, and it costs no attempt.
    Throttled,
    /// It may work later or elsewhere.
    Temporary,
    /// It will never work here; it may by the next upstream of the route, at once.
    Elsewhere,
    /// It will never work.
    Permanent,
    /// Nothing works here for a while: the same again, later, and it costs no attempt. The upstream itself stands still.
    Paused,
}

/// The ways that a message can go from here.
pub trait Ways {
    /// The way to try after a failure, which may be the same.
    fn again(&self, delivery: &Delivery) -> UpstreamId;
    /// The next way of its route behind the one it has, if there is one.
    fn behind(&self, delivery: &Delivery) -> Option<UpstreamId>;
    /// Whether one receipt, for whichever part, is about all parts that this way takes.
    fn one_receipt(&self, upstream: UpstreamId) -> bool;
    /// What becomes of it when parts of it were written and never answered.
    fn unanswered(&self, delivery: &Delivery) -> Unanswered;
}

/// What becomes of a message parts of which were written and never answered: the carrier may have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// They are sent again, marked: the recipient may get them twice.
    Retry,
    /// They are not sent again, and what the carrier may say of them yet is waited for.
    Hold,
    /// They are not sent again; nobody knows, and nobody will.
    Fail,
}

impl Unanswered {
    /// What most want, by class: better a code twice than none, and advertising never twice.
    pub const USUAL: [Self; Class::ALL.len()] = [Self::Retry, Self::Retry, Self::Fail];
}

/// What happened to a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The upstream is done with the parts that it was given: each part's number and outcome, and how many
    /// parts the whole message has.
    Answered {
        /// Parts of the whole message.
        parts: u8,
        /// What came of each part that was to be sent this time.
        outcomes: Vec<(u8, PartOutcome)>,
    },
    /// A receipt came for a part.
    Reported {
        /// The part.
        part: u8,
        /// What the receipt says.
        report: Report,
    },
    /// The carrier's answer came after the part was given up as unanswered: it has it.
    Named {
        /// The part.
        part: u8,
        /// Parts of the whole message.
        parts: u8,
        /// The carrier's name for the part.
        reference: Box<str>,
    },
    /// Its time ran out before it was sent.
    Expired,
    /// Its receipt was waited for long enough, or all have come and nobody saw the end.
    Silent,
    /// The client took it back.
    Canceled,
    /// No route leads there any more.
    Stranded,
    /// Its upstream is no more, or has been down for a while, and this one is to send it.
    Rerouted(UpstreamId),
}

/// What the store must do about a step, whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The message.
    pub message: MessageId,
    /// When it happened.
    pub at: Time,
    /// What becomes of its place in the queue.
    pub queue: Queue,
    /// Receipts to wait for from now on.
    pub awaited: Vec<Awaited>,
    /// Receipts that are no longer waited for.
    pub arrived: Vec<(UpstreamId, Box<str>)>,
    /// Whether every receipt of the message is no longer waited for.
    pub forget_awaited: bool,
    /// The state of one part of several, now final.
    pub part: Option<PartReport>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// What the client is told.
    pub notice: Option<Notice>,
    /// Something out of the ordinary, for the timeline.
    pub remark: Option<Box<str>>,
}

/// What becomes of a message's place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Nothing.
    Keep,
    /// It leaves the queue.
    Leave,
    /// It goes back with this.
    Put {
        /// The way it goes next.
        upstream: UpstreamId,
        /// When.
        due: Time,
        /// Attempts that failed.
        failed: u16,
        /// Parts that the carrier has taken already.
        taken: PartSet,
        /// Whether the carrier may have had it.
        possible_duplicate: bool,
    },
}

/// A receipt that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// From whom.
    pub upstream: UpstreamId,
    /// What the carrier's name for the part is known by.
    pub reference: Box<str>,
    /// The name as the carrier gave it, where that is something else.
    pub given: Option<Box<str>>,
    /// The part's number, from 0.
    pub part: u8,
    /// How many parts the message has.
    pub parts: u8,
    /// Whether the carrier may have had the message twice.
    pub possible_duplicate: bool,
}

/// The final state of one part of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartReport {
    /// The part's number, from 0.
    pub part: u8,
    /// How it ended.
    pub state: State,
    /// The carrier's error code.
    pub error: Option<Box<str>>,
}

/// How a message ended: written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The final state.
    pub state: State,
    /// The way it went.
    pub upstream: UpstreamId,
    /// The carrier's name for the first part.
    pub reference: Option<Box<str>>,
    /// Why, when it was not delivered: the carrier's code, or the gateway's reason.
    pub error: Option<Box<str>>,
    /// When the carrier took it.
    pub sent_at: Option<Time>,
    /// When it ended.
    pub done_at: Time,
    /// How many parts it had.
    pub parts: u8,
    /// Whether the carrier may have had it twice.
    pub possible_duplicate: bool,
}

/// Moves a delivery on by what happened.
///
/// Returns what the store must do, or `None` when nothing changes: a final state is final, a receipt under
/// way says nothing, and what was never written just waits for its next turn. `ways` is asked for the way to try
/// after a failure.
pub fn step(delivery: &mut Delivery, event: Event, ways: &impl Ways, now: Time) -> Option<Change> {
    if delivery.state.is_final() {
        return None;
    }
    match event {
        Event::Answered { parts, outcomes } => answered(delivery, parts, outcomes, ways, now),
        Event::Reported { part, report } => reported(delivery, part, report, ways, now),
        Event::Named { part, parts, reference } => named(delivery, part, parts, reference, ways, now),
        Event::Expired => Some(finish(delivery, State::Expired, Some("its time ran out".into()), now)),
        Event::Silent => Some(silent(delivery, ways, now)),
        Event::Canceled => Some(finish(delivery, State::Canceled, None, now)),
        Event::Rerouted(upstream) => Some(rerouted(delivery, upstream, now)),
        Event::Stranded => Some(finish(delivery, State::Failed, Some("no route leads there".into()), now)),
    }
}

/// What the outcomes of several parts mean together; the worst decides.
enum Judgement {
    Taken,
    Again(Again),
    Elsewhere(Box<str>),
    Never(Box<str>),
}

/// Why parts have to be sent again.
#[derive(Default)]
struct Again {
    code: Option<Box<str>>,
    /// Whether it was an attempt that failed.
    counts: bool,
    /// Whether the carrier said "too fast".
    throttled: bool,
    /// Whether the carrier may have them.
    in_doubt: bool,
}

fn answered(
    delivery: &mut Delivery,
    parts: u8,
    outcomes: Vec<(u8, PartOutcome)>,
    ways: &impl Ways,
    now: Time,
) -> Option<Change> {
    delivery.parts = parts;
    let mut change = Change::none(delivery, now);
    let doubtful = in_doubt(&outcomes);
    let judgement = take_in(delivery, outcomes, &mut change, now);
    match judgement {
        Judgement::Taken if delivery.reference.is_none() => {
            let reason = "the carrier took it without giving it a name, so no receipt can be matched";
            Some(finish(delivery, State::Unknown, Some(reason.into()), now))
        }
        Judgement::Taken => {
            delivery.state = State::Sent;
            change.queue = Queue::Leave;
            Some(change)
        }
        Judgement::Elsewhere(code) => Some(elsewhere(delivery, change, code, ways, now)),
        Judgement::Never(code) => {
            let mut end = finish(delivery, State::Rejected, Some(code), now);
            end.remark = change.remark;
            Some(end)
        }
        Judgement::Again(why) if why.in_doubt && ways.unanswered(delivery) != Unanswered::Retry => {
            let holds = ways.unanswered(delivery) == Unanswered::Hold;
            Some(match doubtful.filter(|_| holds) {
                Some(doubtful) => held(delivery, change, &doubtful, now),
                None => {
                    let reason = "the carrier never answered, and it is not to be sent twice";
                    finish(delivery, State::Unknown, Some(reason.into()), now)
                }
            })
        }
        Judgement::Again(mut why) => {
            delivery.possible_duplicate |= why.in_doubt;
            delivery.throttled += u8::from(why.throttled);
            why.counts |= delivery.throttled >= THROTTLED_MAX;
            delivery.failed += u16::from(why.counts);
            if !why.counts && change.awaited.is_empty() {
                return None;
            }
            again(delivery, change, why, ways, now)
        }
    }
}

/// The parts that were never answered, if everything was written.
fn in_doubt(outcomes: &[(u8, PartOutcome)]) -> Option<Vec<u8>> {
    let mut doubtful = Vec::new();
    for (part, outcome) in outcomes {
        match outcome {
            PartOutcome::Accepted(_) => {}
            PartOutcome::Unanswered => doubtful.push(*part),
            PartOutcome::Refused(_) | PartOutcome::NotSent => return None,
        }
    }
    Some(doubtful)
}

/// Sent, as far as anybody knows: its parts wait for receipts under names that no carrier gives.
fn held(delivery: &mut Delivery, mut change: Change, doubtful: &[u8], now: Time) -> Change {
    delivery.state = State::Sent;
    delivery.sent_at = Some(now);
    for part in doubtful {
        delivery.taken = delivery.taken.with(*part);
        change.awaited.push(Awaited {
            upstream: delivery.upstream,
            reference: stand_in(delivery, *part),
            given: None,
            part: *part,
            parts: delivery.parts,
            possible_duplicate: delivery.possible_duplicate,
        });
    }
    change.queue = Queue::Leave;
    change.remark = Some("the carrier never answered; held for what it may say yet".into());
    change
}

/// What a part is waited for by whose name nobody knows.
fn stand_in(delivery: &Delivery, part: u8) -> Box<str> {
    format!("{STAND_IN}{}.{part}", delivery.message.id).into()
}

/// How names begin that no carrier gave.
const STAND_IN: &str = "unanswered ";

/// Whether a part is waited for by a name that its carrier never gave, and so can't be asked about.
#[must_use]
pub fn is_stand_in(name: &str) -> bool {
    name.starts_with(STAND_IN)
}

/// Waits for receipts by this name too: of what is sent again there are two copies, and the first may be the one that
/// arrives.
fn named(
    delivery: &mut Delivery,
    part: u8,
    parts: u8,
    reference: Box<str>,
    ways: &impl Ways,
    now: Time,
) -> Option<Change> {
    delivery.parts = parts;
    let mut change = Change::none(delivery, now);
    match ways.unanswered(delivery) {
        // It ended when the answer was missed.
        Unanswered::Fail => return None,
        Unanswered::Hold => change.arrived.push((delivery.upstream, stand_in(delivery, part))),
        Unanswered::Retry => delivery.possible_duplicate = true,
    }
    change.remark = Some(format!("the carrier's answer for part {} came late", part + 1).into());
    change.awaited.push(Awaited {
        upstream: delivery.upstream,
        reference,
        given: None,
        part,
        parts,
        possible_duplicate: delivery.possible_duplicate,
    });
    Some(change)
}

/// Takes note of each part that was taken, and judges the rest.
fn take_in(
    delivery: &mut Delivery,
    outcomes: Vec<(u8, PartOutcome)>,
    change: &mut Change,
    now: Time,
) -> Judgement {
    let mut judgement = Judgement::Taken;
    for (part, outcome) in outcomes {
        let this = match outcome {
            PartOutcome::Accepted(reference) => {
                delivery.taken = delivery.taken.with(part);
                delivery.sent_at = Some(now);
                if let Some(reference) = reference {
                    change.awaited.push(Awaited {
                        upstream: delivery.upstream,
                        reference: reference.clone(),
                        given: None,
                        part,
                        parts: delivery.parts,
                        possible_duplicate: delivery.possible_duplicate,
                    });
                    delivery.reference.get_or_insert(reference);
                }
                continue;
            }
            PartOutcome::Refused(Fault { kind: FaultKind::Permanent, code }) => Judgement::Never(code),
            PartOutcome::Refused(Fault { kind: FaultKind::Elsewhere, code }) => Judgement::Elsewhere(code),
            PartOutcome::Refused(Fault { kind: FaultKind::Paused, code }) => {
                Judgement::Again(Again { code: Some(code), ..Again::default() })
            }
            PartOutcome::Refused(Fault { kind: FaultKind::Throttled, code }) => {
                Judgement::Again(Again { code: Some(code), throttled: true, ..Again::default() })
            }
            PartOutcome::Refused(Fault { kind: FaultKind::Temporary, code }) => {
                Judgement::Again(Again { code: Some(code), counts: true, ..Again::default() })
            }
            PartOutcome::Unanswered => Judgement::Again(Again {
                code: Some("the carrier never answered".into()),
                counts: true,
                in_doubt: true,
                ..Again::default()
            }),
            PartOutcome::NotSent => Judgement::Again(Again::default()),
        };
        judgement = worse(judgement, this);
    }
    judgement
}

fn worse(one: Judgement, other: Judgement) -> Judgement {
    match (one, other) {
        (Judgement::Never(code), _) | (_, Judgement::Never(code)) => Judgement::Never(code),
        (Judgement::Taken, other) => other,
        (one, Judgement::Taken) => one,
        // What the carrier may have is not for another before its time.
        (Judgement::Again(again), Judgement::Elsewhere(_))
        | (Judgement::Elsewhere(_), Judgement::Again(again))
            if again.in_doubt =>
        {
            Judgement::Again(again)
        }
        (Judgement::Elsewhere(code), _) | (_, Judgement::Elsewhere(code)) => Judgement::Elsewhere(code),
        (Judgement::Again(one), Judgement::Again(other)) => Judgement::Again(Again {
            code: if one.counts { one.code } else { other.code.or(one.code) },
            counts: one.counts || other.counts,
            throttled: one.throttled || other.throttled,
            in_doubt: one.in_doubt || other.in_doubt,
        }),
    }
}

/// Back into the queue: at once when nothing went wrong but the turn, after a wait when an attempt failed.
fn again(
    delivery: &mut Delivery,
    mut change: Change,
    why: Again,
    ways: &impl Ways,
    now: Time,
) -> Option<Change> {
    let message = &delivery.message;
    let due = if why.counts {
        match retry::message(delivery.failed, message.id.number(), now, message.expires) {
            Some(due) => due,
            None => return Some(finish(delivery, State::Failed, why.code, now)),
        }
    } else {
        now
    };
    // Parts that one carrier holds can't be completed by another.
    if delivery.taken == PartSet::default() {
        delivery.upstream = ways.again(delivery);
    }
    change.queue = Queue::Put {
        upstream: delivery.upstream,
        due,
        failed: delivery.failed,
        taken: delivery.taken,
        possible_duplicate: delivery.possible_duplicate,
    };
    change.remark = why.code.filter(|_| why.counts);
    Some(change)
}

/// On to the next upstream of the route, at once; the end where there is none. Parts that one carrier holds can't be
/// completed by another.
fn elsewhere(
    delivery: &mut Delivery,
    mut change: Change,
    code: Box<str>,
    ways: &impl Ways,
    now: Time,
) -> Change {
    delivery.failed += 1;
    let is_free = delivery.taken == PartSet::default() && delivery.failed < retry::ATTEMPTS_MAX;
    let Some(upstream) = ways.behind(delivery).filter(|_| is_free) else {
        return finish(delivery, State::Rejected, Some(code), now);
    };
    delivery.upstream = upstream;
    change.queue = Queue::Put {
        upstream,
        due: now,
        failed: delivery.failed,
        taken: delivery.taken,
        possible_duplicate: delivery.possible_duplicate,
    };
    change.remark = Some(code);
    change
}

/// Back into the queue, for another upstream. Parts that one carrier holds can't be completed by another.
fn rerouted(delivery: &mut Delivery, upstream: UpstreamId, now: Time) -> Change {
    let mut change = Change::none(delivery, now);
    if delivery.taken == PartSet::default() && delivery.upstream != upstream {
        delivery.upstream = upstream;
        change.remark = Some("it waited for an upstream that is down, and goes by another".into());
    }
    change.queue = Queue::Put {
        upstream: delivery.upstream,
        due: now,
        failed: delivery.failed,
        taken: delivery.taken,
        possible_duplicate: delivery.possible_duplicate,
    };
    change
}

fn reported(
    delivery: &mut Delivery,
    part: u8,
    report: Report,
    ways: &impl Ways,
    now: Time,
) -> Option<Change> {
    let state = report.reported.state()?;
    if delivery.reported.has(part) {
        return None;
    }
    delivery.reported = delivery.reported.with(part);
    let arrived = (delivery.upstream, report.reference);
    let is_worse = match &delivery.worst {
        None => true,
        Some((worst, _)) => *worst == State::Delivered && state != State::Delivered,
    };
    if is_worse {
        delivery.worst = Some((state, report.error.clone()));
    }
    // While parts are still to be sent, no receipt can be about all of them.
    let of_all = delivery.state == State::Sent && ways.one_receipt(delivery.upstream);
    let complete = of_all || is_reported(delivery);
    let mut change = if complete {
        let (worst, error) = delivery.worst.clone().unwrap_or((state, None));
        finish(delivery, worst, error.filter(|_| worst != State::Delivered), now)
    } else {
        Change::none(delivery, now)
    };
    if delivery.parts > 1 {
        change.part = Some(PartReport { part, state, error: report.error });
    }
    change.arrived = vec![arrived];
    // A copy that went before may be waited for by another name.
    change.forget_awaited = complete && (delivery.parts > 1 || delivery.possible_duplicate);
    Some(change)
}

/// No receipt will come any more. Of several parts all may have been reported, though to nobody who knew of the others.
fn silent(delivery: &mut Delivery, ways: &impl Ways, now: Time) -> Change {
    let unknown = || {
        let why = match delivery.reported.count() {
            0 => "no receipt came".to_owned(),
            some => format!("receipts came for {some} of {} parts only", delivery.parts),
        };
        (State::Unknown, Some(why.into()))
    };
    let known = is_reported(delivery) || ways.one_receipt(delivery.upstream);
    let (state, error) = delivery.worst.clone().filter(|_| known).unwrap_or_else(unknown);
    finish(delivery, state, error.filter(|_| state != State::Delivered), now)
}

/// Whether every part was reported.
fn is_reported(delivery: &Delivery) -> bool {
    delivery.reported.count() >= u32::from(delivery.parts.max(1))
}

/// The end: the outcome is written, and the client hears of it if it asked to.
fn finish(delivery: &mut Delivery, state: State, error: Option<Box<str>>, now: Time) -> Change {
    let was_queued = delivery.state == State::Queued;
    delivery.state = state;
    let message = &delivery.message;
    let outcome = Outcome {
        state,
        upstream: delivery.upstream,
        reference: delivery.reference.clone(),
        error,
        sent_at: delivery.sent_at,
        done_at: now,
        parts: delivery.parts.max(message.parts),
        possible_duplicate: delivery.possible_duplicate,
    };
    let wanted = message.via != Via::Asking && message.receipts.include(state == State::Delivered);
    let mut change = Change::none(delivery, now);
    change.notice = wanted.then(|| Notice {
        message: Arc::clone(message),
        outcome: outcome.clone(),
        failed: 0,
        due: now,
        owned: false,
    });
    change.outcome = Some(outcome);
    change.queue = if was_queued { Queue::Leave } else { Queue::Keep };
    let begun = delivery.parts > 1 && delivery.taken != PartSet::default();
    change.forget_awaited = !was_queued || begun || delivery.possible_duplicate;
    change
}

impl Change {
    /// A change of nothing yet.
    #[must_use]
    pub fn none(delivery: &Delivery, at: Time) -> Self {
        Self {
            message: delivery.message.id,
            at,
            queue: Queue::Keep,
            awaited: Vec::new(),
            arrived: Vec::new(),
            forget_awaited: false,
            part: None,
            outcome: None,
            notice: None,
            remark: None,
        }
    }
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;

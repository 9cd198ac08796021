//! One lane of notices: those for the sessions of one account, or those for webhooks. It holds a stretch of
//! them in memory; the rest waits in the store.

use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::time::Duration;

/// Notices that one lane holds in memory.
const READY_MAX: usize = 4_096;
/// How long after its last use a lane still counts as attended.
const ATTENDED: Duration = Duration::from_secs(10);

/// The state of a lane. It does no work of its own.
pub(crate) struct Lane {
    /// Whether it is this node that tells its notices.
    kept: bool,
    ready: VecDeque<Notice>,
    /// Notices in memory or in somebody's hands, which a look into the store must pass over.
    held: HashSet<MessageId>,
    /// Whether the store may hold notices that memory doesn't.
    pub(crate) backlog: bool,
    /// Counts notices left in the store, so that a pass can tell whether it missed one.
    left: u64,
    /// Settled while the store is being looked into: what is found there may be as old as the look.
    settled_meanwhile: Option<HashSet<MessageId>>,
    /// Where a pass through the store has got to, and `left` when it began.
    pass: Option<(Option<MessageId>, u64)>,
    /// When the store has to be looked into again for notices to be told again, in whole seconds: a day of them is
    /// little.
    later: BTreeSet<Time>,
    /// Whether a pass has seen every notice that was there before, those to be told later too.
    surveyed: bool,
    attended_until: Time,
}

impl Lane {
    /// A lane that knows nothing yet: the store has to be looked into, once it is this node's.
    pub(crate) fn new(kept: bool) -> Self {
        Self {
            kept,
            ready: VecDeque::new(),
            held: HashSet::new(),
            backlog: true,
            left: 0,
            settled_meanwhile: None,
            pass: None,
            later: BTreeSet::new(),
            surveyed: false,
            attended_until: Time(0),
        }
    }

    /// Whether it is this node that tells its notices.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept
    }

    /// Whether somebody here wants to tell its notices, or still does.
    pub(crate) fn is_attended(&self, now: Time) -> bool {
        now <= self.attended_until || self.has_in_hand()
    }

    /// Whether notices of it are in somebody's hands.
    pub(crate) fn has_in_hand(&self) -> bool {
        self.held.len() > self.ready.len()
    }

    /// It is this node that tells its notices from now on, or another; tells whether that is news. What memory held is
    /// in the store, where whoever keeps the lane finds it.
    pub(crate) fn keep(&mut self, kept: bool) -> bool {
        if self.kept == kept {
            return false;
        }
        *self = Self { attended_until: self.attended_until, ..Self::new(kept) };
        true
    }

    /// Another node may have left notices in the store.
    pub(crate) fn look_again(&mut self) {
        self.backlog = true;
        self.left += 1;
    }

    /// Takes a fresh notice into memory, or leaves it in the store: the lane is full or another node's, older ones go
    /// first, or nobody is there.
    pub(crate) fn offer(&mut self, notice: Notice, now: Time) {
        if !self.kept || self.backlog || self.ready.len() >= READY_MAX || now > self.attended_until {
            self.backlog = true;
            self.left += 1;
        } else {
            self.held.insert(notice.message.id);
            self.ready.push_back(notice);
        }
    }

    /// Takes up to `most` of the notices in memory.
    pub(crate) fn take(&mut self, most: usize, now: Time) -> Vec<Notice> {
        self.attended_until = now + ATTENDED;
        if !self.kept {
            return Vec::new();
        }
        while self.later.first().is_some_and(|later| *later <= now) {
            self.later.pop_first();
            self.backlog = true;
            self.left += 1;
        }
        let count = most.min(self.ready.len());
        self.ready.drain(..count).collect()
    }

    /// Where the next look into the store begins, and up to when what it looks for is due: the first pass looks at
    /// everything, to learn when the store has to be looked into again.
    pub(crate) fn look_after(&mut self, now: Time) -> (Option<MessageId>, Time) {
        let due = if self.surveyed { now } else { Time(i64::MAX) };
        self.settled_meanwhile = Some(HashSet::new());
        (self.pass.get_or_insert((None, self.left)).0, due)
    }

    /// Takes in what a look into the store found, when it asked for `asked`.
    pub(crate) fn found(&mut self, notices: Vec<Notice>, asked: usize, now: Time) {
        let complete = notices.len() < asked;
        let settled = self.settled_meanwhile.take().unwrap_or_default();
        if let (Some(last), Some((after, _))) = (notices.last(), &mut self.pass) {
            *after = Some(last.message.id);
        }
        for notice in notices {
            if settled.contains(&notice.message.id) {
                continue;
            }
            if notice.due > now {
                self.look_at(notice.due);
            } else if self.held.insert(notice.message.id) {
                self.ready.push_back(notice);
            }
        }
        if complete {
            self.surveyed = true;
            // What was left in the store behind the pass's back is found by the next one.
            let missed = self.pass.take().is_none_or(|(_, left)| left != self.left);
            self.backlog = missed;
        }
    }

    /// The store knows that these are told, or when to tell them again.
    pub(crate) fn settled(&mut self, message: MessageId, again: Option<Time>) {
        self.held.remove(&message);
        if let Some(settled) = &mut self.settled_meanwhile {
            settled.insert(message);
        }
        if let Some(again) = again {
            self.look_at(again);
        }
    }

    fn look_at(&mut self, due: Time) {
        self.later.insert(Time(due.0.div_euclid(1_000).saturating_add(1).saturating_mul(1_000)));
    }

    /// Returns notices untold.
    pub(crate) fn give_back(&mut self, notices: Vec<Notice>) {
        for notice in notices.into_iter().rev() {
            if self.ready.len() < READY_MAX {
                self.ready.push_front(notice);
            } else {
                self.held.remove(&notice.message.id);
                self.backlog = true;
                self.left += 1;
            }
        }
    }

    /// When it should be looked at again, though nothing new comes.
    pub(crate) fn later(&self) -> Option<Time> {
        self.later.first().copied()
    }

    /// Whether there is something to take at once.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::account::AccountId;
    use postrider_core::delivery::{Outcome, State};
    use postrider_core::message::{Body, Class, Message, Receipts, Via};
    use postrider_core::number::Number;
    use postrider_core::route::UpstreamId;
    use std::sync::Arc;

    fn notice(id: u64) -> Notice {
        let message = Arc::new(Message {
            id: MessageId::from_number(id),
            account: AccountId(1),
            class: Class::Otp,
            from: None,
            to: Number::from_digits(447_700_900_123).unwrap(),
            body: Body::Text("x".into()),
            parts: 1,
            due: Time(0),
            expires: Time(1),
            reference: None,
            metadata: None,
            callback: None,
            receipts: Receipts::All,
            via: Via::Session,
            flash: false,
        });
        let outcome = Outcome {
            state: State::Delivered,
            upstream: UpstreamId(1),
            reference: None,
            error: None,
            sent_at: None,
            done_at: Time(0),
            parts: 1,
            possible_duplicate: false,
        };
        Notice { message, outcome, failed: 0, due: Time(0) }
    }

    fn ids(notices: &[Notice]) -> Vec<u64> {
        notices.iter().map(|notice| notice.message.id.number()).collect()
    }

    /// A lane whose first look found the store empty and that somebody attends.
    fn attended() -> Lane {
        let mut lane = Lane::new(true);
        lane.take(0, Time(0));
        lane.look_after(Time(0));
        lane.found(Vec::new(), 10, Time(0));
        assert!(!lane.backlog);
        lane
    }

    #[test]
    fn a_fresh_notice_goes_straight_through_an_attended_lane() {
        let mut lane = attended();
        lane.offer(notice(1), Time(1));
        assert_eq!(ids(&lane.take(10, Time(1))), [1]);
        lane.settled(MessageId::from_number(1), None);
        assert!(lane.held.is_empty() && !lane.backlog);
    }

    #[test]
    fn an_unattended_lane_leaves_notices_in_the_store() {
        let mut lane = attended();
        lane.offer(notice(1), Time(60_000));
        assert!(lane.backlog && !lane.has_ready());
    }

    #[test]
    fn a_lane_of_another_node_tells_nothing_and_looks_anew_once_it_is_ours() {
        let mut lane = attended();
        lane.offer(notice(1), Time(1));
        assert!(lane.keep(false) && !lane.keep(false));
        lane.offer(notice(2), Time(1));
        assert!(lane.take(10, Time(1)).is_empty());
        assert!(lane.keep(true) && lane.backlog);
        lane.look_after(Time(1));
        lane.found(vec![notice(1), notice(2)], 10, Time(1));
        assert_eq!(ids(&lane.take(10, Time(1))), [1, 2]);
        assert!(lane.has_in_hand());
    }

    #[test]
    fn a_pass_finds_each_notice_once_and_ends_when_nothing_was_missed() {
        let mut lane = Lane::new(true);
        lane.take(0, Time(0));
        assert_eq!(lane.look_after(Time(0)).0, None);
        lane.found(vec![notice(1), notice(3)], 2, Time(0));
        assert_eq!(lane.look_after(Time(0)).0, Some(MessageId::from_number(3)));
        lane.offer(notice(2), Time(1));
        lane.found(Vec::new(), 2, Time(0));
        assert!(lane.backlog, "a notice was left behind the pass");
        assert_eq!(lane.look_after(Time(0)).0, None);
        lane.found(vec![notice(1), notice(2), notice(3)], 10, Time(0));
        assert!(!lane.backlog);
        assert_eq!(ids(&lane.take(10, Time(1))), [1, 3, 2]);
    }

    #[test]
    fn what_is_settled_during_a_look_is_not_told_again() {
        let mut lane = attended();
        lane.offer(notice(1), Time(1));
        lane.take(10, Time(1));
        lane.look_again();
        lane.look_after(Time(1));
        lane.settled(MessageId::from_number(1), None);
        lane.found(vec![notice(1), notice(2)], 10, Time(1));
        assert_eq!(ids(&lane.take(10, Time(1))), [2]);
    }

    #[test]
    fn what_is_told_again_is_looked_for_in_its_time() {
        let mut lane = attended();
        for (id, again) in [(1, 15_500), (2, 5_500)] {
            lane.offer(notice(id), Time(1));
            lane.take(10, Time(1));
            lane.settled(MessageId::from_number(id), Some(Time(again)));
        }
        for due in [6_000, 16_000] {
            assert_eq!(lane.later(), Some(Time(due)));
            lane.take(10, Time(due - 1));
            assert!(!lane.backlog);
            lane.take(10, Time(due));
            assert!(lane.backlog);
            lane.look_after(Time(due));
            lane.found(Vec::new(), 10, Time(due));
        }
        assert_eq!(lane.later(), None);
    }

    #[test]
    fn the_first_pass_learns_when_to_look_again() {
        let mut lane = Lane::new(true);
        lane.take(0, Time(0));
        assert_eq!(lane.look_after(Time(0)), (None, Time(i64::MAX)));
        lane.found(vec![notice(1), Notice { due: Time(5_500), ..notice(2) }], 10, Time(0));
        assert_eq!((ids(&lane.take(10, Time(0))), lane.later()), (vec![1], Some(Time(6_000))));
        lane.take(10, Time(6_000));
        assert!(lane.backlog);
        assert_eq!(lane.look_after(Time(6_000)), (None, Time(6_000)));
        lane.found(vec![Notice { due: Time(5_500), ..notice(2) }], 10, Time(6_000));
        assert_eq!(ids(&lane.take(10, Time(6_000))), [2]);
    }

    #[test]
    fn what_was_given_back_comes_first_and_a_full_lane_forgets_safely() {
        let mut lane = attended();
        for id in 0..READY_MAX as u64 + 5 {
            lane.offer(notice(id), Time(1));
        }
        assert!(lane.backlog);
        let taken = lane.take(3, Time(1));
        lane.give_back(taken);
        assert_eq!(ids(&lane.take(4, Time(1))), [0, 1, 2, 3]);
    }
}

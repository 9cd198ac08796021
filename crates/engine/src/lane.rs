//! One lane of notices: those for the sessions of one account, or those for webhooks. It holds a stretch of
//! them in memory; the rest waits in the store.

use postrider_core::contract::Due;
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use std::collections::VecDeque;
use std::time::Duration;

/// Notices that one lane holds in memory.
const READY_MAX: usize = 4_096;
/// How long after its last use a lane still counts as attended.
const ATTENDED: Duration = Duration::from_secs(10);

/// The state of a lane. It does no work of its own.
///
/// What it holds is this node's, as the store knows: nobody else leases it, until it is told or returned.
pub(crate) struct Lane {
    ready: VecDeque<Notice>,
    /// Notices that are being recorded as this node's, and will come in.
    promised: usize,
    /// Notices that somebody tells just now.
    in_hand: usize,
    /// Whether the store may hold notices that are due and in nobody's hands.
    look: bool,
    /// Whether it may hold more of them than one look gives: they go first.
    backlog: bool,
    /// When such notices become due, the next of them.
    later: Option<Time>,
    attended_until: Time,
}

impl Lane {
    /// A lane that knows nothing yet: the store has to be looked into.
    pub(crate) fn new() -> Self {
        Self {
            ready: VecDeque::new(),
            promised: 0,
            in_hand: 0,
            look: true,
            backlog: true,
            later: None,
            attended_until: Time(0),
        }
    }

    /// Whether somebody here wants to tell its notices, or still does.
    fn is_attended(&self, now: Time) -> bool {
        now <= self.attended_until || self.in_hand > 0
    }

    /// Nobody here wants to tell its notices any more.
    pub(crate) fn abandon(&mut self) {
        self.attended_until = Time(0);
    }

    /// Whether a fresh notice is to be this node's from its first row. It is not when the lane is full, when older ones go
    /// first, and when nobody is there to tell it.
    pub(crate) fn promise(&mut self, now: Time) -> bool {
        let may_come = self.ready.len() + self.promised < READY_MAX && self.is_attended(now);
        // What comes after what is left in the store now goes after it.
        self.backlog |= !may_come;
        let takes = may_come && !self.backlog;
        self.promised += usize::from(takes);
        takes
    }

    /// Takes in a notice that was promised a place, or takes note that it was left in the store.
    pub(crate) fn offer(&mut self, notice: Notice) {
        if notice.owned {
            self.promised = self.promised.saturating_sub(1);
            self.ready.push_back(notice);
        } else {
            self.look = true;
        }
    }

    /// Somebody may have left notices in the store.
    pub(crate) fn look_again(&mut self) {
        self.look = true;
    }

    /// Takes up to `most` of the notices in memory.
    pub(crate) fn take(&mut self, most: usize, now: Time) -> Vec<Notice> {
        self.attended_until = now + ATTENDED;
        if self.later.is_some_and(|later| later <= now) {
            self.later = None;
            self.look = true;
        }
        let count = most.min(self.ready.len());
        self.in_hand += count;
        self.ready.drain(..count).collect()
    }

    /// Whether the store has to be looked into before anything else can be taken. Whoever asks does so: what is left
    /// there meanwhile is for the next look.
    pub(crate) fn begin_look(&mut self) -> bool {
        self.ready.is_empty() && std::mem::take(&mut self.look)
    }

    /// Takes in what a look into the store gave, when it asked for `asked`. What was left there meanwhile is for the next
    /// look, but doesn't keep others from coming here past the store: a steady stream would pass through it for ever.
    pub(crate) fn found(&mut self, due: Due, asked: usize) {
        self.backlog = due.notices.len() >= asked;
        self.look |= self.backlog;
        self.ready.extend(due.notices);
        if let Some(next) = due.next {
            self.look_at(next);
        }
    }

    /// The store knows that this one is told, or when to tell it again.
    pub(crate) fn settled(&mut self, again: Option<Time>) {
        self.in_hand = self.in_hand.saturating_sub(1);
        if let Some(again) = again {
            self.look_at(again);
        }
    }

    fn look_at(&mut self, due: Time) {
        self.later = Some(self.later.map_or(due, |later| later.min(due)));
    }

    /// Takes back notices untold; those for which there is no room are to be returned to the store.
    pub(crate) fn give_back(&mut self, mut notices: Vec<Notice>) -> Vec<MessageId> {
        self.in_hand = self.in_hand.saturating_sub(notices.len());
        let room = READY_MAX.saturating_sub(self.ready.len()).min(notices.len());
        let excess = notices.split_off(room);
        for notice in notices.into_iter().rev() {
            self.ready.push_front(notice);
        }
        self.look |= !excess.is_empty();
        excess.iter().map(|notice| notice.message.id).collect()
    }

    /// Gives up what nobody here will tell: it is to be returned to the store, for whoever wants to.
    pub(crate) fn give_up(&mut self, now: Time) -> Vec<MessageId> {
        if self.is_attended(now) || self.ready.is_empty() {
            return Vec::new();
        }
        self.look = true;
        self.ready.drain(..).map(|notice| notice.message.id).collect()
    }

    /// When the store should be looked into, though nothing new comes.
    pub(crate) fn later(&self) -> Option<Time> {
        self.later
    }

    /// Whether there is more to take at once, here or in the store.
    pub(crate) fn has_more(&self) -> bool {
        self.look || !self.ready.is_empty()
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
            parameters: Box::default(),
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
        Notice { message, outcome, failed: 0, due: Time(0), owned: true }
    }

    fn due(ids: impl IntoIterator<Item = u64>) -> Due {
        Due { notices: ids.into_iter().map(notice).collect(), next: None }
    }

    fn ids(notices: &[Notice]) -> Vec<u64> {
        notices.iter().map(|notice| notice.message.id.number()).collect()
    }

    /// A lane whose first look found the store empty and that somebody attends.
    fn attended() -> Lane {
        let mut lane = Lane::new();
        lane.take(0, Time(0));
        assert!(lane.begin_look());
        lane.found(Due::default(), 10);
        assert!(!lane.has_more());
        lane
    }

    fn offer(lane: &mut Lane, id: u64, now: Time) {
        let owned = lane.promise(now);
        lane.offer(Notice { owned, ..notice(id) });
    }

    #[test]
    fn a_fresh_notice_goes_straight_through_an_attended_lane() {
        let mut lane = attended();
        offer(&mut lane, 1, Time(1));
        assert_eq!(ids(&lane.take(10, Time(1))), [1]);
        lane.settled(None);
        assert!(lane.in_hand == 0 && lane.promised == 0 && !lane.has_more());
    }

    #[test]
    fn an_unattended_lane_leaves_notices_in_the_store() {
        let mut lane = attended();
        offer(&mut lane, 1, Time(60_000));
        assert!(lane.begin_look() && lane.take(10, Time(60_000)).is_empty());
    }

    #[test]
    fn who_has_notices_in_hand_attends_their_lane() {
        let mut lane = attended();
        offer(&mut lane, 1, Time(1));
        lane.take(10, Time(1));
        assert!(lane.promise(Time(60_000)));
        lane.settled(None);
        assert!(!lane.promise(Time(60_000)));
    }

    #[test]
    fn older_ones_go_first() {
        let mut lane = Lane::new();
        lane.take(0, Time(0));
        offer(&mut lane, 3, Time(1));
        assert!(lane.begin_look());
        lane.found(due([1, 2]), 2);
        offer(&mut lane, 4, Time(1));
        assert_eq!(ids(&lane.take(10, Time(1))), [1, 2]);
        assert!(lane.begin_look());
        lane.found(due([3, 4]), 10);
        assert_eq!(ids(&lane.take(10, Time(1))), [3, 4]);
        assert!(!lane.has_more());
    }

    #[test]
    fn a_steady_stream_comes_past_the_store_again_after_a_look_that_found_it_short() {
        let mut lane = Lane::new();
        lane.take(0, Time(0));
        let owned = lane.promise(Time(1));
        assert!(!owned && lane.begin_look());
        // It was recorded while the look went on, and so was not found.
        lane.offer(Notice { owned, ..notice(1) });
        lane.found(Due::default(), 10);
        assert!(lane.has_more(), "it is looked for");
        assert!(lane.promise(Time(1)), "but keeps nobody back");
    }

    #[test]
    fn what_is_left_during_a_look_is_looked_for_again() {
        let mut lane = Lane::new();
        assert!(lane.begin_look());
        lane.look_again();
        lane.found(due([1]), 10);
        lane.take(10, Time(1));
        assert!(lane.begin_look());
    }

    #[test]
    fn what_is_told_again_is_looked_for_in_its_time() {
        let mut lane = attended();
        for (id, again) in [(1, 15_500), (2, 5_500)] {
            offer(&mut lane, id, Time(1));
            lane.take(10, Time(1));
            lane.settled(Some(Time(again)));
        }
        assert_eq!(lane.later(), Some(Time(5_500)));
        lane.take(10, Time(5_499));
        assert!(!lane.has_more());
        lane.take(10, Time(5_500));
        assert!(lane.begin_look());
        // The store knows of the other one.
        lane.found(Due { next: Some(Time(15_500)), ..due([2]) }, 10);
        assert_eq!((ids(&lane.take(10, Time(5_500))), lane.later()), (vec![2], Some(Time(15_500))));
    }

    #[test]
    fn what_was_given_back_comes_first_and_what_is_too_much_goes_to_the_store() {
        let mut lane = attended();
        for id in 0..READY_MAX as u64 + 5 {
            offer(&mut lane, id, Time(1));
        }
        assert!(lane.backlog);
        let taken = lane.take(3, Time(1));
        lane.ready.push_back(notice(9_999));
        assert_eq!(lane.give_back(taken), [MessageId::from_number(2)]);
        assert_eq!(ids(&lane.take(3, Time(1))), [0, 1, 3]);
    }

    #[test]
    fn what_nobody_tells_is_given_up() {
        let mut lane = attended();
        offer(&mut lane, 1, Time(1));
        assert!(lane.give_up(Time(1)).is_empty(), "somebody attends it");
        lane.abandon();
        assert_eq!(lane.give_up(Time(1)), [MessageId::from_number(1)]);
        assert!(lane.has_more() && lane.give_up(Time(1)).is_empty());
    }
}

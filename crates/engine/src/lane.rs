//! The state of one lane of notices: a [`Window`] over its notices in the store, and whether anybody here tells them.

use crate::window::Window;
use postrider_core::contract::Due;
use postrider_core::notice::{Notice, NoticeId};
use postrider_core::time::Time;
use std::time::Duration;

/// Notices that one lane holds in memory.
const READY_MAX: usize = 4_096;
/// How long after its last use a lane still counts as attended.
const ATTENDED: Duration = Duration::from_secs(10);

/// The state of a lane. The outbox moves it; it does no work of its own.
///
/// The notices that it holds are this node's, as the store knows: nobody else leases them, until they are told or returned.
pub(crate) struct LaneState {
    window: Window<Notice>,
    /// Notices that somebody tells just now.
    in_hand: usize,
    /// Whether the store may hold notices that are due and that nobody holds.
    look: bool,
    /// When the next of such notices becomes due.
    later: Option<Time>,
    attended_until: Time,
}

impl LaneState {
    /// A lane that knows nothing yet: the store has to be looked into.
    pub(crate) const fn new() -> Self {
        Self { window: Window::new(true), in_hand: 0, look: true, later: None, attended_until: Time(0) }
    }

    /// Whether somebody here wants to tell its notices, or still does.
    fn is_attended(&self, now: Time) -> bool {
        now <= self.attended_until || self.in_hand > 0
    }

    /// Nobody here wants to tell its notices any more.
    pub(crate) fn abandon(&mut self) {
        self.attended_until = Time(0);
    }

    /// Whether a fresh notice is to be this node's from its first write. It is not when the lane is full, when older ones go
    /// first, and when nobody is there to tell it.
    pub(crate) fn promise(&mut self, now: Time) -> bool {
        let has_room = self.window.count() < READY_MAX;
        self.window.promise(has_room && self.is_attended(now))
    }

    /// Gives up a place that was promised to a notice which is not kept.
    pub(crate) fn withdraw(&mut self) {
        self.window.withdraw();
    }

    /// Takes in a notice that was promised a place, or takes note that it was left in the store.
    pub(crate) fn offer(&mut self, notice: Notice) {
        if notice.owned {
            self.window.keep(notice);
        } else {
            self.window.leave();
            self.look = true;
        }
    }

    /// Other nodes may have left notices in the store.
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
        let taken = self.window.take(most);
        self.in_hand += taken.len();
        taken
    }

    /// Whether the store has to be looked into before anything else can be taken. Whoever asks does so: what is left
    /// there meanwhile is for the next look.
    pub(crate) fn begin_look(&mut self) -> bool {
        let looks = self.window.ready() == 0 && std::mem::take(&mut self.look);
        if looks {
            self.window.begin_look();
        }
        looks
    }

    /// Takes in what a look into the store gave, when it asked for `asked`.
    pub(crate) fn found(&mut self, due: Due, asked: usize) {
        let has_more = due.notices.len() >= asked;
        self.look |= has_more;
        self.window.found(due.notices, has_more);
        if let Some(next) = due.next {
            self.look_at(next);
        }
    }

    /// The store knows that one notice is told, or when to tell it again.
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
    pub(crate) fn give_back(&mut self, mut notices: Vec<Notice>) -> Vec<NoticeId> {
        self.in_hand = self.in_hand.saturating_sub(notices.len());
        let room = READY_MAX.saturating_sub(self.window.ready()).min(notices.len());
        let excess = notices.split_off(room);
        for notice in notices.into_iter().rev() {
            self.window.put_back(notice);
        }
        self.look |= !excess.is_empty();
        excess.iter().map(|notice| notice.id).collect()
    }

    /// Gives up what nobody here will tell: it is to be returned to the store, for whoever wants to.
    pub(crate) fn give_up(&mut self, now: Time) -> Vec<NoticeId> {
        if self.is_attended(now) || self.window.is_empty() {
            return Vec::new();
        }
        self.look = true;
        self.window.clear().map(|notice| notice.id).collect()
    }

    /// When the store should be looked into, though nothing new comes.
    pub(crate) const fn later(&self) -> Option<Time> {
        self.later
    }

    /// Whether there is more to take at once, here or in the store.
    pub(crate) fn has_more(&self) -> bool {
        self.look || self.window.ready() > 0
    }
}

#[cfg(test)]
mod tests;

//! The mail that waits for one client, by its system_id, and the binds that can carry it.
//! Mail is kept while nobody is bound to receive it.

use super::ReceiptsTo;
use super::judge::Throttle;
use super::mail::Mail;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// The most mail that waits for one client.
const MAX_WAITING: usize = 5_000_000;

/// One client's mail.
#[derive(Debug)]
pub(crate) struct Desk {
    waiting: VecDeque<Mail>,
    receivers: Vec<Receiver>,
    /// Which receiver's turn it is.
    turn: usize,
    pub(crate) throttle: Throttle,
    /// Binds of any kind.
    pub(crate) binds: usize,
}

#[derive(Debug)]
struct Receiver {
    bind: u64,
    wake: Arc<Notify>,
    /// How much mail it has room for, as it said last.
    room: usize,
}

impl Desk {
    /// Whether anybody is bound to receive its mail.
    pub(crate) fn has_receivers(&self) -> bool {
        !self.receivers.is_empty()
    }

    pub(crate) fn new(now: Instant) -> Self {
        Self {
            waiting: VecDeque::new(),
            receivers: Vec::new(),
            turn: 0,
            throttle: Throttle::new(now),
            binds: 0,
        }
    }

    /// Leaves mail. The answer is whether there was room for it.
    pub(crate) fn leave(&mut self, mail: Mail) -> bool {
        let fits = self.waiting.len() < MAX_WAITING;
        if fits {
            self.waiting.push_back(mail);
        }
        fits
    }

    /// Puts mail back in front that was taken and not delivered, in its old order.
    pub(crate) fn put_back(&mut self, mail: impl DoubleEndedIterator<Item = Mail>) {
        for mail in mail.rev() {
            self.waiting.push_front(mail);
        }
    }

    /// The next piece of mail that may go on this bind.
    pub(crate) fn take(&mut self, bind: u64, to: ReceiptsTo) -> Option<Mail> {
        let avoids = match to {
            ReceiptsTo::Any => false,
            ReceiptsTo::OtherBind => self.receivers.len() > 1,
            ReceiptsTo::LaterBind => true,
            ReceiptsTo::SameBind => return self.take_own(bind),
        };
        if !avoids {
            return self.waiting.pop_front();
        }
        let place = self.waiting.iter().position(|mail| mail.came_on() != Some(bind))?;
        self.waiting.remove(place)
    }

    /// The next piece of mail for this bind: what came on it, or on one that is there no more.
    fn take_own(&mut self, bind: u64) -> Option<Mail> {
        let is_there = |bind| self.receivers.iter().any(|receiver| receiver.bind == bind);
        let is_own = |mail: &Mail| mail.came_on().is_none_or(|came_on| came_on == bind || !is_there(came_on));
        let place = self.waiting.iter().position(is_own)?;
        self.waiting.remove(place)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// A bind that wants mail.
    pub(crate) fn open(&mut self, bind: u64, wake: Arc<Notify>) {
        self.receivers.push(Receiver { bind, wake, room: 0 });
    }

    /// A bind that wants no more.
    pub(crate) fn close(&mut self, bind: u64) {
        self.receivers.retain(|receiver| receiver.bind != bind);
    }

    /// How much mail a bind has room for now.
    pub(crate) fn set_room(&mut self, bind: u64, room: usize) {
        if let Some(receiver) = self.receivers.iter_mut().find(|receiver| receiver.bind == bind) {
            receiver.room = room;
        }
    }

    /// Wakes every bind.
    pub(crate) fn wake_all(&self) {
        for receiver in &self.receivers {
            receiver.wake.notify_one();
        }
    }

    /// Wakes as many binds, in turn, as the waiting mail needs. One without room comes by itself once it has some.
    pub(crate) fn wake(&mut self) {
        let mut left = self.waiting.len();
        let (start, count) = (self.turn, self.receivers.len());
        for step in 0..count {
            if left == 0 {
                break;
            }
            let index = (start + step) % count;
            if let Some(receiver) = self.receivers.get_mut(index).filter(|receiver| receiver.room > 0) {
                receiver.wake.notify_one();
                left = left.saturating_sub(receiver.room);
                // It is woken for these; later mail goes to the next.
                receiver.room = 0;
                self.turn = index + 1;
            }
        }
    }
}

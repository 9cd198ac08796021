//! The world under its lock. After each change the watchers of counts are told, and the postman's alarm is set.

use super::world::World;
use super::{Counts, Settings};
use postrider_link::{now, sleep_until};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, watch};

#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<Alarmed>,
    counts: watch::Sender<Counts>,
    alarm: Notify,
}

#[derive(Debug)]
struct Alarmed {
    world: World,
    /// When the postman looks again.
    alarm: Option<Instant>,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        let world = World::new(settings, now());
        Self {
            world: Mutex::new(Alarmed { world, alarm: None }),
            counts: watch::Sender::new(Counts::default()),
            alarm: Notify::new(),
        }
    }

    /// Does something to the world.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        // A panic elsewhere left only counts half done; the simulation goes on.
        let mut guard = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut guard.world);
        let counts = guard.world.count();
        let next = guard.world.agenda.next();
        let is_earlier = next.is_some_and(|next| guard.alarm.is_none_or(|alarm| next < alarm));
        if is_earlier {
            guard.alarm = next;
        }
        // Inside the lock, or an older count could overtake a newer one.
        self.counts.send_if_modified(|known| std::mem::replace(known, counts) != counts);
        drop(guard);
        if is_earlier {
            self.alarm.notify_one();
        }
        result
    }

    pub(super) fn watch(&self) -> watch::Receiver<Counts> {
        self.counts.subscribe()
    }

    /// The postman: lays out what is due when it is, for as long as he is let.
    pub(super) async fn deliver(self: Arc<Self>) {
        loop {
            let next = self.with(|world| world.lay_out(now()));
            self.set_alarm(next);
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.alarm.notified() => {}
            }
        }
    }

    fn set_alarm(&self, next: Option<Instant>) {
        let mut guard = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        guard.alarm = next;
    }
}

//! Keeps one bind while this node holds its lease: connects, takes deliveries as there is room, and brings back what came of them.

use super::answers::answer;
use super::meters::Meters;
use super::sender::{Done, Effect};
use super::shipment::{Shipment, pack};
use super::talk::{Flight, Talk};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use postrider_core::contract::{Desk, LinkState};
use postrider_core::delivery::PartOutcome;
use postrider_link::now;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

/// The first pause between attempts to connect.
const FIRST: Duration = Duration::from_secs(1);
/// How often idle connections are looked at.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// The keeper of one bind.
struct Keeper {
    bind: usize,
    talk: Arc<dyn Talk>,
    desk: Arc<dyn Desk>,
    stop: watch::Receiver<bool>,
}

/// Keeps all binds of an upstream until it is stopped.
pub(crate) async fn keep_all(
    binds: usize,
    talk: Arc<dyn Talk>,
    desk: &Arc<dyn Desk>,
    stop: &watch::Receiver<bool>,
) {
    let keepers = (0..binds).map(|bind| {
        let (talk, desk) = (Arc::clone(&talk), Arc::clone(desk));
        Keeper { bind, talk, desk, stop: stop.clone() }.keep()
    });
    futures_util::future::join_all(keepers).await;
}

impl Keeper {
    /// Keeps the bind whenever it is this node's, until the upstream is stopped.
    async fn keep(self) {
        let mut stop = self.stop.clone();
        self.tell(LinkState::Elsewhere);
        while !is_stopped(&stop) {
            tokio::select! {
                () = self.desk.admitted(self.bind) => {}
                () = stopped(&mut stop) => break,
            }
            let (leave, mut left) = watch::channel(None);
            let until = async {
                let patience = tokio::select! {
                    patience = self.desk.dismissed(self.bind) => patience,
                    () = stopped(&mut stop) => self.talk.traits().drain,
                };
                leave.send_replace(Some(patience));
            };
            tokio::join!(until, self.hold(&mut left));
            self.tell(LinkState::Elsewhere);
        }
    }

    /// Connects, works, and tries again, until it is told to leave.
    async fn hold(&self, leave: &mut watch::Receiver<Option<Duration>>) {
        let meters = Arc::new(Meters::new(self.talk.traits().name));
        let mut wait = FIRST;
        while leave.borrow().is_none() {
            self.tell(LinkState::Connecting);
            let retry_in = match self.talk.connect().await {
                Ok(()) => {
                    meters.up();
                    wait = FIRST;
                    self.tell(LinkState::Up);
                    match self.work(leave, &meters).await {
                        None => return,
                        Some(Effect::Unreachable(reason)) => self.down(reason, FIRST),
                        Some(Effect::Paused(reason)) => self.pause(&reason),
                        Some(Effect::Later(time)) => {
                            self.down("the provider wants to be left alone".to_owned(), time)
                        }
                    }
                }
                Err(reason) => {
                    let retry_in = wait;
                    wait = (wait * 2).min(self.talk.traits().reconnect_max);
                    self.down(reason, retry_in)
                }
            };
            if leave.borrow().is_none() {
                meters.failed();
            }
            tokio::select! {
                () = sleep(retry_in) => {}
                _ = told_to_leave(leave) => {}
            }
        }
    }

    /// Whether this bind fetches what waits: one of an upstream does.
    fn polls(&self) -> bool {
        self.bind == 0 && self.talk.traits().poll_every.is_some()
    }

    /// Sends until it is told to leave, or the provider can't be used for a while. Everything taken is given back by then.
    async fn work(
        &self,
        leave: &mut watch::Receiver<Option<Duration>>,
        meters: &Arc<Meters>,
    ) -> Option<Effect> {
        let (give_up, given_up) = watch::channel(false);
        let mut work = Work {
            keeper: self,
            flight: Flight { meters: Arc::clone(meters), given_up },
            flights: FuturesUnordered::new(),
            waiting: VecDeque::new(),
            seen: 0,
            poll: self.polls().then(now),
        };
        let mut effect = None;
        let mut ends: Option<Instant> = None;
        loop {
            let is_ending = ends.is_some() || effect.is_some();
            let is_dry = if is_ending { work.return_waiting() } else { work.fill() };
            if is_ending && work.flights.is_empty() {
                return effect.filter(|_| ends.is_none());
            }
            tokio::select! {
                biased;
                Some(done) = work.flights.next(), if !work.flights.is_empty() => {
                    effect = effect.or(work.take_in(done));
                }
                seen = self.desk.work(work.seen), if is_dry && !is_ending => work.seen = seen,
                patience = told_to_leave(leave), if ends.is_none() => ends = Some(now() + patience),
                () = sleep_until(ends.unwrap_or_else(now).into()), if ends.is_some() => {
                    give_up.send_replace(true);
                    ends = Some(now() + self.talk.traits().drain);
                }
                () = sleep_until(work.poll.unwrap_or_else(now).into()), if work.poll.is_some() && !is_ending => {
                    work.fetch();
                }
                () = sleep(SWEEP_EVERY), if !is_ending => self.talk.sweep(),
            }
        }
    }

    fn pause(&self, reason: &str) -> Duration {
        let pause = self.talk.traits().pause;
        let shown = format!("{:.1}s", pause.as_secs_f64());
        tracing::error!(
            upstream = self.talk.traits().name, %reason, retry_in = shown,
            "the provider refuses everything: look at credentials, credit and URL of this upstream"
        );
        self.tell(LinkState::Down { reason: format!("the provider refused: {reason}"), retry_in: pause });
        pause
    }

    fn down(&self, reason: String, retry_in: Duration) -> Duration {
        let shown = format!("{:.1}s", retry_in.as_secs_f64());
        tracing::warn!(upstream = self.talk.traits().name, link = self.bind, %reason, retry_in = shown, "the link is down");
        self.tell(LinkState::Down { reason, retry_in });
        retry_in
    }

    fn tell(&self, state: LinkState) {
        self.desk.link(self.bind, state);
    }
}

/// The work of a bind while the provider can be reached.
struct Work<'a> {
    keeper: &'a Keeper,
    flight: Flight,
    flights: FuturesUnordered<BoxFuture<'static, Done>>,
    /// Shipments for which there was no room.
    waiting: VecDeque<Shipment>,
    seen: u64,
    /// When what waits is fetched next; `None` while that is under way, and where nothing is.
    poll: Option<Instant>,
}

impl Work<'_> {
    /// Sends as much as there is room for. Returns whether there is room left and nothing to send.
    fn fill(&mut self) -> bool {
        let talk = &*self.keeper.talk;
        let traits = talk.traits();
        loop {
            while self.flights.len() < traits.window
                && let Some(shipment) = self.waiting.pop_front()
            {
                self.flights.push(talk.send(shipment, self.flight.clone()));
            }
            let free = traits.window.saturating_sub(self.flights.len());
            if free == 0 {
                return false;
            }
            if traits.has_inquiry {
                for part in self.keeper.desk.ask(free) {
                    self.flights.push(talk.inquire(part));
                }
            }
            let taken = self.keeper.desk.take(free * traits.messages_max);
            if taken.is_empty() {
                return true;
            }
            pack(taken, talk, &mut self.waiting);
        }
    }

    /// Fetches what waits at the provider.
    fn fetch(&mut self) {
        self.poll = None;
        let desk = Arc::clone(&self.keeper.desk);
        self.flights.push(self.keeper.talk.poll(desk, self.flight.clone()));
    }

    /// Brings the desk what has come, all that there is at once. Returns what it says of the provider.
    fn take_in(&mut self, done: Done) -> Option<Effect> {
        let Done { mut answers, mut reports, mut effect, mut is_polled } = done;
        while let Some(Some(done)) = self.flights.next().now_or_never() {
            answers.extend(done.answers);
            reports.extend(done.reports);
            effect = effect.or(done.effect);
            is_polled |= done.is_polled;
        }
        if is_polled {
            self.poll = self.keeper.talk.traits().poll_every.map(|every| now() + every);
        }
        if !answers.is_empty() {
            self.keeper.desk.answered(answers);
        }
        if !reports.is_empty() {
            self.keeper.desk.replied(reports);
        }
        effect
    }

    /// Gives back what was not sent.
    fn return_waiting(&mut self) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        let answers: Vec<_> = waiting
            .into_iter()
            .flat_map(|shipment| shipment.0)
            .map(|delivery| answer(delivery, vec![PartOutcome::NotSent]))
            .collect();
        if !answers.is_empty() {
            self.keeper.desk.answered(answers);
        }
        false
    }
}

/// Whether the upstream is to stop. It is, too, when the sender is gone.
fn is_stopped(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Waits until the upstream is to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Waits until the bind is to be given up, and returns how long answers may be waited for.
async fn told_to_leave(leave: &mut watch::Receiver<Option<Duration>>) -> Duration {
    let told = leave.wait_for(Option::is_some).await;
    told.ok().and_then(|patience| *patience).unwrap_or_default()
}

//! Keeps one bind while this node holds its lease: connects, takes deliveries as there is room, and brings back what came of them.

use super::client::Client;
use super::meters::Meters;
use super::sender::{Done, Effect, Sender};
use super::settings::Settings;
use super::shipment::{Shipment, pack};
use super::token::Tokens;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use postrider_core::contract::{Desk, LinkState, Live};
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
pub(super) struct Keeper {
    pub(super) bind: usize,
    pub(super) settings: Arc<Settings>,
    pub(super) client: Arc<Client>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) desk: Arc<dyn Desk>,
    pub(super) live: Arc<dyn Live>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Keeper {
    /// Keeps the bind whenever it is this node's, until the upstream is stopped.
    pub(super) async fn keep(self) {
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
                    () = stopped(&mut stop) => self.settings.limits.drain,
                };
                leave.send_replace(Some(patience));
            };
            tokio::join!(until, self.hold(&mut left));
            self.tell(LinkState::Elsewhere);
        }
    }

    /// Connects, works, and tries again, until it is told to leave.
    async fn hold(&self, leave: &mut watch::Receiver<Option<Duration>>) {
        let meters = Arc::new(Meters::new(&self.settings.name));
        let mut wait = FIRST;
        while leave.borrow().is_none() {
            self.tell(LinkState::Connecting);
            let retry_in = match self.connect().await {
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
                    wait = (wait * 2).min(self.settings.reconnect_max.get());
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
        self.bind == 0 && self.settings.provider.preset().is_polled()
    }

    /// Whether the provider can be reached. A URL that is not the same for all messages can't be tried.
    async fn connect(&self) -> Result<(), String> {
        let around = self.settings.surroundings(self.live.now(), "", None);
        match self.settings.provider.endpoint(&around) {
            Ok(url) => self.client.connect(&url).await,
            Err(_) => Ok(()),
        }
    }

    /// Sends until it is told to leave, or the provider can't be used for a while. Everything taken is given back by then.
    async fn work(
        &self,
        leave: &mut watch::Receiver<Option<Duration>>,
        meters: &Arc<Meters>,
    ) -> Option<Effect> {
        let (give_up, given_up) = watch::channel(false);
        let sender = Sender {
            settings: Arc::clone(&self.settings),
            client: Arc::clone(&self.client),
            tokens: Arc::clone(&self.tokens),
            live: Arc::clone(&self.live),
            meters: Arc::clone(meters),
            given_up,
        };
        let mut work = Work {
            keeper: self,
            sender,
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
                    ends = Some(now() + self.settings.limits.drain);
                }
                () = sleep_until(work.poll.unwrap_or_else(now).into()), if work.poll.is_some() && !is_ending => {
                    work.fetch();
                }
                () = sleep(SWEEP_EVERY), if !is_ending => self.client.sweep(),
            }
        }
    }

    fn pause(&self, reason: &str) -> Duration {
        let pause = self.settings.pause.get();
        let shown = format!("{:.1}s", pause.as_secs_f64());
        tracing::error!(
            upstream = %self.settings.name, %reason, retry_in = shown,
            "the provider refuses everything: look at credentials, credit and URL of this upstream"
        );
        self.tell(LinkState::Down { reason: format!("the provider refused: {reason}"), retry_in: pause });
        pause
    }

    fn down(&self, reason: String, retry_in: Duration) -> Duration {
        let shown = format!("{:.1}s", retry_in.as_secs_f64());
        tracing::warn!(upstream = %self.settings.name, link = self.bind, %reason, retry_in = shown, "the link is down");
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
    sender: Sender,
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
        let settings = &self.keeper.settings;
        let window = usize::from(settings.window);
        loop {
            while self.flights.len() < window
                && let Some(shipment) = self.waiting.pop_front()
            {
                self.flights.push(self.sender.clone().send(shipment).boxed());
            }
            let free = window.saturating_sub(self.flights.len());
            if free == 0 {
                return false;
            }
            if settings.provider.preset().has_inquiry() {
                for part in self.keeper.desk.ask(free) {
                    self.flights.push(self.sender.clone().inquire(part).boxed());
                }
            }
            let taken = self.keeper.desk.take(free * settings.provider.messages_max());
            if taken.is_empty() {
                return true;
            }
            pack(taken, settings, &mut self.waiting);
        }
    }

    /// Fetches what waits at the provider.
    fn fetch(&mut self) {
        self.poll = None;
        let desk = Arc::clone(&self.keeper.desk);
        self.flights.push(self.sender.clone().poll(desk).boxed());
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
            self.poll = Some(now() + self.keeper.settings.poll_every.get());
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
            .map(|delivery| {
                super::answers::answer(delivery, vec![postrider_core::delivery::PartOutcome::NotSent])
            })
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

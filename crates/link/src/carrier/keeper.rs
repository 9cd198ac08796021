//! Keeps one link while this node holds the lease of its bind: connects, lets the link run, and reconnects.

use super::backoff::Backoff;
use super::evictions::{Evictions, GRACE};
use super::link::{Context, End, Link};
use super::sources::{Leave, told_to_leave};
use super::{Failure, Line, Protocol, Settings, Surroundings, meters};
use crate::now;
use postrider_core::contract::LinkState;
use postrider_trace::Recorded;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How often in a row a session may end right after another came up until that is taken for the reason.
const COINCIDENCES: u32 = 2;
/// How often a link that stays away for the sake of another looks whether that is still up.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The keeper of one link.
pub(super) struct Keeper<P> {
    /// The link's place among those of the upstream.
    pub(super) index: usize,
    pub(super) protocol: Arc<P>,
    pub(super) settings: Arc<Settings>,
    pub(super) surroundings: Surroundings,
    pub(super) evictions: Arc<Evictions>,
    pub(super) stop: watch::Receiver<bool>,
}

impl<P: Protocol> Keeper<P> {
    /// Keeps the link whenever its bind is this node's to keep, until the upstream is stopped.
    pub(super) async fn keep(self) {
        let Some(line) = self.settings.lines.get(self.index) else { return };
        let desk = &self.surroundings.desk;
        let mut stop = self.stop.clone();
        // Links that this node never kept are shown, too, as another node's.
        self.tell(LinkState::Elsewhere);
        while !is_stopped(&stop) {
            tokio::select! {
                () = desk.admitted(line.bind) => {}
                () = stopped(&mut stop) => break,
            }
            let (leave, left) = watch::channel(None);
            let until = async {
                let patience = tokio::select! {
                    patience = desk.dismissed(line.bind) => patience,
                    () = stopped(&mut stop) => self.settings.timers.drain,
                };
                leave.send_replace(Some(patience));
            };
            tokio::join!(until, self.hold(line, left));
            self.tell(LinkState::Elsewhere);
            if !is_stopped(&stop) {
                tracing::info!(
                    upstream = &*self.settings.name,
                    link = self.index,
                    "the link was given up: it is not this node's to keep any more"
                );
            }
        }
    }

    /// Connects, lets the link run, and tries again when it ends, until it is told to leave.
    async fn hold(&self, line: &Line, mut leave: Leave) {
        let mut backoff = Backoff::new(self.settings.timers);
        let mut first_host = 0;
        let mut evicted = 0_u32;
        while leave.borrow().is_none() {
            self.tell(LinkState::Connecting);
            let end = self.attempt(line, first_host, &mut leave).await;
            let ended = self.evictions.ended(self.index, now());
            if leave.borrow().is_some() {
                return;
            }
            // A host that can be reached and lets nobody in may be one that stands by: the next has its turn.
            first_host = if end.failure == Failure::NotReady { first_host + 1 } else { 0 };
            let reason = end.reason.clone();
            let retry_in = self.fail(end, &mut backoff);
            pass(GRACE.min(retry_in), &mut leave).await;
            let was_evicted = ended.is_some_and(|ended| {
                self.evictions.was_evicted(ended, self.surroundings.desk.remote_links())
            });
            evicted = if was_evicted { evicted + 1 } else { 0 };
            if let Some(before) = evicted.checked_sub(COINCIDENCES + 1) {
                let failure = Failure::Evicted(before);
                let reason = format!("{reason}, as whenever another session of this upstream is bound");
                self.stay_away(End::new(failure, reason), backoff.wait(failure, dice()), &mut leave).await;
            }
            pass(retry_in.saturating_sub(GRACE), &mut leave).await;
        }
    }

    /// Counts and tells the end of a link; returns how long its carrier is to be left alone.
    fn fail(&self, end: End, backoff: &mut Backoff) -> Duration {
        let retry_in = backoff.wait(end.failure, dice());
        // A pause isn't over because the carrier hangs up on us.
        let pause = end.paused_until.map(|until| until.saturating_duration_since(now()));
        let retry_in = retry_in.max(pause.unwrap_or_default());
        meters::failed(&self.settings.name, end.failure);
        self.tell_end(end, retry_in);
        retry_in
    }

    /// Lets so much time pass, as long as another session is up that this link's would evict.
    async fn stay_away(&self, end: End, wait: Duration, leave: &mut Leave) {
        let until = now() + wait;
        self.tell_end(end, wait);
        let would_evict = || self.evictions.are_up() || self.surroundings.desk.remote_links().up;
        while leave.borrow().is_none() && would_evict() {
            let left = until.saturating_duration_since(now());
            if left.is_zero() {
                return;
            }
            pass(left.min(LOOK_EVERY), leave).await;
        }
    }

    /// Tries the hosts once, beginning with one of them.
    async fn attempt(&self, line: &Line, first_host: usize, leave: &mut Leave) -> End {
        let Surroundings { dial, recorder, .. } = &self.surroundings;
        let mut hosts = line.hosts.clone();
        let turn = first_host % hosts.len().max(1);
        hosts.rotate_left(turn);
        let connected = tokio::select! {
            connected = dial.dial(&hosts, self.index) => connected,
            _ = told_to_leave(leave) => Err(String::from("the upstream is stopped")),
        };
        let (stream, ends) = match connected {
            Ok(connected) => connected,
            Err(reason) => return End::new(Failure::Unreachable, reason),
        };
        let conversation = match self.protocol.begin(self.index, now()) {
            Ok(conversation) => conversation,
            Err(reason) => {
                let advice = Some("the login can't be written as configured");
                return End { advice, ..End::new(Failure::Login, reason) };
            }
        };
        let tape = recorder.upstream(&self.settings.name, self.index, ends);
        let context = Context {
            index: self.index,
            line,
            settings: &self.settings,
            surroundings: &self.surroundings,
            evictions: &self.evictions,
        };
        Link::new(context, conversation, leave).run(Recorded::new(stream, tape)).await
    }

    fn tell_end(&self, end: End, retry_in: Duration) {
        let upstream = &*self.settings.name;
        let End { failure, reason, advice, .. } = end;
        let shown = format!("{:.1}s", retry_in.as_secs_f64());
        let advice = match failure {
            Failure::Evicted(_) => Some(
                "the carrier seems to admit fewer sessions than 'binds' says: ask how many, and set 'binds' to that",
            ),
            _ => advice,
        };
        match advice {
            Some(advice) if needs_an_operator(failure) => {
                tracing::error!(upstream, link = self.index, %reason, retry_in = shown, "{advice}");
            }
            _ => tracing::warn!(upstream, link = self.index, %reason, retry_in = shown, "the link is down"),
        }
        self.tell(LinkState::Down { reason, retry_in });
    }

    fn tell(&self, state: LinkState) {
        self.surroundings.desk.link(self.index, state);
    }
}

/// Whether nothing gets better before somebody changes something, here or at the carrier.
fn needs_an_operator(failure: Failure) -> bool {
    matches!(failure, Failure::Login | Failure::Occupied | Failure::Evicted(_))
}

/// Lets time pass, unless the link is to end.
async fn pass(time: Duration, leave: &mut Leave) {
    tokio::select! {
        () = sleep(time) => {}
        _ = told_to_leave(leave) => {}
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

fn dice() -> u8 {
    let mut octet = [0];
    // Without dice, links that failed together try together: no harm but to the carrier's patience.
    let _ = getrandom::fill(&mut octet);
    octet[0]
}

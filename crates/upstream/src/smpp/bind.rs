//! Keeps one link while it is this node's to keep: connects, lets it run, and tries again when it ends.

use super::backoff::{Backoff, Failure};
use super::connect::connect;
use super::link::{End, Leave, Link, told_to_leave};
use super::settings::Settings;
use super::siblings::{HEARD, Siblings};
use metrics::counter;
use postrider_core::contract::{Desk, LinkState, Live};
use postrider_trace::{Recorded, Recorder};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

/// How often in a row a session may end right after another was bound until that is taken for the reason.
const COINCIDENCES: u32 = 2;
/// How often a link that stays away for the sake of another looks whether that is still up.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// One of the links that an upstream keeps.
pub(super) struct Bind {
    pub(super) index: usize,
    pub(super) mode: BindMode,
    pub(super) settings: Arc<Settings>,
    pub(super) desk: Arc<dyn Desk>,
    pub(super) live: Arc<dyn Live>,
    pub(super) siblings: Arc<Siblings>,
    pub(super) recorder: Arc<Recorder>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Bind {
    /// Keeps the link whenever it is this node's to keep, until the upstream is stopped.
    pub(super) async fn keep(self) {
        let mut stop = self.stop.clone();
        let bind = self.index % self.settings.binds.max(1);
        // Of links that this node never had it is shown, too, where they are.
        self.desk.link(self.index, LinkState::Elsewhere);
        while !is_stopped(&stop) {
            tokio::select! {
                () = self.desk.admitted(bind) => {}
                () = stopped(&mut stop) => break,
            }
            let (leave, left) = watch::channel(None);
            let until = async {
                let patience = tokio::select! {
                    patience = self.desk.dismissed(bind) => patience,
                    () = stopped(&mut stop) => self.settings.timers.drain,
                };
                leave.send_replace(Some(patience));
            };
            tokio::join!(until, self.hold(left));
            self.desk.link(self.index, LinkState::Elsewhere);
            if !is_stopped(&stop) {
                let upstream = &*self.settings.name;
                tracing::info!(
                    upstream,
                    link = self.index,
                    "the link was given up: it is not this node's to keep any more"
                );
            }
        }
    }

    /// Connects, lets the link run, and tries again when it ends, until it is told to leave.
    async fn hold(&self, mut leave: Leave) {
        let mut backoff = Backoff::new(self.settings.timers);
        let mut first = 0;
        let mut displaced = 0_u32;
        while leave.borrow().is_none() {
            self.desk.link(self.index, LinkState::Connecting);
            let end = self.attempt(first, &mut leave).await;
            let ended = self.siblings.ended(self.index, Instant::now());
            if leave.borrow().is_some() {
                return;
            }
            // A host that can be reached and doesn't bind may be one that stands by: the next has its turn.
            first = if end.failure == Failure::Unbound { first + 1 } else { 0 };
            let reason = end.reason.clone();
            let retry_in = self.fail(end, &mut backoff);
            pass(HEARD.min(retry_in), &mut leave).await;
            // Whether it was for another's sake is known by now.
            let is_rivals = |ended| self.siblings.made_room(ended, self.desk.elsewhere());
            displaced = if ended.is_some_and(is_rivals) { displaced + 1 } else { 0 };
            if let Some(before) = displaced.checked_sub(COINCIDENCES + 1) {
                let failure = Failure::Displaced(before);
                let reason = format!("{reason}, as whenever another session of this upstream is bound");
                let end = End { failure, reason, refused: None, paused: None };
                self.stay_away(end, backoff.wait(failure, dice()), &mut leave).await;
            }
            pass(retry_in.saturating_sub(HEARD), &mut leave).await;
        }
    }

    /// Counts and tells of the end of a link; returns how long its carrier is owed to be left alone.
    fn fail(&self, end: End, backoff: &mut Backoff) -> Duration {
        let retry_in = backoff.wait(end.failure, dice());
        // A pause isn't over because the carrier hangs up on us.
        let pause = end.paused.map(|until| until.saturating_duration_since(Instant::now()));
        let retry_in = retry_in.max(pause.unwrap_or_default());
        self.count(end.failure);
        self.tell(end, retry_in);
        retry_in
    }

    /// Lets so much time pass, as long as another session is up that this link's would displace.
    async fn stay_away(&self, end: End, wait: Duration, leave: &mut Leave) {
        let until = Instant::now() + wait;
        self.tell(end, wait);
        let would_displace = || self.siblings.are_up() || self.desk.elsewhere().up;
        while leave.borrow().is_none() && would_displace() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            pass(left.min(LOOK_EVERY), leave).await;
        }
    }

    /// Tries the hosts once, beginning with one of them.
    async fn attempt(&self, first: usize, leave: &mut Leave) -> End {
        let settings = Arc::clone(&self.settings);
        let mut hosts = settings.hosts(self.mode).to_vec();
        let turn = first % hosts.len().max(1);
        hosts.rotate_left(turn);
        let connected = tokio::select! {
            connected = connect(&settings, &hosts, self.index) => connected,
            _ = told_to_leave(leave) => Err(String::from("the upstream is stopped")),
        };
        match connected {
            Ok((stream, ends)) => {
                let tape = self.recorder.upstream(&settings.name, self.index, ends);
                let stream = Box::new(Recorded::new(stream, tape));
                let link =
                    Link::new(self.index, self.mode, &settings, &self.desk, &self.live, &self.siblings);
                link.run(stream, leave).await
            }
            Err(reason) => End { failure: Failure::Unreachable, reason, refused: None, paused: None },
        }
    }

    fn count(&self, failure: Failure) {
        let (name, result) = match failure {
            Failure::Ended | Failure::Displaced(_) => ("postrider_disconnects_total", "ended"),
            Failure::Unreachable | Failure::Unbound => ("postrider_bind_attempts_total", "failed"),
            Failure::Login | Failure::Occupied => ("postrider_bind_attempts_total", "refused"),
        };
        counter!(name, "upstream" => self.settings.name.to_string(), "result" => result).increment(1);
    }

    fn tell(&self, end: End, retry_in: Duration) {
        let upstream = &*self.settings.name;
        let End { failure, reason, refused, .. } = end;
        let shown = format!("{:.1}s", retry_in.as_secs_f64());
        if matches!(failure, Failure::Login | Failure::Occupied | Failure::Displaced(_)) {
            let advice = advice(failure, refused);
            tracing::error!(upstream, link = self.index, %reason, retry_in = shown, "{advice}");
        } else {
            tracing::warn!(upstream, link = self.index, %reason, retry_in = shown, "the link is down");
        }
        self.desk.link(self.index, LinkState::Down { reason, retry_in });
    }
}

/// Lets time pass, unless the link is to end.
async fn pass(time: Duration, leave: &mut Leave) {
    tokio::select! {
        () = sleep(time) => {}
        _ = told_to_leave(leave) => {}
    }
}

/// Whether it is to stop; whoever could say so being gone says it too.
fn is_stopped(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Waits until it is to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What to look at, or to ask the carrier, when it won't have us.
fn advice(failure: Failure, refused: Option<Status>) -> &'static str {
    match refused {
        _ if matches!(failure, Failure::Displaced(_)) => {
            "the carrier seems to admit fewer sessions than 'binds' says: ask how many, and set 'binds' to that"
        }
        Some(Status::RINVPASWD) => {
            "the carrier says the password is wrong: compare it with what the carrier gave you, and ask whether the \
             account is locked or this address not allowed"
        }
        Some(Status::RINVSYSID) => {
            "the carrier doesn't know this system_id: compare it with what the carrier gave you, and ask whether host \
             and port are those of your account"
        }
        Some(Status::RALYBND) => {
            "the carrier says this login is bound already: it may hold on to a session that was lost, something else may \
             be bound with it, or fewer sessions are allowed than 'binds' says"
        }
        Some(Status::RINVSYSTYP) => "the carrier wants another system_type: ask which",
        Some(_) => {
            "the carrier refused the bind: ask whether the account is active, this address allowed, and this kind of \
             bind and this interface_version supported"
        }
        None => "the bind can't be written as configured",
    }
}

fn dice() -> u8 {
    let mut octet = [0];
    // Without dice, links that failed together try together: no harm but to the carrier's patience.
    let _ = getrandom::fill(&mut octet);
    octet[0]
}

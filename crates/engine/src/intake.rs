//! The straight line of a message on its way in: checked, judged, planned, sealed, made durable.

use crate::dispatch::Counter;
use crate::engine::{Engine, Shared};
use async_trait::async_trait;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{Accept, Accepted, Busy, Intake, Once, Prepared};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::{self, Message};
use postrider_core::node::LIFE;
use postrider_core::pace::Pace;
use postrider_core::policy;
use postrider_core::route::{self, UpstreamId};
use postrider_core::rules::Rules;
use postrider_core::submission::{Draft, Refusal, Submission, validate};
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Messages that may wait for the store at once; more are told to come back.
const STORING_MAX: usize = 50_000;
/// Clients may send their share of this stretch at once.
const BURST: Duration = Duration::from_secs(1);

/// Counts what accounts submit, and what waits for the store.
#[derive(Default)]
pub(crate) struct Meter {
    paces: Mutex<HashMap<AccountId, Asked>>,
    storing: AtomicUsize,
}

/// What the clients of one account ask for.
struct Asked {
    pace: Pace,
    /// Parts asked for since the last look, those refused too.
    parts: f64,
    since: Time,
}

impl Meter {
    /// Parts a second that clients of accounts with a rate asked for since the last look.
    pub(crate) fn demand(&self, now: Time) -> Vec<(AccountId, f64)> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let demand = |(account, asked): (&AccountId, &mut Asked)| {
            let span = now.since(asked.since).as_secs_f64().max(0.001);
            let parts = std::mem::take(&mut asked.parts);
            asked.since = now;
            (parts > 0.0).then_some((*account, parts / span))
        };
        paces.iter_mut().filter_map(demand).collect()
    }

    /// Lets so many parts of the account pass, of which a share of its rate is this node's, or says how long to wait.
    fn pass(&self, account: &Account, share: f64, parts: u8, now: Time) -> Result<(), Refusal> {
        let Some(rate) = account.rate.map(|rate| rate * share) else { return Ok(()) };
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Asked { pace: Pace::with_burst(Some(rate), BURST, now), parts: 0.0, since: now };
        let Asked { pace, parts: asked, .. } = paces.entry(account.id).or_insert_with(new);
        *asked += f64::from(parts);
        pace.set_limit(Some(rate));
        if pace.permits(now) == 0 {
            return Err(Refusal::TooFast { retry_after: pace.wait(now) });
        }
        pace.spend(parts.into(), now);
        Ok(())
    }
}

/// What every message of one batch is judged by.
struct Line<'a> {
    shared: &'a Shared,
    account: &'a Account,
    rules: &'a Rules,
    /// The share of the account's rate that is this node's.
    share: f64,
    now: Time,
}

impl Line<'_> {
    fn prepare(&self, submission: Submission) -> Result<Prepared, Refusal> {
        let draft = validate(submission, self.account, self.now)?;
        policy::judge(&draft, self.account)?;
        let upstream = self.plan(&draft)?;
        self.shared.meter.pass(self.account, self.share, draft.parts, self.now)?;
        let id = self.shared.identify(draft.to, draft.parts, self.now);
        Ok(Prepared { message: message::seal(draft, self.account, id, self.now), upstream })
    }

    fn plan(&self, draft: &Draft) -> Result<UpstreamId, Refusal> {
        let up = |upstream| self.shared.is_up(upstream);
        route::plan(&self.rules.table, draft.to, 0, up).map(|plan| plan.upstream).ok_or(Refusal::NoRoute)
    }
}

#[async_trait]
impl Intake for Engine {
    fn prepare(&self, account: &Account, submissions: Vec<Submission>) -> Vec<Result<Prepared, Refusal>> {
        let shared = &*self.shared;
        let rules = shared.rules.load();
        let share = shared.fellows.share_of_rate(account.id);
        let line = Line { shared, account, rules: &rules, share, now: shared.clock.now() };
        let prepared: Vec<_> = submissions.into_iter().map(|submission| line.prepare(submission)).collect();
        for refusal in prepared.iter().filter_map(|prepared| prepared.as_ref().err()) {
            metrics::counter!("postrider_rejected_total", "reason" => refusal.code()).increment(1);
        }
        prepared
    }

    async fn commit(&self, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy> {
        let shared = Arc::clone(&self.shared);
        if shared.draining.load(Ordering::Relaxed) {
            return Err(Busy::Draining);
        }
        let count = prepared.len();
        if shared.meter.storing.fetch_add(count, Ordering::Relaxed) + count > STORING_MAX {
            shared.meter.storing.fetch_sub(count, Ordering::Relaxed);
            return Err(Busy::Full);
        }
        // In a task of its own: what is stored must be sent on even when the client has gone.
        let stored = tokio::spawn(async move {
            let accepted = store(&shared, prepared, once).await;
            shared.meter.storing.fetch_sub(count, Ordering::Relaxed);
            accepted
        });
        stored.await.unwrap_or(Err(Busy::Store))
    }
}

/// Makes messages durable and brings them to their counters.
async fn store(shared: &Shared, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy> {
    let started = std::time::Instant::now();
    let mut promises = Promises::default();
    let now = shared.clock.now();
    let accepts: Vec<Accept> =
        prepared.into_iter().map(|prepared| promises.make(shared, prepared, now)).collect();
    let count = accepts.len();
    let told: Vec<Arc<Message>> = if tracing::enabled!(target: "message", tracing::Level::DEBUG) {
        accepts.iter().map(|accept| Arc::clone(&accept.message)).collect()
    } else {
        Vec::new()
    };
    match shared.store.accept(accepts, once).await {
        Ok(Accepted::Now) => {
            tell_log(&told);
            shared.store_is(None);
            promises.keep(shared);
            metrics::counter!("postrider_accepted_total").increment(count as u64);
            metrics::histogram!("postrider_store_accept_seconds").record(started.elapsed().as_secs_f64());
            Ok(Accepted::Now)
        }
        Ok(other) => {
            drop(promises.withdraw());
            Ok(other)
        }
        Err(error) => {
            disown(shared, promises.withdraw());
            shared.store_is(Some(&error));
            tracing::debug!(%error, messages = count, "messages were not accepted; their clients were told to try again");
            metrics::counter!("postrider_store_errors_total").increment(1);
            Err(Busy::Store)
        }
    }
}

/// Makes sure that messages which the store would not confirm don't lie there as this node's, if they lie there: a
/// connection that broke at the wrong moment leaves that open. Then they are sent, as if they had been confirmed.
fn disown(shared: &Shared, messages: Vec<MessageId>) {
    if messages.is_empty() {
        return;
    }
    let store = Arc::clone(&shared.store);
    tokio::spawn(async move {
        // Whoever is away for longer is taken for dead, and has everything taken off it.
        for _ in 0..LIFE.as_secs() * 2 {
            if store.release(messages.clone()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
}

fn tell_log(messages: &[Arc<Message>]) {
    for message in messages {
        tracing::debug!(target: "message", id = %message.id, to = ?message.to, state = "queued", "queued");
    }
}

/// Room on shelves that was promised to messages while they are stored.
#[derive(Default)]
struct Promises {
    shelves: Vec<(Arc<Counter>, Vec<Delivery>, bool)>,
}

impl Promises {
    fn make(&mut self, shared: &Shared, prepared: Prepared, now: Time) -> Accept {
        let Prepared { message, upstream } = prepared;
        let shelf = self.shelf(shared, upstream);
        let owned =
            shelf.as_ref().is_some_and(|(counter, ..)| counter.reserve(message.class, message.due, now));
        match shelf {
            Some((_, deliveries, _)) if owned => {
                deliveries.push(Delivery::new(Arc::clone(&message), upstream));
            }
            Some((_, _, left)) => *left = true,
            None => {}
        }
        Accept { message, upstream, owned }
    }

    fn shelf(
        &mut self,
        shared: &Shared,
        upstream: UpstreamId,
    ) -> Option<&mut (Arc<Counter>, Vec<Delivery>, bool)> {
        let index = match self.shelves.iter().position(|(counter, ..)| counter.id == upstream) {
            Some(index) => index,
            None => {
                self.shelves.push((shared.counter(upstream)?, Vec::new(), false));
                self.shelves.len() - 1
            }
        };
        self.shelves.get_mut(index)
    }

    fn keep(self, shared: &Shared) {
        for (counter, deliveries, left_in_store) in self.shelves {
            if !deliveries.is_empty() {
                counter.keep_promise(deliveries);
            }
            if left_in_store {
                counter.leave_behind();
                shared.left_in_queue(&counter);
            }
        }
    }

    /// Gives the room back; returns the messages for which it was promised.
    fn withdraw(self) -> Vec<MessageId> {
        let mut promised = Vec::new();
        for (counter, deliveries, _) in self.shelves {
            counter.unreserve(deliveries.len());
            promised.extend(deliveries.iter().map(|delivery| delivery.message.id));
        }
        promised
    }
}

//! Webhooks: notices are posted, signed, at least once, and never to an address that is not allowed. The engine decides
//! when a notice is due.

pub(crate) mod address;
mod app_events;
mod attempts;
mod batch;
mod body;
mod chat;
mod client;
mod clients;
#[cfg(test)]
pub(crate) mod description;
mod kannel;
mod loop_guard;
mod menu;
mod outcome;
mod post;
mod queue;
mod replier;
mod reply;
mod returns;
mod rule_url;
mod sign;
mod takings;
mod targets;
mod test_event;
#[cfg(test)]
mod testing;

pub use app_events::AppEvents;
pub use attempts::{ATTEMPTS_KEPT, Attempts, PostAttempt};
pub(crate) use body::Facts as MessageEnd;
pub use menu::Menus;
pub use test_event::{NotTested, TEST_INTERVAL, TestEvents, Tested};

use batch::Batch;
use outcome::{NextStep, PostOutcome};
use post::{Posted, Poster};
use postrider_core::contract::{Automation, Intake, Live, Outbox, Told};
use postrider_core::notice::{Attempt, Lane, Notice, What};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use queue::Queue;
use replier::Replier;
use rustls::pki_types::CertificateDer;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use takings::Takings;
use tokio::task::JoinSet;
use tokio::time::interval;

/// The most posts at once, over all accounts.
pub const POSTS_MAX: usize = 512;
/// The most posts at once of one account: a slow endpoint holds up only its own account.
pub const ACCOUNT_POSTS_MAX: usize = 64;
/// The most notices of one account that wait here. Any more are postponed.
pub const ACCOUNT_WAITING_MAX: usize = 10_000;
/// The most notices that wait here, over all accounts.
const WAITING_MAX: usize = 50_000;
/// The time between two looks at connections that are idle.
const SWEEP: Duration = Duration::from_secs(10);

/// Settings of webhooks.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Certificates of authorities that are trusted in addition to the system's.
    pub trusted: Vec<CertificateDer<'static>>,
}

/// TLS for webhooks could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS for webhooks can't be set up: {0}")]
pub struct TlsError(String);

/// The task that posts notices to webhooks.
pub struct Notifier {
    outbox: Arc<dyn Outbox>,
    live: Arc<dyn Live>,
    poster: Poster,
    replier: Replier,
    automation: Arc<dyn Automation>,
    attempts: Arc<Attempts>,
}

/// A post that is over.
struct Finished {
    batch: Batch,
    outcome: PostOutcome,
    /// What stands before its result in timelines.
    label: String,
    /// What followed from the answer.
    followed: Option<String>,
}

impl Notifier {
    /// A notifier that posts the notices of `outbox`, hands replies in at `intake`, and has `automation` go on where an answer says so.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        live: Arc<dyn Live>,
        intake: Arc<dyn Intake>,
        automation: Arc<dyn Automation>,
        settings: &Settings,
    ) -> Result<Self, TlsError> {
        Ok(Self {
            outbox,
            live,
            poster: Poster::new(settings)?,
            replier: Replier::new(intake),
            automation,
            attempts: Arc::default(),
        })
    }

    /// The last posts.
    #[must_use]
    pub fn attempts(&self) -> Arc<Attempts> {
        Arc::clone(&self.attempts)
    }

    /// Posts notices until `shutdown` is ready. It then waits for the posts under way, at most 10 seconds, and returns the
    /// other notices to the outbox.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let notifier = Arc::new(self);
        let mut queue = Queue::new();
        let mut posts: JoinSet<Finished> = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        let mut sweep = interval(SWEEP);
        let mut takings = Takings::new(notifier.outbox.lanes_of_rules().await);
        loop {
            let rules = notifier.live.rules();
            while let Some(batch) = queue.next(posts.len(), &rules) {
                posts.spawn(Arc::clone(&notifier).post(batch));
            }
            if queue.waiting() < WAITING_MAX {
                takings.begin(&rules, &notifier.outbox);
            }
            tokio::select! {
                () = &mut shutdown => break,
                _ = sweep.tick() => notifier.poster.sweep().await,
                Some(first) = posts.join_next() => notifier.report(first.ok(), &mut posts, &mut queue),
                Some(notices) = takings.next() => notifier.receive(notices, &mut queue),
            }
        }
        while let Some(first) = posts.join_next().await {
            notifier.report(first.ok(), &mut posts, &mut queue);
        }
        for (lane, notices) in by_lane(queue.into_rest(), |notice| notice.lane) {
            notifier.outbox.give_back(lane, notices);
        }
    }

    /// Queues notices. A notice whose account has no room is postponed.
    fn receive(&self, notices: Vec<Notice>, queue: &mut Queue) {
        let now = self.live.now();
        let mut told = Vec::new();
        for notice in notices {
            if let Err((notice, again)) = queue.push(notice, now) {
                told.push((notice.lane, postponed(&notice, again)));
            }
        }
        if !told.is_empty() {
            metrics::counter!("postrider_webhook_postponed_total").increment(told.len() as u64);
            self.tell(told);
        }
    }

    /// Tells the outbox of results.
    fn tell(&self, told: Vec<(Lane, Told)>) {
        for (lane, told) in by_lane(told, |(lane, _)| *lane) {
            self.outbox.told(lane, told.into_iter().map(|(_, told)| told).collect());
        }
    }

    /// Reports the results of this post, and of all others that are done, to the outbox.
    fn report(&self, first: Option<Finished>, posts: &mut JoinSet<Finished>, queue: &mut Queue) {
        let now = self.live.now();
        let mut told = Vec::new();
        let mut counts = [0u64; 3];
        let mut next = first;
        loop {
            if let Some(finished) = next {
                let Finished { batch, outcome, .. } = &finished;
                let step = outcome::next_step(outcome, batch.failed(), batch.salt(), now);
                let endpoint = match step {
                    NextStep::Done => String::new(),
                    _ => self.endpoint(batch),
                };
                self.attempts.note(batch, outcome, step, &endpoint, now);
                let taken = if step == NextStep::Done { batch.notices().len() } else { 0 };
                queue.done(batch.place(), taken, now);
                counts[step.counter()] += batch.notices().len() as u64;
                let lane = batch.lane();
                told.extend(results(&finished, step, now).map(|told| (lane, told)));
            }
            match posts.try_join_next() {
                Some(done) => next = done.ok(),
                None => break,
            }
        }
        for (result, count) in ["success", "failure", "given_up"].into_iter().zip(counts) {
            if count > 0 {
                metrics::counter!("postrider_webhook_deliveries_total", "result" => result).increment(count);
            }
        }
        self.tell(told);
    }

    /// Where a batch is posted, as it may be shown.
    fn endpoint(&self, batch: &Batch) -> String {
        let rules = self.live.rules();
        let endpoint = rule_url::endpoint(batch, &rules);
        endpoint.map(|(_, webhook)| attempts::shown(batch.url(&webhook))).unwrap_or_default()
    }

    /// Posts a batch, and does what the endpoint answers: replies are submitted, and another rule goes on.
    async fn post(self: Arc<Self>, batch: Batch) -> Finished {
        let rules = self.live.rules();
        let label = rule_url::label(&batch, &rules);
        let (outcome, followed) = self.exchange(&batch, &rules).await;
        Finished { batch, outcome, label, followed }
    }

    async fn exchange(&self, batch: &Batch, rules: &Arc<Rules>) -> (PostOutcome, Option<String>) {
        let (account, webhook) = match rule_url::endpoint(batch, rules) {
            Ok(found) => found,
            Err(why) => return (PostOutcome::NoEndpoint(why), None),
        };
        let Posted { outcome, replies, rule, remark } =
            self.poster.post(batch, &webhook, rules, self.live.now()).await;
        let (lane, now) = (batch.lane(), self.live.now());
        for (received, replies) in reply::assign(&replies, batch, &webhook) {
            let numbers = &rules.numbers;
            if let Err(why) = self.replier.reply(received, account, replies, numbers, lane, now).await {
                return (PostOutcome::Failed(format!("the reply: {why}").into()), None);
            }
        }
        let (Lane::Rule(from), Some(to), What::Received { received, .. }) = (lane, rule, &batch.first().what)
        else {
            return (outcome, remark);
        };
        match self.automation.go_on(account.id, received, from, &to).await {
            Ok(words) => (outcome, Some(words)),
            Err(busy) => (PostOutcome::Failed(format!("the rule '{to}': {busy}").into()), None),
        }
    }
}

/// Values by their lane, in their order.
fn by_lane<T>(values: Vec<T>, lane: impl Fn(&T) -> Lane) -> BTreeMap<Lane, Vec<T>> {
    let mut lanes: BTreeMap<Lane, Vec<T>> = BTreeMap::new();
    for value in values {
        lanes.entry(lane(&value)).or_default().push(value);
    }
    lanes
}

/// The report of a notice that found no room.
fn postponed(notice: &Notice, again: Time) -> Told {
    Told { notice: notice.id, again: Some(again), failed: notice.failed, attempt: None }
}

/// The reports of the notices of a post.
fn results(finished: &Finished, step: NextStep, now: Time) -> impl Iterator<Item = Told> {
    let Finished { batch, outcome, label, followed } = finished;
    let failed = batch.failed();
    let (again, failed) = match step {
        NextStep::Done => (None, failed),
        NextStep::Retry(due) => (Some(due), failed.saturating_add(1)),
        NextStep::GiveUp => (None, failed.saturating_add(1)),
    };
    let company = match batch.notices().len() {
        1 => String::new(),
        events => format!(", in a list of {events}"),
    };
    let end = if step == NextStep::GiveUp { "; given up" } else { "" };
    let followed = followed.as_ref().map_or_else(String::new, |words| format!("; {words}"));
    let attempt = Attempt { at: now, result: format!("{label}{outcome}{company}{followed}{end}").into() };
    batch.notices().iter().map(move |notice| Told {
        notice: notice.id,
        again,
        failed,
        attempt: Some(attempt.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::account::AccountId;

    const NOW: Time = Time(1_000);

    #[test]
    fn each_notice_of_a_post_is_reported_with_its_attempt() {
        let notice = |id| Notice { failed: 2, ..testing::notice(AccountId(1), id) };
        let ok = PostOutcome::Status { status: 204, took: Duration::from_millis(31), retry_after: None };
        let refused = PostOutcome::Failed("connection refused".into());
        let cases = [
            (1, NextStep::Done, &ok, (None, 2, "204 in 31 ms")),
            (1, NextStep::Retry(Time(5_000)), &refused, (Some(Time(5_000)), 3, "connection refused")),
            (1, NextStep::GiveUp, &refused, (None, 3, "connection refused; given up")),
            (2, NextStep::Done, &ok, (None, 2, "204 in 31 ms, in a list of 2")),
            (3, NextStep::GiveUp, &refused, (None, 3, "connection refused, in a list of 3; given up")),
        ];
        for (events, step, outcome, (again, failed, words)) in cases {
            let notices: Vec<Notice> = (0..events).map(notice).collect();
            let batch = Batch::take(&mut notices.clone().into(), 100).unwrap();
            let (outcome, label) = (outcome.clone(), String::new());
            let finished = Finished { batch, outcome, label, followed: None };
            let attempt = Some(Attempt { at: NOW, result: words.into() });
            let expected =
                notices.iter().map(|it| Told { notice: it.id, again, failed, attempt: attempt.clone() });
            assert!(results(&finished, step, NOW).eq(expected), "{words}");
        }
    }
}

//! Webhooks: notices are posted, signed, at least once, and never to an address that is not allowed. The engine decides
//! when a notice is due.

pub(crate) mod address;
mod app_events;
mod attempts;
mod batch;
mod body;
mod client;
mod clients;
#[cfg(test)]
pub(crate) mod description;
mod loop_guard;
mod menu;
mod outcome;
mod post;
mod queue;
mod replier;
mod reply;
mod returns;
mod sign;
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
use postrider_core::contract::{Intake, Live, Outbox, Told};
use postrider_core::notice::{Attempt, Lane, Notice};
use postrider_core::time::Time;
use queue::Queue;
use replier::Replier;
use rustls::pki_types::CertificateDer;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
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
/// The most notices taken from the outbox at once.
const TAKE_MAX: usize = 500;
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
    attempts: Arc<Attempts>,
}

impl Notifier {
    /// A notifier that posts the notices of `outbox`, and hands replies in at `intake`.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        live: Arc<dyn Live>,
        intake: Arc<dyn Intake>,
        settings: &Settings,
    ) -> Result<Self, TlsError> {
        Ok(Self {
            outbox,
            live,
            poster: Poster::new(settings)?,
            replier: Replier::new(intake),
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
        let mut posts: JoinSet<(Batch, PostOutcome)> = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        let mut sweep = interval(SWEEP);
        // The future is kept over the turns of the loop: if it were dropped, notices that it had just taken would be lost.
        let mut taking: Option<Taking> = None;
        loop {
            let rules = notifier.live.rules();
            while let Some(batch) = queue.next(posts.len(), &rules) {
                posts.spawn(Arc::clone(&notifier).post(batch));
            }
            if taking.is_none() && queue.waiting() < WAITING_MAX {
                let outbox = Arc::clone(&notifier.outbox);
                taking = Some(Box::pin(async move { outbox.take(Lane::Webhooks, TAKE_MAX).await }));
            }
            tokio::select! {
                () = &mut shutdown => break,
                _ = sweep.tick() => notifier.poster.sweep().await,
                Some(first) = posts.join_next() => notifier.report(first.ok(), &mut posts, &mut queue),
                notices = wait(&mut taking) => {
                    taking = None;
                    notifier.receive(notices, &mut queue);
                }
            }
        }
        while let Some(first) = posts.join_next().await {
            notifier.report(first.ok(), &mut posts, &mut queue);
        }
        notifier.outbox.give_back(Lane::Webhooks, queue.into_rest());
    }

    /// Queues notices. A notice whose account has no room is postponed.
    fn receive(&self, notices: Vec<Notice>, queue: &mut Queue) {
        let now = self.live.now();
        let mut told = Vec::new();
        for notice in notices {
            if let Err((notice, again)) = queue.push(notice, now) {
                told.push(postponed(&notice, again));
            }
        }
        if !told.is_empty() {
            metrics::counter!("postrider_webhook_postponed_total").increment(told.len() as u64);
            self.outbox.told(Lane::Webhooks, told);
        }
    }

    /// Reports the results of this post, and of all others that are done, to the outbox.
    fn report(
        &self,
        first: Option<(Batch, PostOutcome)>,
        posts: &mut JoinSet<(Batch, PostOutcome)>,
        queue: &mut Queue,
    ) {
        let now = self.live.now();
        let mut told = Vec::new();
        let mut counts = [0u64; 3];
        let mut next = first;
        loop {
            if let Some((batch, outcome)) = next {
                let step = outcome::next_step(&outcome, batch.failed(), batch.salt(), now);
                self.attempts.note(&batch, &outcome, step, now);
                let taken = if step == NextStep::Done { batch.notices().len() } else { 0 };
                queue.done(batch.account(), taken, now);
                counts[step.counter()] += batch.notices().len() as u64;
                told.extend(results(&batch, step, &outcome, now));
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
        self.outbox.told(Lane::Webhooks, told);
    }

    /// Posts a batch, and submits the replies that the endpoint answers with.
    async fn post(self: Arc<Self>, batch: Batch) -> (Batch, PostOutcome) {
        let rules = self.live.rules();
        let account = rules.account(batch.account());
        let Some((account, webhook)) = account.and_then(|account| Some((account, account.webhook.as_ref()?)))
        else {
            return (batch, PostOutcome::NoEndpoint("the account has no webhook"));
        };
        let Posted { outcome, replies } = self.poster.post(&batch, webhook, &rules, self.live.now()).await;
        for (received, replies) in reply::assign(&replies, &batch, webhook) {
            if let Err(why) = self.replier.reply(received, account, replies, &rules.numbers).await {
                return (batch, PostOutcome::Failed(format!("the reply: {why}").into()));
            }
        }
        (batch, outcome)
    }
}

/// The report of a notice that found no room.
fn postponed(notice: &Notice, again: Time) -> Told {
    Told { notice: notice.id, again: Some(again), failed: notice.failed, attempt: None }
}

/// The reports of the notices of a post.
fn results(batch: &Batch, step: NextStep, outcome: &PostOutcome, now: Time) -> impl Iterator<Item = Told> {
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
    let attempt = Attempt { at: now, result: format!("{outcome}{company}{end}").into() };
    batch.notices().iter().map(move |notice| Told {
        notice: notice.id,
        again,
        failed,
        attempt: Some(attempt.clone()),
    })
}

/// Notices that are being taken from the outbox.
type Taking = Pin<Box<dyn Future<Output = Vec<Notice>> + Send>>;

/// Waits for the notices that are being taken; for ever if none are.
async fn wait(taking: &mut Option<Taking>) -> Vec<Notice> {
    match taking {
        Some(taking) => taking.await,
        None => std::future::pending().await,
    }
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
            let attempt = Some(Attempt { at: NOW, result: words.into() });
            let expected =
                notices.iter().map(|it| Told { notice: it.id, again, failed, attempt: attempt.clone() });
            assert!(results(&batch, step, outcome, NOW).eq(expected), "{words}");
        }
    }
}

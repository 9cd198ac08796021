//! Tells notices to webhooks: signed, at least once, and never to where they must not go. When a notice is due, and
//! when it is given up, is decided elsewhere.

mod address;
mod body;
mod outcome;
mod post;
mod queue;
mod sign;

use outcome::{Answer, Verdict};
use post::Poster;
use postrider_core::contract::{Live, Outbox, Told};
use postrider_core::notice::{Attempt, Lane, Notice};
use queue::Queue;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Posts at once, over all accounts.
pub const POSTS_MAX: usize = 512;
/// Posts at once of one account, so that a slow endpoint holds up only its own.
pub const ACCOUNT_POSTS_MAX: usize = 64;
/// Notices of one account that wait here for their turn; what is more goes back for a while.
pub const ACCOUNT_WAITING_MAX: usize = 10_000;
/// Notices that wait here in all.
const WAITING_MAX: usize = 50_000;
/// Notices taken at once.
const TAKE_MAX: usize = 500;
/// How long a notice goes back at least whose account has no room.
const POSTPONED: Duration = Duration::from_secs(15);
/// Notices of one account that come back from that in a second.
const RETURNS: u32 = 1_000;

/// How webhooks are spoken to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Certificates of authorities that are trusted besides those that the system trusts.
    pub trusted: Vec<CertificateDer<'static>>,
}

/// Nothing can be posted: TLS could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("webhooks can't be spoken to: {0}")]
pub struct NoWebhooks(String);

/// Tells webhooks their notices.
pub struct Teller {
    outbox: Arc<dyn Outbox>,
    live: Arc<dyn Live>,
    poster: Poster,
}

impl Teller {
    /// A teller of what `outbox` holds for webhooks.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        live: Arc<dyn Live>,
        settings: &Settings,
    ) -> Result<Self, NoWebhooks> {
        Ok(Self { outbox, live, poster: Poster::new(settings)? })
    }

    /// Tells notices until `shutdown` is ready; then waits for the posts under way, which take ten seconds at most, and
    /// gives the rest back.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let teller = Arc::new(self);
        let mut queue = Queue::new();
        let mut posts: JoinSet<(Notice, Answer)> = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        // What it waits for is kept over the turns: dropped halfway, it might lose what it had just taken.
        let mut taking: Option<Taking> = None;
        loop {
            while let Some(notice) = queue.next(posts.len()) {
                posts.spawn(Arc::clone(&teller).post(notice));
            }
            if taking.is_none() && queue.waiting() < WAITING_MAX {
                let outbox = Arc::clone(&teller.outbox);
                taking = Some(Box::pin(async move { outbox.take(Lane::Webhooks, TAKE_MAX).await }));
            }
            tokio::select! {
                () = &mut shutdown => break,
                Some(first) = posts.join_next() => teller.tell(first.ok(), &mut posts, &mut queue),
                notices = wait(&mut taking) => {
                    taking = None;
                    teller.receive(notices, &mut queue);
                }
            }
        }
        while let Some(first) = posts.join_next().await {
            teller.tell(first.ok(), &mut posts, &mut queue);
        }
        teller.outbox.give_back(Lane::Webhooks, queue.into_rest());
    }

    /// Queues notices; those for which there is no room go back for a while.
    fn receive(&self, notices: Vec<Notice>, queue: &mut Queue) {
        let now = self.live.now();
        let mut told = Vec::new();
        for notice in notices {
            if let Err((notice, before)) = queue.push(notice) {
                // Those that go back come back one after the other, not all at once again and again.
                told.push(Told {
                    notice: notice.id,
                    again: Some(now + POSTPONED + Duration::from_secs(u64::from(before / RETURNS))),
                    failed: notice.failed,
                    attempt: None,
                });
            }
        }
        if !told.is_empty() {
            metrics::counter!("postrider_webhook_postponed_total").increment(told.len() as u64);
            self.outbox.told(Lane::Webhooks, told);
        }
    }

    /// Passes on what came of this post and of all others that are done.
    fn tell(
        &self,
        first: Option<(Notice, Answer)>,
        posts: &mut JoinSet<(Notice, Answer)>,
        queue: &mut Queue,
    ) {
        let now = self.live.now();
        let mut told = Vec::new();
        let mut counts = [0u64; 3];
        let mut next = first;
        loop {
            if let Some((notice, answer)) = next {
                queue.done(notice.account());
                let verdict = outcome::judge(&answer, notice.failed, notice.id.number(), now);
                counts[verdict.kind()] += 1;
                told.push(told_of(&notice, verdict, &answer, now));
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

    /// Posts one notice.
    async fn post(self: Arc<Self>, notice: Notice) -> (Notice, Answer) {
        let webhook = self.live.rules().account(notice.account()).and_then(|account| account.webhook.clone());
        let answer = match webhook {
            Some(webhook) => self.poster.post(&notice, &webhook, self.live.now()).await,
            None => Answer::nowhere(),
        };
        (notice, answer)
    }
}

fn told_of(notice: &Notice, verdict: Verdict, answer: &Answer, now: postrider_core::time::Time) -> Told {
    let (again, failed) = match verdict {
        Verdict::Done => (None, notice.failed),
        Verdict::Again(due) => (Some(due), notice.failed.saturating_add(1)),
        Verdict::GivenUp => (None, notice.failed.saturating_add(1)),
    };
    let result = match verdict {
        Verdict::GivenUp => format!("{answer}; given up").into(),
        Verdict::Done | Verdict::Again(_) => answer.to_string().into(),
    };
    Told { notice: notice.id, again, failed, attempt: Some(Attempt { at: now, result }) }
}

type Taking = std::pin::Pin<Box<dyn Future<Output = Vec<Notice>> + Send>>;

/// What is being taken; for ever, if nothing is.
async fn wait(taking: &mut Option<Taking>) -> Vec<Notice> {
    match taking {
        Some(taking) => taking.await,
        None => std::future::pending().await,
    }
}

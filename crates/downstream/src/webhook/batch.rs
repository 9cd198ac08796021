//! Batches: the notices of one post.

use postrider_core::account::{AccountId, Webhook};
use postrider_core::notice::{Lane, Notice, What};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fmt::Write;

/// The octets of the digest in a batch's identifier.
const DIGEST: usize = 16;

/// Notices of one account that are posted together, and succeed or fail together: one or more.
#[derive(Debug)]
pub(super) struct Batch {
    notices: Vec<Notice>,
}

impl Batch {
    /// Takes the next notices of a queue that belong together, at most so many. It returns `None` for an empty queue.
    pub(super) fn take(queue: &mut VecDeque<Notice>, most: usize) -> Option<Self> {
        let count = together(queue, most);
        (count > 0).then(|| Self { notices: queue.drain(..count).collect() })
    }

    /// A batch of one notice.
    #[cfg(test)]
    pub(super) fn single(notice: Notice) -> Self {
        Self { notices: vec![notice] }
    }

    pub(super) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Where it is queued.
    pub(super) fn place(&self) -> Place {
        place(self.first())
    }

    /// Who is told.
    pub(super) fn lane(&self) -> Lane {
        self.first().lane
    }

    /// The account that is told.
    pub(super) fn account(&self) -> AccountId {
        self.first().account()
    }

    /// How often posting it has failed.
    pub(super) fn failed(&self) -> u16 {
        self.first().failed
    }

    /// A number by which the retries of batches are spread, the same at each attempt.
    pub(super) fn salt(&self) -> u64 {
        self.first().id.number()
    }

    /// Whether it tells of messages from handsets.
    pub(super) fn may_be_replied_to(&self) -> bool {
        self.notices.iter().any(|notice| matches!(notice.what, What::Received { .. }))
    }

    /// The URL that it is posted to.
    pub(super) fn url<'a>(&'a self, webhook: &'a Webhook) -> &'a str {
        let first = self.first();
        let is_for_webhook = first.lane == Lane::Webhooks;
        callback(first).filter(|_| is_for_webhook).unwrap_or(&webhook.url)
    }

    /// The identifier of the post, as long as it holds the same events: the event's own, or one that all of them make up.
    pub(super) fn id(&self, webhook: &Webhook) -> String {
        if webhook.has_lists() { list_id(self.notices.iter().map(id)) } else { id(self.first()) }
    }

    /// Its first notice: batches are never empty.
    pub(super) fn first(&self) -> &Notice {
        &self.notices[0]
    }
}

/// A queue of notices: those of one account for its webhook, or for the URL of one of its rules.
pub(super) type Place = (Lane, AccountId);

/// The queue that a notice belongs to.
pub(super) fn place(notice: &Notice) -> Place {
    (notice.lane, notice.account())
}

/// The identifier of the event that a notice tells. Receivers know events by it, so that it is another one for each URL.
pub(super) fn id(notice: &Notice) -> String {
    let number = notice.id.number();
    match notice.lane {
        Lane::Rule(rule) => format!("rule_{}_{number}", rule.0),
        Lane::Sessions(_) | Lane::Webhooks | Lane::Automation | Lane::Timeouts => number.to_string(),
    }
}

/// The identifier of a list of events: `batch_` and a digest of their identifiers in hexadecimal.
pub(super) fn list_id(events: impl IntoIterator<Item = String>) -> String {
    let mut digest = Sha256::new();
    for event in events {
        digest.update(event.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(DIGEST).fold("batch_".to_owned(), |mut id, octet| {
        // A string takes whatever is written.
        let _ = write!(id, "{octet:02x}");
        id
    })
}

/// The number of notices at the front of a queue that belong together, at most so many.
pub(super) fn together(queue: &VecDeque<Notice>, most: usize) -> usize {
    let Some(first) = queue.front() else { return 0 };
    queue.iter().take(most).take_while(|notice| belong_together(first, notice)).count()
}

/// Whether two notices of an account may be in one batch: they go to the same URL and have failed together, or never.
fn belong_together(one: &Notice, other: &Notice) -> bool {
    let have_failed_together = one.failed == 0 || one.due == other.due;
    one.failed == other.failed && have_failed_together && callback(one) == callback(other)
}

/// The URL that is instead of the account's.
fn callback(notice: &Notice) -> Option<&str> {
    match &notice.what {
        What::Ended { message, .. } => message.callback.as_deref(),
        What::Received { .. } | What::Consent { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::testing::{notice, webhook};
    use postrider_core::message::Message;
    use postrider_core::time::Time;
    use std::sync::Arc;

    const ACCOUNT: AccountId = AccountId(1);

    fn failed(id: u64, failed: u16, due: i64) -> Notice {
        Notice { failed, due: Time(due), ..notice(ACCOUNT, id) }
    }

    fn with_callback(id: u64, url: &str) -> Notice {
        let mut notice = notice(ACCOUNT, id);
        if let What::Ended { message, .. } = &mut notice.what {
            *message = Arc::new(Message { callback: Some(url.into()), ..Message::clone(message) });
        }
        notice
    }

    #[test]
    fn notices_belong_together_by_url_and_by_their_failures() {
        let fresh = || failed(1, 0, 5);
        for (one, other, expected) in [
            (fresh(), failed(2, 0, 6), 2),
            (fresh(), failed(2, 1, 5), 1),
            (failed(1, 1, 5), failed(2, 1, 5), 2),
            (failed(1, 1, 5), failed(2, 1, 6), 1),
            (fresh(), with_callback(2, "https://a.example/"), 1),
            (with_callback(1, "https://a.example/"), with_callback(2, "https://b.example/"), 1),
            (with_callback(1, "https://a.example/"), with_callback(2, "https://a.example/"), 2),
        ] {
            let mut queue = VecDeque::from([one, other]);
            assert_eq!(together(&queue, 1), 1);
            assert_eq!(together(&queue, 100), expected, "{queue:?}");
            assert_eq!(Batch::take(&mut queue, 100).unwrap().notices().len(), expected);
            assert_eq!(queue.len(), 2 - expected);
        }
        assert!(Batch::take(&mut VecDeque::new(), 100).is_none());
    }

    #[test]
    fn a_batch_is_known_by_its_events() {
        let one = webhook("https://x.example/");
        let lists = Webhook { batch: 2, ..webhook("https://x.example/") };
        let id = |ids: &[u64], webhook| {
            let mut queue: VecDeque<Notice> = ids.iter().map(|id| notice(ACCOUNT, *id)).collect();
            Batch::take(&mut queue, 100).unwrap().id(webhook)
        };
        assert_eq!(id(&[7], &one), "7");
        let seven = id(&[7], &lists);
        assert!(seven.len() == 38 && seven.starts_with("batch_"), "{seven}");
        assert_eq!(id(&[7], &lists), seven, "the same at each attempt");
        let others = [id(&[7, 8], &lists), id(&[8, 7], &lists), id(&[78], &lists)];
        assert!(others.iter().all(|other| *other != seven) && others[0] != others[1]);
    }
}

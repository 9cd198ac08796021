//! A link's news besides octets and times.

use super::receipts::Kept;
use crate::Sources;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use postrider_core::contract::Desk;
use std::future;
use std::time::Duration;
use tokio::sync::watch;

/// Says, once the link is to end, how long answers are waited for.
pub(super) type Leave = watch::Receiver<Option<Duration>>;

/// Where a link's news come from besides octets and times.
pub(super) struct Waits<'a, A> {
    desk: &'a dyn Desk,
    /// Work at the desk.
    work: BoxFuture<'a, u64>,
    /// Whether work is waited for.
    pub(super) wants_work: bool,
    /// Receipts on their way into the store.
    keeping: FuturesUnordered<BoxFuture<'a, Kept<A>>>,
    leave: &'a mut Leave,
    /// Whether it was told to leave.
    leaves: bool,
}

/// A link's news besides octets and times.
#[derive(Debug)]
pub(super) enum News<A> {
    /// The desk may have work.
    Work,
    /// Receipts are kept, or not.
    Kept(Kept<A>),
    /// The link is to end; how long answers are waited for.
    Leave(Duration),
}

impl<'a, A> Waits<'a, A> {
    pub(super) fn new(desk: &'a dyn Desk, leave: &'a mut Leave) -> Self {
        Self {
            desk,
            work: desk.work(0),
            wants_work: false,
            keeping: FuturesUnordered::new(),
            leave,
            leaves: false,
        }
    }

    /// Waits until receipts are kept, too.
    pub(super) fn keep(&mut self, keeping: Option<BoxFuture<'a, Kept<A>>>) {
        self.keeping.extend(keeping);
    }

    /// Whether all receipts are kept, or not.
    pub(super) fn are_kept(&self) -> bool {
        self.keeping.is_empty()
    }
}

impl<A: Send> Sources for Waits<'_, A> {
    type News = News<A>;

    async fn next(&mut self) -> News<A> {
        tokio::select! {
            seen = &mut self.work, if self.wants_work => {
                self.work = self.desk.work(seen);
                News::Work
            }
            Some(kept) = self.keeping.next(), if !self.keeping.is_empty() => News::Kept(kept),
            patience = told_to_leave(self.leave), if !self.leaves => {
                self.leaves = true;
                News::Leave(patience)
            }
            else => future::pending().await,
        }
    }
}

/// Waits until the link is to end, and returns how long answers are waited for: no time at all if the sender is gone.
pub(super) async fn told_to_leave(leave: &mut Leave) -> Duration {
    leave.wait_for(Option::is_some).await.ok().and_then(|patience| *patience).unwrap_or_default()
}

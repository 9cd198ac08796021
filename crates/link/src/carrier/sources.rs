//! A link's news besides octets and times.

use super::Surroundings;
use super::receipts::Kept;
use super::{Request, Ussd};
use crate::Sources;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use postrider_core::contract::Desk;
use postrider_core::ussd::{Page, Turn};
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
    ussd: &'a dyn Ussd,
    /// The link's place among those of the upstream.
    index: usize,
    /// A request to the network.
    asked: BoxFuture<'a, Request>,
    /// Whether a request is waited for.
    pub(super) wants_requests: bool,
    /// Menus that are asked for their pages.
    menus: FuturesUnordered<BoxFuture<'a, Shown>>,
    leave: &'a mut Leave,
    /// Whether it was told to leave.
    leaves: bool,
}

/// The page of a dialogue, if there is one.
type Shown = (u64, Option<Page>);

/// A link's news besides octets and times.
#[derive(Debug)]
pub(super) enum News<A> {
    /// The desk may have work.
    Work,
    /// Receipts are kept, or not.
    Kept(Kept<A>),
    /// Somebody asks the network by USSD.
    Asked(Request),
    /// A menu has answered, or not.
    Shown(u64, Option<Page>),
    /// The link is to end; how long answers are waited for.
    Leave(Duration),
}

impl<'a, A> Waits<'a, A> {
    pub(super) fn new(surroundings: &'a Surroundings, index: usize, leave: &'a mut Leave) -> Self {
        let (desk, ussd) = (&*surroundings.desk, &*surroundings.ussd);
        Self {
            ussd,
            index,
            asked: ussd.asked(index),
            wants_requests: false,
            menus: FuturesUnordered::new(),
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

    /// Asks for the next page of a dialogue.
    pub(super) fn dial(&mut self, dialogue: u64, turn: Turn) {
        let page = self.ussd.turn(turn);
        self.menus.push(Box::pin(async move { (dialogue, page.await) }));
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
            Some((dialogue, page)) = self.menus.next(), if !self.menus.is_empty() => {
                News::Shown(dialogue, page)
            }
            request = &mut self.asked, if self.wants_requests => {
                self.asked = self.ussd.asked(self.index);
                News::Asked(request)
            }
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

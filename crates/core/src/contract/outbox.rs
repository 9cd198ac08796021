//! Notices on their way to those who are told.

use crate::notice::{Attempt, Lane, Notice, NoticeId};
use crate::time::Time;
use async_trait::async_trait;

/// Notices that the store gave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The notices that are due.
    pub notices: Vec<Notice>,
    /// When the next one that nobody holds is due, if no more are due now.
    pub next: Option<Time>,
}

/// The result of telling a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The notice.
    pub notice: NoticeId,
    /// When it is told again; `None` when it is done with.
    pub again: Option<Time>,
    /// How often telling it has failed.
    pub failed: u16,
    /// The attempt, where the timeline should show it.
    pub attempt: Option<Attempt>,
}

/// The counter where doors fetch the notices that they tell.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Waits until the lane has notices, and takes up to `most` of them. Who takes them must answer with
    /// [`Outbox::told`] or [`Outbox::give_back`].
    async fn take(&self, lane: Lane, most: usize) -> Vec<Notice>;
    /// The lanes of rules' URLs in which something waits, also of rules that are gone.
    async fn lanes_of_rules(&self) -> Vec<Lane> {
        Vec::new()
    }
    /// Tells what came of telling them.
    fn told(&self, lane: Lane, told: Vec<Told>);
    /// Returns notices that were not told: the session went.
    fn give_back(&self, lane: Lane, notices: Vec<Notice>);
}

//! Notices that are being taken from the outbox: of webhooks, and of each URL of a rule.

use postrider_core::contract::Outbox;
use postrider_core::notice::{Lane, Notice};
use postrider_core::rules::Rules;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

/// The most notices taken at once.
const TAKE_MAX: usize = 500;

/// The lanes that are attended. A lane is attended until the process ends, so that what is left when its rule goes has an end too.
pub(super) struct Takings {
    /// One task a lane, which is never dropped: notices that it had just taken would be lost.
    tasks: JoinSet<(Lane, Vec<Notice>)>,
    /// The lanes in which nothing is being taken.
    idle: BTreeSet<Lane>,
    /// The lanes in which something is.
    busy: BTreeSet<Lane>,
}

impl Takings {
    /// Attends to webhooks and to these lanes.
    pub(super) fn new(lanes: Vec<Lane>) -> Self {
        let idle = lanes.into_iter().chain([Lane::Webhooks]).collect();
        Self { tasks: JoinSet::new(), idle, busy: BTreeSet::new() }
    }

    /// Begins to take from all lanes in which nothing is being taken.
    pub(super) fn begin(&mut self, rules: &Rules, outbox: &Arc<dyn Outbox>) {
        let with_url = rules.automation.with_url().iter().map(|rule| Lane::Rule(*rule));
        self.idle.extend(with_url.filter(|lane| !self.busy.contains(lane)));
        while let Some(lane) = self.idle.pop_first() {
            self.busy.insert(lane);
            let outbox = Arc::clone(outbox);
            self.tasks.spawn(async move { (lane, outbox.take(lane, TAKE_MAX).await) });
        }
    }

    /// What was taken next; never, while nothing is being taken.
    pub(super) async fn next(&mut self) -> Option<Vec<Notice>> {
        let (lane, notices) = self.tasks.join_next().await?.ok()?;
        self.busy.remove(&lane);
        self.idle.insert(lane);
        Some(notices)
    }
}

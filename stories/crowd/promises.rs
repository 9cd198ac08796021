//! What customers heard was accepted, and of what they were told the end.

use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::watch;

/// The lists of all customers.
#[derive(Clone)]
pub(crate) struct Promises(Arc<watch::Sender<Lists>>);

#[derive(Default)]
struct Lists {
    unanswered: usize,
    accepted: HashSet<String>,
    told: HashSet<String>,
    /// Accepted, and not told yet.
    open: HashSet<String>,
}

impl Default for Promises {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Lists::default())))
    }
}

impl Promises {
    /// A request was sent.
    pub(crate) fn asked(&self) {
        self.0.send_modify(|lists| lists.unanswered += 1);
    }

    /// A request was answered with these messages accepted, or it never will be.
    pub(crate) fn answered(&self, accepted: impl IntoIterator<Item = String>) {
        self.0.send_modify(|lists| {
            lists.unanswered -= 1;
            for id in accepted {
                if !lists.told.contains(&id) {
                    lists.open.insert(id.clone());
                }
                assert!(lists.accepted.insert(id), "an id was given twice");
            }
        });
    }

    /// Waits until so many more messages were accepted.
    pub(crate) async fn more_accepted(&self, more: usize) {
        let mut lists = self.0.subscribe();
        let enough = lists.borrow().accepted.len() + more;
        lists.wait_for(|lists| lists.accepted.len() >= enough).await.unwrap();
    }

    /// A customer was told that a message was delivered.
    pub(crate) fn told(&self, id: &str) {
        self.0.send_modify(|lists| {
            lists.told.insert(id.to_owned());
            lists.open.remove(id);
        });
    }

    /// Waits until every request was answered, and the end of every accepted message told.
    pub(crate) async fn all_told(&self) {
        let mut lists = self.0.subscribe();
        lists.wait_for(|lists| lists.unanswered == 0 && lists.open.is_empty()).await.unwrap();
    }

    /// Accepted, and not told yet.
    pub(crate) fn untold(&self) -> HashSet<String> {
        self.0.borrow().open.clone()
    }

    /// Everything that was accepted.
    pub(crate) fn accepted(&self) -> HashSet<String> {
        self.0.borrow().accepted.clone()
    }
}

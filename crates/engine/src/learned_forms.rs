//! The forms of carriers' references that were found out, by this node or another.

use crate::inbox::Inbox;
use crate::retrying::until_stored;
use postrider_core::contract::{Store, StoreError};
use postrider_core::node::{News, Nodes};
use postrider_core::reference::{Learnt, ReferenceForm};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How often the store is looked into for what other nodes found out though no news came: news may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The forms of carriers' references, as far as they are known.
#[derive(Default)]
pub(crate) struct LearnedForms {
    known: RwLock<BTreeMap<UpstreamId, Learnt>>,
    /// Another node may have found something out.
    news: Notify,
}

impl LearnedForms {
    /// The form of this upstream's references, if it was found out where it leads now.
    pub(crate) fn get(&self, upstream: &Upstream) -> Option<ReferenceForm> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&upstream.id).filter(|learnt| learnt.place == upstream.place).map(|learnt| learnt.form)
    }

    /// Takes in what was found out; returns of which upstreams that was new.
    pub(crate) fn take_in(&self, all: Vec<Learnt>) -> Vec<UpstreamId> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = |learnt: Learnt| {
            (known.insert(learnt.upstream, learnt.clone()).as_ref() != Some(&learnt))
                .then_some(learnt.upstream)
        };
        all.into_iter().filter_map(is_new).collect()
    }

    /// Has the store be looked into.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }
}

/// Follows what other nodes find out, for as long as the gateway runs.
pub(crate) async fn follow(
    forms: Arc<LearnedForms>,
    store: Arc<dyn Store>,
    nodes: Arc<dyn Nodes>,
    inbox: Arc<Inbox>,
) {
    while !nodes.is_alone() {
        let _ = timeout(LOOK_EVERY, forms.news.notified()).await;
        match store.learnt().await {
            Ok(all) => {
                let new = forms.take_in(all);
                if !new.is_empty() {
                    inbox.put(|post| post.taught.extend(new));
                }
            }
            Err(StoreError::Superseded) => return,
            Err(error) => {
                tracing::warn!(%error, "can't read what other nodes learnt of carriers' receipts; trying again");
            }
        }
    }
}

/// Keeps what was found out, and tells other nodes.
pub(crate) async fn keep(learnt: Learnt, store: Arc<dyn Store>, nodes: Arc<dyn Nodes>) {
    let what = "can't keep what was learnt of a carrier's receipts; trying again";
    if until_stored(what, || store.learn(learnt.clone())).await.is_ok() && !nodes.is_alone() {
        nodes.tell(vec![News::Learnt]);
    }
}

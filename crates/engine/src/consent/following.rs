//! Keeps what this node knows of numbers up to date with the store, and says how far other nodes are.

use super::Holdings;
use crate::store_health::tell;
use postrider_core::contract::{Store, StoreError};
use postrider_core::node::{News, Nodes};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

/// Changes read at once.
const READ_MOST: usize = 2_000;
/// How often the store is asked again which nodes live, and how far they are, while they are waited for.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How long until the store is read again where it could not be.
const RETRY: Duration = Duration::from_millis(250);

/// Follows the store's changes.
pub(crate) struct Following {
    store: Arc<dyn Store>,
    nodes: Arc<dyn Nodes>,
    holdings: Arc<Holdings>,
    /// The change that was taken in last. Its lock lets one read at a time.
    reading: tokio::sync::Mutex<u64>,
    taken: watch::Sender<u64>,
    /// Other nodes may have changed something.
    news: Notify,
    /// How far other nodes said that they are.
    others: Mutex<BTreeMap<u8, u64>>,
    heard: Notify,
}

impl Following {
    pub(crate) fn new(store: Arc<dyn Store>, nodes: Arc<dyn Nodes>, holdings: Arc<Holdings>) -> Self {
        Self {
            store,
            nodes,
            holdings,
            reading: tokio::sync::Mutex::default(),
            taken: watch::Sender::new(0),
            news: Notify::new(),
            others: Mutex::default(),
            heard: Notify::new(),
        }
    }

    /// The change that was taken in last.
    pub(crate) fn taken(&self) -> u64 {
        *self.taken.borrow()
    }

    /// Reads everything, and then whatever others tell of, for as long as the gateway runs. `ready` is called once all is known.
    pub(crate) async fn follow(self: Arc<Self>, ready: impl FnOnce() + Send) {
        if self.insist().await.is_none() {
            return;
        }
        self.holdings.set_known();
        ready();
        loop {
            self.news.notified().await;
            if self.insist().await.is_none() {
                return;
            }
        }
    }

    /// Other nodes have changed something.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }

    /// Another node has taken in all as far as this change.
    pub(crate) fn heard_of(&self, node: u8, sequence: u64) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = others.entry(node).or_default();
        *taken = sequence.max(*taken);
        drop(others);
        self.heard.notify_waiters();
    }

    /// Takes in whatever the store has; returns the last change.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) async fn catch_up(&self) -> Result<u64, StoreError> {
        let mut last = self.reading.lock().await;
        let before = *last;
        loop {
            let changes = self.store.consent_after(*last, READ_MOST).await?;
            let has_pseudonyms = changes.iter().any(|kept| kept.change.number.is_pseudonym());
            if has_pseudonyms && !self.holdings.read().has_key() {
                self.holdings.set_key(self.store.pseudonym_key().await?);
            }
            self.holdings.take_in(&changes);
            *last = changes.last().map_or(*last, |kept| kept.sequence);
            self.taken.send_replace(*last);
            if changes.len() < READ_MOST {
                break;
            }
        }
        if *last > before && !self.nodes.is_alone() {
            self.nodes.tell(vec![News::ConsentTaken(self.nodes.number(), *last)]);
        }
        Ok(*last)
    }

    /// Takes in whatever the store has, however long that takes; `None` when another process has this node's place.
    pub(crate) async fn insist(&self) -> Option<u64> {
        loop {
            match self.catch_up().await {
                Ok(last) => return Some(last),
                Err(StoreError::Superseded) => return None,
                Err(error) => tell(&error, "can't read who has opted out; trying again"),
            }
            sleep(RETRY).await;
        }
    }

    /// Waits until every living node has taken in all as far as this change. Who dies meanwhile sends nothing any more, and
    /// who comes to life reads everything before it sends.
    pub(crate) async fn until_taken_everywhere(&self, sequence: u64) {
        if self.nodes.is_alone() {
            return;
        }
        self.nodes.tell(vec![News::Consent]);
        loop {
            match self.nodes.living().await {
                Ok(living) => {
                    living.iter().for_each(|(node, taken)| self.heard_of(*node, *taken));
                    if self.wait(&living, sequence).await {
                        return;
                    }
                    // The news may be lost.
                    self.nodes.tell(vec![News::Consent]);
                }
                Err(StoreError::Superseded) => return std::future::pending().await,
                Err(error) => {
                    tell(&error, "can't ask which nodes know of an opt-out; trying again");
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// Waits a moment for these nodes; tells whether all of them are as far.
    async fn wait(&self, living: &[(u8, u64)], sequence: u64) -> bool {
        let me = self.nodes.number();
        let are_as_far = || {
            let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            living
                .iter()
                .all(|(node, _)| *node == me || others.get(node).is_some_and(|taken| *taken >= sequence))
        };
        let all = async {
            loop {
                let heard = self.heard.notified();
                if are_as_far() {
                    return;
                }
                heard.await;
            }
        };
        timeout(ASK_EVERY, all).await.is_ok()
    }
}

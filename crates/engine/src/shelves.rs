//! Messages on this node's shelves, taken off and returned to the store's queue, or claimed in order to change them.

use crate::clock::Clock;
use crate::counter::Counter;
use crate::retrying::until_stored;
use crate::upstreams::Upstreams;
use postrider_core::contract::{Claim, Store, StoreError};
use postrider_core::id::MessageId;
use postrider_core::node::{News, Nodes};
use postrider_core::principal::Viewer;
use std::sync::Arc;
use std::time::Duration;

/// How often a message is looked for: one that was in neither place may have been on its way to the shelf.
const LOOKS: u32 = 3;
/// The same where it may be on another node's shelf, which has to give it back first.
const LOOKS_ELSEWHERE: u32 = 7;
/// How long between the first two looks; then twice as long each time.
const BETWEEN: Duration = Duration::from_millis(10);

/// The shelves of all counters, and the queue behind them.
pub(crate) struct Shelves {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) nodes: Arc<dyn Nodes>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) upstreams: Arc<Upstreams>,
}

impl Shelves {
    /// Returns what is on a shelf to the queue.
    pub(crate) fn release(&self, counter: &Counter) {
        self.return_to_queue(counter.clear());
    }

    /// Returns a message to the queue, if it is on a shelf.
    pub(crate) fn give_back(&self, message: MessageId) {
        let picked = self.upstreams.pick(Viewer::Everything, message);
        self.return_to_queue(picked.map(|_| message).into_iter().collect());
    }

    /// Returns messages to the queue, however often it takes.
    pub(crate) fn return_to_queue(&self, messages: Vec<MessageId>) {
        if messages.is_empty() {
            return;
        }
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            let what = "can't return messages to the queue; trying again";
            // Another process that has this node's place has its messages too.
            let _superseded = until_stored(what, || store.release(messages.clone())).await;
        });
    }

    /// Takes a waiting message into the caller's hands, from a shelf or from the store.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub(crate) async fn claim(&self, viewer: Viewer, message: MessageId) -> Result<Claim, StoreError> {
        let alone = self.nodes.is_alone();
        for look in 0..if alone { LOOKS } else { LOOKS_ELSEWHERE } {
            if let Some(delivery) = self.upstreams.pick(viewer, message) {
                return Ok(Claim::Taken(Box::new(delivery)));
            }
            match self.store.claim(viewer, message, self.clock.now()).await? {
                Claim::Busy => {
                    if !alone {
                        self.nodes.tell(vec![News::Wanted(message)]);
                    }
                    tokio::time::sleep(BETWEEN * 2u32.pow(look)).await;
                }
                claim => return Ok(claim),
            }
        }
        Ok(Claim::Busy)
    }
}

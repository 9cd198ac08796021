//! Questions about messages, and changes to those that still wait.

use crate::inbox::Inbox;
use crate::shelves::Shelves;
use crate::upstreams::Upstreams;
use postrider_core::account::AccountId;
use postrider_core::contract::{Cancel, Claim, Entry, Filter, Parked, Store, StoreError};
use postrider_core::delivery::{Event, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use std::sync::Arc;
use std::time::Duration;

/// Messages that are shown with a receipt that found none.
const LIKELY: usize = 3;
/// How much later than a receipt its message may have been recorded.
const LATE: Duration = Duration::from_secs(60);

/// The records of messages: questions about them, and changes to those that wait.
pub(crate) struct Records {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) shelves: Arc<Shelves>,
}

impl Records {
    /// Receipts that found no message, newest first, each with the messages that it is likeliest about.
    pub(crate) async fn unmatched(&self, most: usize) -> Result<Vec<(Parked, Vec<Entry>)>, StoreError> {
        let mut unmatched = Vec::new();
        for parked in self.store.parked(most).await? {
            let mut likely = Vec::new();
            for to in parked.report.between.into_iter().flatten().filter_map(Number::from_digits) {
                let until = Some(parked.at + LATE);
                let all = Filter::all(Viewer::Everything, LIKELY);
                let filter = Filter { to: Some(to), state: Some(State::Sent), until, ..all };
                likely.extend(self.store.list(filter).await?.entries);
            }
            unmatched.push((parked, likely));
        }
        Ok(unmatched)
    }

    /// Cancels a message if it still waits. It is carried through even when the caller goes away: what was claimed would
    /// stay in nobody's hands.
    pub(crate) async fn cancel(
        self: &Arc<Self>,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Cancel, StoreError> {
        let records = Arc::clone(self);
        carried_through(async move { records.claim_and_cancel(viewer, message).await }).await
    }

    async fn claim_and_cancel(&self, viewer: Viewer, message: MessageId) -> Result<Cancel, StoreError> {
        match self.shelves.claim(viewer, message).await? {
            Claim::Taken(delivery) => {
                self.inbox.happen(vec![(*delivery, Event::Canceled)]).await?;
                Ok(Cancel::Done)
            }
            other => Ok(too_late(&other)),
        }
    }

    /// Gives a message that still waits another body. It is carried through like [`Records::cancel`].
    pub(crate) async fn replace(
        self: &Arc<Self>,
        account: AccountId,
        message: MessageId,
        body: Body,
    ) -> Result<Cancel, StoreError> {
        let records = Arc::clone(self);
        carried_through(async move { records.claim_and_replace(account, message, body).await }).await
    }

    async fn claim_and_replace(
        &self,
        account: AccountId,
        message: MessageId,
        body: Body,
    ) -> Result<Cancel, StoreError> {
        match self.shelves.claim(Viewer::Account(account), message).await? {
            Claim::Taken(delivery) => {
                let upstream = delivery.upstream;
                let replaced = Message { body, ..(*delivery.message).clone() };
                if let Err(error) = self.store.replace(Arc::new(replaced)).await {
                    // Nobody else looks for what stays in this node's hands.
                    self.shelves.return_to_queue(vec![message]);
                    return Err(error);
                }
                if let Some(counter) = self.upstreams.get(upstream) {
                    counter.look_again();
                }
                Ok(Cancel::Done)
            }
            other => Ok(too_late(&other)),
        }
    }
}

/// Runs a change in a task of its own, so that it ends though its caller doesn't wait for it.
async fn carried_through(
    change: impl Future<Output = Result<Cancel, StoreError>> + Send + 'static,
) -> Result<Cancel, StoreError> {
    let ended = tokio::spawn(change).await;
    ended.unwrap_or_else(|_| Err(StoreError::Unavailable("the gateway is shutting down".into())))
}

/// The client's answer to a claim that took nothing.
fn too_late(claim: &Claim) -> Cancel {
    match claim {
        Claim::Missing => Cancel::Missing,
        Claim::Ended(state) => Cancel::TooLate(*state),
        Claim::Taken(_) | Claim::Busy => Cancel::TooLate(State::Queued),
        Claim::Sent => Cancel::TooLate(State::Sent),
    }
}

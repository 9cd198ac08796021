//! Questions about messages, and changes to those that still wait.

use crate::collecting::Collecting;
use crate::inbox::Inbox;
use crate::shelves::Shelves;
use crate::upstreams::Upstreams;
use postrider_core::account::AccountId;
use postrider_core::client_part::ClientPart;
use postrider_core::contract::{
    Cancel, Claim, Entry, Filter, History, Parked, PartsWanted, Store, StoreError,
};
use postrider_core::delivery::{Delivery, Event, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::submission::count_parts;
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
    pub(crate) collecting: Arc<Collecting>,
}

impl Records {
    /// All that is known of a message, by its identifier or one of its parts'.
    pub(crate) async fn history(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<History>, StoreError> {
        if let Some(history) = self.store.history(viewer, message).await? {
            return Ok(Some(history));
        }
        let Some(part) = self.part(viewer, message).await? else { return Ok(None) };
        match part.joined {
            Some(whole) => self.store.history(viewer, whole).await,
            None => Ok(Some(History::of_part(&part))),
        }
    }

    /// A part of a text that a client cut itself, if the viewer sees it.
    async fn part(&self, viewer: Viewer, part: MessageId) -> Result<Option<ClientPart>, StoreError> {
        let found = self.store.client_parts(PartsWanted::One(part)).await?.pop();
        Ok(found.filter(|part| viewer.sees(part.message.account)))
    }

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
        reason: Option<Box<str>>,
    ) -> Result<Cancel, StoreError> {
        let records = Arc::clone(self);
        carried_through(async move { records.claim_and_cancel(viewer, message, reason).await }).await
    }

    async fn claim_and_cancel(
        &self,
        viewer: Viewer,
        message: MessageId,
        reason: Option<Box<str>>,
    ) -> Result<Cancel, StoreError> {
        match self.shelves.claim(viewer, message).await? {
            Claim::Taken(delivery) => self.cancel_claimed(*delivery, reason).await,
            Claim::Missing => self.cancel_part(viewer, message).await,
            other => Ok(too_late(&other)),
        }
    }

    /// Cancels what is in this node's hands. Another node may take it over before that is recorded, and then it isn't canceled:
    /// the store says what came of it.
    pub(crate) async fn cancel_claimed(
        &self,
        delivery: Delivery,
        reason: Option<Box<str>>,
    ) -> Result<Cancel, StoreError> {
        let message = delivery.message.id;
        self.inbox.happen(vec![(delivery, Event::Canceled(reason))]).await?;
        let history = self.store.history(Viewer::Everything, message).await?;
        Ok(match history.map(|history| history.state) {
            None | Some(State::Canceled) => Cancel::Done,
            Some(state) => Cancel::TooLate(state),
        })
    }

    /// Cancels the text that a part is of: of a part that waits, together with those that came with it. Parts of one text
    /// can all be canceled, one after the other.
    async fn cancel_part(&self, viewer: Viewer, part: MessageId) -> Result<Cancel, StoreError> {
        let Some(found) = self.part(viewer, part).await? else { return Ok(Cancel::Missing) };
        if found.joined.is_none()
            && let Some(delivery) = self.collecting.take(&found).await?
        {
            return self.cancel_claimed(delivery, None).await;
        }
        let joined = self.part(viewer, part).await?.and_then(|part| part.joined);
        let Some(whole) = joined else { return Ok(Cancel::TooLate(State::Queued)) };
        match self.shelves.claim(viewer, whole).await? {
            Claim::Taken(delivery) => self.cancel_claimed(*delivery, None).await,
            Claim::Ended(State::Canceled) => Ok(Cancel::Done),
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
                if needs_more(&delivery.message, &body) {
                    self.shelves.return_to_queue(vec![message]);
                    return Ok(Cancel::TooLate(State::Queued));
                }
                let replaced = Message { body, ..(*delivery.message).clone() };
                self.rewrite(message, replaced, upstream, None).await?;
                Ok(Cancel::Done)
            }
            Claim::Missing => {
                // One part of a text can't be replaced.
                let part = self.part(Viewer::Account(account), message).await?;
                Ok(part.map_or(Cancel::Missing, |_| Cancel::TooLate(State::Queued)))
            }
            other => Ok(too_late(&other)),
        }
    }
}

/// Whether another body of a message that is paid by parts would have more of them than were paid.
fn needs_more(message: &Message, body: &Body) -> bool {
    let is_paid = message.charge.as_ref().is_some_and(|charge| charge.price.is_some());
    is_paid && count_parts(body).map_or(true, |parts| parts > message.parts)
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

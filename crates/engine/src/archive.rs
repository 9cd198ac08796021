//! Questions about messages, and changes to those that still wait.

use crate::engine::{Engine, Shared};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{Archive, Cancel, Claim, Entry, Filter, History, Once, Parked, StoreError};
use postrider_core::delivery::{Delivery, Event, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::node::News;
use postrider_core::number::Number;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How often a message is looked for: one that was in neither place may have been on its way to the shelf.
const LOOKS: u32 = 3;
/// The same where it may be on another node's shelf, which has to give it back first.
const LOOKS_ELSEWHERE: u32 = 7;
/// How long between the first two looks; then twice as long each time.
const BETWEEN: Duration = Duration::from_millis(10);

/// Messages that are shown with a receipt that found none.
const LIKELY: usize = 3;
/// How much later than a receipt its message may have been recorded.
const LATE: Duration = Duration::from_secs(60);

impl Shared {
    /// Takes a waiting message into our hands, from a shelf or from the store.
    async fn claim(&self, account: Option<AccountId>, message: MessageId) -> Result<Claim, StoreError> {
        let alone = self.nodes.is_alone();
        for look in 0..if alone { LOOKS } else { LOOKS_ELSEWHERE } {
            if let Some(delivery) = self.pick(account, message) {
                return Ok(Claim::Taken(Box::new(delivery)));
            }
            match self.store.claim(account, message, self.clock.now()).await? {
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

    /// Takes a message off a shelf, if it is on one.
    pub(crate) fn pick(&self, account: Option<AccountId>, message: MessageId) -> Option<Delivery> {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        counters.values().find_map(|counter| counter.pick(account, message))
    }
}

/// What a claim that took nothing means for the client.
fn too_late(claim: &Claim) -> Cancel {
    match claim {
        Claim::Missing => Cancel::Missing,
        Claim::Ended(state) => Cancel::TooLate(*state),
        Claim::Taken(_) | Claim::Busy => Cancel::TooLate(State::Queued),
        Claim::Sent => Cancel::TooLate(State::Sent),
    }
}

#[async_trait]
impl Archive for Engine {
    async fn history(
        &self,
        account: Option<AccountId>,
        message: MessageId,
    ) -> Result<Option<History>, StoreError> {
        self.shared.store.history(account, message).await
    }

    async fn list(&self, filter: Filter) -> Result<Vec<Entry>, StoreError> {
        self.shared.store.list(filter).await
    }

    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError> {
        self.shared.store.once(account, key).await
    }

    async fn unmatched(&self, most: usize) -> Result<Vec<(Parked, Vec<Entry>)>, StoreError> {
        let store = &self.shared.store;
        let mut unmatched = Vec::new();
        for parked in store.parked(most).await? {
            let mut likely = Vec::new();
            for to in parked.report.between.into_iter().flatten().filter_map(Number::from_digits) {
                let until = Some(parked.at + LATE);
                let filter = Filter {
                    to: Some(to),
                    state: Some(State::Sent),
                    until,
                    limit: LIKELY,
                    ..Filter::default()
                };
                likely.extend(store.list(filter).await?);
            }
            unmatched.push((parked, likely));
        }
        Ok(unmatched)
    }

    async fn cancel(&self, account: Option<AccountId>, message: MessageId) -> Result<Cancel, StoreError> {
        match self.shared.claim(account, message).await? {
            Claim::Taken(delivery) => {
                self.shared.happen(vec![(*delivery, Event::Canceled)]).await?;
                Ok(Cancel::Done)
            }
            other => Ok(too_late(&other)),
        }
    }

    async fn replace(
        &self,
        account: AccountId,
        message: MessageId,
        body: Body,
    ) -> Result<Cancel, StoreError> {
        match self.shared.claim(Some(account), message).await? {
            Claim::Taken(delivery) => {
                let upstream = delivery.upstream;
                let replaced = Message { body, ..(*delivery.message).clone() };
                self.shared.store.replace(Arc::new(replaced)).await?;
                if let Some(counter) = self.shared.counter(upstream) {
                    counter.look_again();
                }
                Ok(Cancel::Done)
            }
            other => Ok(too_late(&other)),
        }
    }
}

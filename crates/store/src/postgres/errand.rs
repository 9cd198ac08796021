//! What is written less often than messages move: each errand is of its own kind, and those that come together share
//! a transaction.

use super::error::Error;
use super::lease::Releasing;
use super::link::Transaction;
use super::writer::{Work, Writer};
use async_trait::async_trait;
use postrider_core::contract::{Claim, StoreError};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use std::any::Any;

/// What a verb does inside a transaction of the lane of errands.
pub(super) trait Errand: Send + Sync + 'static {
    /// What it returns.
    type Answer: Send + 'static;

    /// Does it. It may be run a second time when the first time was rolled back.
    fn run(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

type AnyAnswer = Box<dyn Any + Send>;

#[async_trait]
trait AnyErrand: Send + Sync {
    async fn run_any(&self, transaction: &mut Transaction<'_>) -> Result<AnyAnswer, Error>;
}

#[async_trait]
impl<E: Errand> AnyErrand for E {
    async fn run_any(&self, transaction: &mut Transaction<'_>) -> Result<AnyAnswer, Error> {
        self.run(transaction).await.map(|answer| Box::new(answer) as AnyAnswer)
    }
}

/// An errand of any kind, as the lane takes it.
pub(super) struct Parcel(Box<dyn AnyErrand>);

impl Work for Parcel {
    type Answer = AnyAnswer;
    const LANE: i16 = 3;

    fn unheard(answer: AnyAnswer) -> Option<Self> {
        let taken: Vec<MessageId> = match answer.downcast::<Vec<Delivery>>() {
            Ok(leased) => leased.iter().map(|delivery| delivery.message.id).collect(),
            Err(answer) => match *answer.downcast::<Claim>().ok()? {
                Claim::Taken(delivery) => vec![delivery.message.id],
                _ => Vec::new(),
            },
        };
        (!taken.is_empty()).then(|| Self(Box::new(Releasing(taken))))
    }

    fn foregone(_batch: &[&Self]) -> Option<Vec<AnyAnswer>> {
        None
    }

    async fn run(batch: &[&Self], transaction: &mut Transaction<'_>) -> Result<Vec<AnyAnswer>, Error> {
        let mut answers = Vec::with_capacity(batch.len());
        for parcel in batch {
            answers.push(parcel.0.run_any(transaction).await?);
        }
        Ok(answers)
    }
}

impl Writer<Parcel> {
    /// Has an errand done, and returns when it is committed.
    pub(super) async fn run<E: Errand>(&self, errand: E) -> Result<E::Answer, StoreError> {
        let answer = self.submit(Parcel(Box::new(errand))).await?;
        let lost = |_| StoreError::Unavailable("the operation was not carried out".into());
        answer.downcast::<E::Answer>().map(|answer| *answer).map_err(lost)
    }
}

//! Errands: verbs that write less often than messages move. Those that come together share a transaction.

use super::error::Error;
use super::lease::Releasing;
use super::link::Transaction;
use super::notices;
use super::writer::{Work, Writer};
use async_trait::async_trait;
use postrider_core::contract::{Claim, Due, Leased, StoreError};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use std::any::Any;

/// An operation inside a transaction of the lane of errands.
pub(super) trait Errand: Send + Sync + 'static {
    /// Its result.
    type Answer: Send + 'static;

    /// See [`Work::messages`].
    fn messages(&self) -> Vec<i64> {
        Vec::new()
    }

    /// Does it. It may be run a second time when the first time was rolled back.
    fn run(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

type AnyAnswer = Box<dyn Any + Send>;

#[async_trait]
trait AnyErrand: Send + Sync {
    fn messages_of_any(&self) -> Vec<i64>;

    async fn run_any(&self, transaction: &mut Transaction<'_>) -> Result<AnyAnswer, Error>;
}

#[async_trait]
impl<E: Errand> AnyErrand for E {
    fn messages_of_any(&self) -> Vec<i64> {
        self.messages()
    }

    async fn run_any(&self, transaction: &mut Transaction<'_>) -> Result<AnyAnswer, Error> {
        self.run(transaction).await.map(|answer| Box::new(answer) as AnyAnswer)
    }
}

/// An errand of any kind, as the lane takes it.
pub(super) struct AnyKind(Box<dyn AnyErrand>);

impl Work for AnyKind {
    type Answer = AnyAnswer;
    const LANE: i16 = 3;

    fn messages(&self) -> Vec<i64> {
        self.0.messages_of_any()
    }

    fn unheard(answer: AnyAnswer) -> Option<Self> {
        let answer = match answer.downcast::<Leased>() {
            Ok(leased) => return leased_unheard(&leased.deliveries),
            Err(answer) => answer,
        };
        let answer = match answer.downcast::<Vec<Delivery>>() {
            Ok(leased) => return leased_unheard(&leased),
            Err(answer) => answer,
        };
        let answer = match answer.downcast::<Due>() {
            Ok(due) => return due_unheard(&due),
            Err(answer) => answer,
        };
        match *answer.downcast::<Claim>().ok()? {
            Claim::Taken(delivery) => leased_unheard(&[*delivery]),
            _ => None,
        }
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

fn leased_unheard(leased: &[Delivery]) -> Option<AnyKind> {
    let taken: Vec<MessageId> = leased.iter().map(|delivery| delivery.message.id).collect();
    (!taken.is_empty()).then(|| AnyKind(Box::new(Releasing(taken))))
}

/// Notices that are leased together are of one lane.
fn due_unheard(due: &Due) -> Option<AnyKind> {
    let lane = due.notices.first()?.lane;
    let notices = due.notices.iter().map(|notice| notice.id).collect();
    Some(AnyKind(Box::new(notices::Releasing { lane, notices })))
}

impl Writer<AnyKind> {
    /// Has an errand done, and returns when it is committed.
    pub(super) async fn run<E: Errand>(&self, errand: E) -> Result<E::Answer, StoreError> {
        let answer = self.submit(AnyKind(Box::new(errand))).await?;
        let lost = |_| StoreError::Unavailable("the operation was not carried out".into());
        answer.downcast::<E::Answer>().map(|answer| *answer).map_err(lost)
    }
}

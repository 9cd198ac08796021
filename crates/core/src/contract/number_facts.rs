//! What is kept of numbers: what was looked up, and which our own messages did not reach.

use super::StoreError;
use crate::dead::Reach;
use crate::lookup::{LookedUp, Said};
use crate::number::Number;
use crate::time::Time;
use async_trait::async_trait;
use std::time::Duration;

/// What is kept of numbers.
#[async_trait]
pub trait NumberFacts: Send + Sync {
    /// Forgets failures of numbers that were reached, adds failures of others, and forgets numbers that failed last before `forget`.
    async fn note_reach(&self, reach: Reach, forget: Time) -> Result<(), StoreError>;

    /// Numbers that failed so often, over such a time at least, and last after `since`; the last that failed, `most` of them.
    async fn unreached(
        &self,
        failures: u32,
        over: Duration,
        since: Time,
        most: usize,
    ) -> Result<Vec<Number>, StoreError>;

    /// What was looked up of these numbers and still holds, in no order.
    async fn looked_up(&self, numbers: Vec<Number>, now: Time) -> Result<Vec<LookedUp>, StoreError>;

    /// Keeps what was looked up, in the place of what was before, and forgets what holds no longer.
    async fn keep_looked_up(&self, found: Vec<LookedUp>, now: Time) -> Result<(), StoreError>;
}

/// Whoever asks providers about numbers, by HTTP or ENUM.
#[async_trait]
pub trait NumberLookup: Send + Sync {
    /// Asks a provider about a number, without a time limit of its own.
    ///
    /// # Errors
    /// In words, why there is no answer.
    async fn ask(&self, provider: &str, number: Number) -> Result<Said, String>;
}

/// What is known of a number besides the numbering plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNumber {
    /// What a provider says of it, if one is asked about such numbers.
    pub looked_up: Option<LookedUp>,
    /// Whether nobody has it, as the provider says or our own messages.
    pub is_dead: bool,
}

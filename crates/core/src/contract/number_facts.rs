//! What is kept of numbers: what was looked up, and which our own messages did not reach.

use super::StoreError;
use crate::dead::{DeadRule, Reach, Unreached};
use crate::lookup::{LookedUp, Said};
use crate::money::Price;
use crate::number::Number;
use crate::time::Time;
use async_trait::async_trait;

/// What is kept of numbers.
#[async_trait]
pub trait NumberFacts: Send + Sync {
    /// Forgets failures of numbers that were reached, adds failures of others, and forgets numbers that failed last before `forget`.
    async fn note_reach(&self, reach: Reach, forget: Time) -> Result<(), StoreError>;

    /// Numbers that are dead by a rule: the last that failed first, `most` of them, behind the last one of the list before.
    async fn unreached(
        &self,
        rule: DeadRule,
        now: Time,
        behind: Option<(Time, Number)>,
        most: usize,
    ) -> Result<Vec<Unreached>, StoreError>;

    /// What is kept of a number that messages did not reach, dead or not.
    async fn unreached_number(&self, number: Number) -> Result<Option<Unreached>, StoreError>;

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
    /// What the account that asked has paid for it, if anything.
    pub price: Option<Price>,
}

/// Numbers that nobody seems to have, as our own messages show, for people.
#[async_trait]
pub trait DeadDesk: Send + Sync {
    /// When numbers count as dead.
    fn rule(&self) -> DeadRule;

    /// Dead numbers, the last that failed first, `most` of them, behind the last one of the list before.
    async fn dead_numbers(
        &self,
        behind: Option<(Time, Number)>,
        most: usize,
    ) -> Result<Vec<Unreached>, StoreError>;

    /// What is kept of a number that messages did not reach, dead or not.
    async fn unreached(&self, number: Number) -> Result<Option<Unreached>, StoreError>;

    /// Forgets the failures of a number: messages to it are accepted again. Returns whether there were any.
    async fn clear(&self, number: Number) -> Result<bool, StoreError>;
}

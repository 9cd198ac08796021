//! What is kept of numbers needs no sealing.

use super::Sealed;
use async_trait::async_trait;
use postrider_core::contract::{NumberFacts, StoreError};
use postrider_core::dead::{DeadRule, Reach, Unreached};
use postrider_core::lookup::LookedUp;
use postrider_core::number::Number;
use postrider_core::time::Time;

#[async_trait]
impl NumberFacts for Sealed {
    async fn note_reach(&self, reach: Reach, forget: Time) -> Result<(), StoreError> {
        self.inner.note_reach(reach, forget).await
    }

    async fn unreached(
        &self,
        rule: DeadRule,
        now: Time,
        behind: Option<(Time, Number)>,
        most: usize,
    ) -> Result<Vec<Unreached>, StoreError> {
        self.inner.unreached(rule, now, behind, most).await
    }

    async fn unreached_number(&self, number: Number) -> Result<Option<Unreached>, StoreError> {
        self.inner.unreached_number(number).await
    }

    async fn looked_up(&self, numbers: Vec<Number>, now: Time) -> Result<Vec<LookedUp>, StoreError> {
        self.inner.looked_up(numbers, now).await
    }

    async fn keep_looked_up(&self, found: Vec<LookedUp>, now: Time) -> Result<(), StoreError> {
        self.inner.keep_looked_up(found, now).await
    }
}

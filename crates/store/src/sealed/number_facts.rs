//! What is kept of numbers needs no sealing.

use super::Sealed;
use async_trait::async_trait;
use postrider_core::contract::{NumberFacts, StoreError};
use postrider_core::dead::Reach;
use postrider_core::lookup::LookedUp;
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::time::Duration;

#[async_trait]
impl NumberFacts for Sealed {
    async fn note_reach(&self, reach: Reach, forget: Time) -> Result<(), StoreError> {
        self.inner.note_reach(reach, forget).await
    }

    async fn unreached(
        &self,
        failures: u32,
        over: Duration,
        since: Time,
        most: usize,
    ) -> Result<Vec<Number>, StoreError> {
        self.inner.unreached(failures, over, since, most).await
    }

    async fn looked_up(&self, numbers: Vec<Number>, now: Time) -> Result<Vec<LookedUp>, StoreError> {
        self.inner.looked_up(numbers, now).await
    }

    async fn keep_looked_up(&self, found: Vec<LookedUp>, now: Time) -> Result<(), StoreError> {
        self.inner.keep_looked_up(found, now).await
    }
}

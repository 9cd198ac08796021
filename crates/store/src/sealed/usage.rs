//! What was used of limits needs no sealing.

use super::Sealed;
use async_trait::async_trait;
use postrider_core::contract::{StoreError, Usage, Used};
use postrider_core::time::Time;

#[async_trait]
impl Usage for Sealed {
    async fn add_used(&self, used: Vec<Used>, now: Time) -> Result<(), StoreError> {
        self.inner.add_used(used, now).await
    }

    async fn used(&self, whats: Vec<Box<str>>, now: Time) -> Result<Vec<Used>, StoreError> {
        self.inner.used(whats, now).await
    }
}

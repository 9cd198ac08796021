//! What was measured of upstreams needs no sealing.

use super::Sealed;
use async_trait::async_trait;
use postrider_core::contract::{Measured, Measurements, StoreError};
use postrider_core::time::Time;

#[async_trait]
impl Measurements for Sealed {
    async fn measure(&self, measured: Vec<Measured>, since: Time) -> Result<(), StoreError> {
        self.inner.measure(measured, since).await
    }

    async fn measured(&self, since: Time) -> Result<Vec<Measured>, StoreError> {
        self.inner.measured(since).await
    }
}

//! Keeping what was measured of upstreams and senders, and reading back what all nodes have.

use crate::clock::Clock;
use crate::store_health::tell;
use crate::upstreams::Upstreams;
use postrider_core::contract::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// How often counts are kept, and read back.
const EVERY: Duration = Duration::from_secs(10);

/// Keeps counts and reads them back, for as long as the gateway runs.
pub(crate) async fn keep_measuring(upstreams: Arc<Upstreams>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    loop {
        match upstreams.qualities.exchange(&*store, clock.now()).await {
            Ok(()) => {}
            Err(StoreError::Superseded) => return,
            Err(error) => tell(&error, "can't keep what was measured of upstreams; trying again"),
        }
        if let Err(error) = upstreams.senders.exchange(&*store, clock.now()).await {
            tell(&error, "can't keep what was measured of senders; trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

//! What was measured of upstreams, as it is kept.

use super::StoreError;
use crate::quality::{Count, Place};
use crate::route::UpstreamId;
use crate::time::Time;
use async_trait::async_trait;

/// What was counted of an upstream towards a place in one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The beginning of the stretch.
    pub stretch: Time,
    /// The upstream.
    pub upstream: UpstreamId,
    /// The place.
    pub place: Place,
    /// The ends that were counted.
    pub count: Count,
}

/// What was measured of upstreams: every node adds what it has seen, and all read the sums.
#[async_trait]
pub trait Measurements: Send + Sync {
    /// Adds counts to those that are kept, and forgets stretches that began before `since`.
    async fn measure(&self, measured: Vec<Measured>, since: Time) -> Result<(), StoreError>;

    /// All that is kept of stretches from this one on.
    async fn measured(&self, since: Time) -> Result<Vec<Measured>, StoreError>;
}

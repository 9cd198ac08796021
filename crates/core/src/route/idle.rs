//! Upstreams that have nothing to do.

use super::UpstreamId;
use super::strategy::Load;

/// No upstream has anything to do.
#[derive(Clone, Copy, Debug)]
pub struct Idle;

impl Load for Idle {
    fn of(&self, _upstream: UpstreamId) -> f64 {
        0.0
    }
}

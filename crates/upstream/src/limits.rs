//! Time limits of links that are not declared.

use std::time::Duration;

/// Time limits that are not declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To connect to one address, TLS included.
    pub connect: Duration,
    /// To answer a bind, where no setting says it.
    pub bind: Duration,
    /// To answer outstanding messages when the upstream is stopped.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let each = Duration::from_secs(10);
        Self { connect: each, bind: each, drain: each }
    }
}

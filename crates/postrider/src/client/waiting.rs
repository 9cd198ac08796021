//! Waiting for a gateway that is starting, for a bounded time.

use crate::clock;
use crate::terminal;
use std::time::{Duration, Instant};

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(100);
/// The time after which the wait is told.
const SILENT: Duration = Duration::from_millis(500);

/// A wait for a gateway.
pub(super) struct Waiting {
    begun: Instant,
    most: Duration,
    is_told: bool,
}

impl Waiting {
    /// A wait of at most this long.
    pub(super) fn new(most: Duration) -> Self {
        Self { begun: clock::now(), most, is_told: false }
    }

    /// Waits for the next attempt. Returns whether there is one: the time may be over.
    pub(super) async fn pause(&mut self, place: &str) -> bool {
        let waited = self.begun.elapsed();
        if waited + PAUSE > self.most {
            return false;
        }
        if waited >= SILENT && !self.is_told {
            self.is_told = true;
            let most = self.most.as_secs();
            terminal::complain(&format!(
                "no gateway answers yet at {place}: waiting for it, at most {most} s"
            ));
        }
        tokio::time::sleep(PAUSE).await;
        true
    }
}

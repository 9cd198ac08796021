//! Virtual time: what tokio's paused clock says, as the gateway tells time.

use postrider_core::time::Time;
use postrider_engine::Clock;
use tokio::time::Instant;

/// When every run begins.
pub(crate) const BEGINNING: Time = Time(1_800_000_000_000);

/// The paused clock's time.
#[expect(clippy::disallowed_methods, reason = "this is the simulation's clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A clock that goes with the paused one, ahead of it or behind by so many milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VirtualClock {
    began: Instant,
    off: i64,
}

impl VirtualClock {
    /// The clock that all go by. The run begins now.
    pub(crate) fn start() -> Self {
        Self { began: instant(), off: 0 }
    }

    /// The same, off by so many milliseconds.
    pub(crate) const fn off_by(self, off: i64) -> Self {
        Self { off, ..self }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Time {
        let passed = self.began.elapsed();
        Time((BEGINNING + passed).0 + self.off)
    }
}

//! What was used between two moments: CPU time of the gateway, of what measures it and of the database, and of the machine
//! as a whole.

use super::gateway::Gateway;
use super::kernel::{self, MachineShares, MachineTime};
use crate::clock;
use crate::failure::Failure;
use std::time::Instant;

/// CPU times at one moment, in seconds since each process was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    at: Instant,
    gateway: f64,
    store_thread: Option<f64>,
    own: f64,
    database: Option<f64>,
    machine: MachineTime,
}

/// What was used between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    /// CPU-seconds of the gateway, all nodes together.
    pub(super) gateway: f64,
    /// CPU-seconds of the clients and the carrier.
    pub(super) own: f64,
    /// CPU-seconds of the database, if it was to be told.
    pub(super) database: Option<f64>,
    /// The share of the time that the thread of an embedded store has worked, 0 to 1.
    pub(super) store_thread: Option<f64>,
    pub(super) machine: MachineShares,
}

impl Reading {
    /// Reads all of them.
    pub(super) fn take(gateway: &Gateway) -> Result<Self, Failure> {
        Ok(Self {
            at: clock::now(),
            gateway: gateway.cpu()?,
            store_thread: gateway.store_thread_cpu()?,
            own: kernel::own_cpu()?,
            database: gateway.database_cpu()?,
            machine: MachineTime::read()?,
        })
    }

    /// What was used since `before`.
    pub(super) fn since(&self, before: &Self) -> Usage {
        let time = self.at.saturating_duration_since(before.at);
        let between = |now: Option<f64>, before: Option<f64>| Some(now? - before?);
        let share = |seconds| seconds / time.as_secs_f64().max(f64::MIN_POSITIVE);
        Usage {
            gateway: self.gateway - before.gateway,
            own: self.own - before.own,
            database: between(self.database, before.database),
            store_thread: between(self.store_thread, before.store_thread).map(share),
            machine: self.machine.since(&before.machine),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn usage_is_the_difference_of_two_readings() {
        let reading = |seconds: u64, cpu: f64| Reading {
            at: clock::now() + Duration::from_secs(seconds),
            gateway: cpu,
            store_thread: Some(cpu / 2.0),
            own: 1.0,
            database: None,
            machine: MachineTime::read().unwrap(),
        };
        let (before, after) = (reading(0, 3.0), reading(1_000, 803.0));
        let usage = after.since(&before);
        assert_eq!((usage.gateway, usage.own, usage.database), (800.0, 0.0, None));
        let busy = usage.store_thread.unwrap();
        assert!((0.39..0.41).contains(&busy), "{busy}");
    }
}

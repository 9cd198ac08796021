//! Signals: SIGTERM and SIGINT stop the process, SIGHUP reloads the configuration.

use crate::failure::Failure;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The request of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Finish requests in progress, then stop.
    Drain,
    /// Stop at once: this is the second signal.
    StopNow,
    /// Reload the configuration.
    Reload,
}

/// Signals to this process.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    stopping: bool,
}

impl Signals {
    /// Listens; from now on a signal no longer ends the process.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::failed(format!("can't listen for signals: {error}")))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
            stopping: false,
        })
    }

    /// Waits for the next request. Dropping the future loses none.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.hang_up.recv() => return Asked::Reload,
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        match std::mem::replace(&mut self.stopping, true) {
            false => Asked::Drain,
            true => Asked::StopNow,
        }
    }
}

//! The life of one process: from its start to its crash, after which nothing that it had begun goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Whether a process lives.
pub(crate) struct Life {
    /// The number of the process's node.
    pub(crate) node: u8,
    dead: AtomicBool,
    doubted: AtomicBool,
    bell: Notify,
}

impl Life {
    pub(crate) fn begin(node: u8) -> Self {
        Self { node, dead: AtomicBool::new(false), doubted: AtomicBool::new(false), bell: Notify::new() }
    }

    /// Ends it; says whether it had not ended before.
    pub(crate) fn end(&self) -> bool {
        let ends = !self.dead.swap(true, Ordering::Relaxed);
        self.bell.notify_waiters();
        ends
    }

    pub(crate) fn is_over(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Others take it for dead, or have its place: what it has in hand may be in theirs.
    pub(crate) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed)
    }

    /// Waits until it ends.
    pub(crate) async fn over(&self) {
        let mut rung = std::pin::pin!(self.bell.notified());
        rung.as_mut().enable();
        if !self.is_over() {
            rung.await;
        }
    }

    /// Goes on only while it lasts: what a dead process was doing never goes on.
    pub(crate) async fn lasts(&self) {
        if self.is_over() {
            std::future::pending::<()>().await;
        }
    }
}

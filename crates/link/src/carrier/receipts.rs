//! Receipts, and all else that a carrier brings over one link: the desk keeps them before they are acknowledged.

use futures_util::future::BoxFuture;
use postrider_core::contract::{Desk, Heard};

/// The most receipts of one link that may be on their way into the store; beyond it nothing is read.
const PENDING_MAX: usize = 4_096;

/// Receipts of one read, and the number of earlier ones that are not acknowledged yet.
#[derive(Debug)]
pub(super) struct Receipts<A> {
    heard: Vec<Heard>,
    acks: Vec<A>,
    /// Handed to the desk and not acknowledged yet.
    pending: usize,
}

/// Receipts that the desk has kept, or not.
#[derive(Debug)]
pub(super) struct Kept<A> {
    pub(super) acks: Vec<A>,
    pub(super) is_kept: bool,
}

impl<A> Default for Receipts<A> {
    fn default() -> Self {
        Self { heard: Vec::new(), acks: Vec::new(), pending: 0 }
    }
}

impl<A: Send> Receipts<A> {
    /// Adds a request of the carrier, with the receipt that it brought.
    pub(super) fn add(&mut self, heard: Option<Heard>, ack: A) {
        self.heard.extend(heard);
        self.acks.push(ack);
    }

    /// Hands the receipts to the desk, if there are any.
    pub(super) fn keep<'a>(&mut self, desk: &'a dyn Desk) -> Option<BoxFuture<'a, Kept<A>>>
    where
        A: 'a,
    {
        if self.acks.is_empty() {
            return None;
        }
        let heard = std::mem::take(&mut self.heard);
        let acks = std::mem::take(&mut self.acks);
        self.pending += acks.len();
        Some(Box::pin(async move {
            let is_kept = heard.is_empty() || desk.heard(heard).await.is_ok();
            Kept { acks, is_kept }
        }))
    }

    /// So many are acknowledged.
    pub(super) fn acknowledged(&mut self, count: usize) {
        self.pending = self.pending.saturating_sub(count);
    }

    /// Whether no more is to be read before some are acknowledged.
    pub(super) fn are_many(&self) -> bool {
        self.pending >= PENDING_MAX
    }
}

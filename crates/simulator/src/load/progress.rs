//! How far a load has come, shared by all its senders, and what it came to in the end.

use super::Histogram;
use super::ledger::{Entered, Ledger};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How far a load has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Messages sent, those sent again not counted again.
    pub submitted: u64,
    /// Messages accepted.
    pub accepted: u64,
    /// Messages refused for good.
    pub refused: u64,
    /// Times that a message was refused for now, as too many were sent, and sent again later.
    pub throttled: u64,
    /// Messages that were never answered, as the connection was lost or the answer took too long.
    pub unanswered: u64,
    /// Receipts that say what finally became of a message, the first for each.
    pub receipts: u64,
    /// Receipts for a message that had one already.
    pub duplicates: u64,
    /// Receipts for messages that weren't sent by this load.
    pub strangers: u64,
    /// Messages that have reached their carrier, as far as the load was told (`Load::arrived`).
    pub arrived: u64,
    /// Connections lost.
    pub disconnects: u64,
    /// Senders that have nothing more to send and nothing unanswered.
    pub idle: usize,
}

/// The result of a load.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The counts.
    pub progress: Progress,
    /// Messages that were accepted and have no receipt.
    pub missing: u64,
    /// Messages whose receipt names another identifier than their acceptance did.
    pub mismatched: u64,
    /// From sending a message, or from when it should have been sent, to its acceptance.
    pub latency: Histogram,
    /// From when a message should have been sent to its arrival at the carrier, as far as the load was told of it.
    pub delivery: Histogram,
    /// From the beginning to the last acceptance.
    pub accepting: Duration,
    /// From the beginning to the last receipt.
    pub completing: Duration,
}

/// The books and counts of a load.
#[derive(Debug)]
pub(crate) struct Books {
    pages: Mutex<Pages>,
    progress: watch::Sender<Progress>,
}

#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) ledger: Ledger,
    pub(crate) progress: Progress,
    latency: Histogram,
    delivery: Histogram,
    /// When each message was due that has not reached its carrier, if arrivals are told.
    under_way: Option<HashMap<u64, Instant>>,
    start: Instant,
    last_accepted: Instant,
    last_receipt: Instant,
}

impl Books {
    /// Empty books; with `hears_arrivals` they note when each message was due, until it has reached its carrier.
    pub(crate) fn new(first_number: u64, hears_arrivals: bool, start: Instant) -> Self {
        let pages = Pages {
            ledger: Ledger::new(first_number),
            progress: Progress::default(),
            latency: Histogram::default(),
            delivery: Histogram::default(),
            under_way: hears_arrivals.then(HashMap::new),
            start,
            last_accepted: start,
            last_receipt: start,
        };
        Self { pages: Mutex::new(pages), progress: watch::Sender::new(Progress::default()) }
    }

    /// Enters something, a batch at a time.
    pub(crate) fn with<R>(&self, enter: impl FnOnce(&mut Pages) -> R) -> R {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let result = enter(&mut pages);
        let progress = pages.progress;
        self.progress.send_if_modified(|known| std::mem::replace(known, progress) != progress);
        result
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    pub(crate) fn report(&self) -> Report {
        self.with(|pages| Report {
            progress: pages.progress,
            missing: pages.ledger.missing(),
            mismatched: pages.ledger.mismatched(),
            latency: pages.latency.clone(),
            delivery: pages.delivery.clone(),
            accepting: pages.last_accepted.saturating_duration_since(pages.start),
            completing: pages.last_receipt.saturating_duration_since(pages.start),
        })
    }
}

impl Pages {
    /// A new message that is due at `since`: the number it goes to.
    pub(crate) fn issue(&mut self, since: Instant) -> u64 {
        self.progress.submitted += 1;
        let number = self.ledger.issue();
        if let Some(under_way) = &mut self.under_way {
            under_way.insert(number, since);
        }
        number
    }

    /// The message to this number has reached its carrier. Another copy of it, or one of another load, counts for nothing.
    pub(crate) fn arrived(&mut self, number: u64, now: Instant) {
        let since = self.under_way.as_mut().and_then(|under_way| under_way.remove(&number));
        if let Some(since) = since {
            self.progress.arrived += 1;
            self.delivery.record(now.saturating_duration_since(since));
        }
    }

    /// A message was accepted that was due at `since`.
    pub(crate) fn accepted(&mut self, number: u64, id: &[u8], since: Instant, now: Instant) {
        self.ledger.accepted(number, id);
        self.progress.accepted += 1;
        self.latency.record(now.saturating_duration_since(since));
        self.last_accepted = now;
    }

    /// A final receipt came.
    pub(crate) fn receipt(&mut self, number: u64, id: &[u8], now: Instant) {
        self.last_receipt = now;
        match self.ledger.receipt(number, id) {
            Entered::New => self.progress.receipts += 1,
            Entered::Again => self.progress.duplicates += 1,
            Entered::Stranger => self.progress.strangers += 1,
        }
    }
}

//! Live views: a viewer gets the PDUs it wants as they go by, and never holds up the connections that it watches.

use crate::packet::{Direction, Origin, Packet};
use crate::wanted::{Picker, Wanted};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// The most live views at once.
pub const LIVE_MAX: usize = 8;
/// PDUs that wait for a viewer, at most; it misses those beyond.
const WAITING_MAX: usize = 1_024;

/// There are [`LIVE_MAX`] live views already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// The viewers, and how much of a ring each connection may keep: what every connection must know at every PDU.
#[derive(Default)]
pub(crate) struct Board {
    /// Octets of a ring.
    pub(crate) room: AtomicUsize,
    watching: AtomicUsize,
    next_number: AtomicU64,
    viewers: Mutex<Vec<Viewer>>,
}

/// A viewer, as connections see it.
struct Viewer {
    number: u64,
    picker: Picker,
    packets: mpsc::Sender<Packet>,
    missed: Arc<AtomicU64>,
}

/// A live view. It ends when it is dropped.
pub struct Live {
    number: u64,
    packets: mpsc::Receiver<Packet>,
    missed: Arc<AtomicU64>,
    board: Arc<Board>,
}

impl Board {
    /// Whether there is any viewer.
    pub(crate) fn is_watched(&self) -> bool {
        self.watching.load(Ordering::Relaxed) > 0
    }

    /// Shows a PDU to the viewers that want it. `packet` makes it, with octets of its own.
    pub(crate) fn show(
        &self,
        origin: &Origin,
        direction: Direction,
        octets: &[u8],
        packet: impl Fn() -> Packet,
    ) {
        for viewer in self.viewers().iter_mut() {
            if viewer.picker.takes(origin, direction, octets) && viewer.packets.try_send(packet()).is_err() {
                viewer.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Begins a live view.
    pub(crate) fn look(self: &Arc<Self>, wanted: Wanted) -> Result<Live, TooMany> {
        let mut viewers = self.viewers();
        if viewers.len() >= LIVE_MAX {
            return Err(TooMany);
        }
        let (sender, packets) = mpsc::channel(WAITING_MAX);
        let missed = Arc::new(AtomicU64::new(0));
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let picker = Picker::new(wanted);
        viewers.push(Viewer { number, picker, packets: sender, missed: Arc::clone(&missed) });
        self.watching.store(viewers.len(), Ordering::Relaxed);
        Ok(Live { number, packets, missed, board: Arc::clone(self) })
    }

    /// Ends all live views.
    pub(crate) fn close(&self) {
        self.keep(|_| false);
    }

    fn keep(&self, stays: impl Fn(&Viewer) -> bool) {
        let mut viewers = self.viewers();
        viewers.retain(stays);
        self.watching.store(viewers.len(), Ordering::Relaxed);
    }

    fn viewers(&self) -> MutexGuard<'_, Vec<Viewer>> {
        self.viewers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Waits for PDUs and returns those that are there, at most `most`; none once the view was ended from elsewhere.
    pub async fn next(&mut self, most: usize) -> Vec<Packet> {
        let mut packets = Vec::new();
        self.packets.recv_many(&mut packets, most).await;
        packets
    }

    /// How many PDUs were missed since this was asked last, because they weren't taken in time.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.board.keep(|viewer| viewer.number != self.number);
    }
}

//! Handsets that write, and what the carrier still has to bring since nobody acknowledged it.

use crate::life::Life;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The texts of handsets, each of which is another.
#[derive(Default)]
pub(crate) struct Handsets(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many were written.
    written: u64,
    /// Those that were not acknowledged, with the node that has each in hand.
    pending: BTreeMap<u64, Pending>,
}

/// A text that was not acknowledged.
struct Pending {
    from: u64,
    life: Arc<Life>,
    is_refused: bool,
}

impl Handsets {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new text of a handset, which this node gets.
    pub(crate) fn write(&self, from: u64, life: &Arc<Life>) -> u64 {
        self.with(|state| {
            state.written += 1;
            let pending = Pending { from, life: Arc::clone(life), is_refused: false };
            state.pending.insert(state.written, pending);
            state.written
        })
    }

    /// A text that nobody acknowledged, and its handset: this node gets it again.
    pub(crate) fn repeat(&self, life: &Arc<Life>) -> Option<(u64, u64)> {
        self.with(|state| {
            let is_idle = |pending: &Pending| pending.is_refused || pending.life.is_over();
            let (text, pending) = state.pending.iter_mut().find(|(_, pending)| is_idle(pending))?;
            (pending.life, pending.is_refused) = (Arc::clone(life), false);
            Some((*text, pending.from))
        })
    }

    /// The text was acknowledged, or refused: then the carrier brings it again.
    pub(crate) fn answered(&self, text: u64, kept: bool) {
        self.with(|state| match state.pending.get_mut(&text) {
            Some(_) if kept => drop(state.pending.remove(&text)),
            Some(pending) => pending.is_refused = true,
            None => {}
        });
    }
}

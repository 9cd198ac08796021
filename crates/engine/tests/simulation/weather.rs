//! How the store is just now, for all nodes or as one of them sees it.

use crate::clock::instant;
use crate::dice::Dice;
use postrider_core::contract::StoreError;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long a verb waits for a store that doesn't answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// When the store is away, and how often it fails.
pub(crate) struct Weather(Mutex<State>);

struct State {
    dice: Dice,
    /// Failures in a thousand verbs.
    failing: u64,
    /// Until when nodes can't reach the store, and whether it refuses them or doesn't answer.
    away: BTreeMap<u8, (Instant, bool)>,
}

/// What happens to a verb.
enum Fate {
    Passes(Duration),
    Fails(Duration),
    Hangs(Instant),
}

impl Weather {
    pub(crate) fn new(dice: Dice, failing: u64) -> Self {
        Self(Mutex::new(State { dice, failing, away: BTreeMap::new() }))
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps these nodes from the store for a while.
    pub(crate) fn keep_away(&self, nodes: impl Iterator<Item = u8>, span: Duration, hangs: bool) {
        let until = instant() + span;
        self.state(|state| state.away.extend(nodes.map(|node| (node, (until, hangs)))));
    }

    /// Ends all that is wrong, for good.
    pub(crate) fn clear_up(&self) {
        self.state(|state| {
            state.failing = 0;
            state.away.clear();
        });
    }

    /// Lets a verb of the node pass on its way to the store, after a while, or not.
    pub(crate) async fn pass(&self, node: u8) -> Result<(), StoreError> {
        match self.state(|state| state.fate(node)) {
            Fate::Passes(delay) => {
                if !delay.is_zero() {
                    sleep(delay).await;
                }
                Ok(())
            }
            Fate::Fails(delay) => {
                sleep(delay).await;
                Err(away())
            }
            Fate::Hangs(until) => {
                let patience = instant() + PATIENCE;
                sleep_until(until.min(patience)).await;
                if until <= patience { Ok(()) } else { Err(away()) }
            }
        }
    }

    /// Whether a verb that was carried out is to look as if it had failed, as when the connection goes before the answer.
    pub(crate) fn loses_answer(&self) -> bool {
        self.state(|state| {
            let failing = state.failing;
            state.dice.chance(failing)
        })
    }
}

impl State {
    fn fate(&mut self, node: u8) -> Fate {
        let quick = Duration::from_millis(self.dice.between(0, 3));
        match self.away.get(&node) {
            Some((until, true)) if *until > instant() => return Fate::Hangs(*until),
            Some((until, false)) if *until > instant() => return Fate::Fails(quick),
            _ => {}
        }
        if self.dice.chance(self.failing / 4) {
            return Fate::Fails(quick);
        }
        if self.dice.chance(self.failing) {
            return Fate::Passes(self.dice.span(quick, Duration::from_secs(3)));
        }
        Fate::Passes(quick)
    }
}

fn away() -> StoreError {
    StoreError::Unavailable("the dice say so".into())
}

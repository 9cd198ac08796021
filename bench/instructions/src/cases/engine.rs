//! The engine's values: the shelf that a message waits on, and the ledger's page that its answer and its receipt are entered
//! on. They are private to the engine, which has the functions beside them.

use crate::Case;
use postrider_engine::measured::{page, shelf};

pub(crate) const CASES: &[Case] = &[
    Case { name: "engine/shelf", rounds: 20_000, run: shelf },
    Case { name: "engine/page", rounds: 5_000, run: page },
];

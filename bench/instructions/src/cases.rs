//! Cases: a module for each part that is measured, a function for each case.
//!
//! A case is a function of a count of rounds: it prepares what it needs, and then does one thing so many times. To add
//! one, write the function, name it in its module's `CASES`, and record its figure.

mod codec;
mod consent;
mod engine;
mod plan;
mod store;
mod text;

use crate::Case;

/// All cases, in the order in which they are shown.
pub(crate) const CASES: &[&[Case]] =
    &[codec::CASES, text::CASES, plan::CASES, consent::CASES, engine::CASES, store::CASES];

//! What holds of numbers: opt-outs, blocks and consents, in this node's memory, and how they follow the store.
//!
//! Who decides asks [`Holdings`]. [`Following`] brings them up to date: at the start, after each change of this node's, and when
//! other nodes tell of theirs. A STOP is acknowledged to the carrier once every living node has taken it in, so that no node
//! sends after that what it forbids.

mod changes;
mod following;
mod holdings;
mod responder;

pub(crate) use changes::{Changes, notice};
pub(crate) use following::Following;
pub(crate) use holdings::{Holdings, Leaving, count, count_held, leaving};
pub(crate) use responder::{Asked, Responder};

//! Clients that send in bulk: over SMPP and over HTTP, as fast as it goes or at a rate, and the books that show
//! whether every message accepted got its receipt. What the figures mean is for the benchmark to say.

mod histogram;

mod ledger;
mod pace;
mod progress;
mod smpp;

pub use histogram::Histogram;
pub use pace::Pace;
pub use progress::{Progress, Report};
pub use smpp::{SmppLoad, SmppPlan};

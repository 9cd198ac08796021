//! Actions on many messages that go on in the background: counted first, then done some thousand messages at a time, on one node.

mod desk;
mod document;
#[cfg(test)]
mod tests;
mod working;

pub use desk::{ActionJobs, NewAction, NotStopped};
pub use document::{ActionJob, ActionState};
pub use working::{ActionStep, ActsOnMessages, NotActed};

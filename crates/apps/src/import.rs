//! Imports of contacts that outlast their request: a file is put down in the store, looked at row by row with nothing changed, and
//! imported once somebody says so. Each step is written down, so that another node goes on where one has stopped.
//!
//! Rows are recipients of an audience that nothing is sent to: a number is among them once, they have places by which steps go on, and
//! they are erased with their person.

mod desk;
mod document;
mod staging;
#[cfg(test)]
mod tests;
mod working;

pub(crate) use desk::is_known;
pub use desk::{Imports, NotImported};
pub use document::{Finding, FindingKind, Import, ImportState, NewImport};
pub use staging::{FoundRow, Staging};

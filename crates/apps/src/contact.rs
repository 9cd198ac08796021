//! Contacts: numbers with names, languages, zones, fields, tags and groups; and segments of them.

mod desk;
mod document;
mod glimpse;
mod groups;
mod merging;
mod segment;
#[cfg(test)]
mod tests;
mod undo;
mod vcard;
mod zone;

pub use desk::{ContactCount, ContactFilter, Contacts, NotKept, Put};
pub use document::{Contact, FIELDS_MAX, GROUPS_MAX, TAGS_MAX, TEXT_MAX, WrongContact};
pub use groups::{Group, Groups};
pub(crate) use merging::PreparedStep;
pub use merging::{Merged, Merging};
pub use segment::{SEGMENT_MAX, Segment, WrongSegment};
pub use undo::OfImport;
pub(crate) use undo::TakenBack;
pub use vcard::{Card, Cards};

//! CIMD2 for applications: operation 03 in, status reports (23) and messages from handsets (20) out, 04 and 06 about a
//! message. Sections are those of the CIMD Interface Specification.

mod conversation;
mod notice;
mod refusal;
mod submission;

pub(crate) use conversation::Conversation;

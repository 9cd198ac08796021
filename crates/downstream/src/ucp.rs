//! EMI/UCP for applications: operations 01, 02, 03, 30 and 51 in, notifications (53) and messages from handsets (52) out,
//! and 54 to 56 about a message. Sections are those of the EMI/UCP Interface, version 4.0.

mod conversation;
mod notice;
mod refusal;
mod submission;

pub(crate) use conversation::Conversation;

//! Short links on the operator's own domain: one for each recipient, so that it is known who followed it.
//!
//! A code says which link it is and whose, and is sealed with a secret of the gateway. So codes for millions of recipients need no
//! rows, nobody can guess one, and a link leads nowhere but to the address that is kept. A visit is counted once for each recipient;
//! previews and scanners are told apart from people.

mod code;
mod desk;
mod document;
mod finding;
mod shortener;
#[cfg(test)]
mod tests;
mod visitor;

pub use desk::{Destination, LinkSettings, Links, NotShortened};
pub(crate) use document::LinkOwner;
pub use document::TextLink;
pub use shortener::Shortened;
pub(crate) use shortener::{Shortener, links_of};
pub use visitor::{Visitor, VisitorKind};

/// The most addresses in the texts of one campaign that are shortened.
pub const LINKS_MAX: usize = 50;

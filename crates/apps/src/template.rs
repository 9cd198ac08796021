//! Templates of messages: texts with variables in several languages, kept in versions of which approved ones are sent.

mod compiled;
mod content;
mod desk;
#[cfg(test)]
mod tests;

pub use compiled::{Compiled, NotFilled, Values, scalar};
pub use content::{Content, LANGUAGES_MAX, NAME_MAX, VARIABLES_MAX, Variable, WrongContent, is_name};
pub use desk::{NotApproved, NotWritten, Template, Templates, Version, Written};

//! Applications within the gateway: one-time passwords, templates, snippets, contacts, campaigns and batches.
//!
//! They hand messages in as any client does, and keep what they know in a store of their own. Without this crate messages still flow.

mod apps;
pub mod authenticator;
pub mod contact;
pub mod csv;
mod kept;
mod random;
pub mod run;
pub mod snippet;
pub mod template;
#[cfg(test)]
mod testing;
pub mod verification;

pub use apps::{Apps, Parts};

//! HTTP providers as data. A preset says in TOML how a provider's requests, answers and callbacks look; a [`Provider`] is a preset
//! with the values of one account. It makes requests of messages and reads what comes back. No sockets, no clock, no dice.
//!
//! Bodies are trees ([`tree`]): JSON, forms and XML are read into the same values, and written from them. A preset never pastes a
//! value into a text that is then parsed: a value is put into a place of a tree, and the tree is encoded. So no text can end a
//! JSON string or add a field to a form.

mod account;
mod answer;
mod callback;
pub mod cases;
mod check;
mod encoding;
pub mod enum_rule;
mod fields;
mod inverse;
mod lookup;
mod moment;
mod node;
mod path;
mod poll;
mod preset;
pub mod presets;
mod provider;
mod receipt;
mod request;
mod signing;
pub mod simulation;
mod template;
pub mod tree;
mod xml;

pub use account::{Missing, Values};
pub use answer::{Answered, Refusal, Reply};
pub use callback::{Call, CallbackError, Heeded, Response};
pub use lookup::{Lookup, LookupPreset};
pub use preset::{Invalid, Preset, Variable, Variables};
pub use provider::Provider;
pub use request::{Outgoing, Surroundings, Unwritable};
pub use signing::TokenRequest;

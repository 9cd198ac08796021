//! Consent: what recipients allow. A handset's message that asks to stop is recognised ([`recognise`]), and becomes a
//! [`Change`] of what holds of its number; the [`Register`] answers, for each message, whether it may be sent.

mod change;
mod fold;
mod keywords;
mod register;
mod words;

pub use change::{Change, Kept, Kind, Scope, Source, folded};
pub use keywords::{Intent, Request, recognise};
pub use register::{Register, SCOPES_MAX};

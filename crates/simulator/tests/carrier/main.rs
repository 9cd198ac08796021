//! The carrier as a client sees it, over real connections.
#![expect(clippy::disallowed_methods, reason = "the carrier lives in real time")]

mod binds;
#[cfg(test)]
mod client;
mod fates;
mod habits;
#[cfg(test)]
mod handsets;

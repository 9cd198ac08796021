//! The carrier as a client sees it, over real connections.

mod binds;
#[cfg(test)]
mod client;
mod fates;
mod habits;
#[cfg(test)]
mod handsets;

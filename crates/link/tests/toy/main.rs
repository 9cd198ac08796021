//! What a protocol gets from the link crate for nothing, shown by one of a hundred lines: reconnects, leases, windows,
//! pauses, doubt, drains, late answers and receipts that are kept first. Time is virtual.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod carrier;
mod desk;
mod leases;
mod login;
mod protocol;
mod sending;
mod silence;

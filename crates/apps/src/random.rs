//! Random octets of the operating system.

use ring::rand::{SecureRandom, SystemRandom};
use std::fmt::Write;

/// The operating system has no random numbers to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random numbers from the system")]
pub struct NoRandomness;

/// So many random octets.
pub(crate) fn octets<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut octets = [0; N];
    SystemRandom::new().fill(&mut octets).map_err(|_| NoRandomness)?;
    Ok(octets)
}

/// Octets in hexadecimal.
pub(crate) fn hex(octets: &[u8]) -> String {
    let mut text = String::with_capacity(2 * octets.len());
    for octet in octets {
        // Writing to a string can't fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

/// The octets of a hexadecimal text.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes().chunks(2).map(octet).collect()
}

/// An identifier that nobody can guess, in the order of time: milliseconds in twelve hexadecimal digits, then twenty random ones.
pub(crate) fn identifier(now: postrider_core::time::Time) -> Result<Box<str>, NoRandomness> {
    let random = octets::<10>()?;
    Ok(format!("{:012x}{}", now.0, hex(&random)).into())
}

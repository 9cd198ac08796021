//! Octets as texts: hexadecimal and base64.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use std::fmt::Write;

/// A form of octets in texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OctetsForm {
    /// Hexadecimal digits, in lower case.
    Hex,
    /// Base64 (RFC 4648, 4).
    Base64,
}

impl OctetsForm {
    pub(crate) fn write(self, octets: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(octets),
            Self::Hex => hex(octets),
        }
    }

    /// Reads octets; hexadecimal digits in either case.
    pub(crate) fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Base64 => STANDARD.decode(text.trim()).ok(),
            Self::Hex => {
                let digits: Option<Vec<u8>> = text
                    .trim()
                    .chars()
                    .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
                    .collect();
                let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
                Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
            }
        }
    }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        // A string takes whatever is written.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

/// Reads base64 as JSON Web Tokens have it (RFC 7515, 2).
pub(crate) fn read_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

pub(crate) fn write_base64url(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

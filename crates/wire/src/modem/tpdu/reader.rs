//! Octets that are read from the front.

use super::Malformed;

/// Octets that are read from the front.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(super) fn octet(&mut self, field: &'static str) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed::Short(field))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn octets(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], Malformed> {
        let (first, rest) = self.0.split_at_checked(count).ok_or(Malformed::Short(field))?;
        self.0 = rest;
        Ok(first)
    }

    pub(super) fn seven(&mut self, field: &'static str) -> Result<[u8; 7], Malformed> {
        let (first, rest) = self.0.split_first_chunk().ok_or(Malformed::Short(field))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0
    }
}

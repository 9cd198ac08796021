//! Optional parameters as a list, to be changed in ways that no builder of correct ones would.

use postrider_wire::smpp::Tlvs;

/// Parameters in their order, with what they say their length is.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(u16, Vec<u8>)>);

impl Parameters {
    pub(super) fn read(octets: &[u8]) -> Self {
        Self(Tlvs::lenient(octets).iter().map(|(tag, value)| (tag, value.to_vec())).collect())
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        for (tag, value) in &self.0 {
            let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
            octets.extend_from_slice(&tag.to_be_bytes());
            octets.extend_from_slice(&length.to_be_bytes());
            octets.extend_from_slice(value);
        }
        octets
    }

    pub(super) fn add(&mut self, tag: u16, value: &[u8]) {
        self.0.push((tag, value.to_vec()));
    }

    pub(super) fn remove(&mut self, tag: u16) {
        self.0.retain(|(found, _)| *found != tag);
    }

    pub(super) fn rename(&mut self, from: u16, to: u16) {
        for (tag, _) in &mut self.0 {
            if *tag == from {
                *tag = to;
            }
        }
    }

    /// Gives those with this tag another value, made from the one they have.
    pub(super) fn change(&mut self, tag: u16, change: impl Fn(&[u8]) -> Vec<u8>) {
        for (_, value) in self.0.iter_mut().filter(|(found, _)| *found == tag) {
            *value = change(value);
        }
    }

    pub(super) fn reverse(&mut self) {
        self.0.reverse();
    }

    /// Says each once more, and then something else.
    pub(super) fn repeat(&mut self) {
        let again: Vec<_> = self.0.iter().map(|(tag, value)| (*tag, vec![b'0'; value.len()])).collect();
        self.0.extend(again);
    }
}

//! A carrier's mail for a client: receipts and handsets' messages. `envelope` writes it.

use super::State;
use super::part::UDHI;
use postrider_text::{coding, header, segment};
use postrider_wire::smpp::{Address, Npi, Ton};

/// The longest address kept, in octets: what fits a deliver_sm.
const MAX_ADDRESS: usize = 20;

/// How much of a text its receipt repeats, in octets.
const MAX_SNIPPET: usize = 20;

/// Something to be delivered to a client.
#[derive(Clone, Debug)]
pub(crate) enum Mail {
    Receipt(Receipt),
    Inbound(Box<Inbound>),
}

impl Mail {
    /// The connection on which the part came that a receipt is about.
    pub(crate) fn came_on(&self) -> Option<u64> {
        match self {
            Self::Receipt(receipt) => Some(receipt.bind),
            Self::Inbound(_) => None,
        }
    }
}

/// A report on a part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt {
    pub(crate) id: u64,
    pub(crate) handset: Endpoint,
    pub(crate) client: Endpoint,
    pub(crate) state: State,
    /// When the part was submitted, in seconds since 1970.
    pub(crate) submitted: u64,
    pub(crate) snippet: Snippet,
    /// On which connection the part came.
    pub(crate) bind: u64,
}

/// A part of what a handset writes.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    pub(crate) handset: Endpoint,
    pub(crate) client: Endpoint,
    pub(crate) esm_class: u8,
    pub(crate) data_coding: u8,
    pub(crate) octets: Vec<u8>,
    /// `ussd_service_op` and `its_session_info`, if it is a turn of a USSD dialogue.
    pub(crate) ussd: Option<(u8, [u8; 2])>,
}

/// An address without a borrow or an allocation, since there is one pair of them for every receipt on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    ton: Ton,
    npi: Npi,
    digits: Short<MAX_ADDRESS>,
}

/// The first octets of a text.
pub(crate) type Snippet = Short<MAX_SNIPPET>;

/// At most `N` octets in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short<const N: usize> {
    octets: [u8; N],
    len: u8,
}

impl<const N: usize> Short<N> {
    /// How many octets there is room for.
    pub(crate) const MOST: usize = N;

    /// The first `N` of these.
    pub(crate) fn of(octets: &[u8]) -> Self {
        let mut short = Self { octets: [0; N], len: 0 };
        for (place, octet) in short.octets.iter_mut().zip(octets) {
            *place = *octet;
            short.len += 1;
        }
        short
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Endpoint {
    /// A number in international form; a `+` in front is left out.
    pub(crate) fn number(number: &str) -> Self {
        let digits = number.trim_start_matches('+');
        Self::from(&Address::international(digits.as_bytes()))
    }

    /// Its address as it is written.
    pub(crate) fn address(&self) -> Address<'_> {
        Address::new(self.ton, self.npi, self.digits.as_bytes())
    }
}

impl From<&Address<'_>> for Endpoint {
    fn from(address: &Address<'_>) -> Self {
        Self { ton: address.ton, npi: address.npi, digits: Short::of(address.digits) }
    }
}

/// A handset's text as the parts it is sent in. Of the reference, the low 16 bits count.
pub(crate) fn letters(handset: Endpoint, client: Endpoint, text: &str, reference: u64) -> Vec<Mail> {
    let segments = segment::split(text, (reference & 0xFFFF) as u16, &segment::Options::default());
    let data_coding = coding::data_coding(segments.encoding, None);
    let letter = |part: segment::Part| {
        let headed = !part.header.is_empty();
        // The header was built by the same crate, so it isn't too long.
        let octets = if headed { header::prefixed(&part.header, &part.data).ok()? } else { part.data };
        let esm_class = if headed { UDHI } else { 0 };
        Some(Mail::Inbound(Box::new(Inbound { handset, client, esm_class, data_coding, octets, ussd: None })))
    };
    segments.parts.into_iter().filter_map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_fits() {
        assert_eq!(Short::<4>::of(b"abcdef").as_bytes(), b"abcd");
        assert_eq!(Short::<4>::of(b"ab").as_bytes(), b"ab");
        assert_eq!(Endpoint::number("+491701").address(), Address::international(b"491701"));
    }
}

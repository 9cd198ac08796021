//! Reading the fields of a body in order, leniently: a string ends at its NUL or where the PDU ends, whatever its
//! maximum. Nothing here copies or allocates.

use super::tlv::tag;
use super::{Address, Npi, Status, Tlvs, Ton};
use std::fmt;

/// The reason why a body can't be read. The header is good, so the PDU can be answered and the session kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The field that was being read, as the specification names it.
    pub field: &'static str,
    /// Where it should have begun, in octets from the end of the header.
    pub offset: usize,
    /// The command_status to answer with.
    pub status: Status,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, offset, status } = self;
        write!(f, "{field} at octet {offset} of the body is missing or wrong: {status}")
    }
}

impl std::error::Error for DecodeError {}

pub(crate) type Decoded<T> = Result<T, DecodeError>;

/// The most octets behind a wrong sm_length among which a text is looked for: short_message has 254.
const TORN_MAX: usize = 1024;
/// Octets behind the last parameter that are passed over: fewer than a parameter's tag and length.
const TRAILING_MAX: usize = 3;

/// The unread rest of a body.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Self { rest: body, total: body.len() }
    }

    #[cold]
    pub(crate) fn error(&self, field: &'static str, status: Status) -> DecodeError {
        DecodeError { field, offset: self.total - self.rest.len(), status }
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn octet(&mut self, field: &'static str) -> Decoded<u8> {
        let Some((first, rest)) = self.rest.split_first() else {
            return Err(self.error(field, Status::RINVCMDLEN));
        };
        self.rest = rest;
        Ok(*first)
    }

    /// A C-octet string without its NUL. A string without NUL extends to the end of the PDU.
    #[inline]
    pub(crate) fn string(&mut self, field: &'static str) -> Decoded<&'a [u8]> {
        if self.rest.is_empty() {
            return Err(self.error(field, Status::RINVCMDLEN));
        }
        Ok(self.string_or_empty())
    }

    /// A C-octet string in a response; empty if the peer left it out.
    #[inline]
    pub(crate) fn string_or_empty(&mut self) -> &'a [u8] {
        match self.rest.iter().position(|octet| *octet == 0) {
            Some(end) => {
                let (string, rest) = self.rest.split_at(end);
                self.rest = rest.get(1..).unwrap_or_default();
                string
            }
            None => std::mem::take(&mut self.rest),
        }
    }

    /// An octet in a response, 0 when it was left out.
    #[inline]
    pub(crate) fn octet_or_zero(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    #[inline]
    pub(crate) fn take(&mut self, count: usize, field: &'static str, status: Status) -> Decoded<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error(field, status));
        };
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn address(&mut self, field: &'static str) -> Decoded<Address<'a>> {
        let ton = Ton(self.octet(field)?);
        let npi = Npi(self.octet(field)?);
        Ok(Address { ton, npi, digits: self.string(field)? })
    }

    pub(crate) fn address_or_empty(&mut self) -> Address<'a> {
        let ton = Ton(self.octet_or_zero());
        let npi = Npi(self.octet_or_zero());
        Address { ton, npi, digits: self.string_or_empty() }
    }

    /// sm_length and the short_message it counts.
    #[inline]
    pub(crate) fn short_message(&mut self) -> Decoded<&'a [u8]> {
        let length = self.octet("sm_length")?;
        self.take(usize::from(length), "short_message", Status::RINVMSGLEN)
    }

    /// sm_length, short_message and the parameters behind it. A length that the PDU contradicts, being more than there is,
    /// or leaving what can't be parameters, is not believed: all up to the end of the PDU is the text, but for parameters
    /// that end with it.
    #[inline]
    pub(crate) fn short_message_and_tlvs(mut self) -> Decoded<(&'a [u8], Tlvs<'a>)> {
        let length = usize::from(self.octet("sm_length")?);
        if let Some((text, behind)) = self.rest.split_at_checked(length) {
            let tlvs = Tlvs::lenient(behind);
            // Nearly every message ends here.
            if behind.len() - tlvs.as_bytes().len() <= TRAILING_MAX || !is_text(behind) {
                return Ok((text, tlvs));
            }
        }
        Ok(torn(self.rest))
    }

    /// A number of four octets, as statuses in submit_multi_resp are.
    pub(crate) fn number_or_zero(&mut self) -> u32 {
        let Some((number, rest)) = self.rest.split_first_chunk::<4>() else {
            self.rest = &[];
            return 0;
        };
        self.rest = rest;
        u32::from_be_bytes(*number)
    }

    /// The rest of the body as TLVs.
    #[inline]
    pub(crate) fn tlvs(self) -> Tlvs<'a> {
        Tlvs::lenient(self.rest)
    }

    /// The rest of the body as TLVs if it is exactly that, and otherwise none: octets behind the fields of a response are
    /// more often garbage than parameters.
    #[inline]
    pub(crate) fn tlvs_if_exact(self) -> Tlvs<'a> {
        Tlvs::exact(self.rest).unwrap_or_default()
    }

    /// The octets between an earlier state of this reader and now.
    pub(crate) fn since(&self, earlier: &Self) -> &'a [u8] {
        earlier.rest.get(..earlier.rest.len() - self.rest.len()).unwrap_or_default()
    }
}

/// Whether what is behind a short_message, and isn't parameters to its end, is more of it: not what senders leave behind
/// their parameters, such as the beginning of one more, or zeros.
#[cold]
fn is_text(behind: &[u8]) -> bool {
    let Some([t0, t1, l0, _]) = behind.first_chunk::<4>() else { return false };
    let first = u16::from_be_bytes([*t0, *t1]);
    // No text has a zero there that isn't in UCS-2, and of that few characters are a parameter's tag.
    let is_tag = tag::name(first).is_some() || (0x1400..=0x3FFF).contains(&first) && *l0 == 0;
    !is_tag && behind.len() <= TORN_MAX && behind.iter().any(|octet| *octet != 0)
}

/// Text and parameters where sm_length doesn't tell them apart: the longest end that is nothing but parameters with tags
/// that have names is taken for such.
#[cold]
fn torn(octets: &[u8]) -> (&[u8], Tlvs<'_>) {
    let named = |tlvs: &Tlvs<'_>| tlvs.iter().all(|(tag, _)| tag::name(tag).is_some());
    let mut ends = (0..octets.len()).filter_map(|start| Some((start, Tlvs::exact(octets.get(start..)?)?)));
    match ends.find(|(_, tlvs)| named(tlvs)) {
        Some((start, tlvs)) => (octets.get(..start).unwrap_or_default(), tlvs),
        None => (octets, Tlvs::EMPTY),
    }
}

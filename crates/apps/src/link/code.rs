//! Codes of short links: which link, whose it is, and a seal. Eighteen letters and digits hold 107 bits: 56 that name the link and
//! its recipient, and a seal of 51 bits. To guess a code that leads anywhere takes 10^15 requests.

use crate::random::{NoRandomness, from_hex, hex, octets};
use ring::hmac;
use subtle::ConstantTimeEq;

/// The characters of a code.
pub(super) const LENGTH: usize = 18;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HALF: usize = LENGTH / 2;
/// 62^9.
const HALF_RANGE: u64 = 62_u64.pow(HALF as u32);
const SEAL_BITS: u32 = 51;
const NAME_BITS: u32 = 56;
const POSITION_BITS: u32 = 24;
/// Set in names of links that one message alone has.
const SINGLE: u64 = 1 << (NAME_BITS - 1);

/// Which link a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkName {
    /// A link of a campaign or a batch, as one recipient has it.
    OfRun {
        /// The number of the link, below 2^31.
        link: u32,
        /// The place of the recipient, below 2^24.
        position: u32,
    },
    /// A link that one message alone has: a number below 2^55.
    Single(u64),
}

impl LinkName {
    /// A link of a campaign as the recipient at this place has it; `None` where the place is beyond what codes can name.
    pub(super) fn of_run(link: u32, position: u64) -> Option<Self> {
        let position = u32::try_from(position).ok().filter(|position| position >> POSITION_BITS == 0)?;
        Some(Self::OfRun { link, position })
    }

    /// The number of a new link of a run.
    pub(super) fn new_number() -> Result<u32, NoRandomness> {
        Ok(u32::from_be_bytes(octets::<4>()?) >> 1)
    }

    /// Names of new links that one message has.
    pub(super) fn new_single() -> Result<Self, NoRandomness> {
        Ok(Self::Single(u64::from_be_bytes(octets::<8>()?) & (SINGLE - 1)))
    }

    const fn number(self) -> u64 {
        match self {
            Self::OfRun { link, position } => (link as u64) << POSITION_BITS | position as u64,
            Self::Single(number) => SINGLE | number,
        }
    }

    const fn of_number(number: u64) -> Self {
        if number & SINGLE != 0 {
            return Self::Single(number & (SINGLE - 1));
        }
        let link = (number >> POSITION_BITS) as u32;
        Self::OfRun { link, position: (number & ((1 << POSITION_BITS) - 1)) as u32 }
    }
}

/// The secret that codes are sealed with.
#[derive(Clone)]
pub(super) struct LinkSecret(hmac::Key);

impl LinkSecret {
    /// A new secret, in hexadecimal.
    pub(super) fn make() -> Result<String, NoRandomness> {
        Ok(hex(&octets::<32>()?))
    }

    /// The secret in a hexadecimal text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let octets = from_hex(text).filter(|octets| octets.len() == 32)?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &octets)))
    }

    fn seal(&self, number: u64) -> u64 {
        let mut sealed = *b"postrider link 1\0\0\0\0\0\0\0\0";
        if let Some(place) = sealed.last_chunk_mut::<8>() {
            *place = number.to_be_bytes();
        }
        let tag = hmac::sign(&self.0, &sealed);
        let begin = tag.as_ref().first_chunk::<8>().copied().unwrap_or_default();
        u64::from_be_bytes(begin) >> (64 - SEAL_BITS)
    }

    /// The code of a link.
    pub(super) fn code(&self, name: LinkName) -> String {
        let number = name.number();
        let value = u128::from(number) << SEAL_BITS | u128::from(self.seal(number));
        let halves = [value / u128::from(HALF_RANGE), value % u128::from(HALF_RANGE)];
        let mut code = String::with_capacity(LENGTH);
        for half in halves {
            let mut rest = u64::try_from(half).unwrap_or_default();
            let mut digits = [b'0'; HALF];
            for digit in digits.iter_mut().rev() {
                *digit = *DIGITS.get((rest % 62) as usize).unwrap_or(&b'0');
                rest /= 62;
            }
            code.extend(digits.map(char::from));
        }
        code
    }

    /// The link that a code stands for; `None` if it was not made with this secret. It takes as long for each wrong seal.
    pub(super) fn open(&self, code: &str) -> Option<LinkName> {
        if code.len() != LENGTH {
            return None;
        }
        let digit = |octet: u8| DIGITS.iter().position(|digit| *digit == octet);
        let add = |value: u128, octet: u8| Some(value * 62 + digit(octet)? as u128);
        let value = code.bytes().try_fold(0, add)?;
        let number = u64::try_from(value >> SEAL_BITS).ok().filter(|number| number >> NAME_BITS == 0)?;
        let seal = u64::try_from(value & ((1 << SEAL_BITS) - 1)).ok()?;
        let is_sealed = bool::from(seal.to_be_bytes().ct_eq(&self.seal(number).to_be_bytes()));
        is_sealed.then(|| LinkName::of_number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn secret() -> LinkSecret {
        LinkSecret::read(&"07".repeat(32)).unwrap()
    }

    #[test]
    fn a_code_leads_back_to_its_link_and_is_short() {
        let (secret, other) = (secret(), LinkSecret::read(&LinkSecret::make().unwrap()).unwrap());
        let names = [
            LinkName::of_run(0, 1).unwrap(),
            LinkName::of_run(u32::MAX >> 1, (1 << 24) - 1).unwrap(),
            LinkName::Single(0),
            LinkName::Single(SINGLE - 1),
            LinkName::new_single().unwrap(),
        ];
        for name in names {
            let code = secret.code(name);
            assert_eq!(code.len(), LENGTH);
            assert!(code.bytes().all(|octet| octet.is_ascii_alphanumeric()));
            assert_eq!(secret.open(&code), Some(name));
            assert_eq!(other.open(&code), None);
        }
        assert_eq!(LinkName::of_run(1, 1 << 24), None);
    }

    #[test]
    fn no_other_code_leads_anywhere() {
        let secret = secret();
        let code = secret.code(LinkName::of_run(7, 9).unwrap());
        for place in 0..LENGTH {
            let mut wrong = code.clone().into_bytes();
            wrong[place] = if wrong[place] == b'a' { b'b' } else { b'a' };
            assert_eq!(secret.open(str::from_utf8(&wrong).unwrap()), None, "{place}");
        }
        for wrong in ["", "a", &code[1..], &format!("{code}0"), &"z".repeat(LENGTH), &"é".repeat(LENGTH / 2)]
        {
            assert_eq!(secret.open(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn codes_of_neighbours_have_nothing_in_common_but_their_beginning() {
        let secret = secret();
        let ends: BTreeSet<String> = (1..=10_000)
            .map(|position| secret.code(LinkName::of_run(7, position).unwrap())[HALF..].to_owned())
            .collect();
        assert_eq!(ends.len(), 10_000);
    }
}

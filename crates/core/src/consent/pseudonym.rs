//! Pseudonyms of numbers that were erased: what forbids messages to such a number stays, under a keyed hash of it.

use crate::number::Number;

/// The key of pseudonyms. Who has it, and tries all numbers, can tell whose pseudonym it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PseudonymKey(u64, u64);

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PseudonymKey(secret)")
    }
}

impl PseudonymKey {
    /// The key of these octets.
    #[must_use]
    pub fn new(octets: [u8; 16]) -> Self {
        let whole = u128::from_le_bytes(octets);
        let [low, high] =
            [whole, whole >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0));
        Self(low, high)
    }

    /// What stands for a number.
    #[must_use]
    pub fn of(self, number: Number) -> Number {
        Number::pseudonym(self.hash(number.digits()))
    }

    /// SipHash-2-4 of the eight octets of a number.
    const fn hash(self, digits: u64) -> u64 {
        let mut state = [
            self.0 ^ 0x736f_6d65_7073_6575,
            self.1 ^ 0x646f_7261_6e64_6f6d,
            self.0 ^ 0x6c79_6765_6e65_7261,
            self.1 ^ 0x7465_6462_7974_6573,
        ];
        state = word(state, digits);
        // The last word has the length in its highest octet.
        state = word(state, 8 << 56);
        state[2] ^= 0xff;
        state = round(round(round(round(state))));
        state[0] ^ state[1] ^ state[2] ^ state[3]
    }
}

const fn word(mut state: [u64; 4], word: u64) -> [u64; 4] {
    state[3] ^= word;
    state = round(round(state));
    state[0] ^= word;
    state
}

const fn round([mut a, mut b, mut c, mut d]: [u64; 4]) -> [u64; 4] {
    a = a.wrapping_add(b);
    c = c.wrapping_add(d);
    b = b.rotate_left(13) ^ a;
    d = d.rotate_left(16) ^ c;
    a = a.rotate_left(32);
    c = c.wrapping_add(b);
    a = a.wrapping_add(d);
    b = b.rotate_left(17) ^ c;
    d = d.rotate_left(21) ^ a;
    c = c.rotate_left(32);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_siphash() {
        // The reference vector of eight octets, 0 to 7, under the key of octets 0 to 15.
        let key = PseudonymKey::new(std::array::from_fn(|n| u8::try_from(n).unwrap()));
        let input = u64::from_le_bytes(std::array::from_fn(|n| u8::try_from(n).unwrap()));
        assert_eq!(key.hash(input), 0x93f5_f579_9a93_2462);
    }

    #[test]
    fn a_pseudonym_is_the_same_each_time_and_no_number() {
        let number = Number::parse("+447700900123").unwrap();
        let key = PseudonymKey::new([7; 16]);
        let pseudonym = key.of(number);
        assert_eq!((key.of(number), PseudonymKey::new([8; 16]).of(number) == pseudonym), (pseudonym, false));
        assert!(pseudonym.is_pseudonym() && !number.is_pseudonym());
        assert_eq!(Number::from_kept(pseudonym.digits()), Some(pseudonym));
        assert_eq!(Number::from_digits(pseudonym.digits()), None);
        let shown = pseudonym.to_string();
        assert!(shown.starts_with("erased-") && Number::parse_recipient(&shown).is_err(), "{shown}");
    }
}

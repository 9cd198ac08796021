//! The partition of a key, as Kafka's own clients choose it: murmur2 of the key.

/// The partition, from 0 on, of this many for records of a key.
#[must_use]
pub fn partition(key: &[u8], partitions: usize) -> usize {
    let positive = murmur2(key) & 0x7FFF_FFFF;
    usize::try_from(positive).unwrap_or(0).checked_rem(partitions).unwrap_or(0)
}

/// Murmur2 with Kafka's seed, 32 bits.
fn murmur2(octets: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const FACTOR: u32 = 0x5bd1_e995;
    let mut hash = SEED ^ u32::try_from(octets.len()).unwrap_or(u32::MAX);
    let (words, rest) = octets.as_chunks::<4>();
    for word in words {
        let mut mixed = u32::from_le_bytes(*word).wrapping_mul(FACTOR);
        mixed ^= mixed >> 24;
        hash = hash.wrapping_mul(FACTOR) ^ mixed.wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        for (place, octet) in rest.iter().enumerate() {
            hash ^= u32::from(*octet) << (8 * place);
        }
        hash = hash.wrapping_mul(FACTOR);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of Kafka's own tests (`UtilsTest.testMurmur2`).
    #[test]
    fn keys_hash_as_in_kafka() {
        for (key, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
        assert_eq!(partition(b"abc", 0), 0);
        assert!((0..100_u8).all(|n| partition(&[n], 7) < 7));
    }
}

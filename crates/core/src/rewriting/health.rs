//! The health of senders: carriers block some of a pool.

/// The ended messages of a sender from which on its share is looked at.
pub const ENDED_MIN: u64 = 20;

/// How messages from a sender ended, by their receipts and answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderCounts {
    /// Messages that were delivered, undelivered or rejected.
    pub ended: u64,
    /// Those that were delivered.
    pub delivered: u64,
}

impl SenderCounts {
    /// Whether the sender is to be left for a while, where at least this share must be delivered, in percent.
    #[must_use]
    pub const fn rests(&self, least_delivered: u8) -> bool {
        self.ended >= ENDED_MIN
            && self.delivered.saturating_mul(100) < self.ended.saturating_mul(least_delivered as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_rests_by_its_share_of_enough_messages() {
        for (ended, delivered, least, rests) in [
            (20, 0, 20, true),
            (19, 0, 20, false),
            (20, 3, 20, true),
            (20, 4, 20, false),
            (1_000, 199, 20, true),
            (1_000, 999, 100, true),
            (1_000, 1_000, 100, false),
            (1_000, 0, 0, false),
        ] {
            let counts = SenderCounts { ended, delivered };
            assert_eq!(counts.rests(least), rests, "{delivered} of {ended}, {least} %");
        }
    }
}

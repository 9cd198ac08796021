//! Patience: how long a write waits for more to write, where a transaction costs as much as several messages do.

use std::time::Duration;

/// The most nodes for each of which the others wait longer.
const NODES_MOST: u32 = 4;

/// How long a write waits for more. The waiting task looks every so often at what has come: to be woken by each thing would
/// cost more than is won.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// How long until the next look. When nothing has come meanwhile, what would come next may be waiting for what is here.
    pub lull: Duration,
    /// How long at most.
    pub most: Duration,
    /// With so many things, more would hardly make each cheaper.
    pub plenty: usize,
}

impl Patience {
    /// The patience of each of so many nodes. They share a database, so that a message costs it as much with more nodes only if each
    /// of them writes less often. Beyond four nodes it stays as with four, since somebody waits.
    #[must_use]
    pub fn among(self, nodes: usize) -> Self {
        let times = times_among(nodes);
        Self { lull: self.lull * times, most: self.most * times, plenty: self.plenty * times as usize }
    }

    /// How long until the next look, when `waited` so long for so many things, of which some or none `came` since the last
    /// look; zero when that is enough.
    #[must_use]
    pub fn more(self, waited: Duration, things: usize, came: bool) -> Duration {
        if came && things < self.plenty {
            self.lull.min(self.most.saturating_sub(waited))
        } else {
            Duration::ZERO
        }
    }
}

/// How many times as long as a node by itself each of several takes over what costs all of them.
#[must_use]
pub fn times_among(nodes: usize) -> u32 {
    u32::try_from(nodes).unwrap_or(u32::MAX).clamp(1, NODES_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const PATIENCE: Patience = Patience { lull: ms(3), most: ms(25), plenty: 64 };

    #[test]
    fn it_lasts_while_more_comes_and_there_is_little() {
        assert_eq!(PATIENCE.more(ms(3), 5, true), ms(3));
        assert_eq!(PATIENCE.more(ms(24), 5, true), ms(1));
        assert_eq!(PATIENCE.more(ms(25), 5, true), ms(0));
        assert_eq!(PATIENCE.more(ms(3), 64, true), ms(0));
        assert_eq!(PATIENCE.more(ms(3), 5, false), ms(0));
        assert_eq!(Patience::default().more(ms(0), 1, true), ms(0));
    }

    #[test]
    fn the_more_nodes_the_longer_it_lasts() {
        assert_eq!(PATIENCE.among(3), Patience { lull: ms(9), most: ms(75), plenty: 192 });
        assert_eq!(PATIENCE.among(40), PATIENCE.among(4));
        assert_eq!((PATIENCE.among(0), PATIENCE.among(1)), (PATIENCE, PATIENCE));
    }
}

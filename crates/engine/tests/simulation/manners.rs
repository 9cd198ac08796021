//! The traits by which protocols differ, as the engine meets them. Each is drawn by the dice: as one of the protocols has them
//! together, or each by itself.

use crate::dice::Dice;
use postrider_core::rules::Upstream;

/// How parts go to a carrier, and how they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turns {
    /// Each part by itself, as many as the window has room for: SMPP, UCP and CIMD2.
    Parts,
    /// A part after the answer to the one before: modems.
    OneByOne,
    /// Whole texts, up to so many in a request. A request is answered as a whole, and one that isn't is never answered later: HTTP.
    Requests(usize),
}

/// The traits of an upstream's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manners {
    pub(crate) turns: Turns,
    /// Whether receipts come at any time to any node, with or without a link, and often before the answer: callbacks of HTTP.
    pub(crate) calls: bool,
    /// Whether receipts come at all.
    pub(crate) reports: bool,
    /// Whether parts are named by recipient and time, so that two carriers give the same name: UCP and CIMD2.
    pub(crate) stamps: bool,
}

impl Manners {
    pub(crate) const SMPP: Self = Self { turns: Turns::Parts, calls: false, reports: true, stamps: false };
    pub(crate) const STAMPED: Self = Self { stamps: true, ..Self::SMPP };
    pub(crate) const MODEM: Self = Self { turns: Turns::OneByOne, ..Self::SMPP };
    pub(crate) const WEB: Self = Self { turns: Turns::Requests(5), calls: true, ..Self::SMPP };
    /// A provider that tells nothing.
    pub(crate) const SILENT: Self =
        Self { turns: Turns::Requests(1), calls: false, reports: false, ..Self::WEB };

    /// The traits of real protocols.
    pub(crate) const ALL: [Self; 5] = [Self::SMPP, Self::STAMPED, Self::MODEM, Self::WEB, Self::SILENT];

    /// Traits as the dice say.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        if dice.chance(600) {
            return *dice.pick(&Self::ALL);
        }
        let requests = Turns::Requests(dice.between(1, 8) as usize);
        Self {
            turns: *dice.pick(&[Turns::Parts, Turns::OneByOne, requests]),
            calls: dice.chance(500),
            reports: dice.chance(800),
            stamps: dice.chance(500),
        }
    }

    /// The upstream as its protocol permits it: what goes one by one has a window of one a bind.
    pub(crate) fn limit(self, upstream: &mut Upstream) {
        if self.turns == Turns::OneByOne {
            upstream.window = usize::from(upstream.binds);
        }
    }
}

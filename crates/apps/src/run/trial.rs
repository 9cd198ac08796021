//! Trials: some recipients get one of several texts, and when it has shown which one does best, all others get that.
//!
//! Who is among the first, and which text they get, follows from the recipient's place and the campaign's number alone. So it is the
//! same after a crash, at any node, and nothing about it is kept.

use super::document::{Run, TemplateName};
use crate::link::TextLink;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most texts of a campaign.
pub(super) const VARIANTS_MAX: usize = 5;
/// The longest wait for results.
pub(super) const WAIT_MAX: Duration = Duration::from_hours(7 * 24);
/// Why a run is paused whose winner somebody must choose.
pub const CHOOSE_WINNER: &str = "choose_winner";

/// Several texts, and how the best one is found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The texts, each with its name.
    pub variants: Vec<Variant>,
    /// How many recipients of a hundred get one of them before the best is known. With 100 there is no winner: each gets one.
    pub share: u8,
    /// What is best.
    pub measure: Measure,
    /// How long it is waited after the last of these was handed in, in seconds.
    pub wait: u64,
    /// Whether somebody chooses, rather than the measure.
    pub by_hand: bool,
    /// The place of the variant that all others get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<u8>,
    /// Who has chosen it; `None` for the measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<Box<str>>,
    /// When the last of the first recipients was handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sampled: Option<i64>,
}

/// A text among several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: Box<str>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Box<str>>,
    /// The template, in the place of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateName>,
    /// Its links, once it is launched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<TextLink>,
    /// How it did, once the winner was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<VariantResults>,
}

/// How a variant did among the first recipients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantResults {
    /// Messages that were handed in.
    pub sent: u64,
    /// Messages that were delivered.
    pub delivered: u64,
    /// Recipients who followed a link.
    pub clicked: u64,
    /// Recipients who wrote back.
    pub replied: u64,
}

/// What makes a variant the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The most recipients followed a link.
    Clicks,
    /// The most messages were delivered.
    Delivered,
    /// The most recipients wrote back.
    Replies,
}

impl Measure {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clicks => "clicks",
            Self::Delivered => "delivered",
            Self::Replies => "replies",
        }
    }

    const fn of(self, results: VariantResults) -> u64 {
        match self {
            Self::Clicks => results.clicked,
            Self::Delivered => results.delivered,
            Self::Replies => results.replied,
        }
    }
}

/// Whose turn it is in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Everybody's: there is one text.
    Everybody,
    /// That of those who get one of several texts.
    Sample,
    /// Nobody's: the winner is to be found.
    Choice,
    /// That of all others, who get this variant.
    Rest(u8),
}

/// Numbers in which every bit depends on every bit of what goes in (SplitMix64).
const fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Trial {
    /// A trial of these variants with a share of the recipients, of a hundred. It is decided `wait` seconds after the last of them.
    #[must_use]
    pub const fn new(variants: Vec<Variant>, share: u8, measure: Measure, wait: u64, by_hand: bool) -> Self {
        Self { variants, share, measure, wait, by_hand, winner: None, chosen_by: None, sampled: None }
    }

    /// The name of the variant that all others get, once that is known.
    #[must_use]
    pub fn winner_name(&self) -> Option<&str> {
        self.variants.get(usize::from(self.winner?)).map(|variant| &*variant.name)
    }

    /// The variant that the recipient at a place gets; `None` for those who get the winner.
    pub(super) fn variant_of(&self, run: u64, position: u64) -> Option<u8> {
        let number = mixed(mixed(run) ^ position);
        let variants = u64::try_from(self.variants.len()).unwrap_or(1).max(1);
        let is_first = number % 100 < u64::from(self.share);
        is_first.then(|| u8::try_from((number >> 32) % variants).unwrap_or_default())
    }

    pub(super) const fn turn(&self) -> Turn {
        match (self.winner, self.sampled) {
            (Some(winner), _) => Turn::Rest(winner),
            (None, Some(_)) => Turn::Choice,
            (None, None) => Turn::Sample,
        }
    }

    /// When the winner is to be found, once that is known.
    pub(super) fn choice_at(&self) -> Option<Time> {
        let sampled = self.sampled.filter(|_| self.winner.is_none())?;
        Some(Time(sampled) + Duration::from_secs(self.wait))
    }

    /// The place of a variant by its name.
    pub(super) fn place(&self, name: &str) -> Option<u8> {
        let place = self.variants.iter().position(|variant| *variant.name == *name)?;
        u8::try_from(place).ok()
    }

    /// The place of the variant that did best: the greatest part of its messages. Of equals it is the first.
    pub(super) fn best(&self) -> u8 {
        let rate = |variant: &Variant| {
            let results = variant.results.unwrap_or_default();
            (u128::from(self.measure.of(results)), u128::from(results.sent.max(1)))
        };
        let mut best = 0;
        let mut best_rate = (0, 1);
        for (place, variant) in (0_u8..).zip(&self.variants) {
            let (counted, sent) = rate(variant);
            if counted * best_rate.1 > best_rate.0 * sent {
                (best, best_rate) = (place, (counted, sent));
            }
        }
        best
    }
}

impl Run {
    /// Whose turn it is.
    pub(super) fn turn(&self) -> Turn {
        self.trial.as_ref().map_or(Turn::Everybody, Trial::turn)
    }

    /// Whether it waits until results are there.
    #[must_use]
    pub fn is_waiting_for_results(&self) -> bool {
        self.turn() == Turn::Choice
    }

    /// When it looks how its variants did, while it waits for that.
    pub(super) fn results_at(&self) -> Option<i64> {
        self.trial.as_ref().and_then(Trial::choice_at).map(|at| at.0)
    }

    /// The links of its texts, each with the name of its variant.
    pub(super) fn all_links(&self) -> impl Iterator<Item = (Option<Box<str>>, &TextLink)> {
        let variants = self.trial.iter().flat_map(|trial| &trial.variants);
        let of_variants =
            variants.flat_map(|variant| variant.links.iter().map(|link| (Some(variant.name.clone()), link)));
        self.links.iter().map(|link| (None, link)).chain(of_variants)
    }

    /// Whether it is the turn of the recipient at a place.
    pub(super) fn is_turn_of(&self, position: u64) -> bool {
        let Some(trial) = &self.trial else { return true };
        let is_first = trial.variant_of(self.id, position).is_some();
        match trial.turn() {
            Turn::Sample => is_first,
            Turn::Rest(_) => !is_first,
            Turn::Everybody | Turn::Choice => false,
        }
    }

    /// The place of the variant that the recipient at a place gets now.
    pub(super) fn variant_for(&self, position: u64) -> Option<u8> {
        let trial = self.trial.as_ref()?;
        match trial.turn() {
            Turn::Rest(winner) => Some(winner),
            _ => trial.variant_of(self.id, position),
        }
    }

    /// The name of the variant that the recipient at a place gets, or has got; `None` where there is one text, or the winner isn't
    /// known.
    #[must_use]
    pub fn variant_name(&self, position: u64) -> Option<&str> {
        let trial = self.trial.as_ref()?;
        let place = trial.variant_of(self.id, position).or(trial.winner)?;
        trial.variants.get(usize::from(place)).map(|variant| &*variant.name)
    }

    /// All recipients whose turn it was have a result. Returns whether the run has ended.
    pub(super) fn pass_ended(&mut self, now: Time) -> bool {
        let Some(trial) = self.trial.as_mut().filter(|trial| trial.turn() == Turn::Sample) else {
            return true;
        };
        if trial.share >= 100 {
            return true;
        }
        trial.sampled = Some(now.0);
        self.cursor = 0;
        self.next = trial.choice_at().unwrap_or(now).0;
        false
    }

    /// All others get this variant.
    pub(super) fn has_winner(&mut self, winner: u8, chosen_by: Option<&str>, now: Time) {
        if let Some(trial) = &mut self.trial {
            trial.winner = Some(winner);
            trial.chosen_by = chosen_by.map(Into::into);
            self.go_on(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(share: u8, results: &[(u64, u64)]) -> Trial {
        let variant = |(sent, clicked): &(u64, u64)| Variant {
            results: Some(VariantResults { sent: *sent, clicked: *clicked, ..VariantResults::default() }),
            ..Variant::default()
        };
        Trial::new(results.iter().map(variant).collect(), share, Measure::Clicks, 60, false)
    }

    #[test]
    fn a_share_of_recipients_is_first_and_variants_get_as_many() {
        let it = trial(10, &[(0, 0), (0, 0)]);
        let mut counts = [0; 3];
        for position in 1..=100_000 {
            counts[it.variant_of(7, position).map_or(2, usize::from)] += 1;
        }
        assert!((4_700..5_300).contains(&counts[0]) && (4_700..5_300).contains(&counts[1]), "{counts:?}");
        let same = (1..1_000).all(|position| it.variant_of(7, position) == it.variant_of(8, position));
        assert!(!same, "another campaign has others first");
        assert!((1..1_000).all(|position| trial(100, &[(0, 0)]).variant_of(7, position) == Some(0)));
    }

    #[test]
    fn the_best_is_the_greatest_part_rather_than_the_greatest_number() {
        assert_eq!(trial(10, &[(1_000, 60), (500, 40), (0, 0)]).best(), 1);
        assert_eq!(trial(10, &[(100, 5), (200, 10)]).best(), 0, "of equals the first");
        assert_eq!(trial(10, &[(100, 0), (100, 0)]).best(), 0);
    }
}

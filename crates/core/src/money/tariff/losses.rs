//! What would be sold below cost once a tariff is imported.

use super::{Amount, CsvMistakes, Tariff, day_of, rates};
use crate::time::Time;
use std::collections::BTreeSet;

/// The losses that are shown.
pub const LOSSES_SHOWN: usize = 20;

/// What a tariff that is to be imported says: what is paid, or what is earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Prices of accounts.
    Prices,
    /// Costs of upstreams.
    Costs,
}

/// A rate by which a part would be sold below its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The prefix, the network or the country (MCC) of the rate.
    pub subject: Box<str>,
    /// The tariff that it was compared with.
    pub against: Box<str>,
    /// The price of a part.
    pub price: Amount,
    /// Its cost.
    pub cost: Amount,
}

/// Rates by which parts would be sold below their costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// How many.
    pub count: usize,
    /// The first of them, [`LOSSES_SHOWN`] at most.
    pub first: Vec<Loss>,
}

impl Losses {
    /// Compares a tariff with one of the other side, both in CSV, from today on. Prefixes of different lengths meet: what `4495` is
    /// sold for is compared with what `44` costs. In different currencies nothing can be compared.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub fn of(
        octets: &[u8],
        side: Side,
        (name, other): (&str, &[u8]),
        now: Time,
    ) -> Result<Self, CsvMistakes> {
        let ((own, currency), (others, other_currency)) = (rates(octets)?, rates(other)?);
        let mut losses = Self::default();
        if currency != other_currency {
            return Ok(losses);
        }
        let (today, own_tariff, other_tariff) =
            (day_of(now), Tariff::of(&own, currency), Tariff::of(&others, currency));
        let about = own.iter().chain(&others).map(|rate| (rate.rated, rate.from.max(today)));
        for (rated, day) in about.collect::<BTreeSet<_>>() {
            let found = own_tariff.find_rated(rated, day).zip(other_tariff.find_rated(rated, day));
            let Some((own, other)) = found else { continue };
            let (price, cost) = if side == Side::Prices { (own, other) } else { (other, own) };
            if price < cost {
                losses.note(Loss { subject: rated.to_string().into(), against: name.into(), price, cost });
            }
        }
        Ok(losses)
    }

    fn note(&mut self, loss: Loss) {
        self.count += 1;
        if self.first.len() < LOSSES_SHOWN {
            self.first.push(loss);
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        let room = LOSSES_SHOWN - self.first.len().min(LOSSES_SHOWN);
        self.first.extend(other.first.into_iter().take(room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_into_a_loss_is_told() {
        let prices = "prefix,mccmnc,price,currency,valid_from\n44,,0.05,EUR,\n4495,,0.02,EUR,\n,26201,0.06,EUR,\n\
                      49,,0.04,EUR,\n49,,0.09,EUR,2030-01-01\n";
        let retail = ("retail", prices.as_bytes());
        let losses = |costs: &str| {
            let whole = format!("prefix,mccmnc,price,currency,valid_from\n{costs}");
            let losses = Losses::of(whole.as_bytes(), Side::Costs, retail, Time(0)).unwrap();
            losses.first.iter().map(|loss| loss.subject.to_string()).collect::<Vec<_>>()
        };
        for (costs, expected) in [
            ("441,,0.05,EUR,\n", &[][..]),
            ("441,,0.0501,EUR,\n", &["441"]),
            // A shorter and a longer prefix than the price has.
            ("4,,0.055,EUR,\n", &["44", "4495", "49"]),
            ("44,,0.03,EUR,\n", &["4495"]),
            ("449512,,0.03,EUR,\n", &["449512"]),
            ("447,,0.03,EUR,\n", &[]),
            (",26201,0.07,EUR,\n", &["26201"]),
            (",26202,0.07,EUR,\n", &[]),
            // From then on the price is higher.
            ("49,,0.05,EUR,\n", &["49"]),
            ("44,,9,USD,\n", &[]),
        ] {
            assert_eq!(losses(costs), expected, "{costs}");
        }
        let of_class = b"prefix,price,currency,class\n4477,0.02,EUR,marketing\n4495,0.01,EUR,\n";
        let of_class =
            Losses::of(of_class, Side::Prices, ("costs", b"prefix,price,currency\n44,0.03,EUR\n"), Time(0));
        let subjects: Vec<_> = of_class.unwrap().first.into_iter().map(|loss| loss.subject).collect();
        assert_eq!(subjects, ["4495".into(), "4477 (marketing)".into()]);
        let own =
            Losses::of(b"prefix,price,currency\n441,0.01,EUR\n", Side::Prices, retail, Time(0)).unwrap();
        assert_eq!((own.count, own.first[0].price, own.first[0].cost), (1, Amount(10_000), Amount(50_000)));
    }
}

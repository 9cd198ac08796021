//! What a message costs, as it is kept with the message, and what becomes of that when the message ends.

use super::billing::ChargeAt;
use super::{Amount, Currency};
use crate::delivery::{Outcome, State};
use crate::message::Message;
use crate::route::{Plan, UpstreamId};
use std::fmt;
use std::str::FromStr;

/// The price and the costs of a message, as they were when it was accepted. They don't change with tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The currency of all of them, and when the price is charged.
    pub terms: Terms,
    /// The price of a part; `None` if the account isn't billed.
    pub price: Option<Amount>,
    /// The cost of a part by each upstream of the message's plan, in its order, as far as costs are known.
    pub costs: Box<[Option<Amount>]>,
}

/// When a price is charged, and at which ends it is given back.
///
/// Their short form, as text, is `EUR accepted undelivered,failed`: the currency, the setting and the states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The currency.
    pub currency: Currency,
    /// When the price is charged.
    pub at: ChargeAt,
    /// The ends at which a price that was charged is given back.
    pub refunds: Refunds,
}

/// A set of final states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refunds(u16);

impl Refunds {
    /// These states.
    pub fn of(states: impl IntoIterator<Item = State>) -> Self {
        Self(states.into_iter().fold(0, |set, state| set | 1 << state as u16))
    }

    /// Whether a message that ends so is paid back.
    #[must_use]
    pub const fn has(self, state: State) -> bool {
        self.0 & 1 << state as u16 != 0
    }
}

/// What an end does to the balance of a message's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The currency.
    pub currency: Currency,
    /// What is added to the balance: a refund, or, below zero, a charge.
    pub posted: Amount,
    /// What is no longer reserved.
    pub freed: Amount,
}

impl Charge {
    /// The price of the whole message; `None` if its account isn't billed.
    #[must_use]
    pub fn total(&self, message: &Message) -> Option<Amount> {
        self.price.map(|price| price.times(message.parts))
    }

    /// The cost of the whole message by this upstream, if it is known.
    #[must_use]
    pub fn cost(&self, message: &Message, upstream: UpstreamId) -> Option<Amount> {
        self.cost_of(message.parts, &message.plan, upstream)
    }

    fn cost_of(&self, parts: u8, plan: &Plan, upstream: UpstreamId) -> Option<Amount> {
        let place = plan.upstreams.iter().position(|it| *it == upstream)?;
        self.costs.get(place).copied().flatten().map(|cost| cost.times(parts))
    }

    /// What the account paid in the end for a message of so many parts, and what it cost, as far as either is known. `tried`
    /// are the upstreams that had it before.
    #[must_use]
    pub fn paid_and_cost(
        &self,
        parts: u8,
        plan: &Plan,
        tried: &[UpstreamId],
        outcome: &Outcome,
    ) -> (Option<Amount>, Option<Amount>) {
        let was_sent = outcome.sent_at.is_some();
        let stays = self.stays(outcome.state, was_sent);
        let paid = self.price.map(|price| if stays { price.times(parts) } else { Amount::ZERO });
        let sent_by = was_sent.then_some(outcome.upstream);
        // Those that took it before and didn't deliver it are paid, too.
        let mut costs =
            tried.iter().copied().chain(sent_by).map(|upstream| self.cost_of(parts, plan, upstream));
        let cost = costs.try_fold(Amount::ZERO, |sum, cost| Some(sum + cost?));
        (paid, cost.filter(|_| !self.costs.is_empty()))
    }

    /// What giving back the price of so many parts does, as if they had never been accepted.
    #[must_use]
    pub fn given_back(&self, parts: u8) -> Settlement {
        let total = self.price.unwrap_or_default().times(parts);
        let (posted, freed) = match self.terms.at {
            ChargeAt::Accepted => (total, Amount::ZERO),
            ChargeAt::Sent | ChargeAt::Delivered => (Amount::ZERO, total),
        };
        Settlement { currency: self.terms.currency, posted, freed }
    }

    /// Whether the price stays charged after this end. `was_sent` says whether the carrier took it.
    #[must_use]
    fn stays(&self, state: State, was_sent: bool) -> bool {
        match self.terms.at {
            _ if state == State::Delivered => true,
            ChargeAt::Accepted => !self.terms.refunds.has(state),
            ChargeAt::Sent => was_sent && !self.terms.refunds.has(state),
            ChargeAt::Delivered => false,
        }
    }
}

impl Message {
    /// What its end does to the balance of its account; `None` if it does nothing.
    #[must_use]
    pub fn settlement(&self, state: State, was_sent: bool) -> Option<Settlement> {
        let charge = self.charge.as_deref()?;
        let total = charge.total(self).filter(|total| *total != Amount::ZERO)?;
        let currency = charge.terms.currency;
        let stays = charge.stays(state, was_sent);
        match (charge.terms.at, stays) {
            (ChargeAt::Accepted, true) => None,
            (ChargeAt::Accepted, false) => Some(Settlement { currency, posted: total, freed: Amount::ZERO }),
            (ChargeAt::Sent | ChargeAt::Delivered, true) => {
                Some(Settlement { currency, posted: -total, freed: total })
            }
            (ChargeAt::Sent | ChargeAt::Delivered, false) => {
                Some(Settlement { currency, posted: Amount::ZERO, freed: total })
            }
        }
    }

    /// What its account paid for it in the end, and what it cost, as far as either is known.
    #[must_use]
    pub fn paid_and_cost(&self, outcome: &Outcome) -> (Option<Amount>, Option<Amount>) {
        let charge = self.charge.as_deref();
        charge.map_or((None, None), |it| it.paid_and_cost(self.parts, &self.plan, &self.tried, outcome))
    }
}

/// A text is no short form of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the terms of a charge")]
pub struct NotTerms;

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.currency, self.at.word())?;
        let refunded = State::ALL.into_iter().filter(|state| self.refunds.has(*state));
        for (place, state) in refunded.enumerate() {
            write!(f, "{}{}", if place == 0 { "" } else { "," }, state.word())?;
        }
        Ok(())
    }
}

impl FromStr for Terms {
    type Err = NotTerms;

    fn from_str(text: &str) -> Result<Self, NotTerms> {
        let mut words = text.splitn(3, ' ');
        let mut next = || words.next().ok_or(NotTerms);
        let (currency, at, states) = (next()?, next()?, next()?);
        let states = states.split(',').filter(|word| !word.is_empty());
        let states: Vec<State> = states.map(State::from_word).collect::<Option<_>>().ok_or(NotTerms)?;
        Ok(Self {
            currency: currency.parse().map_err(|_| NotTerms)?,
            at: ChargeAt::from_word(at).ok_or(NotTerms)?,
            refunds: Refunds::of(states),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MessageId;

    fn message(at: ChargeAt, refunds: &[State]) -> Message {
        let terms =
            Terms { currency: "EUR".parse().unwrap(), at, refunds: Refunds::of(refunds.iter().copied()) };
        let charge = Charge { terms, price: Some(Amount(5)), costs: Box::default() };
        Message {
            parts: 3,
            charge: Some(Box::new(charge)),
            ..crate::testing::message(MessageId::from_number(1))
        }
    }

    #[test]
    fn ends_charge_or_give_back_as_the_terms_say() {
        let failures = [State::Rejected, State::Failed];
        for (at, state, was_sent, expected) in [
            (ChargeAt::Accepted, State::Delivered, true, None),
            (ChargeAt::Accepted, State::Unknown, true, None),
            (ChargeAt::Accepted, State::Undelivered, true, None),
            (ChargeAt::Accepted, State::Failed, false, Some((15, 0))),
            (ChargeAt::Accepted, State::Rejected, true, Some((15, 0))),
            (ChargeAt::Sent, State::Delivered, true, Some((-15, 15))),
            (ChargeAt::Sent, State::Undelivered, true, Some((-15, 15))),
            (ChargeAt::Sent, State::Expired, false, Some((0, 15))),
            (ChargeAt::Sent, State::Rejected, true, Some((0, 15))),
            (ChargeAt::Delivered, State::Delivered, true, Some((-15, 15))),
            (ChargeAt::Delivered, State::Unknown, true, Some((0, 15))),
        ] {
            let settled = message(at, &failures).settlement(state, was_sent);
            let settled = settled.map(|it| (it.posted.0, it.freed.0));
            assert_eq!(settled, expected, "{at:?} {state:?} {was_sent}");
        }
    }

    #[test]
    fn terms_read_back_their_short_form() {
        for text in ["EUR accepted undelivered,failed", "USD sent ", "GBP delivered unknown"] {
            assert_eq!(text.parse::<Terms>().map(|terms| terms.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "EUR", "EUR accepted", "EUR later ", "E accepted ", "EUR accepted lost"] {
            assert_eq!(text.parse::<Terms>(), Err(NotTerms), "{text}");
        }
    }
}

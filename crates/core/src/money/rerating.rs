//! Rerating: what messages that were sold before would be charged by the tariff in force.

use super::pricing::Priced;
use super::{Amount, Billing, Charge, Scope};
use crate::account::Account;
use crate::delivery::Outcome;
use crate::id::MessageId;
use crate::message::Message;
use crate::number::Number;
use crate::rules::Rules;
use crate::sender::Sender;

/// A message that has another price now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repriced {
    /// The message.
    pub message: MessageId,
    /// Its recipient.
    pub to: Number,
    /// Its parts.
    pub parts: u8,
    /// The price of a part when it was accepted.
    pub before: Amount,
    /// The price of a part now.
    pub now: Amount,
    /// What its account paid for it in the end.
    pub charged: Amount,
    /// What its account would pay for it.
    pub rerated: Amount,
}

/// What was found of an account's messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rerating {
    /// Messages that have ended and were priced, then and now.
    pub messages: u64,
    /// Their parts.
    pub parts: u64,
    /// What they were charged.
    pub charged: Amount,
    /// What they would be charged.
    pub rerated: Amount,
    /// Messages that have not ended: they are left out until they have.
    pub open: u64,
    /// Messages that had no price, or one in another currency, or have none now: they stay as they are.
    pub unpriced: u64,
    /// Those whose price is another, the newest first.
    pub repriced: Vec<Repriced>,
}

impl Rerating {
    /// What must be added to the balance so that it is as if all had been charged by the tariff in force.
    #[must_use]
    pub fn owed(&self) -> Amount {
        self.charged - self.rerated
    }
}

/// Looks at the messages of an account, the newest first, with what of them depends on volume.
#[derive(Debug)]
pub struct Rerater<'r> {
    account: &'r Account,
    billing: &'r Billing,
    rules: &'r Rules,
    /// Parts that the account has submitted in the month, up to and with the next message.
    volume: u64,
    found: Rerating,
}

impl<'r> Rerater<'r> {
    /// For an account that is billed. `volume` is how many parts it submitted from the beginning of the month to the end of the newest
    /// message that is looked at; it matters where prices depend on it.
    #[must_use]
    pub fn new(account: &'r Account, rules: &'r Rules, volume: u64) -> Option<Self> {
        let billing = account.billing.as_deref()?;
        let found = Rerating::default();
        Some(Self { account, billing, rules, volume, found })
    }

    /// Looks at a message, and at its end if it has ended.
    pub fn add(&mut self, message: &Message, outcome: Option<&Outcome>) {
        self.volume = self.volume.saturating_sub(message.parts.into());
        let Some(outcome) = outcome else {
            self.found.open += 1;
            return;
        };
        let sold = message.charge.as_deref().filter(|it| it.terms.currency == self.billing.currency());
        let Some(((charge, before), now)) =
            sold.and_then(|charge| Some((charge, charge.price?))).zip(self.price(message))
        else {
            self.found.unpriced += 1;
            return;
        };
        let paid = |price| {
            let charge = Charge { price: Some(price), ..charge.clone() };
            charge.paid_and_cost(message.parts, &message.plan, &message.tried, outcome).0.unwrap_or_default()
        };
        let (charged, rerated) = (paid(before), paid(now));
        self.found.messages += 1;
        self.found.parts += u64::from(message.parts);
        self.found.charged = self.found.charged + charged;
        self.found.rerated = self.found.rerated + rerated;
        if before != now {
            let (message, to, parts) = (message.id, message.to, message.parts);
            self.found.repriced.push(Repriced { message, to, parts, before, now, charged, rerated });
        }
    }

    /// The price of a part of a message by the tariff in force.
    fn price(&self, message: &Message) -> Option<Amount> {
        let numbering = &self.rules.numbering;
        let destination = numbering.find(message.to, message.due);
        let scope = Scope::outbound(message.class, message.from.as_ref().map(Sender::kind));
        let priced = Priced {
            tariffs: &self.rules.tariffs,
            scope,
            volume: self.volume,
            currency: None,
            to: message.to,
            network: numbering.network(&destination).and_then(|network| network.code),
            now: message.due,
        };
        priced.price_of(self.account)
    }

    /// All that was found.
    #[must_use]
    pub fn found(self) -> Rerating {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::State;
    use crate::money::{ChargeAt, Credit, Refunds, Tariff, Tariffs, Terms};
    use crate::route::UpstreamId;
    use crate::time::Time;
    use std::collections::HashMap;
    use std::sync::Arc;

    fn terms(currency: &str) -> Terms {
        Terms { currency: currency.parse().unwrap(), at: ChargeAt::Accepted, refunds: Refunds::usual() }
    }

    fn account() -> Account {
        let billing = Billing {
            tariff: "retail".into(),
            terms: terms("EUR"),
            credit: Arc::new(Credit::default()),
            sells_below_cost: false,
            margin_min: 0,
            monthly_fee: None,
        };
        Account { billing: Some(Arc::new(billing)), ..crate::rules::testing::account() }
    }

    fn rules(account: &Account, rows: &str) -> Rules {
        let tariff = Tariff::read(format!("prefix,price,currency,from_parts\n{rows}").as_bytes()).unwrap();
        let tariffs = Tariffs::new([(account.id, Arc::new(tariff))].into(), HashMap::new());
        let mut rules = Rules::default();
        rules.tariffs = tariffs;
        rules
    }

    /// A message of two parts, sold for so many millionths a part.
    fn sold(number: u64, currency: &str, price: Option<i64>) -> Message {
        let charge = Charge { terms: terms(currency), price: price.map(Amount), costs: Box::default() };
        Message {
            parts: 2,
            charge: Some(Box::new(charge)),
            ..crate::testing::message(MessageId::from_number(number))
        }
    }

    fn ended(state: State) -> Outcome {
        Outcome {
            state,
            upstream: UpstreamId(1),
            reference: None,
            error: None,
            sent_at: None,
            done_at: Time(0),
            parts: 2,
            possible_duplicate: false,
        }
    }

    #[test]
    fn what_was_sold_by_a_wrong_price_is_found() {
        let account = account();
        let rules = rules(&account, "*,0.05,EUR,\n");
        let mut rerater = Rerater::new(&account, &rules, 0).unwrap();
        rerater.add(&sold(1, "EUR", Some(500_000)), Some(&ended(State::Delivered)));
        rerater.add(&sold(2, "EUR", Some(50_000)), Some(&ended(State::Delivered)));
        rerater.add(&sold(3, "EUR", Some(500_000)), Some(&ended(State::Failed)));
        rerater.add(&sold(4, "EUR", Some(500_000)), None);
        rerater.add(&sold(5, "USD", Some(500_000)), Some(&ended(State::Delivered)));
        rerater.add(&sold(6, "EUR", None), Some(&ended(State::Delivered)));
        let found = rerater.found();
        assert_eq!((found.messages, found.parts, found.open, found.unpriced), (3, 6, 1, 2));
        assert_eq!((found.charged, found.rerated), (Amount(1_100_000), Amount(200_000)));
        assert_eq!(found.owed(), Amount(900_000));
        let repriced: Vec<_> = found.repriced.iter().map(|it| (it.charged.0, it.rerated.0)).collect();
        assert_eq!(repriced, [(1_000_000, 100_000), (0, 0)], "what was given back stays given back");
    }

    #[test]
    fn a_volume_counts_as_it_was_when_each_was_submitted() {
        let account = account();
        let rules = rules(&account, "*,0.05,EUR,\n*,0.01,EUR,3\n");
        // Six parts in the month: the two of the third message are behind four.
        let mut rerater = Rerater::new(&account, &rules, 6).unwrap();
        for number in [3, 2, 1] {
            rerater.add(&sold(number, "EUR", Some(50_000)), Some(&ended(State::Delivered)));
        }
        let found = rerater.found();
        assert_eq!(found.repriced.len(), 1);
        assert_eq!(found.repriced[0].message, MessageId::from_number(3));
        assert_eq!(found.owed(), Amount(80_000));
    }

    #[test]
    fn an_account_that_is_not_billed_has_nothing_to_rerate() {
        assert!(Rerater::new(&crate::rules::testing::account(), &Rules::default(), 0).is_none());
    }
}

//! Balances within one transaction of the store: what accounts may still spend, and the entries that the transaction makes.
//!
//! The store reads the balances of a batch's accounts, asks for each message whether it can be paid, and writes one entry for
//! each account and kind at the end. So the sum of an account's entries is its balance, and a message costs no row.

use super::{Amount, ChargeAt, Credit, Currency, Settlement};
use crate::account::AccountId;
use crate::inbound::Received;
use crate::message::Message;
use crate::numbering::{Country, country_of, day_of};
use crate::submission::Refusal;
use crate::time::Time;
use std::collections::BTreeMap;

/// A balance: an account's, in a currency.
pub type BalanceKey = (AccountId, Currency);
/// What was spent: by an account, on a day, on messages to a country or to all.
pub type SpentKey = (AccountId, u32, Option<Country>);

/// What an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Top-ups less charges.
    pub posted: Amount,
    /// The prices of messages that are charged later, if at all.
    pub reserved: Amount,
}

impl Balance {
    /// What may be spent, the limit left out.
    #[must_use]
    pub fn available(self) -> Amount {
        self.posted - self.reserved
    }
}

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// Credit that somebody added, or took away.
    TopUp,
    /// Prices of messages that were accepted.
    Charge,
    /// Prices of messages that were accepted and are charged later.
    Reservation,
    /// Prices that were reserved, and are charged now.
    Capture,
    /// Prices that were reserved, and are not charged.
    Release,
    /// Prices that were charged, and are given back.
    Refund,
    /// Prices of messages from handsets.
    Inbound,
    /// The price of a look-up of a number.
    Lookup,
    /// The fee of a month.
    MonthlyFee,
    /// What messages would have been charged by another tariff, less what they were.
    Correction,
}

impl EntryKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::TopUp,
        Self::Charge,
        Self::Reservation,
        Self::Capture,
        Self::Release,
        Self::Refund,
        Self::Inbound,
        Self::Lookup,
        Self::MonthlyFee,
        Self::Correction,
    ];

    /// The word for it in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Charge => "charge",
            Self::Reservation => "reservation",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Refund => "refund",
            Self::Inbound => "inbound",
            Self::Lookup => "lookup",
            Self::MonthlyFee => "monthly_fee",
            Self::Correction => "correction",
        }
    }
}

/// What an entry moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// What is added to the balance.
    pub posted: Amount,
    /// What is added to what is reserved.
    pub reserved: Amount,
    /// How many messages it is about.
    pub messages: u64,
}

/// What an account spent on a day.
pub type Spent = Amount;

/// The balances of one transaction.
#[derive(Clone, Debug, Default)]
pub struct Purse {
    known: BTreeMap<BalanceKey, Balance>,
    spent: BTreeMap<SpentKey, Spent>,
    moved: BTreeMap<(BalanceKey, EntryKind), Movement>,
    spending: BTreeMap<SpentKey, Spent>,
    at: Time,
}

impl Purse {
    /// The balance that a message is paid from, and the days' sums that it is held to.
    pub fn needs<'m>(
        message: &'m Message,
        credit: &'m Credit,
    ) -> Option<(BalanceKey, impl Iterator<Item = SpentKey> + 'm)> {
        let charge = message.charge.as_deref()?;
        charge.total(message).filter(|total| *total != Amount::ZERO)?;
        Some(((message.account, charge.terms.currency), held_to(message, credit).map(|(key, _)| key)))
    }

    /// Whether the balance is known.
    #[must_use]
    pub fn knows(&self, key: BalanceKey) -> bool {
        self.known.contains_key(&key)
    }

    /// The balance as far as it is known.
    #[must_use]
    pub fn balance(&self, key: BalanceKey) -> Balance {
        self.known.get(&key).copied().unwrap_or_default()
    }

    /// Whether the sum of a day is known.
    #[must_use]
    pub fn knows_spent(&self, key: SpentKey) -> bool {
        self.spent.contains_key(&key)
    }

    /// Takes note of a balance that was read in this transaction, before anything of it was moved.
    pub fn learn(&mut self, key: BalanceKey, balance: Balance) {
        // What this transaction has moved already is not in what it reads: it writes at its end.
        let moved = self.moved.iter().filter(|((of, _), _)| *of == key);
        let balance = moved.fold(balance, |balance, (_, it)| Balance {
            posted: balance.posted + it.posted,
            reserved: balance.reserved + it.reserved,
        });
        self.known.insert(key, balance);
    }

    /// Takes note of what was spent on a day.
    pub fn learn_spent(&mut self, key: SpentKey, spent: Spent) {
        self.spent.insert(key, spent);
    }

    /// Pays for a message whose balance is known, or says why it can't be paid. A message without a price is free.
    ///
    /// # Errors
    /// When the account has not enough credit, or has spent what it may on this day.
    pub fn pay(&mut self, message: &Message, credit: &Credit) -> Result<(), Refusal> {
        let Some(charge) = message.charge.as_deref() else { return Ok(()) };
        let Some(total) = charge.total(message).filter(|total| *total != Amount::ZERO) else { return Ok(()) };
        let key = (message.account, charge.terms.currency);
        let available = self.balance(key).available();
        if credit.limit.is_some_and(|limit| (available - total + limit).is_negative()) {
            return Err(Refusal::InsufficientCredit);
        }
        for (key, most) in held_to(message, credit) {
            if self.spent.get(&key).copied().unwrap_or_default() + total > most {
                return Err(Refusal::DailyCap(key.2));
            }
        }
        for (key, _) in held_to(message, credit) {
            let spent = self.spent.entry(key).or_default();
            *spent = *spent + total;
            let spending = self.spending.entry(key).or_default();
            *spending = *spending + total;
        }
        let (kind, posted, reserved) = match charge.terms.at {
            ChargeAt::Accepted => (EntryKind::Charge, -total, Amount::ZERO),
            ChargeAt::Sent | ChargeAt::Delivered => (EntryKind::Reservation, Amount::ZERO, total),
        };
        self.shift(key, kind, Movement { posted, reserved, messages: 1 }, message.created());
        Ok(())
    }

    /// Settles a message that has ended.
    pub fn settle(&mut self, account: AccountId, settlement: &Settlement, at: Time) {
        let Settlement { currency, posted, freed } = *settlement;
        let movement = Movement { posted, reserved: -freed, messages: 1 };
        self.shift((account, currency), settlement.kind(), movement, at);
    }

    /// Charges a message from a handset that has a price, whatever the balance: it has been sent already.
    pub fn charge_inbound(&mut self, received: &Received) {
        if let Some((account, price)) = received.account.zip(received.price) {
            let movement = Movement { posted: -price.amount, reserved: Amount::ZERO, messages: 1 };
            self.shift((account, price.currency), EntryKind::Inbound, movement, received.at);
        }
    }

    fn shift(&mut self, key: BalanceKey, kind: EntryKind, by: Movement, at: Time) {
        if let Some(balance) = self.known.get_mut(&key) {
            balance.posted = balance.posted + by.posted;
            balance.reserved = balance.reserved + by.reserved;
        }
        let moved = self.moved.entry((key, kind)).or_default();
        moved.posted = moved.posted + by.posted;
        moved.reserved = moved.reserved + by.reserved;
        moved.messages += by.messages;
        self.at = self.at.max(at);
    }

    /// The entries to be written, one for each balance and kind.
    pub fn entries(&self) -> impl Iterator<Item = (BalanceKey, EntryKind, Movement)> + '_ {
        self.moved.iter().map(|((key, kind), movement)| (*key, *kind, *movement))
    }

    /// What is to be added to days' sums.
    pub fn spending(&self) -> impl Iterator<Item = (SpentKey, Spent)> + '_ {
        self.spending.iter().map(|(key, spent)| (*key, *spent))
    }

    /// When the last of it happened.
    #[must_use]
    pub const fn at(&self) -> Time {
        self.at
    }

    /// Whether nothing was moved.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.moved.is_empty()
    }
}

impl Settlement {
    /// The kind of entry that it is.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        match (self.posted.0, self.freed.0) {
            (posted, _) if posted < 0 => EntryKind::Capture,
            (_, 0) => EntryKind::Refund,
            _ => EntryKind::Release,
        }
    }
}

/// The days' sums that a message is held to, with the most of each.
fn held_to<'m>(message: &'m Message, credit: &'m Credit) -> impl Iterator<Item = (SpentKey, Amount)> + 'm {
    let day = day_of(message.created());
    let all = credit.daily.map(|most| ((message.account, day, None), most));
    let country = if credit.daily_by_country.is_empty() { None } else { country_of(message.to) };
    let of_country = credit.daily_by_country.iter().filter(move |(of, _)| Some(*of) == country);
    all.into_iter().chain(of_country.map(move |(of, most)| ((message.account, day, Some(*of)), *most)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::State;
    use crate::id::MessageId;
    use crate::money::charge::{Charge, Refunds, Terms};
    use proptest::prelude::*;

    fn message(number: u64, price: i64, at: ChargeAt) -> Message {
        let terms = Terms { currency: "EUR".parse().unwrap(), at, refunds: Refunds::usual() };
        let charge = Charge { terms, price: Some(Amount(price)), costs: Box::default() };
        Message { charge: Some(Box::new(charge)), ..crate::testing::message(MessageId::from_number(number)) }
    }

    fn key() -> BalanceKey {
        (AccountId(1), "EUR".parse().unwrap())
    }

    fn prepaid() -> Credit {
        Credit { limit: Some(Amount::ZERO), ..Credit::default() }
    }

    #[test]
    fn credit_is_spent_to_the_last_millionth_and_not_beyond() {
        let mut purse = Purse::default();
        purse.learn(key(), Balance { posted: Amount(10), reserved: Amount(1) });
        assert_eq!(purse.pay(&message(1, 4, ChargeAt::Accepted), &prepaid()), Ok(()));
        assert_eq!(purse.pay(&message(2, 5, ChargeAt::Delivered), &prepaid()), Ok(()));
        assert_eq!(
            purse.pay(&message(3, 1, ChargeAt::Accepted), &prepaid()),
            Err(Refusal::InsufficientCredit)
        );
        assert_eq!(
            purse.pay(&message(4, 0, ChargeAt::Accepted), &prepaid()),
            Ok(()),
            "free ones need no credit"
        );
        let owing = Credit { limit: Some(Amount(3)), ..Credit::default() };
        assert_eq!(purse.pay(&message(5, 3, ChargeAt::Accepted), &owing), Ok(()));
        assert_eq!(purse.pay(&message(6, 1, ChargeAt::Accepted), &owing), Err(Refusal::InsufficientCredit));
        assert_eq!(purse.pay(&message(7, 9, ChargeAt::Accepted), &Credit::default()), Ok(()), "no limit");
        let entries: Vec<_> =
            purse.entries().map(|(_, kind, it)| (kind, it.posted.0, it.reserved.0, it.messages)).collect();
        assert_eq!(entries, [(EntryKind::Charge, -16, 0, 3), (EntryKind::Reservation, 0, 5, 1)]);
    }

    #[test]
    fn days_and_countries_have_caps() {
        let british = "GB".parse().unwrap();
        let credit = Credit {
            daily: Some(Amount(10)),
            daily_by_country: vec![(british, Amount(6))],
            ..Credit::default()
        };
        let (mut purse, message) = (Purse::default(), |number| message(number, 4, ChargeAt::Accepted));
        let (_, needs) = (
            Purse::needs(&message(1), &credit).unwrap().0,
            Purse::needs(&message(1), &credit).unwrap().1.count(),
        );
        assert_eq!(needs, 2);
        assert_eq!(purse.pay(&message(1), &credit), Ok(()));
        assert_eq!(purse.pay(&message(2), &credit), Err(Refusal::DailyCap(Some(british))));
        let day = day_of(message(1).created());
        purse.learn_spent((AccountId(1), day, None), Amount(9));
        assert_eq!(purse.pay(&message(3), &credit), Err(Refusal::DailyCap(None)));
        assert_eq!(purse.spending().map(|(_, spent)| spent.0).collect::<Vec<_>>(), [4, 4]);
    }

    proptest! {
        /// Whatever happens, the entries' sum is the balance, nothing stays reserved, and only what was delivered is paid.
        #[test]
        fn the_entries_sum_is_the_balance(
            credit in 0i64..200,
            steps in proptest::collection::vec((0i64..20, 0usize..3, 2usize..9, proptest::bool::ANY), 0..60),
        ) {
            let mut purse = Purse::default();
            purse.learn(key(), Balance { posted: Amount(credit), reserved: Amount::ZERO });
            let mut paid = 0;
            for (number, (price, at, state, was_sent)) in (1..).zip(steps) {
                let at = [ChargeAt::Accepted, ChargeAt::Sent, ChargeAt::Delivered][at];
                let (message, state) = (message(number, price, at), State::ALL[state]);
                if purse.pay(&message, &prepaid()).is_err() {
                    continue;
                }
                if let Some(settlement) = message.settlement(state, was_sent) {
                    purse.settle(message.account, &settlement, Time(0));
                }
                let is_paid = match state {
                    State::Delivered => true,
                    State::Unknown => at == ChargeAt::Accepted || at == ChargeAt::Sent && was_sent,
                    _ => false,
                };
                paid += if is_paid { price } else { 0 };
            }
            let sum = purse.entries().fold((credit, 0), |(posted, reserved), (_, _, it)| (posted + it.posted.0, reserved + it.reserved.0));
            prop_assert_eq!(sum, (credit - paid, 0));
            prop_assert!(sum.0 >= 0);
        }
    }
}

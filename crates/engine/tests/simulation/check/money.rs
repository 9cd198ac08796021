//! Every message is paid once: each balance is the sum of its entries, and what its messages cost by their ends.

use super::{Check, Faults};
use crate::seen::{Books, Event, Seen};
use postrider_core::account::AccountId;
use postrider_core::money::{Amount, Balance, ChargeAt, Currency};
use std::collections::BTreeMap;

/// Looks at the books when the run is over.
#[derive(Default)]
pub(crate) struct Money;

type Balances = BTreeMap<(AccountId, Currency), Balance>;

/// What the messages of a store did to balances.
fn of_messages(books: &Books) -> Balances {
    let mut balances = Balances::new();
    for (message, end) in &books.messages {
        let Some(charge) = message.charge.as_deref() else { continue };
        let total = charge.total(message).unwrap_or_default();
        let balance = balances.entry((message.account, charge.terms.currency)).or_default();
        match charge.terms.at {
            ChargeAt::Accepted => balance.posted = balance.posted - total,
            ChargeAt::Sent | ChargeAt::Delivered => balance.reserved = balance.reserved + total,
        }
        let settled = end.as_ref().and_then(|end| message.settlement(end.state, end.sent_at.is_some()));
        if let Some(settled) = settled {
            balance.posted = balance.posted + settled.posted;
            balance.reserved = balance.reserved - settled.freed;
        }
    }
    balances
}

fn of_entries(books: &Books) -> Balances {
    let mut balances = Balances::new();
    for entry in &books.entries {
        let balance = balances.entry((entry.account, entry.currency)).or_default();
        balance.posted = balance.posted + entry.posted;
        balance.reserved = balance.reserved + entry.reserved;
    }
    balances
}

impl Check for Money {
    fn name(&self) -> &'static str {
        "money"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        let Seen::Books(books) = &event.seen else { return };
        let kept: Balances =
            books.balances.iter().map(|it| ((it.account, it.currency), it.balance)).collect();
        let (entries, messages) = (of_entries(books), of_messages(books));
        if kept != entries {
            faults
                .tell(None, format!("the balances are {kept:?}, and the sums of their entries {entries:?}"));
        }
        if kept != messages {
            faults.tell(None, format!("the balances are {kept:?}, and the messages come to {messages:?}"));
        }
        for ((account, _), balance) in kept {
            if balance.reserved < Amount::ZERO {
                faults.tell(None, format!("account {} has reserved less than nothing", account.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, message, outcome};
    use postrider_core::contract::{AccountBalance, MoneyEntry};
    use postrider_core::delivery::State;
    use postrider_core::message::Message;
    use postrider_core::money::{Charge, EntryKind, Refunds, Terms};
    use postrider_core::time::Time;
    use std::sync::Arc;

    /// Books with a message that cost 3 and was given back, or not; what was posted, and the entries of that.
    fn books(state: State, balance: i64, entries: &[i64]) -> Seen {
        let currency: Currency = "EUR".parse().unwrap();
        let terms = Terms { currency, at: ChargeAt::Accepted, refunds: Refunds::usual() };
        let charge = Charge { terms, price: Some(Amount(3)), costs: Box::default() };
        let message = Message { charge: Some(Box::new(charge)), ..message(1) };
        let account = message.account;
        let balance = Balance { posted: Amount(balance), ..Balance::default() };
        let entry = |posted: &i64| MoneyEntry {
            id: 1,
            account,
            currency,
            at: Time(0),
            kind: EntryKind::Charge,
            posted: Amount(*posted),
            reserved: Amount::ZERO,
            messages: 1,
            key: None,
            note: None,
            who: None,
        };
        Seen::Books(Box::new(Books {
            balances: vec![AccountBalance { account, currency, balance, is_low: false }],
            entries: entries.iter().map(entry).collect(),
            messages: vec![(Arc::new(message), Some(outcome(state)))],
        }))
    }

    #[test]
    fn a_balance_is_what_its_messages_cost() {
        let mut money = Fed::new(Money);
        assert_eq!(money.see(books(State::Delivered, -3, &[-3])), 0);
        assert_eq!(money.see(books(State::Failed, 0, &[-3, 3])), 0);
        assert_eq!(money.see(books(State::Delivered, -3, &[-2])), 1);
        assert_eq!(money.see(books(State::Delivered, -6, &[-3, -3])), 1);
        assert_eq!(money.see(books(State::Failed, -3, &[-3])), 1);
    }
}

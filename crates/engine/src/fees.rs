//! Fees: what accounts pay besides messages. A look-up is paid when it has been answered, a month when it begins.

use crate::identifiers::Identifiers;
use crate::known_numbers::KnownNumbers;
use postrider_core::account::{Account, AccountId};
use postrider_core::budget::{Period, month_of};
use postrider_core::contract::{Added, KnownNumber, Posted, Posting, Store, StoreError};
use postrider_core::money::{Amount, Balance, EntryKind, Price};
use postrider_core::number::Number;
use postrider_core::rules::Rules;
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use std::collections::BTreeSet;

/// Who posts fees, as entries say.
const WHO: &str = "postrider";

/// A look-up that an account asks for.
pub(crate) struct PaidLookup<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) known_numbers: &'a KnownNumbers,
    pub(crate) identifiers: &'a Identifiers,
    pub(crate) rules: &'a Rules,
    pub(crate) now: Time,
}

impl PaidLookup<'_> {
    /// Looks a number up, and has the account pay for what a provider says. Whoever can't pay isn't told, and no provider is asked.
    pub(crate) async fn of(
        &self,
        account: &Account,
        number: Number,
    ) -> Result<Result<KnownNumber, Refusal>, StoreError> {
        let provider = self.rules.lookups.of(number, &self.rules.numbering, self.now);
        let price = match provider.map(|_| self.rules.tariffs.lookup(account, number, self.now)) {
            None => None,
            Some(Ok(price)) => price,
            Some(Err(why)) => return Ok(Err(why.into())),
        };
        let Some(price) = price else { return Ok(Ok(self.ask(number).await)) };
        let fee = self.fee(account, price);
        if !fee.added.is_within(fee.limit, self.balance(account, price).await?) {
            return Ok(Err(Refusal::InsufficientCredit));
        }
        let known = self.ask(number).await;
        if known.looked_up.is_none() {
            return Ok(Ok(known));
        }
        // Others may have spent the rest meanwhile.
        match self.store.post(fee).await? {
            Posted::Unpaid => Ok(Err(Refusal::InsufficientCredit)),
            Posted::Now(..) | Posted::Before(..) | Posted::Conflict => {
                Ok(Ok(KnownNumber { price: Some(price), ..known }))
            }
        }
    }

    async fn ask(&self, number: Number) -> KnownNumber {
        self.known_numbers.of(self.rules, number, self.now).await
    }

    async fn balance(&self, account: &Account, price: Price) -> Result<Balance, StoreError> {
        let balances = self.store.balances(Some(account.id)).await?;
        let found = balances.iter().find(|balance| balance.currency == price.currency);
        Ok(found.map(|balance| balance.balance).unwrap_or_default())
    }

    fn fee(&self, account: &Account, price: Price) -> Posting {
        Posting {
            account: account.id,
            currency: price.currency,
            kind: EntryKind::Lookup,
            added: Added::Amount(-price.amount),
            limit: account.billing.as_ref().and_then(|billing| billing.credit.limit),
            key: self.identifiers.next(self.now).to_string().into(),
            note: None,
            who: WHO.into(),
            at: self.now,
        }
    }
}

/// The months that are paid already, as far as this process knows. The store knows for good.
#[derive(Debug, Default)]
pub(crate) struct Months {
    month: Option<Time>,
    paid: BTreeSet<AccountId>,
}

impl Months {
    /// Charges the fees of this month that this process has not charged yet. One that was charged before is not charged again.
    pub(crate) async fn charge(
        &mut self,
        rules: &Rules,
        store: &dyn Store,
        now: Time,
    ) -> Result<(), StoreError> {
        for fee in self.due(rules, now) {
            let account = fee.account;
            store.post(fee).await?;
            self.paid.insert(account);
        }
        Ok(())
    }

    fn due(&mut self, rules: &Rules, now: Time) -> Vec<Posting> {
        let month = Period::Month.start(now);
        if self.month.replace(month) != Some(month) {
            self.paid.clear();
        }
        let unpaid = rules.accounts().filter(|account| account.enabled && !self.paid.contains(&account.id));
        unpaid.filter_map(|account| fee_of_month(account, now)).collect()
    }
}

/// The fee of an account for this month.
fn fee_of_month(account: &Account, now: Time) -> Option<Posting> {
    let billing = account.billing.as_ref()?;
    let fee: Amount = billing.monthly_fee?;
    Some(Posting {
        account: account.id,
        currency: billing.currency(),
        kind: EntryKind::MonthlyFee,
        added: Added::Amount(-fee),
        limit: None,
        key: month_of(now).into(),
        note: None,
        who: WHO.into(),
        at: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use postrider_core::money::{Billing, ChargeAt, Credit, Refunds, Terms};
    use std::sync::Arc;
    use std::time::Duration;

    // 2027-01-15, 08:00.
    const NOW: Time = Time(1_800_000_000_000);

    #[test]
    fn a_month_is_due_once_when_it_begins() {
        let terms =
            Terms { currency: "EUR".parse().unwrap(), at: ChargeAt::Accepted, refunds: Refunds::usual() };
        let billing = Billing {
            tariff: "retail".into(),
            terms,
            credit: Arc::new(Credit::default()),
            sells_below_cost: false,
            margin_min: 0,
            monthly_fee: Some(Amount(25_000_000)),
        };
        let account = Account { billing: Some(Arc::new(billing)), ..testing::account() };
        let of = |account: &Account| Rules::new(1, vec![account.clone()], Vec::new(), Default::default());
        let rules = of(&account);
        let mut months = Months::default();
        let due = |months: &mut Months, rules: &Rules, now| {
            let due = months.due(rules, now);
            months.paid.extend(due.iter().map(|fee| fee.account));
            due.into_iter().map(|fee| (fee.key.to_string(), fee.added)).collect::<Vec<_>>()
        };
        let fee = Added::Amount(Amount(-25_000_000));
        assert_eq!(due(&mut months, &rules, NOW), [("2027-01".to_owned(), fee)]);
        assert_eq!(due(&mut months, &rules, NOW + Duration::from_hours(24)), []);
        let next = NOW + Duration::from_hours(24 * 20);
        assert_eq!(due(&mut months, &of(&testing::account()), next), [], "without a fee");
        assert_eq!(due(&mut months, &of(&Account { enabled: false, ..account }), next), []);
        assert_eq!(due(&mut months, &rules, next), [("2027-02".to_owned(), fee)]);
    }
}

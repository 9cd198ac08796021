//! Reads how an account pays.

use crate::billing::{BillingDocument, CreditWord, Money};
use crate::mistake::Notes;
use postrider_core::money::{Amount, Billing, Credit, Currency, NotACurrency, Refunds, Terms};
use postrider_core::numbering::{Country, NotACountry};
use std::sync::Arc;

/// What a document declares; `None` beside mistakes.
pub(super) fn read(document: &BillingDocument, notes: &Notes<'_>) -> Option<Billing> {
    if document.tariff.trim().is_empty() {
        notes.key("tariff").wrong("this can't be empty", "write the name of a tariff");
    }
    let currency = document.currency.parse::<Currency>();
    let currency = notes.key("currency").take(currency.map_err(|why: NotACurrency| why.to_string()))?;
    let limit = document.limit.map(|limit| limit.0);
    let limit = match document.credit {
        CreditWord::Prepaid => Some(limit.unwrap_or(Amount::ZERO)),
        CreditWord::Postpaid => limit,
    };
    let credit = Credit {
        limit,
        low: document.low_balance.map(|low| low.0),
        daily: document.daily_cap.map(|most| most.0),
        daily_by_country: document.daily_caps.iter().filter_map(|cap| daily(cap, notes)).collect(),
    };
    Some(Billing {
        tariff: document.tariff.as_str().into(),
        terms: Terms {
            currency,
            at: document.charge,
            refunds: Refunds::of(document.refund.iter().map(|word| (*word).into())),
        },
        credit: Arc::new(credit),
        sells_below_cost: document.sell_below_cost,
        margin_min: document.margin_min,
        monthly_fee: document.monthly_fee.map(|fee| fee.0).filter(|fee| *fee != Amount::ZERO),
    })
}

fn daily((country, most): (&String, &Money), notes: &Notes<'_>) -> Option<(Country, Amount)> {
    let read = country.parse::<Country>().map_err(|why: NotACountry| why.to_string());
    Some((notes.key("daily_caps").key(country).take(read)?, most.0))
}

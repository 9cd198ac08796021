//! Reads exchange rates.

use crate::currency::CurrencyDocument;
use crate::document::Set;
use crate::mistake::Notes;
use postrider_core::csv::day;
use postrider_core::money::{Currency, Exchange, NotACurrency};
use std::collections::BTreeMap;

/// All rates. Each pair of currencies is declared once.
pub(super) fn read(set: &Set, notes: &Notes<'_>) -> Exchange {
    let (mut exchange, mut pairs) = (Exchange::default(), BTreeMap::new());
    for (name, entry) in &set.currencies {
        let notes = notes.key(name);
        let Some(pair) = add(&entry.document, &mut exchange, &notes) else { continue };
        if let Some(other) = pairs.insert(pair, name) {
            let help = "declare the rates of a pair of currencies in one place";
            notes.wrong(format_args!("'{other}' has these currencies already"), help);
        }
    }
    exchange
}

/// Adds the rates of a document. Returns its currencies in the order of their codes.
fn add(
    document: &CurrencyDocument,
    exchange: &mut Exchange,
    notes: &Notes<'_>,
) -> Option<(Currency, Currency)> {
    let currency = |key: &'static str, text: &str| {
        notes.key(key).take(text.parse::<Currency>().map_err(|why: NotACurrency| why.to_string()))
    };
    let (from, to) = (currency("from", &document.from), currency("to", &document.to));
    let (from, to) = from.zip(to)?;
    if from == to {
        notes.key("to").wrong(format_args!("{to} is converted to itself"), "name two currencies");
        return None;
    }
    if document.rates.is_empty() {
        notes.key("rates").wrong("there is no rate", "write one, such as { 2026-12-01 = \"0.9215\" }");
    }
    for (date, rate) in &document.rates {
        let read =
            if date.is_empty() { Err("write a day, such as 2026-12-01".to_owned()) } else { day(date) };
        if let Some(day) = notes.key("rates").key(date).take(read) {
            exchange.add(from, to, day, rate.0);
        }
    }
    Some((from.min(to), from.max(to)))
}

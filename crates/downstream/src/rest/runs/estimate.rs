//! What a campaign or a batch would come to, of its whole audience.

use super::{not_done, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::moment;
use crate::rest::problem::Problem;
use crate::rest::query;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::run::{Estimate, Longest, Price, RunKind, Saving};
use postrider_core::money::{Amount, Currency};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use utoipa::{IntoParams, ToSchema};

/// Which text is looked at.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct EstimateQuery {
    /// The name of the variant, if there are several: all are taken to get it. Default: the first.
    variant: Option<String>,
}

/// What it would come to if it was launched now. Each message was made and decided upon as it would be. Nothing was sampled.
#[derive(Serialize, ToSchema)]
#[schema(as = Estimate)]
pub(in crate::rest) struct EstimateView {
    /// In words, what a shorter text would save; absent if that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1,382 of 50,000 messages need a part more: 3 characters less save 61.20 EUR")]
    advice: Option<String>,
    /// Its recipients.
    recipients: u64,
    /// Messages.
    messages: u64,
    /// Recipients who would get none, by the code of the reason.
    #[schema(value_type = HashMap<String, u64>)]
    refused: BTreeMap<Box<str>, u64>,
    /// Messages by the number of their parts.
    #[schema(value_type = HashMap<String, u64>)]
    parts: BTreeMap<String, u64>,
    /// What all messages cost the account: decimal numbers by currency. Empty if it isn't billed.
    #[schema(value_type = HashMap<String, String>)]
    price: BTreeMap<String, String>,
    /// What so many characters less would save: each number up to 20 that saves more than the one before.
    savings: Vec<SavingView>,
    /// Messages that have to be in UCS-2, which has room for 70 characters a part.
    unicode: u64,
    /// The first 20 characters because of which they are, with the number of messages that have each.
    #[schema(value_type = HashMap<String, u64>)]
    characters: BTreeMap<String, u64>,
    /// Who gets the longest message, and what that costs. Absent if all have the same text.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest: Option<LongestView>,
    /// When the last message would be handed in, at the pace, in the `sending_hours` and with the `daily_cap`. Absent if nothing
    /// says how fast it goes, or if that takes more than a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    finishes_at: Option<String>,
    /// Messages for which it would be too late by `not_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_late: Option<u64>,
}

/// The longest message.
#[derive(Serialize, ToSchema)]
#[schema(as = LongestMessage)]
pub(in crate::rest) struct LongestView {
    /// Who gets it.
    #[schema(example = "+447700900123")]
    to: String,
    /// Their name, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its parts.
    parts: u8,
    /// The characters of its text.
    characters: usize,
    /// What it costs, by currency. Empty if it isn't billed.
    #[schema(value_type = HashMap<String, String>)]
    price: BTreeMap<String, String>,
}

impl From<Longest> for LongestView {
    fn from(it: Longest) -> Self {
        Self {
            to: it.to.to_string(),
            name: it.name.map(Into::into),
            parts: it.parts,
            characters: it.characters,
            price: amounts(&it.price.into_iter().collect()),
        }
    }
}

/// What a shorter text would save.
#[derive(Serialize, ToSchema)]
#[schema(as = Saving)]
pub(in crate::rest) struct SavingView {
    /// So many characters less.
    characters: usize,
    /// Messages that would have a part less.
    messages: u64,
    /// What these parts cost.
    #[schema(value_type = HashMap<String, String>)]
    price: BTreeMap<String, String>,
}

fn amounts(price: &Price) -> BTreeMap<String, String> {
    price.iter().map(|(currency, amount)| (currency.to_string(), amount.to_string())).collect()
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What the most worthwhile of the savings is, in words.
fn advice(savings: &[Saving], messages: u64) -> Option<String> {
    let last = savings.last()?;
    // The first one that saves nearly all there is to save.
    let best = savings.iter().find(|saving| saving.messages * 10 >= last.messages * 9).unwrap_or(last);
    let plural = if best.characters == 1 { "" } else { "s" };
    let mut text = format!(
        "{} of {} messages need a part more: {} character{plural} less save",
        grouped(best.messages),
        grouped(messages),
        best.characters
    );
    let told = |(currency, amount): (&Currency, &Amount)| {
        format!("{} {currency}", amount.rounded(currency.decimals()))
    };
    let prices: Vec<String> = best.price.iter().map(told).collect();
    // Writing to a string can't fail.
    let _ = match prices.is_empty() {
        true => write!(text, " {} parts", grouped(best.messages)),
        false => write!(text, " {}", prices.join(" and ")),
    };
    Some(text)
}

impl From<Estimate> for EstimateView {
    fn from(it: Estimate) -> Self {
        let (savings, messages) = (it.savings(), it.parts.values().sum());
        let saving = |saving: &Saving| SavingView {
            characters: saving.characters,
            messages: saving.messages,
            price: amounts(&saving.price),
        };
        Self {
            advice: advice(&savings, messages),
            recipients: it.recipients,
            messages,
            savings: savings.iter().map(saving).collect(),
            refused: it.refused,
            parts: it.parts.into_iter().map(|(parts, many)| (parts.to_string(), many)).collect(),
            price: amounts(&it.price),
            longest: it.longest.map(Into::into),
            finishes_at: it.forecast.and_then(|forecast| forecast.finishes).map(moment::write),
            too_late: it.forecast.map(|forecast| forecast.late).filter(|late| *late > 0),
            unicode: it.unicode,
            characters: it.characters.into_iter().map(|(character, many)| (character.into(), many)).collect(),
        }
    }
}

/// Makes an estimate.
pub(super) async fn estimate(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    query: Option<&str>,
) -> Result<Response, Problem> {
    let variant = query::pairs(query.unwrap_or_default(), &["variant"])?.pop().map(|(_, name)| name);
    let id = number(kind, id)?;
    let estimate = rest.apps.runs.estimate(&owned.account, kind, id, variant.as_deref()).await;
    let estimate = estimate.map_err(|error| not_done(kind, error))?;
    Ok(json(StatusCode::OK, &EstimateView::from(estimate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_the_shortest_way_to_nearly_all_savings() {
        let price = |millionths| Price::from([("EUR".parse().unwrap(), Amount(millionths))]);
        let saving =
            |characters, messages, millionths| Saving { characters, messages, price: price(millionths) };
        let savings = [saving(1, 20, 900_000), saving(3, 1_382, 61_204_300), saving(17, 1_400, 62_000_000)];
        assert_eq!(
            advice(&savings, 50_000).as_deref(),
            Some("1,382 of 50,000 messages need a part more: 3 characters less save 61.20 EUR")
        );
        let unbilled = [Saving { characters: 1, messages: 2, price: Price::new() }];
        assert_eq!(
            advice(&unbilled, 1_234_567).as_deref(),
            Some("2 of 1,234,567 messages need a part more: 1 character less save 2 parts")
        );
        assert_eq!(advice(&[], 5), None);
    }
}

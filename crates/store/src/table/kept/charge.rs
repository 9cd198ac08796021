//! What a message costs, as columns keep it.

use super::Kept;
use crate::table::{Cell, Sink, Source};
use postrider_core::money::{Amount, Charge, Price};

/// The columns are the amount and the currency.
impl Kept for Option<Price> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.map_or(Cell::Null, |price| Cell::Number(price.amount.0)));
        sink.put(self.as_ref().map_or(Cell::Null, |price| Cell::Text(price.currency.code().into())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let (amount, currency) = (source.number()?, source.text()?);
        let Some((amount, currency)) = amount.zip(currency) else { return Ok(None) };
        let currency = currency.parse().map_err(|_| format!("the currency {currency}"))?;
        Ok(Some(Price { currency, amount: Amount(amount) }))
    }
}

/// The columns are the price, the costs between commas, and the terms. Without terms there is nothing.
impl Kept for Option<Box<Charge>> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        let Some(charge) = self else {
            [Cell::Null, Cell::Null, Cell::Null].into_iter().for_each(|cell| sink.put(cell));
            return;
        };
        let cost = |cost: &Option<Amount>| cost.map_or_else(String::new, |cost| cost.0.to_string());
        let costs = || charge.costs.iter().map(cost).collect::<Vec<_>>().join(",");
        sink.put(charge.price.map_or(Cell::Null, |price| Cell::Number(price.0)));
        sink.put(if charge.costs.iter().any(Option::is_some) {
            Cell::Text(costs().into())
        } else {
            Cell::Null
        });
        sink.put(Cell::Text(charge.terms.to_string().into()));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let (price, costs, terms) = (source.number()?, source.text()?, source.text()?);
        let Some(terms) = terms else { return Ok(None) };
        let cost = |text: &str| match text {
            "" => Ok(None),
            text => text.parse().map(|cost| Some(Amount(cost))).map_err(|_| format!("the cost {text}")),
        };
        let costs =
            costs.map_or(Ok(Box::default()), |costs| costs.split(',').map(cost).collect::<Result<_, _>>())?;
        let terms = terms.parse().map_err(|_| format!("'{terms}', which is no terms"))?;
        Ok(Some(Box::new(Charge { terms, price: price.map(Amount), costs })))
    }
}

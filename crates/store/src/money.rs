//! Money as both engines keep it.

use crate::table::Damaged;
use postrider_core::money::Currency;
use postrider_core::numbering::Country;

/// The condition of entries that moved a balance. A top-up to an amount that was there keeps its key alone.
pub(crate) const MOVES: &str = "(key IS NULL OR posted <> 0)";

/// A country as a column keeps it; all of them are an empty text.
pub(crate) fn country(country: Option<Country>) -> String {
    country.map_or_else(String::new, |country| country.to_string())
}

/// The currency in a column.
pub(crate) fn currency(text: &str) -> Result<Currency, Damaged> {
    text.parse().map_err(|_| Damaged { columns: "currency", found: format!("'{text}'") })
}

/// An entry's number as a column keeps it.
pub(crate) fn entry_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

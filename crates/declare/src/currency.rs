//! Exchange rates, as people declare them.

use crate::describe::Kind;
use crate::document::{Document, SecretPlace};
use crate::json::Json;
use crate::mistake::Notes;
use crate::secret::Secret;
use crate::setting::{Setting, decimal, unexpected};
use crate::settings;
use crate::tree::Node;
use postrider_core::money::{ExchangeRate, NotARate};
use std::collections::BTreeMap;

settings! {
    /// Exchange rates of two currencies. By them costs of upstreams count that are in another currency than an account pays in. A pair counts
    /// both ways.
    pub struct CurrencyDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// The currency that is converted (ISO 4217), such as `USD`.
        from: String;
        /// The currency that it is converted to, such as `EUR`.
        to: String;
        /// How many units of `to` one of `from` is, by the day (UTC) from which it holds, with at most nine decimals:
        /// `{ 2026-12-01 = "0.9215" }`. Before the first day there is no rate.
        rates: BTreeMap<String, Rate>;
    }
}

impl Document for CurrencyDocument {
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {}
}

/// An exchange rate, in a text or as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(pub ExchangeRate);

impl Setting for Rate {
    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let Some(text) = decimal(node) else {
            return unexpected(node, "an exchange rate, such as \"0.9215\"", notes);
        };
        notes.take(text.parse().map(Self).map_err(|why: NotARate| why.to_string()))
    }

    fn write(&self) -> Json {
        Json::text(self.0.to_string())
    }
}

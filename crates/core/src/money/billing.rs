//! How an account pays for its messages.

use super::charge::{Refunds, Terms};
use super::{Amount, Currency};
use crate::delivery::State;
use crate::numbering::Country;
use std::sync::Arc;

/// How an account pays.
#[derive(Clone, Debug)]
pub struct Billing {
    /// The name of its price table.
    pub tariff: Box<str>,
    /// The currency, when prices are charged, and when they are given back.
    pub terms: Terms,
    /// What it may spend.
    pub credit: Arc<Credit>,
    /// Whether messages are also sent where they cost more than their price.
    pub sells_below_cost: bool,
    /// By how many percent of the cost a price must be higher.
    pub margin_min: u16,
    /// What each calendar month (UTC) costs by itself; `None` is nothing.
    pub monthly_fee: Option<Amount>,
}

/// What an account may spend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// How far below zero what is available may fall; `None` is without limit.
    pub limit: Option<Amount>,
    /// What is available, below which its owner is told.
    pub low: Option<Amount>,
    /// The most that it spends a day (UTC); `None` is without limit.
    pub daily: Option<Amount>,
    /// The most that it spends a day on messages to a country.
    pub daily_by_country: Vec<(Country, Amount)>,
}

/// When the price of a message is charged. Before, it is reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChargeAt {
    /// When the message is accepted.
    #[default]
    Accepted,
    /// When it has ended, if the carrier took it.
    Sent,
    /// When it is delivered.
    Delivered,
}

impl ChargeAt {
    /// The word for it in settings and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
        }
    }

    /// The setting with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Accepted, Self::Sent, Self::Delivered].into_iter().find(|at| at.word() == word)
    }
}

impl Refunds {
    /// The usual ones: every end that is known not to be a delivery.
    #[must_use]
    pub fn usual() -> Self {
        Self::of([State::Undelivered, State::Expired, State::Rejected, State::Failed, State::Canceled])
    }
}

impl Billing {
    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.terms.currency
    }
}

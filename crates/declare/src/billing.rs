//! How an account pays, as people declare it.

use crate::describe::Kind;
use crate::json::Json;
use crate::limit::AtMost;
use crate::mistake::Notes;
use crate::setting::{Setting, decimal, unexpected};
use crate::tree::Node;
use crate::{settings, words};
use postrider_core::delivery::State;
use postrider_core::money::{Amount, ChargeAt, NotAnAmount};
use std::collections::BTreeMap;

settings! {
    /// How an account pays for its messages. Each has the price that the tariff says when it is accepted.
    pub struct BillingDocument {
        /// The name of the tariff that it is charged by (`postrider tariff`). Without a price for a number nothing is sent there.
        tariff: String;
        /// The currency (ISO 4217, such as `EUR`), which is the tariff's.
        currency: String;
        /// Whether it pays before or after.
        credit: CreditWord = CreditWord::Prepaid;
        /// How far below zero what is available may fall, such as `"250.00"`. Default: 0 if it is prepaid, no limit if it is postpaid.
        limit: Option<Money> = None;
        /// When prices are charged. Until then they are reserved.
        charge: ChargeAt = ChargeAt::Accepted;
        /// The ends of messages at which a price that was charged is given back. With `charge` set to `delivered` only deliveries
        /// cost anything.
        refund: Vec<RefundWord> = RefundWord::USUAL.into(), AtMost(REFUNDS_MAX);
        /// What is available below which its owner is told, by the event `balance.low`. Default: never.
        low_balance: Option<Money> = None;
        /// The most that it spends a day (UTC); refunds don't count. Default: no limit.
        daily_cap: Option<Money> = None;
        /// The most that it spends a day on messages to a country: `{ GB = "50.00" }`. Default: no limit.
        daily_caps: BTreeMap<String, Money> = BTreeMap::new();
        /// Whether messages are also sent by upstreams that cost more than the price.
        sell_below_cost: bool = false;
        /// By how many percent of an upstream's cost the price must be higher. Upstreams that leave less are not used.
        margin_min: u16 = 0, 0..=1000;
        /// What each calendar month (UTC) costs by itself, such as `"25.00"`. It is charged when the month begins, whatever the balance; the first
        /// one when this is declared. Default: nothing.
        monthly_fee: Option<Money> = None;
    }
}

/// The most ends that are paid back.
const REFUNDS_MAX: usize = 6;

words! {
    /// Whether an account pays before or after.
    pub enum CreditWord {
        /// It spends what was topped up, and no more.
        Prepaid = "prepaid",
        /// It owes what it spends.
        Postpaid = "postpaid",
    }
}

words! {
    /// When prices are charged.
    impl ChargeWhen for ChargeAt {
        /// When a message is accepted.
        Accepted = "accepted",
        /// When a message has ended, if the carrier took it.
        Sent = "sent",
        /// When a message is delivered.
        Delivered = "delivered",
    }
}

words! {
    /// An end of messages at which a price is given back.
    pub enum RefundWord {
        /// The carrier took it and could not deliver it.
        Undelivered = "undelivered",
        /// Its time ran out.
        Expired = "expired",
        /// The carrier refused it.
        Rejected = "rejected",
        /// The gateway could not send it.
        Failed = "failed",
        /// Nobody knows.
        Unknown = "unknown",
        /// The client took it back.
        Canceled = "canceled",
    }
}

impl RefundWord {
    /// The usual ones.
    pub const USUAL: [Self; 5] =
        [Self::Undelivered, Self::Expired, Self::Rejected, Self::Failed, Self::Canceled];
}

impl From<RefundWord> for State {
    fn from(word: RefundWord) -> Self {
        match word {
            RefundWord::Undelivered => Self::Undelivered,
            RefundWord::Expired => Self::Expired,
            RefundWord::Rejected => Self::Rejected,
            RefundWord::Failed => Self::Failed,
            RefundWord::Unknown => Self::Unknown,
            RefundWord::Canceled => Self::Canceled,
        }
    }
}

/// An amount of money, in a text or as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub Amount);

impl Setting for Money {
    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let Some(text) = decimal(node) else {
            return unexpected(node, "an amount, such as \"12.50\"", notes);
        };
        let amount = text.parse::<Amount>().and_then(|amount| {
            if amount.is_negative() { Err(NotAnAmount(text.clone())) } else { Ok(amount) }
        });
        notes.take(amount.map(Self).map_err(|why| why.to_string()))
    }

    fn write(&self) -> Json {
        Json::text(self.0.to_string())
    }
}

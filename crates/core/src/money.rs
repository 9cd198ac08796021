//! Money: exact amounts, price and cost tables, what a message costs, and the balances that pay for messages.
//!
//! Amounts are whole numbers of millionths of a currency's unit. Prices are of one part and have six decimals at most, and
//! parts are whole: nothing that is paid is ever rounded, so that a balance is the sum of its entries to the last millionth. Only costs in
//! another currency are rounded, up, where they are converted.

mod amount;
mod billing;
mod charge;
mod currency;
mod exchange;
mod pricing;
mod purse;
mod rerating;
mod tariff;

pub use amount::{Amount, NotAnAmount};
pub use billing::{Billing, ChargeAt, Credit};
pub use charge::{Charge, NotTerms, Refunds, Settlement, Terms};
pub use currency::{Currency, NotACurrency, Price};
pub use exchange::{Exchange, ExchangeRate, NotARate};
pub(crate) use pricing::{Costed, Priced};
pub use pricing::{Tariffs, Unpriced};
pub use purse::{Balance, BalanceKey, EntryKind, Movement, Purse, Spent, SpentKey};
pub use rerating::{Repriced, Rerater, Rerating};
pub use tariff::{
    LOSSES_SHOWN, Loss, Losses, NotAPercent, NotDerived, Percent, RATES_MAX, RateChanges, Scope, Service,
    Side, TARIFF_HEADER, Tariff, derived,
};

//! A crowd of customers whom the gateway serves through whatever happens to it, and the judgement on how it did.

mod customers;
mod dice;
mod promises;
mod verdict;

pub(crate) use customers::Customers;
pub(crate) use dice::Dice;
pub(crate) use verdict::Deaths;

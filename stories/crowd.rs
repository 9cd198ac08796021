//! A crowd of clients under load while nodes die, and the verdict on losses and duplicates.

mod customers;
mod dice;
mod promises;
mod verdict;

pub(crate) use customers::Customers;
pub(crate) use dice::Dice;
pub(crate) use verdict::Deaths;

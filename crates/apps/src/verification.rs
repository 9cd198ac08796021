//! One-time passwords by message: a code is sent to a number, and whoever has the number tells the code.
//!
//! A code is derived from a secret and the verification's identifier, so that it is stored nowhere and stays the same when it is
//! sent again.

mod code;
mod conversion;
mod desk;
mod form;
mod languages;
mod limits;
mod sending;
mod starting;
mod steps;
mod test_numbers;
#[cfg(test)]
mod tests;

pub use code::{DIGITS_DEFAULT, DIGITS_MAX, DIGITS_MIN};
pub use desk::{Checked, NotChecked, NotStarted, StartRequest, Started, Verifications};
pub use form::{Form, WrongForm};
pub use languages::LANGUAGES;
pub use limits::Held;
pub(crate) use limits::{held_check, of_check};
pub use steps::{
    CHECKS_MAX, COOLDOWNS, SENDS_MAX, Status, VALID_DEFAULT, VALID_MAX, VALID_MIN, Verification,
};
pub use test_numbers::TestNumber;

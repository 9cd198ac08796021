//! How many one-time passwords an account's verifications send.

/// The most one-time passwords that are sent, by whom or what they are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeLimits {
    /// To a number, in an hour.
    pub number_hour: u32,
    /// To a number, in a day.
    pub number_day: u32,
    /// To numbers that differ in their last four digits only, in an hour.
    pub prefix_hour: u32,
    /// For an address of the network, in an hour.
    pub address_hour: u32,
    /// For addresses of one network, in an hour.
    pub network_hour: u32,
    /// By the account, in ten minutes.
    pub account_ten_minutes: u32,
}

impl CodeLimits {
    /// The usual limits.
    pub const USUAL: Self = Self {
        number_hour: 10,
        number_day: 20,
        prefix_hour: 100,
        address_hour: 20,
        network_hour: 200,
        account_ten_minutes: 30_000,
    };
}

//! What a simulated modem and its SIM are like.

use super::Chip;
use std::time::Duration;

/// The most tries of a PIN before the SIM wants its PUK.
pub(super) const TRIES: u8 = 3;

/// What a simulated modem and its SIM are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModemForm {
    /// Its quirks.
    pub chip: Chip,
    /// The PIN of the SIM; `None` for a SIM that wants none.
    pub pin: Option<String>,
    /// The number of the SIM, in international form.
    pub number: String,
    /// Whether there is a SIM.
    pub has_sim: bool,
    /// Whether there is a network.
    pub has_network: bool,
    /// The time from the start, or from the PIN, to the network.
    pub registers_after: Duration,
    /// The messages that the SIM has room for.
    pub capacity: usize,
    /// The text that every USSD request is answered with.
    pub ussd: String,
    /// How long a message that is given out directly may stay unacknowledged.
    pub patience: Duration,
}

impl Default for ModemForm {
    fn default() -> Self {
        Self {
            chip: Chip::default(),
            pin: None,
            number: "+15005550100".to_owned(),
            has_sim: true,
            has_network: true,
            registers_after: Duration::ZERO,
            capacity: 20,
            ussd: "Your balance is 12.34 EUR".to_owned(),
            patience: Duration::from_secs(15),
        }
    }
}

/// The state of the SIM, which outlasts connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sim {
    /// Tries of the PIN that are left.
    pub(crate) tries: u8,
    /// Whether the PIN was given since the last start.
    pub(crate) is_open: bool,
}

impl Default for Sim {
    fn default() -> Self {
        Self { tries: TRIES, is_open: false }
    }
}

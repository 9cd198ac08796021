//! The gauges of a modem.

use super::settings::Settings;
use metrics::{Label, gauge};

/// The gauges of one modem.
#[derive(Debug)]
pub(super) struct Gauges {
    labels: Vec<Label>,
}

impl Gauges {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { labels: settings.labels() }
    }

    /// Whether the modem has a network.
    pub(super) fn registered(&self, is_registered: bool) {
        let value = if is_registered { 1.0 } else { 0.0 };
        gauge!("postrider_modem_registered", self.labels.clone()).set(value);
    }

    /// The balance of the SIM, in the network's currency.
    pub(super) fn balance(&self, amount: f64) {
        gauge!("postrider_modem_balance", self.labels.clone()).set(amount);
    }

    /// The signal in dBm.
    pub(super) fn signal(&self, dbm: f64) {
        gauge!("postrider_modem_signal_dbm", self.labels.clone()).set(dbm);
    }
}

//! The gauges of a modem.

use metrics::gauge;

/// The gauges of one modem.
#[derive(Debug)]
pub(super) struct Gauges {
    upstream: String,
}

impl Gauges {
    pub(super) fn new(upstream: &str) -> Self {
        Self { upstream: upstream.to_owned() }
    }

    /// Whether the modem has a network.
    pub(super) fn registered(&self, is_registered: bool) {
        let value = if is_registered { 1.0 } else { 0.0 };
        gauge!("postrider_modem_registered", "upstream" => self.upstream.clone()).set(value);
    }

    /// The balance of the SIM, in the network's currency.
    pub(super) fn balance(&self, amount: f64) {
        gauge!("postrider_modem_balance", "upstream" => self.upstream.clone()).set(amount);
    }

    /// The signal in dBm.
    pub(super) fn signal(&self, dbm: f64) {
        gauge!("postrider_modem_signal_dbm", "upstream" => self.upstream.clone()).set(dbm);
    }
}

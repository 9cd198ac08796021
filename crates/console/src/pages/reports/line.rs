//! The API's answer about what became of messages, as pages read it.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Below so many messages a share is no verdict.
pub(in crate::pages) const SAMPLES_MIN: u64 = 30;

#[derive(Deserialize)]
pub(in crate::pages) struct Report {
    pub(in crate::pages) lines: Vec<Line>,
}

/// Messages that have ended, and what they have in common.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Line {
    pub(in crate::pages) hour: Option<String>,
    pub(in crate::pages) day: Option<String>,
    pub(in crate::pages) account: Option<String>,
    pub(in crate::pages) upstream: Option<String>,
    pub(in crate::pages) country: Option<String>,
    pub(in crate::pages) network: Option<String>,
    pub(in crate::pages) sender: Option<String>,
    pub(in crate::pages) messages: u64,
    pub(in crate::pages) parts: u64,
    pub(in crate::pages) delivered: u64,
    /// Ends other than delivery.
    pub(in crate::pages) states: BTreeMap<String, u64>,
    pub(in crate::pages) errors: BTreeMap<String, u64>,
    pub(in crate::pages) latency: Option<Latency>,
    pub(in crate::pages) currency: Option<String>,
    pub(in crate::pages) price: Option<String>,
    pub(in crate::pages) cost: Option<String>,
    pub(in crate::pages) margin: Option<String>,
}

/// Percentiles of the time to delivery, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::pages) struct Latency {
    pub(in crate::pages) p50: u64,
    pub(in crate::pages) p99: u64,
}

impl Line {
    /// What the messages have in common, by the name of a dimension; empty if it isn't known.
    pub(in crate::pages) fn value(&self, dimension: &str) -> &str {
        let value = match dimension {
            "account" => &self.account,
            "upstream" => &self.upstream,
            "country" => &self.country,
            "network" => &self.network,
            _ => &self.sender,
        };
        value.as_deref().unwrap_or_default()
    }
}

impl Latency {
    pub(in crate::pages) fn median_seconds(&self) -> f64 {
        seconds(self.p50)
    }

    pub(in crate::pages) fn p99_seconds(&self) -> f64 {
        seconds(self.p99)
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with a tenth")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// A share in percent.
#[expect(clippy::cast_precision_loss, reason = "it is shown with a tenth")]
pub(in crate::pages) fn percent(part: u64, of: u64) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

//! Metrics: gathers what all parts count and measure, and writes it as Prometheus reads it. What is counted is
//! decided where it happens.

use super::{disk, meanings, process};
use crate::failure::Failure;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Upper bounds, in seconds, of what a client waits for.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Upper bounds, in seconds, of what waits for its turn: a moment, or as long as a queue is.
const TURN_SECONDS: [f64; 17] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0,
    14_400.0,
];

/// Upper bounds, in seconds, of what carriers and handsets are waited for: a receipt may take days.
const LONG_SECONDS: [f64; 14] =
    [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0];

/// Upper bounds of how many things were done together.
const BATCHES: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0, 4_096.0];

/// How often samples are sorted into their buckets.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// What a process has measured.
#[derive(Clone)]
pub(crate) struct Metrics {
    handle: PrometheusHandle,
    /// The data directory.
    data: Arc<Path>,
}

/// Starts gathering, for a gateway with this data directory. May be done once in a process, within a runtime.
pub(crate) fn start(data: &Path) -> Result<Metrics, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("can't gather metrics: {error}"));
    let handle = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_batch_rows".into()), &BATCHES))
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("queue_wait_seconds".into()), &TURN_SECONDS)
        })
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("dlr_latency_seconds".into()), &LONG_SECONDS)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| failed(&error))?;
    meanings::describe();
    tokio::spawn(tidy(handle.clone()));
    metrics::gauge!("postrider_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(Metrics { handle, data: data.into() })
}

impl Metrics {
    /// Everything measured so far, in Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        disk::measure(&self.data);
        let mut text = self.handle.render();
        if let Some(process) = process::read() {
            let _ = write!(text, "{process}");
        }
        text
    }
}

/// Samples pile up until somebody scrapes, or until this sorts them into their buckets.
async fn tidy(handle: PrometheusHandle) {
    let mut every = tokio::time::interval(TIDY_EVERY);
    loop {
        every.tick().await;
        handle.run_upkeep();
    }
}

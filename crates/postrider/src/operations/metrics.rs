//! Metrics: gathers what all parts count and measure, and writes it as Prometheus reads it. What is counted is
//! decided where it happens.

use super::{disk, meanings, process};
use crate::failure::Failure;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use postrider_core::delivery::State;
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
    show_seldom();
    tokio::spawn(tidy(handle.clone()));
    metrics::gauge!("postrider_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(Metrics { handle, data: data.into() })
}

impl Metrics {
    /// Everything measured so far, in Prometheus' text format. Series of upstreams that `is_live` doesn't know are left out:
    /// an upstream that was deleted or disabled is not to be watched.
    pub(crate) fn render(&self, is_live: impl Fn(&str) -> bool) -> String {
        disk::measure(&self.data);
        let mut text = live(&self.handle.render(), is_live);
        if let Some(process) = process::read() {
            let _ = write!(text, "{process}");
        }
        text
    }
}

/// Counters that count seldom, with their label. They are shown from the start: a counter that appears with its first error
/// hides that error from every rate.
const SELDOM: [(&str, &[&str], &str); 15] = [
    ("postrider_sign_ins_total", &[], ""),
    ("postrider_refused_and_stored_total", &[], ""),
    ("postrider_refused_and_withdrawn_total", &[], ""),
    ("postrider_accepted_total", &[], ""),
    ("postrider_requests_limited_total", &[], ""),
    ("postrider_store_errors_total", &[], ""),
    ("postrider_dlr_repeated_total", &[], ""),
    ("postrider_webhook_postponed_total", &[], ""),
    ("postrider_connections_refused_total", &["smpp", "http"], "interface"),
    ("postrider_auth_failures_total", &["rest", "smpp", "console"], "interface"),
    ("postrider_pdu_decode_errors_total", &[CLIENT], "peer"),
    ("postrider_generic_nacks_total", &[CLIENT], "peer"),
    ("postrider_webhook_deliveries_total", &["success", "failure", "given_up"], "result"),
    ("postrider_rest_messages_total", &["accepted", "refused"], "result"),
    ("postrider_rejected_total", &REASONS, "reason"),
];

/// The peer of SMPP clients, beside the upstreams.
const CLIENT: &str = "client";

/// The most frequent reasons of refusals.
const REASONS: [&str; 5] =
    ["invalid_recipient", "invalid_sender", "no_route", "too_many_parts", "rate_limited"];

fn show_seldom() {
    for state in State::ALL.into_iter().filter(|state| state.is_final()) {
        metrics::counter!("postrider_messages_final_total", "state" => state.word()).increment(0);
    }
    for (name, values, label) in SELDOM {
        if values.is_empty() {
            metrics::counter!(name).increment(0);
        }
        for value in values {
            metrics::counter!(name, label => *value).increment(0);
        }
    }
}

/// The lines of all series but those of upstreams that aren't live.
fn live(text: &str, is_live: impl Fn(&str) -> bool) -> String {
    let is_kept = |line: &&str| {
        let upstream = label(line, "upstream");
        let peer = label(line, "peer").filter(|peer| *peer != CLIENT);
        upstream.or(peer).is_none_or(&is_live)
    };
    let mut kept = String::with_capacity(text.len());
    for line in text.lines().filter(is_kept) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The value of a label in a line. Names of upstreams need no escapes.
fn label<'l>(line: &'l str, label: &str) -> Option<&'l str> {
    let (_, labels) = line.split_once('{').filter(|_| !line.starts_with('#'))?;
    let pairs = labels.rsplit_once('}')?.0.split(',');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == label).then(|| value.trim_matches('"')))
}

/// Samples pile up until somebody scrapes, or until this sorts them into their buckets.
async fn tidy(handle: PrometheusHandle) {
    let mut every = tokio::time::interval(TIDY_EVERY);
    loop {
        every.tick().await;
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_upstreams_that_are_gone_are_left_out() {
        let text = "# HELP x {upstream=\"old\"}\nx{upstream=\"acme\",state=\"up\"} 1\nx{upstream=\"old\"} 1\n\
                    x{upstream=\"gone\"} 1\n\ny{peer=\"client\"} 2\ny{peer=\"old\"} 3\nz 4\n";
        let kept =
            "# HELP x {upstream=\"old\"}\nx{upstream=\"acme\",state=\"up\"} 1\n\ny{peer=\"client\"} 2\nz 4\n";
        assert_eq!(live(text, |name| name == "acme"), kept);
    }
}

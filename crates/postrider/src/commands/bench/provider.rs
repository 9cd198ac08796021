//! How many messages the chain carries to a provider over HTTP: one request a message, or as many as the preset takes, with a callback
//! for each receipt.

use super::figures::Figures;
use super::gateway::Gateway;
use super::setup::{CARRIER, HTTP, STANDSTILL, start_load};
use super::usage::Reading;
use super::{Args, Door};
use crate::failure::{Failure, plain};
use crate::terminal::complain;
use postrider_provider::presets;
use postrider_simulator::carrier::Counts;
use postrider_simulator::load::{Load, Pace};
use postrider_simulator::provider::{Manner, Settings, WebProvider};
use std::path::Path;
use std::time::Duration;
use toml::{Table, Value};

/// The key of callbacks.
const KEY: &str = "benchmark-callbacks";
/// Requests that may be unanswered, unless another number is asked for.
const WINDOW: u16 = 100;
/// How often what has come is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The upstream of the configuration, as a provider of a preset.
pub(super) fn upstream(preset: &str, window: Option<u16>) -> Result<Table, Failure> {
    let found =
        presets::find(preset).ok_or_else(|| Failure::usage(format!("there is no preset '{preset}'")))?;
    let found = found.map_err(|error| Failure::failed(format!("{preset}: {error}")))?;
    let (mut values, mut secrets) = (Table::new(), Table::new());
    for (name, value) in found.examples() {
        let is_secret = found.variables.get(name).is_some_and(|variable| variable.secret);
        let table = if is_secret { &mut secrets } else { &mut values };
        table.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    values.insert("base_url".to_owned(), Value::String(format!("http://{CARRIER}")));
    let text = |text: &str| Value::String(text.to_owned());
    Ok(Table::from_iter([
        ("protocol".to_owned(), text("http")),
        ("preset".to_owned(), text(preset)),
        ("values".to_owned(), Value::Table(values)),
        ("secret_values".to_owned(), Value::Table(secrets)),
        ("public_url".to_owned(), Value::String(format!("http://{HTTP}"))),
        ("callback_key".to_owned(), text(KEY)),
        ("window".to_owned(), Value::Integer(window.unwrap_or(WINDOW).into())),
        ("reconnect_max".to_owned(), text("1s")),
    ]))
}

/// Measures the gateway that `program` is, with a provider of this preset.
pub(super) async fn measure(args: &Args, program: &Path, preset: &str) -> Result<Figures, Failure> {
    let settings = Settings {
        latency: Duration::ZERO,
        receipts_after: Some(args.carrier.receipts_after()),
        callback: Some(format!("http://{HTTP}/v1/callbacks/carrier?key={KEY}")),
        manner: Manner::Good,
        keeps: false,
    };
    let provider = WebProvider::start(CARRIER, preset, &[], settings).await.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't listen at {CARRIER} as a provider: {}", plain(&why)))
            .help("stop the simulator that runs there: the benchmark needs its port")
    })?;
    let gateway = Gateway::start(args, program).await?;
    let before = Reading::take(&gateway)?;
    let rate = (args.rate > 0.0).then_some(args.rate);
    let load = start_load(args, &gateway, Pace { rate, duration: args.duration, most: None }).await?;
    complain(&format!("Sending for {} s.", args.duration.as_secs_f64()));
    load.sent().await;
    let sent = Reading::take(&gateway)?;
    complain("Waiting for the last receipts.");
    let hears_receipts = args.door == Door::Smpp || args.webhooks;
    complete(hears_receipts, &load, &provider).await;
    let counts = provider.counts();
    Ok(Figures {
        door: args.door,
        hears_receipts,
        report: load.report(),
        carrier: Counts {
            submitted: counts.accepted,
            accepted: counts.accepted,
            receipts_taken: counts.taken,
            ..Counts::default()
        },
        usage: Reading::take(&gateway)?.since(&before),
        sending: sent.since(&before),
        peak: gateway.peak()?,
    })
}

/// Waits until every message accepted has come to its end. Gives up when nothing moves any more.
async fn complete(hears_receipts: bool, load: &Load, provider: &WebProvider) {
    let accepted = load.progress().accepted;
    let ended = || if hears_receipts { load.progress().receipts } else { provider.counts().taken };
    let mut before = ended();
    let mut quiet = Duration::ZERO;
    while ended() < accepted && quiet < STANDSTILL {
        tokio::time::sleep(LOOK_EVERY).await;
        quiet = if ended() == before { quiet + LOOK_EVERY } else { Duration::ZERO };
        before = ended();
    }
    if quiet >= STANDSTILL {
        complain(&format!("No progress for {} s: giving up the rest.", STANDSTILL.as_secs()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_measured() {
        for preset in presets::names() {
            let upstream = upstream(preset, Some(5)).unwrap();
            assert_eq!(upstream["window"], Value::Integer(5));
        }
        assert!(upstream("none", None).is_err());
    }
}

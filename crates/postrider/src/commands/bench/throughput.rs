//! How many messages the chain carries, and what they cost.

use super::figures::Figures;
use super::gateway::Gateway;
use super::setup::{STANDSTILL, bound, start_carrier, start_load};
use super::usage::Reading;
use super::{Args, Door, provider};
use crate::failure::Failure;
use crate::terminal::complain;
use postrider_simulator::carrier::{Carrier, Counts};
use postrider_simulator::load::{Load, Pace};
use std::path::Path;

/// More messages a second than anybody will see here; room is made for their digests.
const EXPECTED_RATE: f64 = 50_000.0;

/// Measures the gateway that `program` is, with a store of its own.
pub(super) async fn measure(args: &Args, program: &Path) -> Result<Figures, Failure> {
    if let Some(preset) = &args.provider {
        return provider::measure(args, program, preset).await;
    }
    let rate = (args.rate > 0.0).then_some(args.rate);
    let expected = rate.unwrap_or(EXPECTED_RATE) * args.duration.as_secs_f64();
    let carrier = start_carrier(args, expected as usize).await?;
    let gateway = Gateway::start(args, program).await?;
    bound(args, &carrier).await?;
    let before = Reading::take(&gateway)?;
    let load = start_load(args, &gateway, Pace { rate, duration: args.duration, most: None }).await?;
    complain(&format!("Sending for {} s.", args.duration.as_secs_f64()));
    load.sent().await;
    let sent = Reading::take(&gateway)?;
    complain("Waiting for the last receipts.");
    complete(hears_receipts(args), &load, &carrier).await;
    let figures = Figures {
        door: args.door,
        hears_receipts: hears_receipts(args),
        report: load.report(),
        carrier: carrier.counts(),
        usage: Reading::take(&gateway)?.since(&before),
        sending: sent.since(&before),
        peak: gateway.peak()?,
    };
    drop(load);
    // Its port is free for the next turn.
    carrier.stop().await;
    Ok(figures)
}

/// Whether clients get receipts, over SMPP or by webhook.
fn hears_receipts(args: &Args) -> bool {
    args.door == Door::Smpp || args.webhooks
}

/// Waits until every message accepted has come to its end: that its receipt is back at the client or, if clients get none,
/// that the gateway has taken it. Gives up when nothing moves any more.
async fn complete(hears_receipts: bool, load: &Load, carrier: &Carrier) {
    let accepted = load.progress().accepted;
    let taken = |counts: &Counts| counts.receipts_taken;
    loop {
        let before = (load.progress().receipts, taken(&carrier.counts()));
        let done = async {
            if hears_receipts {
                load.completed().await;
            } else {
                carrier.until(|counts| taken(counts) >= accepted).await;
            }
        };
        if tokio::time::timeout(STANDSTILL, done).await.is_ok() {
            return;
        }
        if before == (load.progress().receipts, taken(&carrier.counts())) {
            complain(&format!("No progress for {} s: giving up the rest.", STANDSTILL.as_secs()));
            return;
        }
    }
}

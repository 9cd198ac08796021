//! What is used of the limits of accounts, senders, networks and other messages.

use crate::upstreams::Upstreams;
use postrider_core::budget::{Period, Untold};
use postrider_core::contract::{Store, StoreError, Used};
use postrider_core::limit::LimitMeters;
use postrider_core::time::Time;
use std::time::Duration;

/// How long after its last message a budget is still heard of from other nodes.
const HEARD_FOR: Duration = Duration::from_secs(10);

/// Tells what was used here, and hears what all nodes have used of the budgets that are in use. Without limits the store isn't asked.
pub(super) async fn exchange(upstreams: &Upstreams, store: &dyn Store, now: Time) -> Result<(), StoreError> {
    let limiting = &upstreams.limiting;
    // Counters ask for the meters under their own lock: theirs is taken first, and given back.
    let share = share(upstreams);
    limiting.lock().set_share(share);
    let Some(untold) = limiting.meters().map(|mut meters| meters.take_untold()) else { return Ok(()) };
    if !untold.is_empty()
        && let Err(error) = store.add_used(untold.iter().map(used).collect(), now).await
    {
        limiting.lock().put_back(untold);
        return Err(error);
    }
    let asked = limiting.lock().asked_since(now - HEARD_FOR);
    if asked.is_empty() {
        limiting.lock().tidy(now);
        return Ok(());
    }
    let told = store.used(asked.iter().map(|(budget, period)| what(budget, *period)).collect(), now).await?;
    let mut meters = limiting.lock();
    for (budget, period) in asked {
        let (what, start) = (what(&budget, period), period.start(now));
        let told = told.iter().find(|it| it.what == what && it.start == start).map_or(0, |it| it.count);
        meters.hear(&budget, period, told, now);
    }
    meters.tidy(now);
    show_used(&meters);
    Ok(())
}

/// The share of every limit that is this node's: as much as it has of the binds of all upstreams, on average. So the shares of all nodes
/// are one.
fn share(upstreams: &Upstreams) -> f64 {
    let shares: Vec<f64> = upstreams.all().iter().filter_map(|counter| counter.share()).collect();
    let count = u32::try_from(shares.len()).unwrap_or(u32::MAX);
    if count == 0 { 0.0 } else { shares.iter().sum::<f64>() / f64::from(count) }
}

/// The name by which the store knows a budget's period.
fn what(budget: &str, period: Period) -> Box<str> {
    format!("limit {budget} {}", period.word()).into()
}

fn used((budget, untold): &(Box<str>, Untold)) -> Used {
    let Untold { period, start, parts } = *untold;
    Used { what: what(budget, period), start, end: period.end(start), count: parts }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
fn show_used(meters: &LimitMeters) {
    for ((limit, period), parts) in meters.used() {
        metrics::gauge!("postrider_limit_used", "limit" => limit.to_string(), "per" => period.word())
            .set(parts as f64);
    }
}

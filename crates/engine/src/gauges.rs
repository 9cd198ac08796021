//! Gauges of the whole gateway.

use crate::peers::Peers;
use crate::upstreams::{Upstreams, View};
use postrider_core::contract::Depths;
use postrider_core::rules::Rules;
use postrider_core::time::Time;

/// Shows what memory knows, also while the store can't be asked.
pub(crate) fn show_standing(peers: &Peers, upstreams: &Upstreams) {
    metrics::gauge!("postrider_leader").set(f64::from(u8::from(peers.leads())));
    for counter in upstreams.all() {
        counter.meters.show(&counter.standing());
    }
}

/// Shows how much waits.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
pub(crate) fn show_depths(depths: &Depths, rules: &Rules, upstreams: &Upstreams, now: Time) {
    let view = View { rules, upstreams };
    for counter in upstreams.all() {
        let queued =
            depths.queued.iter().find(|(upstream, _)| *upstream == counter.id).map_or(0, |(_, n)| *n);
        counter.backlog.counted(queued);
        let name = view.name(counter.id);
        metrics::gauge!("postrider_queue_depth", "upstream" => name).set(queued as f64);
    }
    let age = depths.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
    metrics::gauge!("postrider_queue_oldest_age_seconds").set(age);
    metrics::gauge!("postrider_receipts_awaited").set(depths.awaited as f64);
    metrics::gauge!("postrider_unmatched_receipts").set(depths.parked as f64);
    let collected: u64 = depths.collected.iter().map(|(_, parts)| parts).sum();
    metrics::gauge!("postrider_client_parts_waiting").set(collected as f64);
    metrics::gauge!("postrider_outbox_depth").set(depths.notices as f64);
    metrics::gauge!("postrider_damaged_rows").set(depths.damaged as f64);
    metrics::gauge!("postrider_store_bytes").set(depths.octets as f64);
}

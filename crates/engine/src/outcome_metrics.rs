//! Counts how messages end, once a record.

use postrider_core::delivery::{Change, Outcome, State};

/// Counts the messages that these changes end, by their final states, and how long receipts were waited for.
pub(crate) fn count(changes: &[Change]) {
    let outcomes: Vec<&Outcome> = changes.iter().filter_map(|change| change.outcome.as_ref()).collect();
    if outcomes.is_empty() {
        return;
    }
    for state in State::ALL {
        let ended = outcomes.iter().filter(|outcome| outcome.state == state).count();
        if ended > 0 {
            metrics::counter!("postrider_messages_final_total", "state" => state.word())
                .increment(ended as u64);
        }
    }
    let latency = metrics::histogram!("postrider_dlr_latency_seconds");
    for outcome in outcomes {
        // What ends otherwise need not have ended by a receipt.
        if let (State::Delivered | State::Undelivered, Some(sent_at)) = (outcome.state, outcome.sent_at) {
            latency.record(outcome.done_at.since(sent_at).as_secs_f64());
        }
    }
}

//! What is told of runs that the gateway pauses by itself.

use super::desk::Runs;
use super::document::{Run, RunState};
use crate::events::AppEvent;
use crate::kept::{Kept, keep};
use postrider_core::contract::{AppWrite, StoreError};
use serde_json::{Value, json};

impl Runs {
    /// The writes that keep a run; also those that tell of it, if the gateway has just paused it.
    pub(super) fn writes(&self, kept: &Kept<Run>, before: RunState) -> Result<Vec<AppWrite>, StoreError> {
        let run = &kept.value;
        let mut writes = vec![keep(kept.account, run, kept.version)?];
        if run.state == RunState::Paused && before != RunState::Paused {
            let (now, reason) = (self.now(), run.reason.as_deref().unwrap_or_default());
            let event = AppEvent::new(run.kind.paused(), &format!("{}-{}", run.id, now.0), now, paused(run));
            writes.extend(event.writes(kept.account, &*self.parts.live)?);
            metrics::counter!("postrider_run_pauses_total", "kind" => run.kind.word(), "reason" => reason.to_owned())
                .increment(1);
        }
        Ok(writes)
    }
}

/// What is told of a run that the gateway has paused.
fn paused(run: &Run) -> Value {
    json!({
        "id": run.id.to_string(),
        "name": run.name,
        "reason": run.reason,
        "recipients": run.recipients,
        "accepted": run.accepted,
        "refused": run.refused,
        "ended": run.failures.map(|failures| failures.ended),
        "failed": run.failures.map(|failures| failures.failed),
    })
}

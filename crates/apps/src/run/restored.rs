//! After a backup was restored: what ran pauses, since nobody knows here to whom it wrote after that backup was made.

use super::desk::Runs;
use super::document::{Run, RunState};
use crate::kept::read;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKey, AppKind, AppWrite, StoreError};
use postrider_core::time::Time;

/// Why a run is paused that was restored.
pub(super) const RESTORED: &str = "restored";
/// Runs that are looked at together.
const PAGE: usize = 100;

impl Runs {
    /// Pauses all runs that have something to do, if a backup was restored, before any of them does it. A crash has it repeated: the
    /// mark goes last.
    ///
    /// # Errors
    /// When the store can't be used.
    pub(super) async fn pause_what_was_restored(&self) -> Result<(), StoreError> {
        // As `postrider restore` writes it, and the manual for PostgreSQL.
        let mark = AppKey { account: AccountId(0), kind: AppKind::Restored, id: "".into() };
        let found = self.parts.store.app_records(vec![mark.clone()]).await?;
        let Some(record) = found.into_iter().flatten().next() else { return Ok(()) };
        let works = AppFilter { due: Some(Time(i64::MAX)), ..AppFilter::all(AppKind::Run, None, PAGE) };
        let mut after = None;
        let mut paused = 0_u64;
        loop {
            let page = self.parts.store.list_app_records(AppFilter { after: after.clone(), ..works.clone() });
            let page = page.await?;
            let Some(last) = page.last() else { break };
            after = Some((last.key.account, last.key.id.clone()));
            for record in page {
                let kept = read::<Run>(record)?;
                let Run { kind, id, .. } = kept.value;
                let written = self.rewrite(kept.account, kind, id, |run| {
                    if matches!(run.state, RunState::Collecting | RunState::Running) {
                        run.pause(RESTORED);
                    }
                });
                paused += u64::from(written.await?.is_some_and(|run| run.state == RunState::Paused));
            }
        }
        self.parts.store.write_app_records(vec![AppWrite::Forget(mark, record.version)], Vec::new()).await?;
        if paused > 0 {
            tracing::warn!(
                paused,
                "a backup was restored: campaigns, batches and broadcasts are paused until somebody resumes them"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SHOP, batch, sent, shown, text, work};
    use super::*;
    use crate::run::{NewRun, Pace, RunKind, Schedule};
    use crate::testing::Gateway;
    use postrider_core::contract::AppRecord;
    use std::time::Duration;

    async fn restored(gateway: &Gateway) {
        let key = AppKey { account: AccountId(0), kind: AppKind::Restored, id: "".into() };
        let record = AppRecord {
            key,
            version: 0,
            person: None,
            due: None,
            expires: None,
            document: "{}".into(),
            labels: None,
        };
        gateway.parts().store.write_app_records(vec![AppWrite::Keep(record)], Vec::new()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_restore_all_that_runs_or_is_scheduled_waits_for_somebody() {
        let (gateway, apps) = Gateway::new().await;
        let pace = Some(Pace { per_minute: 60, ramp: 0 });
        let runs = batch(&apps, NewRun { pace, ..text(RunKind::Batch, "x") }, 0..10).await;
        let at = gateway.now() + Duration::from_hours(1);
        let schedule = Schedule { send_at: Some(at.0), ..Schedule::default() };
        let scheduled = batch(&apps, NewRun { schedule, ..text(RunKind::Campaign, "y") }, 20..22).await;
        let open = apps.runs.make(SHOP, text(RunKind::Batch, "z"), "shop").await.unwrap();
        work(&apps).await;
        assert_eq!(sent(&gateway).await, [0]);

        restored(&gateway).await;
        let node = gateway.second_node();
        gateway.pass(Duration::from_secs(60));
        // A crash between the pauses and the end of them changes nothing.
        gateway.faults.set(7, 400);
        for _ in 0..50 {
            let _ = node.runs.step_what_is_due().await;
        }
        gateway.faults.set(7, 0);
        work(&node).await;
        for run in [&runs, &scheduled] {
            let paused = shown(&apps, run).await;
            assert_eq!((paused.state, paused.reason.as_deref()), (RunState::Paused, Some(RESTORED)));
        }
        assert_eq!(sent(&gateway).await, [0], "nobody is written to");
        assert_eq!(shown(&apps, &open).await.state, RunState::Open);
        assert_eq!(gateway.told("campaign.paused").await.len(), 1);

        // Somebody resumes them; the next start finds nothing to pause.
        for run in [&runs, &scheduled] {
            apps.runs.resume(SHOP, run.kind, run.id).await.unwrap();
        }
        let third = gateway.second_node();
        work(&third).await;
        assert_eq!(sent(&gateway).await, [0, 1]);
        assert!(shown(&apps, &scheduled).await.is_scheduled(gateway.now()));
    }
}

//! What runs do by themselves: each due one gets its turn, so that a long one delays no other.

use super::desk::Runs;
use super::document::{Run, RunState, Taken};
use crate::kept::{Kept, read};
use postrider_core::contract::{
    Action, AppFilter, AppKind, AppWritten, AudienceKey, BULK_MAX, Bulk, Filter, StoreError,
};
use postrider_core::principal::Viewer;
use postrider_core::selector::Selector;
use postrider_core::time::Time;
use std::sync::atomic::Ordering;

/// Runs that get a turn together.
const RUNS: usize = 100;
/// Messages that one turn looks through to cancel them: rounds of as many as one call looks at.
const CANCEL_ROUNDS: usize = 10;
/// Recipients that are forgotten at once.
const FORGET: usize = 5_000;

impl Runs {
    /// Gives each due run a turn. Returns whether one of them has more to do at once.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn step_what_is_due(&self) -> Result<bool, StoreError> {
        if !self.is_looked_through.load(Ordering::Relaxed) {
            self.pause_what_was_restored().await?;
            self.is_looked_through.store(true, Ordering::Relaxed);
        }
        let filter = AppFilter { due: Some(self.now()), ..AppFilter::all(AppKind::Run, None, RUNS) };
        let mut goes_on = false;
        for record in self.parts.store.list_app_records(filter).await? {
            goes_on |= self.step(read(record)?).await?;
        }
        Ok(goes_on)
    }

    async fn step(&self, kept: Kept<Run>) -> Result<bool, StoreError> {
        let Some(kept) = self.take(kept).await? else { return Ok(false) };
        match kept.value.state {
            RunState::Collecting => self.collect(kept).await,
            RunState::Running => self.send(kept).await,
            RunState::Canceling => self.cancel_what_waits(kept).await,
            RunState::Done => self.fall_back(kept).await,
            _ => Ok(false),
        }
    }

    /// Takes a run up, unless another node works on it.
    async fn take(&self, mut kept: Kept<Run>) -> Result<Option<Kept<Run>>, StoreError> {
        let before = kept.value.state;
        let taken = kept.value.take(self.node, self.now());
        match taken {
            Taken::ByOther => return Ok(None),
            Taken::Held => return Ok(Some(kept)),
            Taken::Now | Taken::StoodStill => {}
        }
        let goes_on = kept.value.stands_still(self.now()).is_none();
        if taken == Taken::Now && kept.value.state == RunState::Running && goes_on {
            kept.value.started.get_or_insert(self.now().0);
        }
        let writes = self.writes(&kept, before)?;
        if self.parts.store.write_app_records(writes, Vec::new()).await? != AppWritten::Done {
            return Ok(None);
        }
        kept.version += 1;
        Ok((taken == Taken::Now).then_some(kept))
    }

    /// Cancels messages of a run that wait, the newest first.
    async fn cancel_what_waits(&self, kept: Kept<Run>) -> Result<bool, StoreError> {
        let (run, account) = (&kept.value, kept.account);
        let mut filter = Filter {
            reference: Some(run.reference()),
            since: Some(run.created_at()),
            ..Filter::all(Viewer::Account(account), 500)
        };
        for _ in 0..CANCEL_ROUNDS {
            let bulk = Bulk {
                filter: filter.clone(),
                selector: Selector::default(),
                action: Action::Cancel,
                reason: Some(format!("the {} was canceled", run.kind.word()).into()),
                dry_run: false,
                most: BULK_MAX,
            };
            let done = self.parts.archive.act(bulk).await?;
            filter.before = done.next;
            if done.next.is_none() {
                return self.canceled(&kept).await;
            }
        }
        Ok(true)
    }

    async fn canceled(&self, kept: &Kept<Run>) -> Result<bool, StoreError> {
        let now = self.now();
        self.rewrite(kept.account, kept.value.kind, kept.value.id, |run| {
            if run.state == RunState::Canceling {
                run.end(RunState::Canceled, None, now);
            }
        })
        .await?;
        Ok(false)
    }

    /// Forgets recipients whose run is forgotten.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn forget_what_is_left(&self) -> Result<(), StoreError> {
        let mut audience: Option<AudienceKey> = None;
        while let Some(next) = self.parts.recipients.next_audience(audience).await? {
            audience = Some(next);
            if !self.is_known(next).await? {
                self.parts.recipients.forget_recipients(next, FORGET).await?;
            }
        }
        Ok(())
    }

    pub(super) fn now(&self) -> Time {
        self.parts.live.now()
    }
}

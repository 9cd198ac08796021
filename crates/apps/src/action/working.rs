//! What actions do by themselves: each due one gets a step, so that a long one delays no other. One node works on an action.
//!
//! Where a step goes on is written after it was made. A step that a crash cut is made again: messages that were dealt with are no
//! longer selected, or can't be dealt with twice, so that nothing is done twice, but up to a step's messages are missing in the counts.

use super::desk::{ActionJobs, GATEWAY};
use super::document::{ActionJob, ActionState};
use crate::kept::{Kept, keep, read};
use async_trait::async_trait;
use postrider_core::contract::{AppFilter, AppKind, AppWritten, BULK_MAX, BulkDone, StoreError};
use postrider_core::id::MessageId;
use serde_json::Value;
use std::pin::pin;
use std::time::Duration;

/// Actions that get a step together.
const ACTIONS: usize = 20;
/// Messages that a step looks at which changes them.
const STEP: usize = if cfg!(test) { 500 } else { 1_000 };
/// How often it is looked for actions while none goes on.
const EVERY: Duration = Duration::from_millis(500);
/// How long it is waited after the store could not be used.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The next messages of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionStep<'a> {
    /// What is done, and with which messages, as the API takes it.
    pub order: &'a Value,
    /// Who began it.
    pub author: &'a str,
    /// Why.
    pub reason: Option<&'a str>,
    /// Where it goes on: behind this message.
    pub before: Option<MessageId>,
    /// How many messages it looks at.
    pub most: usize,
    /// Whether they are counted only.
    pub dry_run: bool,
}

/// Why a step was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotActed {
    /// It can't be made just now.
    NotNow(String),
    /// It can never be made: what it names is no more, say.
    Never(String),
}

/// Who reads orders and deals with messages: the API.
#[async_trait]
pub trait ActsOnMessages: Send + Sync {
    /// Makes a step.
    async fn act(&self, step: ActionStep<'_>) -> Result<BulkDone, NotActed>;

    /// Hears that an action is done, or has failed. That it was stopped is known to whoever did so.
    async fn ended(&self, job: &ActionJob);
}

impl ActionJobs {
    /// Keeps actions going until it is told to stop. The step that is under way is made before that, so that its counts are whole.
    pub async fn keep_going(&self, acts: &dyn ActsOnMessages, stopped: impl Future<Output = ()>) {
        let mut stopped = pin!(stopped);
        loop {
            let pause = match self.step_what_is_due(acts).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => EVERY,
                Err(error) => {
                    tracing::warn!(%error, "actions on many messages can't go on now");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                biased;
                () = &mut stopped => return self.hand_over().await,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Gives each due action a step. Returns whether one of them has more to do at once.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn step_what_is_due(&self, acts: &dyn ActsOnMessages) -> Result<bool, StoreError> {
        let mut goes_on = false;
        for kept in self.due().await? {
            goes_on |= self.step(kept, acts).await?;
        }
        Ok(goes_on)
    }

    async fn due(&self) -> Result<Vec<Kept<ActionJob>>, StoreError> {
        let all = AppFilter::all(AppKind::MessageAction, Some(GATEWAY), ACTIONS);
        let filter = AppFilter { due: Some(self.now()), ..all };
        self.parts.store.list_app_records(filter).await?.into_iter().map(read).collect()
    }

    async fn step(&self, kept: Kept<ActionJob>, acts: &dyn ActsOnMessages) -> Result<bool, StoreError> {
        let Some(job) = self.take(kept).await? else { return Ok(false) };
        let counts = job.state == ActionState::Counting;
        let step = ActionStep {
            order: &job.order,
            author: &job.author,
            reason: job.reason.as_deref(),
            before: job.cursor.map(MessageId::from_number),
            most: if counts { BULK_MAX } else { STEP },
            dry_run: counts,
        };
        let (made, now) = (acts.act(step).await, self.now());
        let written = self.change(job.id, |it| match &made {
            Ok(made) => it.add((job.state, job.cursor), made, now),
            Err(NotActed::NotNow(why)) => it.wait(why, now),
            Err(NotActed::Never(why)) => it.end(ActionState::Failed, Some(why), now),
        });
        let Some(after) = written.await? else { return Ok(false) };
        measure(&job, &after);
        if matches!(after.state, ActionState::Done | ActionState::Failed) {
            has_ended(after.state);
            acts.ended(&after).await;
        }
        Ok(after.state.goes_on() && made.is_ok())
    }

    /// Takes an action up, unless another node works on it.
    async fn take(&self, kept: Kept<ActionJob>) -> Result<Option<ActionJob>, StoreError> {
        let Kept { mut value, version, .. } = kept;
        match value.take(self.node, self.now()) {
            None => return Ok(None),
            Some(false) => return Ok(Some(value)),
            Some(true) => {}
        }
        let write = keep(GATEWAY, &value, version)?;
        let written = self.parts.store.write_app_records(vec![write], Vec::new()).await?;
        Ok((written == AppWritten::Done).then_some(value))
    }

    /// Leaves what this node works on to others, or to itself after a restart.
    async fn hand_over(&self) {
        let Ok(due) = self.due().await else { return };
        for kept in due {
            let is_own = |job: &ActionJob| job.runner.is_some_and(|runner| runner.node == self.node);
            if is_own(&kept.value) {
                // Otherwise it is taken up when the time of this node is over.
                let _left = self.change(kept.value.id, |job| job.runner = None).await;
            }
        }
    }
}

/// Counts what a step has done.
fn measure(before: &ActionJob, after: &ActionJob) {
    let results = [("done", after.done - before.done), ("left", after.left - before.left)];
    for (result, many) in results.into_iter().filter(|(_, many)| *many > 0) {
        metrics::counter!("postrider_action_messages_total", "result" => result).increment(many);
    }
}

/// Counts an action that has ended.
pub(super) fn has_ended(state: ActionState) {
    metrics::counter!("postrider_actions_ended_total", "state" => state.word()).increment(1);
}

//! The desk where actions are begun, followed and stopped.

use super::document::{ActionJob, ActionState, action_id};
use super::working::has_ended;
use crate::apps::Parts;
use crate::kept::{Kept, TRIES, contended, find, keep, read};
use crate::random::{NoRandomness, octets};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWritten, StoreError};
use postrider_core::time::Time;
use serde_json::Value;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The gateway itself, which keeps the actions of operators.
pub(super) const GATEWAY: AccountId = AccountId(0);

/// Actions on many messages in the background.
pub struct ActionJobs {
    pub(super) parts: Parts,
    /// By what this process is known to others that work on actions.
    pub(super) node: u64,
}

/// An action to be begun.
#[derive(Clone, Debug)]
pub struct NewAction {
    /// Who begins it.
    pub author: Box<str>,
    /// Why.
    pub reason: Option<Box<str>>,
    /// What is done, and with which messages, as the API takes it. Its times are moments.
    pub order: Value,
    /// Whether messages are counted only.
    pub dry_run: bool,
}

/// Why an action is not begun or stopped.
#[derive(Debug, thiserror::Error)]
pub enum NotStopped {
    /// There is none.
    #[error("there is no such action")]
    Missing,
    /// It has come to its end.
    #[error("this action is {} already", .0.word())]
    Ended(ActionState),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl ActionJobs {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts, node: RandomState::new().build_hasher().finish() }
    }

    pub(super) fn now(&self) -> Time {
        self.parts.live.now()
    }

    /// Begins an action. It goes on by itself.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn begin(&self, new: &NewAction) -> Result<ActionJob, NotStopped> {
        for _ in 0..TRIES {
            let now = self.now();
            let [one, two, three, ..] = octets::<4>()?;
            let random = u64::from(one) << 12 | u64::from(two) << 4 | u64::from(three & 0xF);
            let job = ActionJob {
                id: now.0.cast_unsigned() << 20 | random,
                author: new.author.clone(),
                reason: new.reason.clone(),
                order: new.order.clone(),
                dry_run: new.dry_run,
                state: ActionState::Counting,
                problem: None,
                total: 0,
                done: 0,
                left: 0,
                cursor: None,
                interrupted: 0,
                runner: None,
                next: now.0,
                created: now.0,
                updated: now.0,
            };
            let write = keep(GATEWAY, &job, 0)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(job);
            }
        }
        Err(contended().into())
    }

    /// An action.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, id: u64) -> Result<Option<ActionJob>, StoreError> {
        let found = find::<ActionJob>(&*self.parts.store, GATEWAY, &action_id(id)).await?;
        Ok(found.map(|kept| kept.value))
    }

    /// Actions, the newest first, older than `before`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(&self, before: Option<u64>, most: usize) -> Result<Vec<ActionJob>, StoreError> {
        let after = Some((GATEWAY, action_id(before.unwrap_or(u64::MAX))));
        let all = AppFilter::all(AppKind::MessageAction, Some(GATEWAY), most);
        let found = self.parts.store.list_app_records(AppFilter { after, backwards: true, ..all }).await?;
        found.into_iter().map(|record| Ok(read::<ActionJob>(record)?.value)).collect()
    }

    /// Stops an action. The messages of the step that is under way are still dealt with; what was done stays done.
    ///
    /// # Errors
    /// It has come to its end.
    pub async fn stop(&self, id: u64) -> Result<ActionJob, NotStopped> {
        let (now, mut before) = (self.now(), None);
        let stopped = self.change(id, |job| {
            before = Some(job.state);
            job.end(ActionState::Stopped, None, now);
        });
        let stopped = stopped.await?.ok_or(NotStopped::Missing)?;
        match before {
            Some(state @ (ActionState::Done | ActionState::Failed)) => Err(NotStopped::Ended(state)),
            Some(state) if state.goes_on() => {
                has_ended(ActionState::Stopped);
                Ok(stopped)
            }
            _ => Ok(stopped),
        }
    }

    /// Changes an action as it is now; `None` if it is no more.
    pub(super) async fn change(
        &self,
        id: u64,
        mut change: impl FnMut(&mut ActionJob),
    ) -> Result<Option<ActionJob>, StoreError> {
        for _ in 0..TRIES {
            let found = find::<ActionJob>(&*self.parts.store, GATEWAY, &action_id(id)).await?;
            let Some(Kept { mut value, version, .. }) = found else { return Ok(None) };
            let before = value.clone();
            change(&mut value);
            if value == before {
                return Ok(Some(value));
            }
            let write = keep(GATEWAY, &value, version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(Some(value));
            }
        }
        Err(contended())
    }
}

//! Events of applications. An event is written together with what it tells of: into the stream of events, and to be posted to the
//! account's webhook until the endpoint takes it or a day is over.

use crate::apps::Parts;
use crate::kept::{Document, Kept, keep, key, read};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, Live, StoreError};
use postrider_core::stream::OtherEvent;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Events that are looked at together.
const AT_ONCE: usize = 50;
/// The pause after the first failure; it doubles with each.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_hours(1);
/// How long an event is tried.
const TRIED: Duration = Duration::from_hours(24);

/// An event of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppEvent {
    /// Its identifier, the same at each attempt.
    pub id: Box<str>,
    /// Its type, such as `appointment.confirmed`.
    pub kind: Box<str>,
    /// When it happened, in milliseconds.
    at: i64,
    /// What it tells.
    pub data: Value,
    /// The URL that is told instead of the account's webhook, whose secret signs there too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Box<str>>,
    failed: u32,
    due: i64,
}

impl AppEvent {
    /// An event that happened now. `cause` makes its identifier, together with its type.
    pub(crate) fn new(kind: &str, cause: &str, now: Time, data: Value) -> Self {
        Self {
            id: format!("{kind}_{cause}").into(),
            kind: kind.into(),
            at: now.0,
            data,
            url: None,
            failed: 0,
            due: now.0,
        }
    }

    /// The same event for another URL than the account's webhook.
    pub(crate) fn at_url(self, url: Option<Box<str>>) -> Self {
        Self { url, ..self }
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Time {
        Time(self.at)
    }

    /// The write that has it posted alone, if the account has a webhook or it is for another URL.
    pub(crate) fn write(&self, account: AccountId, live: &dyn Live) -> Result<Option<AppWrite>, StoreError> {
        let rules = live.rules();
        let has_webhook = rules.account(account).is_some_and(|account| account.webhook.is_some());
        if has_webhook || self.url.is_some() { keep(account, self, 0).map(Some) } else { Ok(None) }
    }

    /// The writes that have it told: in the stream of events, and to the webhook if there is one.
    pub(crate) fn writes(&self, account: AccountId, live: &dyn Live) -> Result<Vec<AppWrite>, StoreError> {
        let mut writes = vec![AppWrite::Tell(self.in_stream(account))];
        writes.extend(self.write(account, live)?);
        Ok(writes)
    }

    /// The same event for whoever follows the stream. What it tells is texts there.
    fn in_stream(&self, account: AccountId) -> OtherEvent {
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.as_str().into()),
            other => Some(other.to_string().into()),
        };
        let fact = |(name, value): (&String, &Value)| Some((name.clone().into(), text(value)?));
        let facts = self.data.as_object().into_iter().flatten().filter_map(fact).collect();
        OtherEvent { kind: self.kind.to_string().into(), account: Some(account), at: self.at(), facts }
    }

    /// Notes a failed attempt.
    fn fail(&mut self, now: Time) {
        let pause = PAUSE.saturating_mul(1 << self.failed.min(20)).min(PAUSE_MAX);
        self.failed += 1;
        self.due = (now + pause).0;
    }
}

impl Document for AppEvent {
    const KIND: AppKind = AppKind::AppEvent;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn due(&self) -> Option<Time> {
        Some(Time(self.due))
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.at) + TRIED)
    }
}

/// Posts events of applications to webhooks.
#[async_trait]
pub trait EventPoster: Send + Sync {
    /// Posts an event once. Returns whether the endpoint has taken it.
    async fn post(&self, account: AccountId, event: &AppEvent) -> bool;
}

/// Posts the events that are due.
pub(crate) async fn post_what_is_due(parts: &Parts) -> Result<(), StoreError> {
    let now = parts.live.now();
    let filter = AppFilter { due: Some(now), ..AppFilter::all(AppKind::AppEvent, None, AT_ONCE) };
    for record in parts.store.list_app_records(filter).await? {
        let Kept { account, value: mut event, version } = read::<AppEvent>(record)?;
        let is_taken = parts.events.post(account, &event).await;
        event.fail(now);
        let write = if is_taken || now.since(event.at()) >= TRIED {
            AppWrite::Forget(key::<AppEvent>(account, &event.id), version)
        } else {
            keep(account, &event, version)?
        };
        parts.store.write_app_records(vec![write], Vec::new()).await?;
    }
    Ok(())
}

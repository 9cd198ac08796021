//! What follows a broadcast for those whom its message has not reached in time: a second broadcast, by another way.
//!
//! Whoever approves a broadcast approves this one with it. It is a run of its own, so that it survives crashes, is followed, and is
//! stopped as any other. Each of its messages has the upstream last that came first before.

use super::desk::{NotDone, Runs};
use super::document::{Audience, NAME_MAX, Outgoing, Run, RunKind, RunState, STOOD_STILL};
use super::personal::Personal;
use crate::events::AppEvent;
use crate::kept::{Kept, keep};
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AppWritten, Recipient, RecipientCounts, RecipientResult, RecipientRow, StoreError,
};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::route::UpstreamId;
use postrider_core::stream::BROADCAST_FALLBACK;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The shortest time that a message has to arrive.
pub const AFTER_MIN: Duration = Duration::from_secs(1);
/// The longest.
pub const AFTER_MAX: Duration = Duration::from_hours(24);

/// What recipients of a broadcast get whom its message has not reached in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// How long messages have to arrive once all are handed in, in milliseconds.
    pub after: u64,
    /// Another sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Box<str>>,
    /// The route that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Box<str>>,
    /// Another text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Box<str>>,
    /// What became of it; `None` while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<FallbackOutcome>,
}

/// What became of a fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallbackOutcome {
    /// This broadcast has begun.
    Begun(u64),
    /// Everybody was reached.
    NotNeeded,
    /// The gateway stood still when its time came: whether it still helps is for people to say.
    Missed,
}

impl FallbackOutcome {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Begun(_) => "begun",
            Self::NotNeeded => "not_needed",
            Self::Missed => "missed",
        }
    }
}

impl Fallback {
    /// What the second broadcast sends.
    fn outgoing(&self, first: &Outgoing) -> Outgoing {
        let template = if self.text.is_some() { None } else { first.template.clone() };
        Outgoing {
            from: self.from.clone().or_else(|| first.from.clone()),
            route: self.route.clone(),
            text: self.text.clone().or_else(|| first.text.clone()),
            template,
            ..first.clone()
        }
    }
}

/// Reasons for which somebody gets no message by any way.
const SPARED: [&str; 3] = ["opted_out", "recipient_blocked", "no_consent"];

/// Whether a message has not reached a recipient so far. Whom an operator's cancellation has spared is spared again.
pub(super) fn is_unreached(row: &RecipientRow) -> bool {
    match &row.recipient.result {
        RecipientResult::Open => false,
        RecipientResult::Refused(code) => !SPARED.contains(&&**code),
        RecipientResult::Accepted(_) => !matches!(row.ended, Some(State::Delivered | State::Canceled)),
    }
}

fn unreached(counts: &RecipientCounts) -> u64 {
    let failed = |(state, many): &(State, u64)| match state {
        State::Delivered | State::Canceled => 0,
        _ => *many,
    };
    let refused = counts.refused.iter().filter(|(code, _)| !SPARED.contains(&&**code));
    let refused = refused.map(|(_, many)| many).sum::<u64>();
    counts.under_way + counts.ended.iter().map(failed).sum::<u64>() + refused
}

impl Run {
    /// When it is looked whom its messages have not reached, if it is.
    #[must_use]
    pub fn falls_back_at(&self) -> Option<Time> {
        let fallback = self.fallback.as_ref().filter(|fallback| fallback.outcome.is_none())?;
        let ended = self.ended.filter(|_| self.state == RunState::Done)?;
        Some(Time(ended) + Duration::from_millis(fallback.after))
    }

    /// The broadcast that follows this one for those whom it has not reached.
    pub(super) fn second(&self, fallback: &Fallback, id: u64, now: Time) -> Self {
        let name = self.name.as_deref().map(|name| {
            let suffix = " (fallback)";
            let most = NAME_MAX - suffix.chars().count();
            name.chars().take(most).chain(suffix.chars()).collect::<String>().into()
        });
        Self {
            id,
            name,
            created: now.0,
            outgoing: fallback.outgoing(&self.outgoing),
            audience: Audience { not_reached_of: Some((self.kind, self.id)), ..Audience::default() },
            fallback: None,
            links: Vec::new(),
            state: RunState::Collecting,
            reason: None,
            launched: Some(now.0),
            started: None,
            ended: None,
            recipients: 0,
            accepted: 0,
            refused: 0,
            cursor: 0,
            watched_from: 0,
            collected: (0, None),
            is_collected: false,
            next: now.0,
            runner: None,
            ..self.clone()
        }
    }
}

impl Runs {
    /// Those of these recipients whom a message has not reached, each with the upstream that came first for it.
    pub(super) async fn another_way(
        &self,
        account: AccountId,
        rows: Vec<RecipientRow>,
    ) -> Result<Vec<Recipient>, StoreError> {
        let mut recipients: Vec<Recipient> =
            rows.into_iter().filter(is_unreached).map(|row| row.recipient).collect();
        let sent = recipients.iter().filter_map(|recipient| match recipient.result {
            RecipientResult::Accepted(message) => Some(message),
            _ => None,
        });
        let messages = self.parts.archive.messages(account, sent.collect()).await?;
        let first: BTreeMap<MessageId, UpstreamId> = messages
            .into_iter()
            .filter_map(|message| Some((message.id, *message.plan.upstreams.first()?)))
            .collect();
        for recipient in recipients.iter_mut().filter(|recipient| recipient.number.is_some()) {
            if let RecipientResult::Accepted(message) = &recipient.result
                && let Some(upstream) = first.get(message)
            {
                let personal = Personal::read(&recipient.document)?;
                recipient.document = Personal { avoid: Some(upstream.0), ..personal }.write()?;
            }
        }
        Ok(recipients)
    }

    /// The time of a broadcast's fallback has come.
    pub(super) async fn fall_back(&self, kept: Kept<Run>) -> Result<bool, StoreError> {
        let (account, now) = (kept.account, self.now());
        let Some((fallback, due)) = kept.value.fallback.clone().zip(kept.value.falls_back_at()) else {
            return Ok(false);
        };
        let counts = self.parts.recipients.count_recipients(kept.value.key(account)).await?;
        let many = unreached(&counts);
        let second = match many {
            0 => Err(FallbackOutcome::NotNeeded),
            _ if now.since(due) > STOOD_STILL => Err(FallbackOutcome::Missed),
            _ => Ok(self.second(&kept, &fallback, now).await?),
        };
        let outcome = second.as_ref().map_or_else(|outcome| *outcome, |run| FallbackOutcome::Begun(run.id));
        self.write_fallback(kept, outcome, second.ok(), many).await
    }

    /// The second broadcast, with its links. Where short links can't be made now the addresses themselves are sent.
    async fn second(&self, kept: &Kept<Run>, fallback: &Fallback, now: Time) -> Result<Run, StoreError> {
        let unknown = |error| StoreError::Unavailable(format!("no identifier can be drawn: {error}"));
        let mut run = kept.value.second(fallback, Self::new_id(now).map_err(unknown)?, now);
        match self.settle(kept.account, &run).await {
            Ok(settled) => run.take_over(&settled),
            Err(NotDone::Store(error)) => return Err(error),
            Err(_) => run.outgoing.shorten_links = false,
        }
        Ok(run)
    }

    /// Writes down what becomes of a fallback, together with the second broadcast. If that was done meanwhile, nothing is.
    async fn write_fallback(
        &self,
        kept: Kept<Run>,
        outcome: FallbackOutcome,
        second: Option<Run>,
        many: u64,
    ) -> Result<bool, StoreError> {
        let Kept { account, value: mut first, version } = kept;
        if let Some(fallback) = &mut first.fallback {
            fallback.outcome = Some(outcome);
        }
        first.runner = None;
        let mut writes = vec![keep(account, &first, version)?];
        if let Some(second) = &second {
            writes.push(keep(account, second, 0)?);
        }
        if outcome != FallbackOutcome::NotNeeded {
            let told = json!({
                "id": first.id.to_string(),
                "name": first.name,
                "outcome": outcome.word(),
                "not_reached": many,
                "fallback": second.as_ref().map(|second| second.id.to_string()),
            });
            let event = AppEvent::new(BROADCAST_FALLBACK, &first.id.to_string(), self.now(), told);
            writes.extend(event.writes(account, &*self.parts.live)?);
        }
        if self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
            self.parts.archive.wake_followers();
            metrics::counter!("postrider_run_fallbacks_total", "outcome" => outcome.word()).increment(1);
        }
        Ok(second.is_some())
    }

    /// Whether a fallback can be so.
    pub(super) fn check_fallback(
        &self,
        account: AccountId,
        kind: RunKind,
        fallback: &Fallback,
    ) -> Result<(), NotDone> {
        let wrong = |field, detail: String| Err(NotDone::Wrong(field, detail));
        if kind != RunKind::Broadcast {
            return wrong("fallback", "only a broadcast has a fallback".into());
        }
        let allowed = AFTER_MIN.as_millis()..=AFTER_MAX.as_millis();
        if !allowed.contains(&u128::from(fallback.after)) {
            return wrong("fallback.after", "after must be from 1s to 24h".into());
        }
        if fallback.text.as_deref().is_some_and(|text| text.is_empty() || text.contains("{{")) {
            return wrong("fallback.text", "a text is sent as it is, and isn't empty".into());
        }
        let rules = self.parts.live.rules();
        let may_ask = rules.account(account).zip(fallback.route.as_deref());
        if let Some((account, route)) = may_ask
            && !account.policy.routes.iter().any(|name| &**name == route || &**name == "*")
        {
            let detail = format!(
                "this account may not ask for the route '{route}': its setting routes lists those that it may name"
            );
            return wrong("fallback.route", detail);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

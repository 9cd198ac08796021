//! What schedules send: ordinary messages of the account, those of one time stored together, once, under a key of their own.

use super::desk::Schedules;
use super::state::{Occurrence, Schedule};
use crate::kept::{Kept, keep, read};
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, AppFilter, AppKind, Decided, Once, Prepared, StoreError};
use postrider_core::message::{Body, Class, Receipts};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use std::time::Duration;

/// Schedules that are looked at together.
const AT_ONCE: usize = 100;

impl Schedules {
    /// Sends what is due.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn send_what_is_due(&self) -> Result<(), StoreError> {
        let now = self.parts.live.now();
        let filter = AppFilter { due: Some(now), ..AppFilter::all(AppKind::Schedule, None, AT_ONCE) };
        for record in self.parts.store.list_app_records(filter).await? {
            self.send(read(record)?, now).await?;
        }
        Ok(())
    }

    /// Sends what one schedule has due, and then writes that down. A crash in between finds the messages by their key.
    async fn send(&self, mut kept: Kept<Schedule>, now: Time) -> Result<(), StoreError> {
        let rules = self.parts.live.rules();
        let Some(account) = rules.account(kept.account) else { return Ok(()) };
        kept.value.pass_over(now);
        if let Some(at) = kept.value.next().filter(|next| *next <= now) {
            let Some(occurrence) = self.hand_in(account, &kept.value, at).await? else { return Ok(()) };
            metrics::counter!("postrider_schedule_messages_total", "result" => "sent")
                .increment(occurrence.messages.len() as u64);
            metrics::counter!("postrider_schedule_messages_total", "result" => "refused")
                .increment(occurrence.refused.len() as u64);
            kept.value.last = Some(occurrence);
            kept.value.sent += 1;
            kept.value.go_on(at);
        }
        // Somebody else may have written the same, or changed the schedule meanwhile: the key has it sent once all the same.
        let write = keep(kept.account, &kept.value, kept.version)?;
        self.parts.store.write_app_records(vec![write], Vec::new()).await.map(drop)
    }

    /// Hands the messages of one time in; `None` if they can't be stored now.
    async fn hand_in(
        &self,
        account: &Account,
        schedule: &Schedule,
        at: Time,
    ) -> Result<Option<Occurrence>, StoreError> {
        let submissions: Vec<Submission> =
            schedule.to().map(|to| submission(schedule, to.to_string())).collect();
        let prepared = self.parts.intake.prepare(account, submissions).await?;
        let mut occurrence = Occurrence { at: at.0, messages: Vec::new(), refused: Vec::new() };
        let mut ready: Vec<(u64, Prepared)> = Vec::new();
        for (to, prepared) in schedule.to.iter().zip(prepared) {
            match prepared {
                Ok(prepared) => ready.push((*to, prepared)),
                Err(refusal) if refusal.wait().is_some() => return Ok(None),
                Err(refusal) => occurrence.refused.push((*to, refusal.code().into())),
            }
        }
        if ready.is_empty() {
            return Ok(Some(occurrence));
        }
        let (to, ready): (Vec<u64>, Vec<Prepared>) = ready.into_iter().unzip();
        let ids: Vec<u64> = ready.iter().map(|prepared| prepared.message.id.number()).collect();
        let decided = ready.iter().map(|prepared| Decided::Accepted(prepared.message.id)).collect();
        let key = format!("schedule {}/{}", schedule.id, at.0).into();
        let once = Once { account: account.id, key, request: [0; 32], decided };
        match self.parts.intake.commit(ready, Some(once)).await {
            Ok(Accepted::Now { refused }) => {
                for (place, (to, id)) in to.into_iter().zip(ids).enumerate() {
                    match refused.iter().find(|(refused, _)| *refused == place) {
                        Some((_, refusal)) => occurrence.refused.push((to, refusal.code().into())),
                        None => occurrence.messages.push(id),
                    }
                }
            }
            Ok(Accepted::Before(before)) => {
                for (to, decided) in to.into_iter().zip(before) {
                    match decided {
                        Decided::Accepted(id) => occurrence.messages.push(id.number()),
                        Decided::Refused(refused) => occurrence.refused.push((to, refused.code)),
                    }
                }
            }
            Ok(Accepted::Conflict) => occurrence.messages = ids,
            Err(_busy) => return Ok(None),
        }
        Ok(Some(occurrence))
    }
}

fn submission(schedule: &Schedule, to: String) -> Submission {
    Submission {
        to,
        from: schedule.from.as_deref().map(Into::into),
        body: Some(Body::Text(schedule.text.clone())),
        class: schedule.class.as_deref().and_then(Class::from_word),
        valid_for: schedule.valid_for.map(Duration::from_millis),
        reference: schedule.reference.as_deref().map(Into::into),
        metadata: Some(format!(r#"{{"schedule":"{}"}}"#, schedule.id)),
        receipts: Receipts::All,
        ..Submission::default()
    }
}

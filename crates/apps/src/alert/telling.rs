//! Texts to people on call: ordinary messages of the account, each stored once under a key of its own.

use super::desk::Alerts;
use super::person::{Outgoing, Person};
use super::receiving::alerts;
use crate::kept::{Kept, keep, read};
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, AppFilter, AppKind, AppWritten, Decided, Once, StoreError};
use postrider_core::message::{Body, Class, Receipts, Via};
use postrider_core::submission::{Refusal, Submission};
use postrider_core::time::Time;
use std::time::Duration;

/// People who are looked at together.
const AT_ONCE: usize = 100;
/// How long a text may wait in the queue: later it would wake somebody for nothing.
const VALID: Duration = Duration::from_hours(1);

/// What became of a text.
enum Sent {
    /// It is stored as a message, or refused for good.
    Done,
    /// It can't be stored now.
    Later,
}

impl Alerts {
    /// Writes and sends the texts that are due.
    pub(super) async fn tell(&self) -> Result<(), StoreError> {
        let now = self.parts.live.now();
        let filter = AppFilter { due: Some(now), ..AppFilter::all(AppKind::AlertPerson, None, AT_ONCE) };
        for record in self.parts.store.list_app_records(filter).await? {
            self.tell_one(read::<Person>(record)?, now).await?;
        }
        Ok(())
    }

    async fn tell_one(&self, mut kept: Kept<Person>, now: Time) -> Result<(), StoreError> {
        if kept.value.outgoing.is_empty() && kept.value.is_due(now) {
            let waiting: Vec<u64> = kept.value.waiting().collect();
            let alerts = alerts(&*self.parts.store, kept.account, waiting).await?;
            let alerts = alerts.into_iter().map(|(number, kept)| (number, kept.value)).collect();
            kept.value.write(&alerts, now);
            if !self.write(&mut kept).await? {
                return Ok(());
            }
        }
        let rules = self.parts.live.rules();
        while let Some(text) = kept.value.outgoing.first().cloned() {
            if let Some(account) = rules.account(kept.account)
                && now.since(Time(text.at)) < VALID
            {
                // Whoever answers at once is heard.
                self.hearing.begin().await?;
                if matches!(self.send(account, &kept.value, &text).await?, Sent::Later) {
                    return Ok(());
                }
            }
            kept.value.outgoing.remove(0);
            if !self.write(&mut kept).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Keeps a person. Returns whether nothing had changed meanwhile.
    async fn write(&self, kept: &mut Kept<Person>) -> Result<bool, StoreError> {
        let write = keep(kept.account, &kept.value, kept.version)?;
        let written = self.parts.store.write_app_records(vec![write], Vec::new()).await?;
        kept.version += 1;
        Ok(written == AppWritten::Done)
    }

    async fn send(&self, account: &Account, person: &Person, text: &Outgoing) -> Result<Sent, StoreError> {
        let Some(to) = person.number() else { return Ok(Sent::Done) };
        let submission = Submission {
            to: to.to_string(),
            from: text.from.as_deref().map(Into::into),
            body: Some(Body::Text(text.text.clone())),
            class: Some(Class::Emergency),
            valid_for: Some(VALID),
            metadata: Some(r#"{"sent_by":"alerts"}"#.to_owned()),
            receipts: Receipts::None,
            via: Some(Via::Asking),
            ..Submission::default()
        };
        let prepared = match self.parts.intake.prepare(account, vec![submission]).await?.into_iter().next() {
            Some(Ok(prepared)) => prepared,
            None => return Ok(Sent::Later),
            Some(Err(refusal)) if refusal.wait().is_some() => return Ok(Sent::Later),
            Some(Err(refusal)) => return Ok(refused(account, person, &refusal)),
        };
        let key = format!("alert {to}/{}/{}", text.place, text.at).into();
        let decided = vec![Decided::Accepted(prepared.message.id)];
        let once = Once { account: account.id, key, request: [0; 32], decided };
        match self.parts.intake.commit(vec![prepared], Some(once)).await {
            Ok(Accepted::Now { refused: mut all }) => match all.pop() {
                Some((_, refusal)) => Ok(refused(account, person, &refusal)),
                None => {
                    metrics::counter!("postrider_alert_texts_total", "result" => "accepted").increment(1);
                    Ok(Sent::Done)
                }
            },
            // It was stored before a crash.
            Ok(Accepted::Before(_) | Accepted::Conflict) => Ok(Sent::Done),
            Err(_busy) => Ok(Sent::Later),
        }
    }
}

fn refused(account: &Account, person: &Person, refusal: &Refusal) -> Sent {
    tracing::error!(account = %account.name, person = %person.name, %refusal, "somebody on call can't be told of alerts");
    metrics::counter!("postrider_alert_texts_total", "result" => "refused").increment(1);
    Sent::Done
}

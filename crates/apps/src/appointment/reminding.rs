//! Reminders, and answers to answers: ordinary messages of the account, each stored once under a key of its own.

use super::desk::Appointments;
use super::state::Appointment;
use crate::kept::{Kept, keep, read};
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, AppFilter, AppKind, Decided, Once, StoreError};
use postrider_core::message::{Body, Receipts, Via};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use std::time::Duration;

/// Appointments that are looked at together.
const AT_ONCE: usize = 100;
/// The shortest time for which a message may wait.
const VALID_MIN: Duration = Duration::from_mins(1);
/// The longest time for which a message may wait.
const VALID_MAX: Duration = Duration::from_hours(24);

/// What became of a message: its number, or the code of its refusal.
type Sent = Result<u64, Box<str>>;

impl Appointments {
    /// Sends the reminders and answers that are due.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn send_what_is_due(&self) -> Result<(), StoreError> {
        let now = self.parts.live.now();
        let filter = AppFilter { due: Some(now), ..AppFilter::all(AppKind::Appointment, None, AT_ONCE) };
        for record in self.parts.store.list_app_records(filter).await? {
            self.remind(read(record)?, now).await?;
        }
        Ok(())
    }

    /// Sends what is due of one appointment, and then writes that down. A crash in between sends it again under the same key.
    async fn remind(&self, mut kept: Kept<Appointment>, now: Time) -> Result<(), StoreError> {
        let rules = self.parts.live.rules();
        let Some(account) = rules.account(kept.account) else { return Ok(()) };
        self.hearing.begin().await?;
        while let Some(text) = kept.value.outgoing.first().cloned() {
            let key = format!("appointment {}/answer/{}", kept.value.id, kept.value.answered);
            if self.send(account, &kept.value, &text, &key, now).await?.is_none() {
                return Ok(());
            }
            kept.value.outgoing.remove(0);
            kept.value.answered += 1;
        }
        let mut reminded = None;
        if let Some(place) = kept.value.due_reminder(now) {
            let text = kept.value.fill().unwrap_or_else(|_| kept.value.text.to_string());
            let key = format!("appointment {}/{}/{place}", kept.value.id, kept.value.moves);
            let Some(sent) = self.send(account, &kept.value, &text, &key, now).await? else { return Ok(()) };
            let result = if sent.is_ok() { "sent" } else { "refused" };
            metrics::counter!("postrider_appointment_reminders_total", "result" => result).increment(1);
            if let Some(reminder) = kept.value.reminders.get_mut(place) {
                match sent {
                    Ok(message) => reminder.message = Some(message),
                    Err(code) => reminder.refused = Some(code),
                }
            }
            reminded = Some(now);
        }
        let mut writes = vec![keep(kept.account, &kept.value, kept.version)?];
        if let (Some(_), Some(number)) = (reminded, kept.value.to()) {
            let mut guest = self.guest(kept.account, number).await?;
            guest.value.note(&kept.value, reminded, now);
            writes.push(keep(kept.account, &guest.value, guest.version)?);
        }
        // Where something changed meanwhile, it is looked at again.
        self.parts.store.write_app_records(writes, Vec::new()).await.map(drop)
    }

    /// Sends a message; `None` if it can't be stored now.
    async fn send(
        &self,
        account: &Account,
        appointment: &Appointment,
        text: &str,
        key: &str,
        now: Time,
    ) -> Result<Option<Sent>, StoreError> {
        let Some(to) = appointment.to() else { return Ok(Some(Err("invalid_recipient".into()))) };
        let submission = Submission {
            to: to.to_string(),
            from: appointment.from.as_deref().map(Into::into),
            body: Some(Body::Text(text.into())),
            // After the appointment it is worth nothing.
            valid_for: Some(appointment.at().since(now).clamp(VALID_MIN, VALID_MAX)),
            metadata: Some(format!(r#"{{"appointment":"{}"}}"#, appointment.id)),
            reference: appointment.reference.as_deref().map(Into::into),
            receipts: Receipts::None,
            via: Some(Via::Asking),
            ..Submission::default()
        };
        let prepared = match self.parts.intake.prepare(account, vec![submission]).await?.into_iter().next() {
            Some(Ok(prepared)) => prepared,
            None => return Ok(None),
            Some(Err(refusal)) if refusal.wait().is_some() => return Ok(None),
            Some(Err(refusal)) => return Ok(Some(Err(refusal.code().into()))),
        };
        let id = prepared.message.id;
        let decided = vec![Decided::Accepted(id)];
        let once = Once { account: account.id, key: key.into(), request: [0; 32], decided };
        match self.parts.intake.commit(vec![prepared], Some(once)).await {
            Ok(Accepted::Now { mut refused }) => {
                let refused = refused.pop().map(|(_, refusal)| refusal.code().into());
                Ok(Some(refused.map_or(Ok(id.number()), Err)))
            }
            Ok(Accepted::Before(before)) => Ok(Some(match before.into_iter().next() {
                Some(Decided::Refused(refused)) => Err(refused.code),
                Some(Decided::Accepted(id)) => Ok(id.number()),
                None => Ok(id.number()),
            })),
            Ok(Accepted::Conflict) => Ok(Some(Ok(id.number()))),
            Err(_busy) => Ok(None),
        }
    }
}

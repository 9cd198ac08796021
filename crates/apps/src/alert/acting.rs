//! What people do about alerts: by an answer from their handset, or through the API.

use super::desk::Alerts;
use super::person::Person;
use super::receiving::alerts;
use super::reply::{Verb, read};
use super::signal::one_line;
use super::state::{Alert, NOTE_MAX, id_of};
use super::texting;
use crate::kept::{TRIES, contended, find, keep};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppWrite, AppWritten, StoreError};
use postrider_core::inbound::Received;
use postrider_core::sender::Sender;
use std::collections::BTreeMap;

impl Alerts {
    /// What a message from a handset changes: the alerts that it is an answer about, and the answer to it. Nothing is written.
    pub(crate) async fn hear(&self, received: &Received) -> Result<Vec<AppWrite>, StoreError> {
        let (Some(account), None, Some(text)) = (received.account, received.intent, received.inbound.text())
        else {
            return Ok(Vec::new());
        };
        let Some(Sender::Number(number)) = &received.inbound.from.understood else { return Ok(Vec::new()) };
        if let Some(title) = texting::read(text) {
            return self.hear_report(account, received, *number, &title).await;
        }
        let Some(command) = read(text) else { return Ok(Vec::new()) };
        let found = find::<Person>(&*self.parts.store, account, &Person::id_of(*number)).await?;
        // Only those who were told of alerts speak of them.
        let Some(mut person) = found else { return Ok(Vec::new()) };
        let now = received.at;
        let kept = alerts(&*self.parts.store, account, command.about(&person.value, now)).await?;
        let names = kept.values().map(|kept| kept.value.group.clone()).collect();
        let groups = self.groups_of(account, names).await?;
        let mut about: BTreeMap<u64, Alert> =
            kept.iter().map(|(number, kept)| (*number, kept.value.clone())).collect();
        let (answer, changed) = command.apply(&person.value, &mut about, &groups, now);
        let from = received.inbound.to.shown();
        person.value.send(answer, Some(from.into()), self.parts.live.now());
        let mut writes = vec![keep(account, &person.value, person.version)?];
        for (alert, kept) in changed.iter().filter_map(|number| Some((about.get(number)?, kept.get(number)?)))
        {
            writes.push(keep(account, alert, kept.version)?);
        }
        acted(command.verb, "reply", changed.len());
        Ok(writes)
    }

    /// Acknowledges an alert for somebody. Returns it as it is then; `None` if there is none.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn acknowledge(
        &self,
        account: AccountId,
        number: u64,
        by: &str,
        note: Option<&str>,
    ) -> Result<Option<Alert>, StoreError> {
        let note = note.map(|note| one_line(note, NOTE_MAX)).filter(|note| !note.is_empty());
        let now = self.parts.live.now();
        let act = |alert: &mut Alert| alert.acknowledge(by, note.as_deref(), now);
        self.change(account, number, Verb::Acknowledge, act).await
    }

    /// Says that an alert is over. Returns it as it is then; `None` if there is none.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn resolve(
        &self,
        account: AccountId,
        number: u64,
        by: &str,
        note: Option<&str>,
    ) -> Result<Option<Alert>, StoreError> {
        let note = note.map(|note| one_line(note, NOTE_MAX)).filter(|note| !note.is_empty());
        let now = self.parts.live.now();
        let act = |alert: &mut Alert| alert.resolve(&format!("resolved by {by}"), note.as_deref(), now);
        self.change(account, number, Verb::Resolve, act).await
    }

    async fn change(
        &self,
        account: AccountId,
        number: u64,
        verb: Verb,
        act: impl Fn(&mut Alert) -> bool,
    ) -> Result<Option<Alert>, StoreError> {
        for _ in 0..TRIES {
            let found = find::<Alert>(&*self.parts.store, account, &id_of(number)).await?;
            let Some(mut kept) = found else { return Ok(None) };
            if !act(&mut kept.value) {
                return Ok(Some(kept.value));
            }
            let write = keep(account, &kept.value, kept.version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                acted(verb, "api", 1);
                self.hurry();
                return Ok(Some(kept.value));
            }
        }
        Err(contended())
    }
}

fn acted(verb: Verb, by: &'static str, alerts: usize) {
    let name = match verb {
        Verb::Acknowledge => "postrider_alert_acknowledgements_total",
        Verb::Resolve => "postrider_alert_resolutions_total",
    };
    if alerts > 0 {
        metrics::counter!(name, "by" => by).increment(alerts as u64);
    }
}

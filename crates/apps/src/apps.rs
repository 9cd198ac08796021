//! The applications, and what they do by themselves.

use crate::alert::Alerts;
use crate::appointment::Appointments;
use crate::authenticator::Authenticators;
use crate::events::{self, EventPoster};
use crate::hearing::Hearing;
use crate::snippet::Snippets;
use crate::template::Templates;
use crate::verification::Verifications;
use postrider_core::contract::{AppStore, Archive, Intake, Live, StoreError};
use postrider_core::stream::StreamEvent;
use std::sync::Arc;
use std::time::Duration;

/// How often applications look for what is due.
const EVERY: Duration = Duration::from_secs(1);
/// What has expired is forgotten at every so many looks.
const FORGET_EVERY: u32 = 60;
/// How often it is looked what handsets have written, where somebody listens.
const HEAR_EVERY: Duration = Duration::from_millis(500);
/// Records that are forgotten at once.
const FORGET: usize = 1_000;

/// The parts of the gateway that applications use.
#[derive(Clone)]
pub struct Parts {
    /// What they keep.
    pub store: Arc<dyn AppStore>,
    /// Where they hand messages in.
    pub intake: Arc<dyn Intake>,
    /// Where they look messages up.
    pub archive: Arc<dyn Archive>,
    /// The rules in force, and the time.
    pub live: Arc<dyn Live>,
    /// Where they have their own events posted.
    pub events: Arc<dyn EventPoster>,
}

/// The applications.
pub struct Apps {
    parts: Parts,
    /// One-time passwords by message.
    pub verifications: Verifications,
    /// One-time passwords by authenticator apps.
    pub authenticators: Authenticators,
    /// Alerts, and who is on call.
    pub alerts: Alerts,
    /// Appointments and their reminders.
    pub appointments: Appointments,
    hearing: Arc<Hearing>,
    /// Texts that people of the console keep.
    pub snippets: Snippets,
    /// Templates of messages.
    pub templates: Templates,
}

impl Apps {
    /// Applications that use these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let hearing = Arc::new(Hearing::new(parts.clone()));
        Self {
            verifications: Verifications::new(parts.clone()),
            authenticators: Authenticators::new(parts.clone()),
            snippets: Snippets::new(Arc::clone(&parts.store)),
            templates: Templates::new(parts.clone()),
            alerts: Alerts::new(parts.clone(), Arc::clone(&hearing)),
            appointments: Appointments::new(parts.clone(), Arc::clone(&hearing)),
            hearing,
            parts,
        }
    }

    /// Does what is due, until the caller drops it.
    pub async fn run(&self) {
        tokio::join!(self.keep_looking(), self.keep_alerting(), self.keep_hearing(), self.keep_posting());
    }

    async fn keep_looking(&self) {
        for look in 0_u32.. {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.verifications.send_again_what_is_due().await {
                tracing::warn!(%error, "codes without a receipt can't be sent again now");
            }
            if let Err(error) = self.appointments.send_what_is_due().await {
                tracing::warn!(%error, "reminders can't be sent now; it is tried again");
            }
            if look.is_multiple_of(FORGET_EVERY)
                && let Err(error) = self.parts.store.forget_app_records(self.parts.live.now(), FORGET).await
            {
                tracing::warn!(%error, "expired records of applications can't be forgotten now");
            }
        }
    }

    async fn keep_alerting(&self) {
        loop {
            // Either way it is looked.
            let _ = tokio::time::timeout(EVERY, self.alerts.hurried()).await;
            if let Err(error) = self.alerts.do_what_is_due().await {
                tracing::warn!(%error, "alerts can't be told now; it is tried again");
            }
        }
    }

    async fn keep_posting(&self) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = events::post_what_is_due(&self.parts).await {
                tracing::warn!(%error, "events of applications can't be posted now; it is tried again");
            }
        }
    }

    async fn keep_hearing(&self) {
        loop {
            tokio::time::sleep(HEAR_EVERY).await;
            if let Err(error) = self.hear().await {
                tracing::warn!(%error, "answers from handsets can't be heard now; it is tried again");
            }
        }
    }

    /// Has applications hear what handsets have written since the last time.
    pub(crate) async fn hear(&self) -> Result<(), StoreError> {
        while let Some(mut heard) = self.hearing.hear().await? {
            for (behind, event) in std::mem::take(&mut heard.events) {
                let StreamEvent::Received(received) = &event else { continue };
                let mut changes = self.alerts.hear(received).await?;
                if changes.is_empty() {
                    changes = self.appointments.hear(received).await?;
                }
                // What changed meanwhile is read and decided again.
                if !changes.is_empty() && !self.hearing.done(&mut heard, behind, changes).await? {
                    return Ok(());
                }
            }
            self.hearing.all_done(heard).await?;
        }
        Ok(())
    }
}

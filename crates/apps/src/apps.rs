//! The applications, and what they do by themselves.

use crate::action::ActionJobs;
use crate::alert::Alerts;
use crate::appointment::Appointments;
use crate::authenticator::Authenticators;
use crate::contact::{Contacts, Groups};
use crate::events::{self, EventPoster};
use crate::failed_post::FailedPosts;
use crate::following::Follower;
use crate::hearing::Hearing;
use crate::import::Imports;
use crate::link::{LinkSettings, Links};
use crate::run::Runs;
use crate::schedule::Schedules;
use crate::snippet::Snippets;
use crate::template::Templates;
use crate::verification::Verifications;
use postrider_core::contract::{AppStore, Archive, ConsentDesk, Intake, Live, RecipientStore, StoreError};
use postrider_core::principal::Viewer;
use postrider_core::stream::StreamEvent;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How often applications look for what is due.
const EVERY: Duration = Duration::from_secs(1);
/// How often campaigns and batches are looked at while none has anything to do.
const RUNS_EVERY: Duration = Duration::from_millis(500);
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
    /// The recipients of campaigns and batches.
    pub recipients: Arc<dyn RecipientStore>,
    /// Where they hand messages in.
    pub intake: Arc<dyn Intake>,
    /// Where they look messages up.
    pub archive: Arc<dyn Archive>,
    /// The rules in force, and the time.
    pub live: Arc<dyn Live>,
    /// Where they say what holds of numbers.
    pub consent: Arc<dyn ConsentDesk>,
    /// Where they have their own events posted.
    pub events: Arc<dyn EventPoster>,
    /// How short links are made.
    pub links: LinkSettings,
}

/// The applications.
pub struct Apps {
    pub(crate) parts: Parts,
    /// One-time passwords by message.
    pub verifications: Verifications,
    /// One-time passwords by authenticator apps.
    pub authenticators: Authenticators,
    /// Alerts, and who is on call.
    pub alerts: Alerts,
    /// Appointments and their reminders.
    pub appointments: Appointments,
    /// Schedules of recurring messages.
    pub schedules: Schedules,
    hearing: Arc<Hearing>,
    /// Texts that people of the console keep.
    pub snippets: Snippets,
    /// Templates of messages.
    pub templates: Templates,
    /// Contacts.
    pub contacts: Contacts,
    /// Groups of contacts.
    pub groups: Groups,
    /// Campaigns and batches.
    pub runs: Runs,
    /// Imports of contacts.
    pub imports: Imports,
    /// Short links.
    pub links: Links,
    /// Actions on many messages in the background.
    pub actions: ActionJobs,
    /// Posts to webhooks that failed.
    pub failed_posts: FailedPosts,
}

impl Apps {
    /// Applications that use these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let hearing = Arc::new(Hearing::new(parts.clone()));
        Self {
            verifications: Verifications::new(parts.clone()),
            authenticators: Authenticators::new(parts.clone()),
            schedules: Schedules::new(parts.clone()),
            snippets: Snippets::new(Arc::clone(&parts.store)),
            templates: Templates::new(parts.clone()),
            alerts: Alerts::new(parts.clone(), Arc::clone(&hearing)),
            appointments: Appointments::new(parts.clone(), Arc::clone(&hearing)),
            contacts: Contacts::new(parts.clone()),
            groups: Groups::new(parts.clone()),
            runs: Runs::new(parts.clone()),
            imports: Imports::new(parts.clone()),
            links: Links::new(parts.clone()),
            actions: ActionJobs::new(parts.clone()),
            failed_posts: FailedPosts::new(parts.clone()),
            hearing,
            parts,
        }
    }

    /// Somebody who follows the stream of events under a name and misses nothing.
    #[must_use]
    pub fn follower(&self, who: String, viewer: Viewer, types: Option<BTreeSet<Box<str>>>) -> Follower {
        Follower::new(self.parts.clone(), who, viewer, types)
    }

    /// Does what is due, until the caller drops it.
    pub async fn run(&self) {
        tokio::join!(
            self.keep_house(),
            self.keep_runs_going(),
            self.keep_importing(),
            self.keep_alerting(),
            self.keep_hearing(),
            self.keep_posting()
        );
    }

    /// Campaigns and batches: one that has more to do waits for nothing but its turn.
    async fn keep_runs_going(&self) {
        loop {
            match self.runs.step_what_is_due().await {
                Ok(true) => tokio::task::yield_now().await,
                Ok(false) => tokio::time::sleep(RUNS_EVERY).await,
                Err(error) => {
                    tracing::warn!(%error, "campaigns and batches can't go on now");
                    tokio::time::sleep(EVERY).await;
                }
            }
        }
    }

    async fn keep_importing(&self) {
        loop {
            match self.imports.step_what_is_due().await {
                Ok(true) => tokio::task::yield_now().await,
                Ok(false) => tokio::time::sleep(RUNS_EVERY).await,
                Err(error) => {
                    tracing::warn!(%error, "imports of contacts can't go on now");
                    tokio::time::sleep(EVERY).await;
                }
            }
        }
    }

    /// Verifications that are sent again, and what has expired.
    async fn keep_house(&self) {
        for look in 0_u32.. {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.verifications.send_again_what_is_due().await {
                tracing::warn!(%error, "codes without a receipt can't be sent again now");
            }
            if let Err(error) = self.schedules.send_what_is_due().await {
                tracing::warn!(%error, "schedules can't send now; it is tried again");
            }
            if let Err(error) = self.appointments.send_what_is_due().await {
                tracing::warn!(%error, "reminders can't be sent now; it is tried again");
            }
            if look.is_multiple_of(FORGET_EVERY)
                && let Err(error) = self.runs.forget_what_is_left().await
            {
                tracing::warn!(%error, "recipients of forgotten campaigns can't be forgotten now");
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

//! The applications, and what they do by themselves.

use crate::authenticator::Authenticators;
use crate::snippet::Snippets;
use crate::template::Templates;
use crate::verification::Verifications;
use postrider_core::contract::{AppStore, Archive, Intake, Live};
use std::sync::Arc;
use std::time::Duration;

/// How often applications look for what is due.
const EVERY: Duration = Duration::from_secs(1);
/// What has expired is forgotten at every so many looks.
const FORGET_EVERY: u32 = 60;
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
}

/// The applications.
pub struct Apps {
    parts: Parts,
    /// One-time passwords by message.
    pub verifications: Verifications,
    /// One-time passwords by authenticator apps.
    pub authenticators: Authenticators,
    /// Texts that people of the console keep.
    pub snippets: Snippets,
    /// Templates of messages.
    pub templates: Templates,
}

impl Apps {
    /// Applications that use these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            verifications: Verifications::new(parts.clone()),
            authenticators: Authenticators::new(parts.clone()),
            snippets: Snippets::new(Arc::clone(&parts.store)),
            templates: Templates::new(parts.clone()),
            parts,
        }
    }

    /// Does what is due, until the caller drops it.
    pub async fn run(&self) {
        for look in 0_u32.. {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.verifications.send_again_what_is_due().await {
                tracing::warn!(%error, "codes without a receipt can't be sent again now");
            }
            if look.is_multiple_of(FORGET_EVERY)
                && let Err(error) = self.parts.store.forget_app_records(self.parts.live.now(), FORGET).await
            {
                tracing::warn!(%error, "expired records of applications can't be forgotten now");
            }
        }
    }
}

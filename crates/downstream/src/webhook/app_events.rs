//! Posts of events of applications.

use super::body;
use super::outcome::PostOutcome;
use super::post::Poster;
use super::{Settings, TlsError};
use async_trait::async_trait;
use postrider_apps::events::{AppEvent, EventPoster};
use postrider_core::account::AccountId;
use postrider_core::contract::Live;
use std::sync::Arc;

/// Posts events of applications to accounts' webhooks.
pub struct AppEvents {
    poster: Poster,
    live: Arc<dyn Live>,
}

impl AppEvents {
    /// Posts to the accounts of `live`.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(live: Arc<dyn Live>, settings: &Settings) -> Result<Self, TlsError> {
        Ok(Self { poster: Poster::new(settings)?, live })
    }
}

#[async_trait]
impl EventPoster for AppEvents {
    async fn post(&self, account: AccountId, event: &AppEvent) -> bool {
        let (rules, now) = (self.live.rules(), self.live.now());
        let webhook = rules.account(account).and_then(|account| account.webhook.as_ref());
        // Without a webhook there is nobody to tell.
        let Some(webhook) = webhook else { return true };
        let (id, body) = body::of_app(event, webhook);
        let url = event.url.as_deref().unwrap_or(&webhook.url);
        let outcome = self.poster.post_once(&id, body, url, webhook, &rules, now).await;
        let is_taken = matches!(outcome, PostOutcome::Status { status: 200..=299, .. });
        if !is_taken {
            tracing::debug!(%outcome, kind = %event.kind, "an event of an application was not taken; it is posted again");
        }
        is_taken
    }
}

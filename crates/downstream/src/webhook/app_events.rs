//! Posts of events of applications.

use super::body;
use super::chat::{self, ChatPost};
use super::outcome::PostOutcome;
use super::post::{Event, JSON, Poster};
use super::rule_url::webhook_at;
use super::{Settings, TlsError};
use async_trait::async_trait;
use postrider_apps::events::{AppEvent, EventPoster};
use postrider_core::account::AccountId;
use postrider_core::automation::UrlForm;
use postrider_core::contract::Live;
use postrider_core::rules::Rules;
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
        let webhook = rules.account(account).and_then(|account| account.webhook.as_deref());
        let (form, url) = (form(event, &rules), event.url.as_deref());
        let webhook = match url {
            Some(url) => webhook_at(url, &form, webhook),
            None => webhook.cloned(),
        };
        // Without a webhook there is nobody to tell.
        let Some(webhook) = webhook else { return true };
        let (id, body) = body::of_app(event, &webhook);
        let ChatPost { content_type, body } = match event.data["text"].as_str() {
            Some(text) if form.is_text() => chat::post(&form, text),
            _ => ChatPost { content_type: JSON, body },
        };
        let posted = Event { id, url: &webhook.url, content_type, body };
        let outcome = self.poster.post_once(posted, &webhook, &rules, now).await;
        let is_taken = matches!(outcome, PostOutcome::Status { status: 200..=299, .. });
        if !is_taken {
            tracing::debug!(%outcome, kind = %event.kind, "an event of an application was not taken; it is posted again");
        }
        is_taken
    }
}

/// The form in which the URL of an event's rule is told; others are told the event.
fn form(event: &AppEvent, rules: &Rules) -> UrlForm {
    let rule = event.url.as_ref().and(event.data["rule"].as_str());
    let rule = rule.and_then(|name| rules.automation.named(name));
    rule.map_or_else(UrlForm::default, |rule| rule.then.form.clone())
}

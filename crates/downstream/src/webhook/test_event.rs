//! Test events: one post to an account's webhook, at once, when an administrator asks for it.

use super::body;
use super::outcome::PostOutcome;
use super::post::{Event, JSON, Poster};
use super::{Settings, TlsError};
use postrider_core::account::AccountId;
use postrider_core::contract::Live;
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The shortest time between two test events of an account.
pub const TEST_INTERVAL: Duration = Duration::from_secs(5);

/// Posts test events.
pub struct TestEvents {
    poster: Poster,
    live: Arc<dyn Live>,
    /// When accounts were last tested, as far as it matters.
    tested: Mutex<HashMap<AccountId, Time>>,
}

/// The outcome of a test event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The identifier that it was posted with.
    pub id: String,
    /// The status of the endpoint's answer; `None` if none came.
    pub status: Option<u16>,
    /// How long the answer took.
    pub took: Option<Duration>,
    /// The outcome in words.
    pub words: String,
}

/// Why no test event was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTested {
    /// There is no such account.
    NoAccount,
    /// The account has no webhook.
    NoWebhook,
    /// The account was tested a moment ago: it may be tested again after this time.
    TooSoon(Duration),
}

impl TestEvents {
    /// Test events to the accounts of `live`.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(live: Arc<dyn Live>, settings: &Settings) -> Result<Self, TlsError> {
        Ok(Self { poster: Poster::new(settings)?, live, tested: Mutex::default() })
    }

    /// Posts a test event to an account's webhook, once.
    ///
    /// # Errors
    /// Nothing was posted, for this reason.
    pub async fn post(&self, name: &str) -> Result<Tested, NotTested> {
        let (rules, now) = (self.live.rules(), self.live.now());
        let account = rules.accounts().find(|account| *account.name == *name).ok_or(NotTested::NoAccount)?;
        let webhook = account.webhook.as_ref().ok_or(NotTested::NoWebhook)?;
        self.admit(account.id, now)?;
        let (id, body) = body::test(name, webhook, now);
        let event = Event { id: id.clone(), url: &webhook.url, content_type: JSON, body };
        let outcome = self.poster.post_once(event, webhook, &rules, now).await;
        let words = outcome.to_string();
        Ok(match outcome {
            PostOutcome::Status { status, took, .. } => {
                Tested { id, status: Some(status), took: Some(took), words }
            }
            PostOutcome::Failed(_) | PostOutcome::NoEndpoint(_) => {
                Tested { id, status: None, took: None, words }
            }
        })
    }

    /// Takes note of a test, unless the account's last one was a moment ago.
    fn admit(&self, account: AccountId, now: Time) -> Result<(), NotTested> {
        let mut tested = self.tested.lock().unwrap_or_else(PoisonError::into_inner);
        tested.retain(|_, at| now.since(*at) < TEST_INTERVAL);
        if let Some(at) = tested.get(&account) {
            return Err(NotTested::TooSoon(TEST_INTERVAL.saturating_sub(now.since(*at))));
        }
        tested.insert(account, now);
        Ok(())
    }
}

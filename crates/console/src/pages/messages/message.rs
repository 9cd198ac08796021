//! A message, as the API shows it.

use crate::pages::media::Medium;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) account: Option<String>,
    pub(super) state: String,
    pub(super) to: String,
    pub(super) from: Option<String>,
    pub(super) class: String,
    pub(super) parts: u64,
    pub(super) encoding: Option<String>,
    pub(super) text: Option<String>,
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) media: Vec<Medium>,
    #[serde(default)]
    pub(super) redacted: bool,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) reference: Option<String>,
    pub(super) metadata: Option<Value>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) callback_url: Option<String>,
    pub(super) created_at: String,
    pub(super) due_at: String,
    pub(super) expires_at: String,
    pub(super) sent_at: Option<String>,
    pub(super) done_at: Option<String>,
    pub(super) upstream: Option<String>,
    pub(super) carrier_reference: Option<String>,
    pub(super) error: Option<MessageError>,
    pub(super) possible_duplicate: bool,
    pub(super) price: Option<String>,
    pub(super) cost: Option<String>,
    pub(super) currency: Option<String>,
    /// The rule against fraud that holds it.
    pub(super) held_by: Option<String>,
    /// The upstreams that had it before.
    #[serde(default)]
    pub(super) tried: Vec<String>,
    #[serde(default)]
    pub(super) known_as: Vec<String>,
    pub(super) ordering_key: Option<String>,
}

impl Message {
    /// Whether it may leave later than at once.
    pub(super) fn is_scheduled(&self) -> bool {
        self.due_at != self.created_at
    }

    /// Whether it can still be taken back.
    pub(super) fn waits(&self) -> bool {
        self.state == "queued"
    }
}

#[derive(Deserialize)]
pub(super) struct MessageError {
    pub(super) code: String,
    pub(super) carrier_code: Option<String>,
    pub(super) meaning: String,
    pub(super) detail: Option<String>,
}

impl MessageError {
    /// The carrier's code, or else ours.
    pub(super) fn shortest(&self) -> &str {
        self.carrier_code.as_deref().unwrap_or(&self.code)
    }
}

/// A message with its timeline.
#[derive(Deserialize)]
pub(super) struct History {
    #[serde(flatten)]
    pub(super) message: Message,
    pub(super) next_attempt_at: Option<String>,
    pub(super) failed_attempts: Option<u64>,
    pub(super) timeline: Vec<Event>,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) at: String,
    pub(super) event: String,
    pub(super) route: Option<String>,
    pub(super) part: Option<u64>,
    pub(super) state: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) error: Option<MessageError>,
}

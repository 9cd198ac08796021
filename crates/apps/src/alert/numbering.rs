//! Which alert a key stands for, and the number of the next one.

use super::state::Alert;
use crate::kept::Document;
use crate::random::hex;
use postrider_core::contract::AppKind;
use postrider_core::time::Time;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a key is kept of which nobody speaks any more: longer than its alert.
const KEPT: Duration = Duration::from_hours(32 * 24);
/// How old a key's record may be before it is written again.
const FRESH: Duration = Duration::from_hours(24);

/// The number of an account's next alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NextNumber {
    pub(super) next: u64,
}

impl NextNumber {
    /// The name of the only one of an account.
    pub(super) const ID: &'static str = "next";
}

impl Document for NextNumber {
    const KIND: AppKind = AppKind::AlertNumber;

    fn id(&self) -> Box<str> {
        Self::ID.into()
    }
}

/// The alert that a key of a source stood for last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyedAlert {
    id: Box<str>,
    pub(super) number: u64,
    at: i64,
}

impl KeyedAlert {
    pub(super) fn new(source: &str, key: &str, alert: &Alert, now: Time) -> Self {
        Self { id: Self::id_of(source, key), number: alert.number, at: now.0 }
    }

    /// The name under which a key is kept. Keys are of any length.
    pub(super) fn id_of(source: &str, key: &str) -> Box<str> {
        hex(digest(&SHA256, format!("{source}\n{key}").as_bytes()).as_ref()).into()
    }

    /// Whether it was made just now.
    pub(super) fn is_new(&self, now: Time) -> bool {
        self.at == now.0
    }

    /// Whether it need not be written again for this alert.
    pub(super) fn is_fresh(&self, alert: u64, now: Time) -> bool {
        self.number == alert && now.since(Time(self.at)) < FRESH
    }
}

impl Document for KeyedAlert {
    const KIND: AppKind = AppKind::AlertKey;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.at) + KEPT)
    }
}

//! What doors note in the audit log.

use postrider_core::audit::{ActorKind, Event};
use postrider_core::contract::{AuditLog, Live, StoreError};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often refused logins are noted, together.
const EVERY: Duration = Duration::from_secs(60);
/// Addresses and user names whose refused logins are told apart in one minute. All others are one line.
const TOLD_APART_MAX: usize = 100;
/// The most characters of a user name that a line has.
const USER_MAX: usize = 32;

/// The audit log, as doors write it.
pub struct Auditor {
    /// The log.
    pub log: Arc<dyn AuditLog>,
    live: Arc<dyn Live>,
    refused: Mutex<BTreeMap<Refused, u32>>,
}

/// Logins that were refused: at which door, from where, with which user name.
type Refused = (&'static str, Option<IpAddr>, Box<str>);

impl Auditor {
    /// An auditor that has noted nothing yet.
    #[must_use]
    pub fn new(log: Arc<dyn AuditLog>, live: Arc<dyn Live>) -> Self {
        Self { log, live, refused: Mutex::default() }
    }

    /// Notes an event. A log that can't be written holds nobody up: the node's log tells of it.
    pub async fn note(&self, event: Event) {
        if let Err(error) = self.insist(event).await {
            tracing::warn!(%error, "a line of the audit log could not be written");
        }
    }

    /// Notes an event that must not happen without a line.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn insist(&self, event: Event) -> Result<(), StoreError> {
        let noted = self.log.note(vec![event]).await;
        let result = if noted.is_ok() { "noted" } else { "failed" };
        metrics::counter!("postrider_audit_lines_total", "result" => result).increment(1);
        noted
    }

    /// Takes note of a login that was refused. It is noted within a minute, with others like it.
    pub fn refused(&self, door: &'static str, peer: IpAddr, user: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let user: String = user.chars().filter(|c| !c.is_control()).take(USER_MAX).collect();
        let key = (door, Some(peer), user.into_boxed_str());
        let known = refused.len() < TOLD_APART_MAX || refused.contains_key(&key);
        let key = if known { key } else { (door, None, Box::default()) };
        let count = refused.entry(key).or_default();
        *count = count.saturating_add(1);
    }

    /// Notes refused logins from time to time, and once more at the end.
    pub async fn keep_noting(self: Arc<Self>, stopped: impl Future<Output = ()>) {
        tokio::pin!(stopped);
        loop {
            let ends = tokio::select! {
                () = &mut stopped => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            self.note_refused().await;
            if ends {
                return;
            }
        }
    }

    async fn note_refused(&self) {
        let refused = std::mem::take(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner));
        let at = self.live.now();
        let line = |((door, peer, user), count): (Refused, u32)| Event {
            at,
            who: user,
            role: ActorKind::Stranger,
            address: peer.map(|peer| peer.to_string().into()),
            action: "login.refused".into(),
            subject: door.into(),
            outcome: "refused".into(),
            detail: Some(format!("{{\"count\":{count}}}").into()),
        };
        let lines: Vec<Event> = refused.into_iter().map(line).collect();
        if !lines.is_empty()
            && let Err(error) = self.log.note(lines).await
        {
            tracing::warn!(%error, "refused logins could not be written to the audit log");
        }
    }
}

//! SQL outbox tables: who inserts a row into a table of their own database has a message sent, and finds in the row what became of it.
//!
//! A row is claimed, gets the id of the message that it is about to become, and becomes that message under an idempotency key made of
//! the row's key. So a crash anywhere leaves a row of which it can be found out whether its message was accepted.

mod ends;
mod sending;
#[cfg(test)]
mod tests;

use crate::apps::Parts;
use crate::following::Follower;
use postrider_core::account::Account;
use postrider_core::contract::{SqlOutbox, StoreError};
use postrider_core::delivery::State;
use postrider_core::principal::Viewer;
use postrider_core::stream::type_of_end;
use std::sync::Arc;
use std::time::Duration;

/// Rows that are claimed together.
const AT_ONCE: usize = 200;
/// The pause after the database or the gateway could not be used.
const PAUSE: Duration = Duration::from_secs(3);

/// Reads an outbox table.
pub struct OutboxReader {
    parts: Parts,
    /// The name of the outbox, which is in its idempotency keys.
    name: Box<str>,
    /// The name of the account whose messages they are.
    account: Box<str>,
    table: Arc<dyn SqlOutbox>,
    every: Duration,
    follower: Follower,
}

impl OutboxReader {
    /// Reads this table for an account, and looks for new rows so often.
    #[must_use]
    pub fn new(parts: Parts, name: &str, account: &str, table: Arc<dyn SqlOutbox>, every: Duration) -> Self {
        let ends = State::ALL.into_iter().filter(|state| state.is_final());
        let types = ends.map(|state| type_of_end(state).into()).collect();
        let follower =
            Follower::new(parts.clone(), format!("outbox {name}"), Viewer::Everything, Some(types));
        Self { parts, name: name.into(), account: account.into(), table, every, follower }
    }

    /// Reads, until the caller drops this.
    pub async fn run(self) {
        loop {
            match self.look().await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(self.every).await,
                Err(error) => {
                    tracing::warn!(outbox = &*self.name, %error, "an outbox table can't be used now; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Looks once. Returns whether there may be more already.
    pub(crate) async fn look(&self) -> Result<bool, StoreError> {
        // Ends count from before the first row was sent.
        self.follower.begin().await?;
        let ended = self.write_ends().await?;
        let sent = self.send().await?;
        Ok(sent || ended)
    }

    /// The account, if there is one of this name.
    fn account(&self) -> Option<Arc<Account>> {
        let rules = self.parts.live.rules();
        rules.accounts().find(|account| account.name == self.account).cloned()
    }

    fn count(&self, result: &'static str, rows: usize) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        metrics::counter!("postrider_outbox_rows_total", "outbox" => self.name.to_string(), "result" => result)
            .increment(rows);
    }
}

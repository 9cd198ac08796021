//! The partitions of the days to come, made before they are needed. What comes sooner makes its own: see
//! [`super::writer`].

use super::error::Error;
use super::link::Link;
use super::open::{Connector, Purpose};
use std::sync::Arc;
use std::time::Duration;

/// A day in message ids: their milliseconds are counted from 2024-01-01.
pub(super) const DAY: i64 = 86_400_000 << 22;
/// How often it is looked whether a day must be made.
const EVERY: Duration = Duration::from_hours(1);

/// The days on which some messages were accepted, from the first to the last.
///
/// A statement that names them opens the tables of these days alone. They stand in its text, since PostgreSQL takes the
/// locks of a prepared statement before it knows values; there are few of them, so that it stays prepared for a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    first: i64,
    last: i64,
}

impl Days {
    /// The days of these messages; `None` if there are none.
    pub(super) fn of(messages: &[i64]) -> Option<Self> {
        let day = |message: &i64| message.div_euclid(DAY);
        Some(Self { first: messages.iter().map(day).min()?, last: messages.iter().map(day).max()? })
    }

    /// The condition that an id is of these days.
    pub(super) fn hold(self, id: &str) -> String {
        let (from, until) = (self.first.saturating_mul(DAY), (self.last + 1).saturating_mul(DAY));
        format!("{id} >= {from} AND {id} < {until}")
    }
}

/// Makes today and the next days, by the database's own clock.
pub(super) async fn make(link: &Link) -> Result<(), Error> {
    let sql = "SELECT make_day(d) FROM generate_series((now_ms() - 1704067200000) / 86400000, \
               (now_ms() - 1704067200000) / 86400000 + 3) AS d";
    link.query(sql, &[]).await.map(|_| ())
}

/// Makes days as time goes on, for as long as the task is left alive.
pub(super) async fn keep_making(connector: Arc<Connector>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let made = match connector.connect(Purpose::Chores).await {
            Ok(link) => make(&link).await,
            Err(error) => Err(error),
        };
        if let Err(error) = made {
            tracing::warn!(%error, "the tables of the next days could not be made; it is tried again in an hour");
        }
    }
}

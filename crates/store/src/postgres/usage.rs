//! What was used of limits.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use async_trait::async_trait;
use postrider_core::contract::{StoreError, Usage, Used};
use postrider_core::time::Time;
use std::sync::Arc;

async fn all(link: &Link, whats: &[Box<str>], now: Time) -> Result<Vec<Used>, Error> {
    let sql = "SELECT what, start, until, count FROM usage WHERE what = ANY($1) AND until > $2 \
               ORDER BY what COLLATE \"C\", start";
    let whats: Vec<&str> = whats.iter().map(|what| &**what).collect();
    let mut found = Vec::new();
    for row in link.query(sql, &[&whats, &now.0]).await? {
        let (start, end) = (Time(row.try_get(1)?), Time(row.try_get(2)?));
        let count = row.try_get::<_, i64>(3)?.cast_unsigned();
        found.push(Used { what: row.try_get::<_, &str>(0)?.into(), start, end, count });
    }
    Ok(found)
}

/// What was used, to be added; no two of one thing and stretch.
struct Adding {
    used: Vec<Used>,
    now: Time,
}

impl Errand for Adding {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        // In one order on every node, so that no two wait for each other. Whoever holds rows to be forgotten forgets them.
        let forget = "DELETE FROM usage WHERE (what, start) IN (SELECT what, start FROM usage WHERE until <= $1 \
                      ORDER BY what, start FOR UPDATE SKIP LOCKED)";
        transaction.execute(forget, &[&self.now.0]).await?;
        let add = "INSERT INTO usage (what, start, until, count) \
                   SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) \
                   ON CONFLICT (what, start) DO UPDATE SET count = usage.count + excluded.count";
        let mut used: Vec<&Used> = self.used.iter().filter(|used| used.end > self.now).collect();
        used.sort_by(|one, other| (&one.what, one.start).cmp(&(&other.what, other.start)));
        let whats: Vec<&str> = used.iter().map(|it| &*it.what).collect();
        let column = |value: fn(&Used) -> i64| used.iter().map(|it| value(it)).collect::<Vec<i64>>();
        let values: [Value<'_>; 4] =
            [&whats, &column(|it| it.start.0), &column(|it| it.end.0), &column(|it| it.count.cast_signed())];
        transaction.execute(add, &values).await?;
        Ok(())
    }
}

#[async_trait]
impl Usage for Postgres {
    async fn add_used(&self, used: Vec<Used>, now: Time) -> Result<(), StoreError> {
        self.errands.run(Adding { used, now }).await
    }

    async fn used(&self, whats: Vec<Box<str>>, now: Time) -> Result<Vec<Used>, StoreError> {
        let whats: Arc<[Box<str>]> = whats.into();
        let read = |link: Arc<Link>| {
            let whats = Arc::clone(&whats);
            async move { all(&link, &whats, now).await }
        };
        self.reader.read(read).await
    }
}

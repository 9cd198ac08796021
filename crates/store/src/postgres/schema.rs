//! Bringing a database to the schema that this program knows, one numbered step at a time. What the tables
//! mean is written in the steps, and in the views of the database itself.

use super::error::Error;
use super::link::Link;
use super::open::OpenError;

/// The steps, in order; table `schema_version` says how many the database has taken.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_first.sql"),
    include_str!("../../migrations/postgres/0002_nodes.sql"),
];
/// The lock that whoever takes steps holds, so that of several nodes one takes them.
const LOCK: &str = "7887001, 1";
/// The lock that whoever carries a whole store holds alone, and nodes together while they start.
const CARRYING: &str = "7887001, 4";

/// Takes the steps that the database lacks, each in a transaction of its own.
pub(super) async fn migrate(link: &Link) -> Result<(), OpenError> {
    holds_every_text(link).await?;
    // Another node may be at it, for as long as it takes.
    link.script(&format!("SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK}); SET lock_timeout = '1s'"))
        .await?;
    let migrated = steps(link).await;
    link.script(&format!("SELECT pg_advisory_unlock({LOCK})")).await?;
    migrated
}

/// A database in another encoding than UTF8 would refuse messages for their texts.
async fn holds_every_text(link: &Link) -> Result<(), OpenError> {
    let rows = link.query("SHOW server_encoding", &[]).await?;
    let encoding: &str = rows.first().map_or(Ok(""), |row| row.try_get(0)).map_err(Error::from)?;
    if encoding == "UTF8" { Ok(()) } else { Err(OpenError::Encoding(encoding.to_owned())) }
}

/// Lets no node start for as long as the connection lasts.
pub(super) async fn keep_nodes_away(link: &Link) -> Result<(), OpenError> {
    taken(link, &format!("SELECT pg_try_advisory_lock({CARRYING})")).await
}

/// Lets no copy of the store begin for as long as the connection lasts. Fails while one is made.
pub(super) async fn keep_copies_away(link: &Link) -> Result<(), OpenError> {
    taken(link, &format!("SELECT pg_try_advisory_lock_shared({CARRYING})")).await
}

async fn taken(link: &Link, lock: &str) -> Result<(), OpenError> {
    let rows = link.query(lock, &[]).await?;
    let is_taken: bool = rows.first().map_or(Ok(false), |row| row.try_get(0)).map_err(Error::from)?;
    if is_taken { Ok(()) } else { Err(OpenError::Copied) }
}

async fn steps(link: &Link) -> Result<(), OpenError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    is_nowhere_else(link).await?;
    link.script("CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL)").await?;
    let found = found(link).await?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (migration, number) in MIGRATIONS.iter().zip(1..).skip(found as usize) {
        let step = format!(
            "BEGIN; {migration}; DELETE FROM schema_version; INSERT INTO schema_version VALUES ({number}); COMMIT"
        );
        if let Err(error) = link.script(&step).await {
            // Closing the connection rolls back what this leaves open.
            return Err(OpenError::Migration { to: number, why: error.to_string() });
        }
        tracing::info!(schema = number, "the database was brought to this schema");
    }
    Ok(())
}

/// The schema in which a store would begin, and other schemas that have one. Nothing where the first has one.
const ELSEWHERE: &str = "\
    SELECT current_schema()::text, string_agg(n.nspname, ', ' ORDER BY n.nspname) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'message_log' \
    AND EXISTS (SELECT FROM pg_class v WHERE v.relnamespace = n.oid AND v.relname = 'schema_version') \
    AND NOT EXISTS (SELECT FROM pg_class o JOIN pg_namespace m ON m.oid = o.relnamespace \
        WHERE m.nspname = current_schema() AND o.relname = 'schema_version') \
    HAVING count(*) > 0";

/// A dump that was restored into another schema must not be taken for no store at all. Two stores in one database would
/// also share locks and notifications.
async fn is_nowhere_else(link: &Link) -> Result<(), OpenError> {
    let rows = link.query(ELSEWHERE, &[]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let here: Option<String> = row.try_get(0).map_err(Error::from)?;
    let there = row.try_get(1).map_err(Error::from)?;
    Err(OpenError::Elsewhere { here: here.unwrap_or_default(), there })
}

async fn found(link: &Link) -> Result<u32, Error> {
    let rows = link.query("SELECT max(version) FROM schema_version", &[]).await?;
    let found: Option<i64> = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(u32::try_from(found.unwrap_or(0)).unwrap_or(u32::MAX))
}

//! What rules of automation remember, and what they did of a message.

use super::rows::time;
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::STATES_FORGOTTEN;
use crate::table::Numbered;
use postrider_core::account::AccountId;
use postrider_core::automation::{RuleId, StateRow};
use postrider_core::contract::Automated;
use postrider_core::notice::Lane;
use rusqlite::{Connection, Result, params};

/// What is remembered of a sender.
pub(super) fn of_sender(connection: &Connection, account: AccountId, sender: &str) -> Result<Vec<StateRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT rule, value, choice, until FROM rule_state WHERE account = ?1 AND sender = ?2",
    )?;
    let rows = statement.query_map(params![account.0, sender], |row| {
        Ok(StateRow {
            account,
            sender: sender.into(),
            rule: RuleId(row.get(0)?),
            value: row.get(1)?,
            choice: row.get(2)?,
            until: time(row, 3)?,
        })
    })?;
    rows.collect()
}

/// The lanes of rules' URLs in which something waits.
pub(super) fn lanes_of_urls(connection: &Connection) -> Result<Vec<Lane>> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT lane FROM notice WHERE lane <= -16")?;
    let lanes = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>>>()?;
    Ok(lanes.into_iter().filter_map(Lane::from_number).collect())
}

/// How often each answer to a poll was given.
pub(super) fn votes(connection: &Connection, rule: RuleId) -> Result<Vec<(Box<str>, u64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT choice, count(*) FROM rule_state WHERE rule = ?1 AND choice IS NOT NULL GROUP BY choice ORDER BY choice",
    )?;
    let rows =
        statement.query_map([rule.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
    rows.collect()
}

/// Marks a message with a word, once.
const ADD_TAG: &str = "UPDATE inbound SET tags = CASE WHEN coalesce(tags, '') = '' THEN ?2 \
     WHEN instr(char(10) || tags || char(10), char(10) || ?2 || char(10)) > 0 THEN tags \
     ELSE tags || char(10) || ?2 END WHERE id = ?1";

/// What rules did of a message.
pub(super) struct Automating(pub(super) Automated);

impl Verb for Automating {
    type Answer = bool;

    fn rows(&self) -> usize {
        self.0.rows.len() + self.0.notices.len() + 2
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<bool> {
        let automated = &self.0;
        if !self.is_unchanged(tables.connection)? {
            return Ok(false);
        }
        for row in &automated.rows {
            keep(tables.connection, row)?;
        }
        forget(tables.connection, automated)?;
        for notice in &automated.notices {
            tables.record.notify(notice, tables.owner)?;
        }
        let (lane, notice) = (automated.lane.to_number(), automated.notice.to_number());
        for tag in &automated.tags {
            tables.connection.prepare_cached(ADD_TAG)?.execute(params![notice, tag])?;
        }
        if let Some(attempt) = &automated.attempt {
            tables
                .connection
                .prepare_cached("INSERT OR IGNORE INTO attempt (message, at, result) VALUES (?1, ?2, ?3)")?
                .execute(params![notice, attempt.at.0, attempt.result])?;
        }
        tables.told.done(lane, notice)?;
        Ok(true)
    }
}

impl Automating {
    /// Whether what is remembered of the sender is still what the decision was made with.
    fn is_unchanged(&self, connection: &Connection) -> Result<bool> {
        let Some(row) = self.0.rows.iter().find(|row| row.rule == RuleId(0)) else { return Ok(true) };
        let mut statement = connection
            .prepare_cached("SELECT value FROM rule_state WHERE account = ?1 AND sender = ?2 AND rule = 0")?;
        let mut rows = statement.query(params![row.account.0, row.sender])?;
        let found: Option<Box<str>> = rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(found == self.0.before)
    }
}

fn keep(connection: &Connection, row: &StateRow) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO rule_state (account, sender, rule, value, choice, until) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![row.account.0, row.sender, row.rule.0, row.value, row.choice, row.until.0])
        .map(drop)
}

/// Forgets a few of those that may be forgotten.
fn forget(connection: &Connection, automated: &Automated) -> Result<()> {
    connection
        .prepare_cached(&format!(
            "DELETE FROM rule_state WHERE (account, sender, rule) IN \
             (SELECT account, sender, rule FROM rule_state WHERE until < ?1 LIMIT {STATES_FORGOTTEN})"
        ))?
        .execute([automated.now.0])
        .map(drop)
}

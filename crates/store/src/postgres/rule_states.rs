//! What rules of automation remember, and what they did of a message.

use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::record::notify;
use super::rows::text;
use super::steps::Notices;
use crate::limits::STATES_FORGOTTEN;
use crate::table::Numbered;
use postrider_core::account::AccountId;
use postrider_core::automation::{RuleId, StateRow};
use postrider_core::contract::Automated;
use postrider_core::notice::Lane;
use postrider_core::time::Time;

/// What is remembered of a sender.
pub(super) async fn of_sender(link: &Link, account: AccountId, sender: &str) -> Result<Vec<StateRow>, Error> {
    let sql = "SELECT rule, value, choice, until FROM rule_state WHERE account = $1 AND sender = $2";
    let sender = text(sender);
    let values: [Value<'_>; 2] = [&i64::from(account.0), &sender];
    let mut found = Vec::new();
    for row in link.query(sql, &values).await? {
        found.push(StateRow {
            account,
            sender: (&*sender).into(),
            rule: RuleId(u32::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0)),
            value: row.try_get::<_, &str>(1)?.into(),
            choice: row.try_get::<_, Option<&str>>(2)?.map(Into::into),
            until: Time(row.try_get(3)?),
        });
    }
    Ok(found)
}

/// The lanes of rules' URLs in which something waits.
pub(super) async fn lanes_of_urls(link: &Link) -> Result<Vec<Lane>, Error> {
    let rows = link.query("SELECT DISTINCT lane FROM notice WHERE lane <= -16", &[]).await?;
    let lanes = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    Ok(lanes.into_iter().filter_map(Lane::from_number).collect())
}

/// How often each answer to a poll was given.
pub(super) async fn votes(link: &Link, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, Error> {
    let sql = "SELECT choice, count(*) FROM rule_state WHERE rule = $1 AND choice IS NOT NULL GROUP BY choice ORDER BY choice COLLATE \"C\"";
    let mut found = Vec::new();
    for row in link.query(sql, &[&i64::from(rule.0)]).await? {
        found.push((row.try_get::<_, &str>(0)?.into(), row.try_get::<_, i64>(1)?.cast_unsigned()));
    }
    Ok(found)
}

/// Marks a message with a word, once.
const ADD_TAG: &str = "UPDATE inbound SET tags = CASE WHEN coalesce(tags, '') = '' THEN $2 \
     WHEN position(E'\n' || $2 || E'\n' IN E'\n' || tags || E'\n') > 0 THEN tags \
     ELSE tags || E'\n' || $2 END WHERE id = $1";

/// What rules did of a message.
pub(super) struct Automating(pub(super) Automated);

impl Errand for Automating {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let automated = &self.0;
        if !self.is_unchanged(transaction).await? {
            return Ok(false);
        }
        for row in &automated.rows {
            keep(transaction, row).await?;
        }
        let forget = format!(
            "DELETE FROM rule_state WHERE ctid IN \
             (SELECT ctid FROM rule_state WHERE until < $1 LIMIT {STATES_FORGOTTEN} FOR UPDATE SKIP LOCKED)"
        );
        transaction.execute(&forget, &[&automated.now.0]).await?;
        let node = transaction.node();
        let mut notices = Notices::default();
        automated.notices.iter().for_each(|notice| notices.push(notice));
        if !automated.notices.is_empty() {
            let sql = format!("{} ON CONFLICT DO NOTHING", notify(1));
            transaction.execute(&sql, &notices.values(&node)).await?;
        }
        let (lane, notice) = (automated.lane.to_number(), automated.notice.to_number());
        for tag in &automated.tags {
            transaction.execute(ADD_TAG, &[&notice, &text(tag)]).await?;
        }
        if let Some(attempt) = &automated.attempt {
            let sql = "INSERT INTO attempt (message, at, result) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            transaction.execute(sql, &[&notice, &attempt.at.0, &text(&attempt.result)]).await?;
        }
        transaction.execute("DELETE FROM notice WHERE lane = $1 AND id = $2", &[&lane, &notice]).await?;
        Ok(true)
    }
}

impl Automating {
    /// Whether what is remembered of the sender is still what the decision was made with. Of two nodes that deal with messages
    /// of one new sender at once, the second waits here for the first.
    async fn is_unchanged(&self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let Some(row) = self.0.rows.iter().find(|row| row.rule == RuleId(0)) else { return Ok(true) };
        let (account, sender) = (i64::from(row.account.0), text(&row.sender));
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 7))";
        transaction.query(lock, &[&account.to_string(), &sender]).await?;
        let sql = "SELECT value FROM rule_state WHERE account = $1 AND sender = $2 AND rule = 0";
        let rows = transaction.query(sql, &[&account, &sender]).await?;
        let found = rows.first().map(|row| row.try_get::<_, &str>(0)).transpose()?;
        Ok(found == self.0.before.as_deref())
    }
}

async fn keep(transaction: &mut Transaction<'_>, row: &StateRow) -> Result<(), Error> {
    let sql = "INSERT INTO rule_state (account, sender, rule, value, choice, until) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (account, sender, rule) DO UPDATE \
               SET value = excluded.value, choice = excluded.choice, until = excluded.until";
    let choice = row.choice.as_deref().map(text);
    let values: [Value<'_>; 6] = [
        &i64::from(row.account.0),
        &text(&row.sender),
        &i64::from(row.rule.0),
        &text(&row.value),
        &choice,
        &row.until.0,
    ];
    transaction.execute(sql, &values).await?;
    Ok(())
}

//! Removal of texts and records whose time is over.

use super::chores::forget_messages;
use super::days::Days;
use super::error::Error;
use super::link::{Call, Link, Value};
use super::rows::{key, limit, narrow};
use crate::limits::PURGE_MAX;
use crate::retention::{NOBODY, PARTS_LATER, Walk};
use crate::table::REMOVED;
use postrider_core::account::AccountId;
use postrider_core::contract::{EndedText, Outdated};

/// Every account that was ever named.
pub(super) async fn accounts(link: &Link) -> Result<Vec<AccountId>, Error> {
    let rows = link.query("SELECT id FROM resource WHERE kind = 'account' ORDER BY id", &[]).await?;
    rows.iter().map(|row| narrow(row, 0).map(AccountId)).collect()
}

/// Texts of messages that end in a record: of the messages, and of parts with the messages that these are of.
#[derive(Default)]
pub(super) struct EndedTexts {
    messages: Vec<i64>,
    parts: Vec<i64>,
    parts_of: Vec<i64>,
}

impl EndedTexts {
    pub(super) fn of<'t>(texts: impl IntoIterator<Item = &'t EndedText>) -> Self {
        let mut all = Self::default();
        for text in texts {
            if text.row == text.message {
                all.messages.push(key(text.message));
            } else {
                all.parts.push(key(text.row));
                all.parts_of.push(key(text.message));
            }
        }
        all
    }

    /// The statements that remove them. They come behind the ends.
    pub(super) fn calls<'w>(&'w self, calls: &mut Vec<Call<'w>>) {
        if let Some(days) = Days::of(&self.messages) {
            let sql = format!(
                "UPDATE message SET {REMOVED} WHERE id = ANY($1) AND {} \
                 AND EXISTS (SELECT FROM outcome o WHERE o.id = message.id AND {})",
                days.hold("id"),
                days.hold("o.id")
            );
            calls.push(Call::new(sql, [&self.messages as Value<'w>]));
        }
        if let Some(days) = Days::of(&self.parts_of) {
            let sql = format!(
                "UPDATE client_part p SET {REMOVED} FROM unnest($1::bigint[], $2::bigint[]) AS t (id, message) \
                 WHERE p.id = t.id AND EXISTS (SELECT FROM outcome o WHERE o.id = t.message AND {})",
                days.hold("o.id")
            );
            calls.push(Call::new(sql, [&self.parts as Value<'w>, &self.parts_of]));
        }
    }
}

/// Removes texts, from where the call before ended.
pub(super) async fn redact(link: &Link, outdated: &Outdated) -> Result<usize, Error> {
    let account = outdated.account.map_or(NOBODY, |account| account.0.into());
    let rows =
        link.query("SELECT messages, parts, inbound FROM retention WHERE account = $1", &[&account]).await?;
    let walked: [i64; 3] = match rows.first() {
        Some(row) => [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?],
        None => [-1; 3],
    };
    let (before, most) = (key(outdated.before), outdated.most.min(PURGE_MAX));
    let walk = |after, before| Walk { account, after, before, most };
    let ended = "EXISTS (SELECT FROM outcome o WHERE o.id = t.id AND o.id > $2 AND o.id <= $3)";
    let messages = remove(link, "message", &walk(walked[0], before), ended).await?;
    let parts_before = before.saturating_sub(PARTS_LATER);
    let parts = remove(link, "client_part", &walk(walked[1], parts_before), "joined IS NOT NULL").await?;
    let inbound = inbound(link, &walk(walked[2], before)).await?;
    link.execute(
        "INSERT INTO retention (account, messages, parts, inbound) VALUES ($1, $2, $3, $4) ON CONFLICT (account) \
         DO UPDATE SET messages = excluded.messages, parts = excluded.parts, inbound = excluded.inbound",
        &[&account, &messages.1, &parts.1, &inbound.1],
    )
    .await?;
    Ok(messages.0.max(parts.0).max(inbound.0))
}

/// How many rows were looked at, and the last of them.
type Seen = (usize, i64);

/// Removes the texts of a stretch of rows that meet a condition.
async fn remove(link: &Link, table: &str, walk: &Walk, condition: &str) -> Result<Seen, Error> {
    let sql =
        format!("SELECT id FROM {table} WHERE account = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4");
    let rows = link.query(&sql, &[&walk.account, &walk.after, &walk.before, &limit(walk.most)]).await?;
    let last = rows.last().map_or(Ok(walk.after), |row| row.try_get(0))?;
    let sql = format!(
        "UPDATE {table} t SET {REMOVED} WHERE account = $1 AND id > $2 AND id <= $3 \
         AND encoding IS DISTINCT FROM 5 AND {condition}"
    );
    link.execute(&sql, &[&walk.account, &walk.after, &last]).await?;
    Ok((rows.len(), last))
}

/// Removes texts of messages from handsets, up to the first that its account is still to be told of.
async fn inbound(link: &Link, walk: &Walk) -> Result<Seen, Error> {
    let account = (walk.account != NOBODY).then_some(walk.account);
    let rows = link
        .query(
            "SELECT id, EXISTS (SELECT FROM notice n WHERE n.id = i.id AND n.lane IN (-2, -1, i.account) AND n.owner >= 0) \
             OR EXISTS (SELECT FROM notice n WHERE n.id = i.id AND n.lane <= -16 AND n.owner >= 0) \
             FROM inbound i WHERE account IS NOT DISTINCT FROM $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4",
            &[&account, &walk.after, &walk.before, &limit(walk.most)],
        )
        .await?;
    let mut told = Vec::new();
    for row in &rows {
        if row.try_get(1)? {
            break;
        }
        told.push(row.try_get::<_, i64>(0)?);
    }
    link.execute(&format!("UPDATE inbound SET {REMOVED} WHERE id = ANY($1)"), &[&told]).await?;
    Ok((told.len(), told.last().copied().unwrap_or(walk.after)))
}

/// Forgets records.
pub(super) async fn forget(link: &Link, outdated: &Outdated) -> Result<usize, Error> {
    let account = outdated.account.map(|account| i64::from(account.0));
    let (before, most) = (key(outdated.before), limit(outdated.most.min(PURGE_MAX)));
    let values: [Value<'_>; 3] = [&account, &before, &most];
    let rows = link
        .query(
            "SELECT m.id FROM message m JOIN outcome o ON o.id = m.id WHERE m.account = $1 AND m.id < $2 \
             ORDER BY m.id LIMIT $3",
            &values,
        )
        .await?;
    let ended = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    let sql = super::chores::forget_received("account IS NOT DISTINCT FROM $1 AND id < $2", "$3");
    link.script("BEGIN").await?;
    forget_messages(link, &ended).await?;
    let received = link.execute(&sql, &values).await?;
    link.script("COMMIT").await?;
    Ok(ended.len().max(usize::try_from(received).unwrap_or(0)))
}

//! Conversations.

use super::errand::Errand;
use super::error::Error;
use super::link::{Call, Link, Transaction, Value};
use super::list::shown;
use super::rows::{Arrays, Cells, arrays, code, insert, key, limit, text};
use crate::limits::{LIST_MAX, NOTES_MAX, SCAN_MAX};
use crate::table::{Plans, Stored, names, read_marks};
use postrider_core::contract::{ConversationChange, ConversationFilter};
use postrider_core::conversation::{Conversation, Ends, Note};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::principal::Viewer;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use tokio_postgres::Row;

/// The conversations that messages from handsets open. Each is written once, in an order that all nodes keep to: so none
/// waits for another in a circle.
pub(super) struct Opened(Vec<Conversation>);

impl<'r> FromIterator<&'r Received> for Opened {
    fn from_iter<I: IntoIterator<Item = &'r Received>>(received: I) -> Self {
        let mut opened: BTreeMap<Ends, Conversation> = BTreeMap::new();
        for conversation in received.into_iter().filter_map(Conversation::opened_by) {
            let Conversation { updated, state, waiting_since: since, last_in, .. } = conversation;
            let known = opened.entry(conversation.ends.clone()).or_insert(conversation);
            known.updated = known.updated.max(updated);
            known.state = known.state.min(state);
            known.waiting_since = known.waiting_since.into_iter().chain(since).min();
            known.last_in = known.last_in.max(last_in);
        }
        Self(opened.into_values().collect())
    }
}

impl Opened {
    /// Their columns.
    pub(super) fn rows(&self) -> Arrays<'_> {
        let mut rows = Arrays::default();
        self.0.iter().for_each(|conversation| rows.push(conversation));
        rows
    }
}

/// The statement that opens conversations, if there are any.
pub(super) fn call<'r>(rows: &'r Arrays<'_>) -> Option<Call<'r>> {
    let values: Vec<Value<'r>> = rows.values().collect();
    (!values.is_empty()).then(|| {
        let change = "DO UPDATE SET state = CASE WHEN excluded.state = 0 THEN 0 ELSE c.state END, updated = greatest(c.updated, excluded.updated), \
                      waiting_since = coalesce(c.waiting_since, excluded.waiting_since), \
                      last_in = greatest(c.last_in, excluded.last_in)";
        Call::new(upsert(change), values)
    })
}

fn upsert(otherwise: &str) -> String {
    let insert = insert::<Conversation>("conversation AS c");
    format!("{insert} ON CONFLICT (account, handset, number) {otherwise}")
}

/// The conversations that meet all of the filter's conditions, those that changed last first.
pub(super) async fn list(link: &Link, filter: &ConversationFilter) -> Result<Vec<Conversation>, Error> {
    let account = filter.viewer.account().map(|account| i64::from(account.0));
    let (updated, id) = filter.behind.map_or((i64::MAX, i64::MAX), |(at, id)| (at.0, key(id)));
    let state = filter.state.map(code);
    let most = limit(filter.limit.min(LIST_MAX));
    let (assignee, handset, number) = (
        filter.assignee.as_deref().map(text),
        filter.handset.as_deref().map(text),
        filter.number.as_deref().map(text),
    );
    let waiting = filter.waiting_since.map(|since| since.0);
    let unread_by = filter.unread_by.as_deref().map(|person| format!("\t{}\n", text(person)));
    let values: [Value<'_>; 10] =
        [&account, &updated, &id, &state, &assignee, &handset, &number, &waiting, &most, &unread_by];
    let mut found = Vec::new();
    for row in link.query(&query(filter.viewer), &values).await? {
        found.extend(shown(conversation(&row), row.try_get(0)?)?);
    }
    Ok(found)
}

/// The statement that lists conversations.
pub(super) fn query(viewer: Viewer) -> String {
    format!(
        "SELECT {} FROM (SELECT * FROM conversation WHERE {} AND (updated, id) < ($2::bigint, $3::bigint) \
         ORDER BY updated DESC, id DESC LIMIT {SCAN_MAX}) c \
         WHERE ($4::smallint IS NULL OR c.state = $4) AND ($5::text IS NULL OR coalesce(c.assignee, '') = $5) \
         AND ($6::text IS NULL OR c.handset = $6) AND ($7::text IS NULL OR c.number = $7) \
         AND ($8::bigint IS NULL OR c.waiting_since <= $8) \
         AND ($10::text IS NULL OR c.last_in IS NOT NULL AND (position($10 IN coalesce(c.read_marks, '')) = 0 \
              OR substr(c.read_marks, position($10 IN c.read_marks) - 19, 19) < lpad(c.last_in::text, 19, '0'))) \
         ORDER BY c.updated DESC, c.id DESC LIMIT $9::bigint",
        Conversation::SELECTED,
        match viewer {
            Viewer::Account(_) => "account = $1::bigint",
            Viewer::Everything => "($1::bigint IS NULL OR true)",
        }
    )
}

fn conversation(row: &Row) -> Result<Conversation, Error> {
    Ok(Conversation::read(&mut Cells::from(row, 0, &mut Plans::default()))?)
}

/// A conversation and its notes, the oldest first, if the viewer sees it.
pub(super) async fn one(
    link: &Link,
    viewer: Viewer,
    id: MessageId,
) -> Result<Option<(Conversation, Vec<Note>)>, Error> {
    let rows = link.query(&select("c.id = $1"), &[&key(id)]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let conversation = conversation(row)?;
    if !viewer.sees(conversation.ends.account) {
        return Ok(None);
    }
    let sql = format!(
        "SELECT {} FROM (SELECT * FROM conversation_note WHERE conversation = $1 \
         ORDER BY id DESC LIMIT {NOTES_MAX}) n ORDER BY n.id",
        Note::SELECTED
    );
    let (mut notes, mut plans) = (Vec::new(), Plans::default());
    for row in link.query(&sql, &[&key(id)]).await? {
        notes.push(Note::read(&mut Cells::from(&row, 0, &mut plans))?);
    }
    Ok(Some((conversation, notes)))
}

fn select(condition: &str) -> String {
    format!("SELECT {} FROM conversation c WHERE {condition}", Conversation::SELECTED)
}

/// A change of a conversation.
pub(super) struct Changing {
    /// Who changes it.
    pub(super) viewer: Viewer,
    /// The change.
    pub(super) change: ConversationChange,
    /// When.
    pub(super) now: Time,
}

impl Errand for Changing {
    type Answer = Option<Conversation>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<Conversation>, Error> {
        match &self.change {
            ConversationChange::Open { id, ends } => self.open(transaction, *id, ends).await,
            ConversationChange::Set { id, state, assignee, claim, most } => {
                if let (Some(most), Some(Some(person))) = (most, assignee)
                    && let Some(full) = self.full(transaction, *id, person, *most).await?
                {
                    return Ok(Some(full));
                }
                let (state, assignee, claim) = (state.map(code), assignee.as_ref(), claim.as_ref());
                self.set(transaction, *id, state, assignee, claim).await
            }
            ConversationChange::Take { account, person, most, overdue } => {
                let account = i64::from(account.0);
                if has_enough(transaction, account, person, *most).await? {
                    return Ok(None);
                }
                let (person, overdue) = (text(person), overdue.map(|overdue| overdue.0));
                let values: [Value<'_>; 4] = [&account, &person, &self.now.0, &overdue];
                first(&transaction.query(&take(), &values).await?)
            }
            ConversationChange::Read { id, person, upto } => self.read(transaction, *id, person, *upto).await,
            ConversationChange::Reply { id, seen, reply } => {
                self.reply(transaction, *id, *seen, *reply).await
            }
            ConversationChange::Note { id, note } => self.note(transaction, *id, note).await,
        }
    }
}

impl Changing {
    fn account(&self) -> Option<i64> {
        self.viewer.account().map(|account| i64::from(account.0))
    }

    /// The conversation as it is, if somebody else than its assignee is to get it who has as many as may be.
    async fn full(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
        person: &str,
        most: u32,
    ) -> Result<Option<Conversation>, Error> {
        let found = self.locked(transaction, id).await?;
        let Some(found) = found.filter(|it| it.assignee.as_deref() != Some(person)) else { return Ok(None) };
        let account = i64::from(found.ends.account.0);
        Ok(has_enough(transaction, account, person, Some(most)).await?.then_some(found))
    }

    /// The conversation, which nobody else changes until the transaction ends, if the viewer sees it.
    async fn locked(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
    ) -> Result<Option<Conversation>, Error> {
        let sql = select("c.id = $1 AND ($2::bigint IS NULL OR c.account = $2) FOR UPDATE");
        first(&transaction.query(&sql, &[&key(id), &self.account()]).await?)
    }

    async fn read(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
        person: &str,
        upto: Option<MessageId>,
    ) -> Result<Option<Conversation>, Error> {
        let Some(before) = self.locked(transaction, id).await? else { return Ok(None) };
        let marks = read_marks(&before.marks_with(person, upto));
        let marks = marks.as_deref().map(text);
        let sql = format!(
            "UPDATE conversation c SET read_marks = $2::text WHERE c.id = $1 RETURNING {}",
            Conversation::SELECTED
        );
        first(&transaction.query(&sql, &[&key(id), &marks]).await?)
    }

    async fn set(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
        state: Option<i16>,
        assignee: Option<&Option<Box<str>>>,
        claim: Option<&Option<Box<str>>>,
    ) -> Result<Option<Conversation>, Error> {
        let sql = format!(
            "UPDATE conversation c SET state = coalesce($3::smallint, c.state), \
             waiting_since = CASE WHEN $3 = 0 THEN coalesce(c.waiting_since, $8::bigint) \
                             WHEN $3 > 0 THEN NULL ELSE c.waiting_since END, \
             assignee = CASE WHEN $4::boolean THEN $5::text ELSE c.assignee END, \
             assigned_at = CASE WHEN NOT $4 OR $5 IS NOT DISTINCT FROM c.assignee THEN c.assigned_at \
                           WHEN $5 IS NULL THEN NULL ELSE $8 END, \
             claimed_by = CASE WHEN $6::boolean THEN $7::text WHEN $3 > 0 THEN NULL ELSE c.claimed_by END, \
             claimed_at = CASE WHEN $6 THEN CASE WHEN $7 IS NULL THEN NULL ELSE $8 END \
                          WHEN $3 > 0 THEN NULL ELSE c.claimed_at END, \
             updated = CASE WHEN $3 IS NULL AND NOT $4 THEN c.updated ELSE greatest(c.updated, $8) END \
             WHERE c.id = $1 AND ($2::bigint IS NULL OR c.account = $2) RETURNING {}",
            Conversation::SELECTED
        );
        let (account, id) = (self.account(), key(id));
        let (sets, assignee) = (assignee.is_some(), assignee.and_then(Option::as_deref).map(text));
        let (claims, claim) = (claim.is_some(), claim.and_then(Option::as_deref).map(text));
        let values: [Value<'_>; 8] = [&id, &account, &state, &sets, &assignee, &claims, &claim, &self.now.0];
        first(&transaction.query(&sql, &values).await?)
    }

    async fn reply(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
        seen: Option<Option<MessageId>>,
        reply: Option<MessageId>,
    ) -> Result<Option<Conversation>, Error> {
        let sql = format!(
            "UPDATE conversation c SET last_reply = CASE WHEN NOT $3::boolean OR c.last_reply IS NOT DISTINCT FROM $4::bigint \
             THEN $5::bigint ELSE c.last_reply END \
             WHERE c.id = $1 AND ($2::bigint IS NULL OR c.account = $2) RETURNING {}",
            Conversation::SELECTED
        );
        let (account, asks, seen) = (self.account(), seen.is_some(), seen.flatten().map(key));
        let values: [Value<'_>; 5] = [&key(id), &account, &asks, &seen, &reply.map(key)];
        first(&transaction.query(&sql, &values).await?)
    }

    async fn open(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
        ends: &Ends,
    ) -> Result<Option<Conversation>, Error> {
        let opened = Opened(vec![Conversation::opened(id, ends.clone(), self.now)]);
        let rows = opened.rows();
        let values: Vec<Value<'_>> = rows.values().collect();
        transaction.execute(&upsert("DO NOTHING"), &values).await?;
        let condition = "c.account = $1 AND c.handset = $2 AND c.number = $3";
        let (account, handset, number) = (i64::from(ends.account.0), text(&ends.handset), text(&ends.number));
        first(&transaction.query(&select(condition), &[&account, &handset, &number]).await?)
    }

    async fn note(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
        note: &Note,
    ) -> Result<Option<Conversation>, Error> {
        let sql = format!(
            "UPDATE conversation c SET updated = greatest(c.updated, $3::bigint) \
             WHERE c.id = $1 AND ($2::bigint IS NULL OR c.account = $2) RETURNING {}",
            Conversation::SELECTED
        );
        let found = first(&transaction.query(&sql, &[&key(id), &self.account(), &self.now.0]).await?)?;
        if found.is_some() {
            let columns = names(Note::COLUMNS);
            let count = Note::COLUMNS.len();
            let sql = format!(
                "INSERT INTO conversation_note ({columns}, conversation) SELECT {columns}, ${}::bigint FROM unnest({}) AS n ({columns})",
                count + 1,
                arrays(Note::COLUMNS, 1)
            );
            let mut row = Arrays::default();
            row.push(note);
            let conversation = key(id);
            let values: Vec<Value<'_>> = row.values().chain([&conversation as Value<'_>]).collect();
            transaction.execute(&sql, &values).await?;
        }
        Ok(found)
    }
}

/// The statement that assigns the conversation that has waited longest.
pub(super) fn take() -> String {
    format!(
        "UPDATE conversation c SET assignee = $2::text, assigned_at = $3::bigint, updated = greatest(c.updated, $3) \
         WHERE c.id = (SELECT o.id FROM conversation o WHERE o.account = $1::bigint AND o.state = 0 \
          AND (o.assignee IS NULL OR o.assignee <> $2 AND o.waiting_since <= $4::bigint AND coalesce(o.assigned_at, 0) <= $4) \
          ORDER BY o.waiting_since, o.id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING {}",
        Conversation::SELECTED
    )
}

/// Whether so many open conversations are assigned to somebody as may be. Of two that are assigned at once the second waits here.
async fn has_enough(
    transaction: &mut Transaction<'_>,
    account: i64,
    person: &str,
    most: Option<u32>,
) -> Result<bool, Error> {
    let Some(most) = most else { return Ok(false) };
    let person = text(person);
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 8))";
    transaction.query(lock, &[&account.to_string(), &person]).await?;
    let sql = "SELECT count(*) FROM conversation WHERE account = $1 AND assignee = $2 AND state = 0";
    let rows = transaction.query(sql, &[&account, &person]).await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(count >= i64::from(most))
}

fn first(rows: &[Row]) -> Result<Option<Conversation>, Error> {
    rows.first().map(conversation).transpose()
}

/// Forgets conversations that changed last before then, and their notes.
pub(super) async fn forget(link: &Link, before: Time, most: i64) -> Result<(), Error> {
    let sql = "WITH old AS (DELETE FROM conversation WHERE id IN (SELECT id FROM conversation \
         WHERE updated < $1 LIMIT $2) RETURNING id) \
         DELETE FROM conversation_note WHERE conversation IN (SELECT id FROM old)";
    link.execute(sql, &[&before.0, &most]).await.map(drop)
}

//! Conversations.

use super::errand::Errand;
use super::error::Error;
use super::link::{Call, Link, Transaction, Value};
use super::list::shown;
use super::rows::{Arrays, Cells, arrays, code, insert, key, limit, text};
use crate::limits::{LIST_MAX, NOTES_MAX, SCAN_MAX};
use crate::table::{Plans, Stored, names};
use postrider_core::contract::{ConversationChange, ConversationFilter};
use postrider_core::conversation::{Conversation, ConversationState, Ends, Note};
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
            let updated = conversation.updated;
            let known = opened.entry(conversation.ends.clone()).or_insert(conversation);
            known.updated = known.updated.max(updated);
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
        let change = "DO UPDATE SET state = 0, updated = greatest(c.updated, excluded.updated)";
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
    let values: [Value<'_>; 8] = [&account, &updated, &id, &state, &assignee, &handset, &number, &most];
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
         ORDER BY c.updated DESC, c.id DESC LIMIT $8::bigint",
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
            ConversationChange::Set { id, state, assignee } => {
                let (state, sets) = (state.map(code), assignee.is_some());
                let assignee = assignee.as_ref().and_then(|assignee| assignee.as_deref()).map(text);
                let sql = format!(
                    "UPDATE conversation c SET state = coalesce($3::smallint, c.state), \
                     assignee = CASE WHEN $4::boolean THEN $5::text ELSE c.assignee END, \
                     updated = greatest(c.updated, $6::bigint) \
                     WHERE c.id = $1 AND ($2::bigint IS NULL OR c.account = $2) RETURNING {}",
                    Conversation::SELECTED
                );
                let (account, id) = (self.account(), key(*id));
                let values: [Value<'_>; 6] = [&id, &account, &state, &sets, &assignee, &self.now.0];
                first(&transaction.query(&sql, &values).await?)
            }
            ConversationChange::Note { id, note } => self.note(transaction, *id, note).await,
        }
    }
}

impl Changing {
    fn account(&self) -> Option<i64> {
        self.viewer.account().map(|account| i64::from(account.0))
    }

    async fn open(
        &self,
        transaction: &mut Transaction<'_>,
        id: MessageId,
        ends: &Ends,
    ) -> Result<Option<Conversation>, Error> {
        let (state, updated) = (ConversationState::Open, self.now);
        let opened = Opened(vec![Conversation { id, ends: ends.clone(), state, assignee: None, updated }]);
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

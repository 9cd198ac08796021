//! Leases of notices. Their contents come from the message and its outcome, the message of a handset, or the
//! change of what holds of a number.

use super::damage::{readable, set_aside};
use super::rows::{CONSENT, Cells, MESSAGE, OUTCOME, RECEIVED, limit, time};
use super::tables::Tables;
use super::writer::Verb;
use crate::codes::{self, ENDED};
use crate::damage::{Damage, Row};
use crate::table::{Numbered, Plans, Source};
use postrider_core::contract::Due;
use postrider_core::notice::{Lane, Notice, NoticeId};
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// Notices of a lane that are due.
pub(super) struct Leasing {
    /// The lane.
    pub(super) lane: Lane,
    /// At most so many.
    pub(super) most: usize,
    /// Notices due by then.
    pub(super) now: Time,
}

impl Verb for Leasing {
    type Answer = Due;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Due> {
        let mut due = Due::default();
        while due.notices.len() < self.most {
            let mut damage = Damage::default();
            let most = self.most - due.notices.len();
            let notices = self.select(most, tables.connection, &mut tables.plans, &mut damage)?;
            own(&notices, tables)?;
            due.notices.extend(notices);
            if damage.is_none() {
                break;
            }
            // Others are taken in the place of those that can't be read.
            set_aside(tables.connection, &damage)?;
        }
        if due.notices.len() < self.most {
            due.next = self.next(tables.connection)?;
        }
        Ok(due)
    }
}

impl Leasing {
    fn select(
        &self,
        most: usize,
        connection: &Connection,
        plans: &mut Plans,
        damage: &mut Damage,
    ) -> Result<Vec<Notice>> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT n.id, n.what, n.due, n.failed, {MESSAGE}, {OUTCOME}, {RECEIVED}, {CONSENT} \
             FROM notice n INDEXED BY notice_free \
             LEFT JOIN message m ON m.id = n.id AND n.what = {ENDED} \
             LEFT JOIN outcome o ON o.id = n.id AND n.what = {ENDED} \
             LEFT JOIN inbound i ON i.id = n.id AND n.what = {} \
             LEFT JOIN consent c ON c.id = n.id AND n.what = {} \
             WHERE n.owner = 0 AND n.lane = ?1 AND n.due <= ?2 ORDER BY n.due, n.id LIMIT ?3",
            codes::RECEIVED,
            codes::CONSENT
        ))?;
        let lane = self.lane.to_number();
        let mut rows = statement.query(params![lane, self.now.0, limit(most)])?;
        let mut notices = Vec::new();
        while let Some(row) = rows.next()? {
            let notice = notice(self.lane, &mut Cells::from(row, 0, plans));
            notices.extend(readable(notice, damage, || Ok(Row::Notice { lane, id: row.get(0)? }))?);
        }
        Ok(notices)
    }

    /// When the next one is due that nobody has in hand.
    fn next(&self, connection: &Connection) -> Result<Option<Time>> {
        connection
            .prepare_cached("SELECT due FROM notice WHERE owner = 0 AND lane = ?1 ORDER BY due LIMIT 1")?
            .query_row([self.lane.to_number()], |row| time(row, 0))
            .optional()
    }
}

fn own(notices: &[Notice], tables: &Tables<'_>) -> Result<()> {
    let mut own =
        tables.connection.prepare_cached("UPDATE notice SET owner = ?3 WHERE lane = ?1 AND id = ?2")?;
    for notice in notices {
        own.execute(params![notice.lane.to_number(), notice.id.to_number(), tables.owner])?;
    }
    Ok(())
}

fn notice(lane: Lane, row: &mut Cells<'_, '_>) -> Result<Notice> {
    let (id, what) = (row.read("id")?, row.read::<i64>("what")?);
    let (due, failed) = (row.read("due")?, row.read("failed")?);
    Ok(Notice { id, lane, what: row.subject(what)?, failed, due, owned: true })
}

/// Notices to be returned untold.
pub(super) struct Releasing {
    /// The lane.
    pub(super) lane: Lane,
    /// Which ones.
    pub(super) notices: Vec<NoticeId>,
}

impl Verb for Releasing {
    type Answer = ();

    fn rows(&self) -> usize {
        self.notices.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let mut free = tables
            .connection
            .prepare_cached("UPDATE notice SET owner = 0 WHERE lane = ?1 AND id = ?2 AND owner = ?3")?;
        for notice in &self.notices {
            free.execute(params![self.lane.to_number(), notice.to_number(), tables.owner])?;
        }
        Ok(())
    }
}

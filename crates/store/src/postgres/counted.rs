//! Messages that frequency caps count.

use super::error::Error;
use super::link::{Call, Link, Value};
use super::record::REMARK;
use super::rows::{self, Arrays, Cells, key, limit, text};
use crate::limits::PURGE_MAX;
use crate::table::{Plans, Stored};
use postrider_core::contract::Accept;
use postrider_core::number::Number;
use postrider_core::policy::Counted;
use postrider_core::time::Time;
use std::borrow::Cow;

/// What is kept beside accepted messages.
pub(super) struct Beside<'a> {
    counted: Vec<Counted>,
    message: Vec<i64>,
    at: Vec<i64>,
    remark: Vec<Cow<'a, str>>,
}

impl<'a> Beside<'a> {
    pub(super) fn of(accepted: &[&'a Accept]) -> Self {
        let remarked = || accepted.iter().filter(|accept| accept.beside.remark.is_some());
        let counts = accepted.iter().filter(|accept| accept.beside.counts);
        Self {
            counted: counts.map(|accept| Counted::of(&accept.message, accept.beside.content)).collect(),
            message: remarked().map(|accept| key(accept.message.id)).collect(),
            at: remarked().map(|accept| accept.message.created().0).collect(),
            remark: accepted.iter().filter_map(|accept| accept.beside.remark.as_deref()).map(text).collect(),
        }
    }

    /// The rows of messages that count.
    pub(super) fn arrays(&self) -> Arrays<'_> {
        let mut arrays = Arrays::default();
        self.counted.iter().for_each(|counted| arrays.push(counted));
        arrays
    }

    /// The statements that keep it; `arrays` are its own.
    pub(super) fn calls<'w>(&'w self, arrays: &'w Arrays<'w>, calls: &mut Vec<Call<'w>>) {
        if !self.counted.is_empty() {
            let values = arrays.values().collect::<Vec<_>>();
            calls.push(Call::new(rows::insert::<Counted>("counted"), values));
        }
        if !self.message.is_empty() {
            calls.push(Call::new(REMARK, [&self.message as Value<'w>, &self.at, &self.remark]));
        }
    }
}

/// Messages to these recipients that go out after a time.
pub(super) async fn find(link: &Link, to: &[Number], since: Time) -> Result<Vec<Counted>, Error> {
    let numbers: Vec<i64> = to.iter().map(|number| number.digits().cast_signed()).collect();
    let columns = Counted::SELECTED;
    let sql = format!(
        "SELECT {columns} FROM counted f WHERE f.recipient = ANY($1::bigint[]) AND f.at > $2::bigint"
    );
    let (mut plans, mut found) = (Plans::default(), Vec::new());
    for row in link.query(&sql, &[&numbers, &since.0]).await? {
        found.push(Counted::read(&mut Cells::from(&row, 0, &mut plans))?);
    }
    Ok(found)
}

/// Forgets messages that went out before, so many at most.
pub(super) async fn forget(link: &Link, before: Time, most: usize) -> Result<usize, Error> {
    let sql = "DELETE FROM counted WHERE ctid IN \
               (SELECT ctid FROM counted WHERE at < $1::bigint ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED)";
    let forgotten = link.execute(sql, &[&before.0, &limit(most.min(PURGE_MAX))]).await?;
    Ok(usize::try_from(forgotten).unwrap_or(0))
}

//! How many documents of applications meet a test, each looked at where it lies.
//!
//! Two readers begin at both ends and take a stretch at a time, until they meet. So a scan takes half as long where there are two
//! processors and two connections, and as long as before where there is one.

use super::Sqlite;
use postrider_core::contract::{AppScan, StoreError};
use rusqlite::{CachedStatement, Connection, Result, params};
use std::sync::{Arc, Mutex, PoisonError};

/// Records of a stretch.
const STRETCH: usize = if cfg!(test) { 3 } else { 20_000 };
/// Behind all names of records.
const END: &str = "\u{10FFFF}";

/// The end from which a reader comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Low,
    High,
}

/// What was counted: everything up to `low`, and from `high` on.
struct Counted {
    low: Box<str>,
    high: Box<str>,
    many: u64,
}

impl Counted {
    /// Adds a stretch that ends there, unless the other side has counted some of it.
    fn add(&mut self, side: Side, (seen, many, last): (usize, u64, Box<str>)) -> bool {
        let is_apart = match side {
            Side::Low => last < self.high,
            Side::High => last > self.low,
        };
        if seen == 0 || !is_apart {
            return false;
        }
        match side {
            Side::Low => self.low = last,
            Side::High => self.high = last,
        }
        self.many += many;
        seen == STRETCH
    }

    fn between(&self) -> (Box<str>, Box<str>) {
        (self.low.clone(), self.high.clone())
    }
}

impl Sqlite {
    /// How many of the records that are scanned meet the test.
    pub(super) async fn scan(&self, scan: AppScan) -> std::result::Result<u64, StoreError> {
        let counted = Arc::new(Mutex::new(Counted { low: "".into(), high: END.into(), many: 0 }));
        let from = |side| {
            let (scan, counted) = (scan.clone(), Arc::clone(&counted));
            self.reader.read(move |connection| scan_from(connection, &scan, side, &counted))
        };
        let (low, high) = tokio::join!(from(Side::Low), from(Side::High));
        low.and(high)?;
        // What both were about to count when they met.
        let (between, many) = {
            let counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
            (counted.between(), counted.many)
        };
        let rest = move |connection: &Connection| {
            let mut statement = prepare(connection, &scan, Side::Low)?;
            Ok(stretch(&mut statement, &scan, &between, 2 * STRETCH)?.1)
        };
        Ok(many + self.reader.read(rest).await?)
    }
}

fn scan_from(connection: &Connection, scan: &AppScan, side: Side, counted: &Mutex<Counted>) -> Result<()> {
    let lock = || counted.lock().unwrap_or_else(PoisonError::into_inner);
    let mut statement = prepare(connection, scan, side)?;
    loop {
        let between = lock().between();
        let found = stretch(&mut statement, scan, &between, STRETCH)?;
        if !lock().add(side, found) {
            return Ok(());
        }
    }
}

fn prepare<'c>(connection: &'c Connection, scan: &AppScan, side: Side) -> Result<CachedStatement<'c>> {
    let order = if side == Side::Low { "" } else { " DESC" };
    // A label leads to its records, never the other way round.
    connection.prepare_cached(&match scan.label {
        None => format!(
            "SELECT id, document FROM app_record \
             WHERE account = ?1 AND kind = ?2 AND id > ?3 AND id < ?4 AND ?6 = '' ORDER BY id{order} LIMIT ?5"
        ),
        Some(_) => format!(
            "SELECT r.id, r.document FROM app_label l CROSS JOIN app_record r \
             ON r.account = l.account AND r.kind = l.kind AND r.id = l.id \
             WHERE l.account = ?1 AND l.kind = ?2 AND l.id > ?3 AND l.id < ?4 AND l.label = ?6 \
             ORDER BY l.id{order} LIMIT ?5"
        ),
    })
}

/// Looks at the next records between two names: how many there were, how many meet the test, and the name of the last.
fn stretch(
    statement: &mut CachedStatement<'_>,
    scan: &AppScan,
    (low, high): &(Box<str>, Box<str>),
    most: usize,
) -> Result<(usize, u64, Box<str>)> {
    let (most, label) = (super::rows::limit(most), scan.label.as_deref().unwrap_or_default());
    let mut rows = statement.query(params![scan.account.0, scan.kind.word(), low, high, most, label])?;
    let (mut seen, mut many, mut last) = (0, 0, String::new());
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_str()?;
        many += u64::from((scan.test)(id, row.get_ref(1)?.as_str()?));
        seen += 1;
        last.clear();
        last.push_str(id);
    }
    Ok((seen, many, last.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stretch of names between two, from a side: how many, each of which counts, and the last.
    fn stretch_of(
        names: &[String],
        (low, high): &(Box<str>, Box<str>),
        side: Side,
    ) -> (usize, u64, Box<str>) {
        let mut between: Vec<&String> =
            names.iter().filter(|name| ***name > **low && ***name < **high).collect();
        if side == Side::High {
            between.reverse();
        }
        between.truncate(STRETCH);
        let last = between.last().map(|name| name.as_str().into()).unwrap_or_default();
        (between.len(), between.len() as u64, last)
    }

    /// Whoever is quicker, and wherever they meet: each record is counted once.
    #[test]
    fn two_sides_count_everything_once() {
        for many in 0..40 {
            let names: Vec<String> = (0..many).map(|n| format!("{n:03}")).collect();
            for order in 0..256_u32 {
                let mut counted = Counted { low: "".into(), high: END.into(), many: 0 };
                let mut goes_on = [true, true];
                for turn in 0..64 {
                    // Both look at the same time, and one is written down first.
                    let seen =
                        [Side::Low, Side::High].map(|side| stretch_of(&names, &counted.between(), side));
                    let low_first = order >> (turn % 8) & 1 == 0;
                    for place in if low_first { [0, 1] } else { [1, 0] } {
                        let side = [Side::Low, Side::High][place];
                        goes_on[place] = goes_on[place] && counted.add(side, seen[place].clone());
                    }
                }
                let (low, high) = counted.between();
                let rest = names.iter().filter(|name| ***name > *low && ***name < *high).count();
                assert!(rest < 2 * STRETCH, "{many} {order:b}");
                assert_eq!(counted.many + rest as u64, many as u64, "{many} {order:b}");
            }
        }
    }
}

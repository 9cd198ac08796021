//! Reconciliation: a supplier's records of a while compared with our own, so that its invoice can be checked.

mod csv;

pub use csv::{ROWS_MAX, SUPPLIER_HEADER, read};

use crate::id::MessageId;
use crate::money::Amount;
use crate::number::Number;
use crate::time::Time;
use std::collections::HashMap;
use std::time::Duration;

/// A message that went by the supplier, as we know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRecord {
    /// The message.
    pub message: MessageId,
    /// Its recipient.
    pub to: Number,
    /// The supplier's name for its first part.
    pub reference: Option<Box<str>>,
    /// When it was sent.
    pub sent_at: Time,
    /// Its parts.
    pub parts: u32,
    /// What it costs by our tariff, if that is known.
    pub cost: Option<Amount>,
}

/// A row of the supplier's table: a message, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SupplierRow {
    /// Its line.
    pub line: u32,
    /// The supplier's name for it.
    pub reference: Option<Box<str>>,
    /// The recipient.
    pub to: Option<Number>,
    /// When it was sent.
    pub sent_at: Option<Time>,
    /// Its parts.
    pub parts: u32,
    /// What it costs.
    pub cost: Option<Amount>,
}

/// A difference between the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The supplier has no row of the message.
    OnlyOurs(OwnRecord),
    /// We have no message of the row.
    OnlyTheirs(SupplierRow),
    /// Parts or costs differ. These are the supplier's; its rows of the message are added up.
    Differs {
        /// The message.
        ours: OwnRecord,
        /// The first of the supplier's rows.
        line: u32,
        /// Parts.
        parts: u32,
        /// The cost, if the table has costs.
        cost: Option<Amount>,
    },
}

/// Sums of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Messages, or rows.
    pub records: u64,
    /// Parts.
    pub parts: u64,
    /// Costs, as far as they are known.
    pub cost: Amount,
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// What we know.
    pub ours: Side,
    /// What the supplier says.
    pub theirs: Side,
    /// Messages that both have, with the same parts and cost.
    pub agreed: u64,
    /// Messages that both have, and that differ.
    pub differing: u64,
    /// Messages that the supplier doesn't have.
    pub only_ours: Side,
    /// Rows that we don't have.
    pub only_theirs: Side,
    /// All differences: those of our messages in their order, then rows that we don't have.
    pub differences: Vec<Difference>,
}

/// The supplier's rows of one of our messages.
#[derive(Clone, Copy, Default)]
struct Found {
    line: Option<u32>,
    parts: u32,
    cost: Option<Amount>,
}

impl Found {
    fn add(&mut self, row: &SupplierRow) {
        self.line = self.line.or(Some(row.line));
        self.parts += row.parts;
        self.cost = match (self.cost, row.cost) {
            (Some(sum), Some(cost)) => Some(sum + cost),
            (sum, cost) => sum.or(cost),
        };
    }
}

impl Side {
    fn add(&mut self, parts: u32, cost: Option<Amount>) {
        self.records += 1;
        self.parts += u64::from(parts);
        self.cost = self.cost + cost.unwrap_or_default();
    }
}

/// Compares our records with the supplier's rows. A row is matched by the supplier's name for it; else, as further parts of a message are,
/// with the message to its number that was sent nearest to its time, at most `within` apart, and has parts left.
#[must_use]
pub fn reconcile(own: Vec<OwnRecord>, rows: &[SupplierRow], within: Duration) -> Reconciliation {
    let mut result = Reconciliation::default();
    let matches = Matching::of(&own, within).all(rows);
    let mut found = vec![Found::default(); own.len()];
    for (row, place) in rows.iter().zip(&matches) {
        result.theirs.add(row.parts, row.cost);
        match place {
            Some(place) => found[*place].add(row),
            None => result.only_theirs.add(row.parts, row.cost),
        }
    }
    for (ours, found) in own.into_iter().zip(found) {
        result.ours.add(ours.parts, ours.cost);
        let Some(line) = found.line else {
            result.only_ours.add(ours.parts, ours.cost);
            result.differences.push(Difference::OnlyOurs(ours));
            continue;
        };
        let costs_differ = ours.cost.zip(found.cost).is_some_and(|(ours, theirs)| ours != theirs);
        if found.parts == ours.parts && !costs_differ {
            result.agreed += 1;
        } else {
            result.differing += 1;
            let (parts, cost) = (found.parts, found.cost);
            result.differences.push(Difference::Differs { ours, line, parts, cost });
        }
    }
    let unknown = rows.iter().zip(matches).filter(|(_, place)| place.is_none());
    result.differences.extend(unknown.map(|(row, _)| Difference::OnlyTheirs(row.clone())));
    result
}

/// Which message each row is of.
struct Matching<'o> {
    own: &'o [OwnRecord],
    by_reference: HashMap<String, usize>,
    by_number: HashMap<Number, Vec<usize>>,
    /// Parts that no row is of yet, by message.
    left: Vec<u32>,
    within: Duration,
}

impl<'o> Matching<'o> {
    fn of(own: &'o [OwnRecord], within: Duration) -> Self {
        let (mut by_reference, mut by_number) = (HashMap::new(), HashMap::<_, Vec<_>>::new());
        for (place, record) in own.iter().enumerate() {
            if let Some(reference) = &record.reference {
                by_reference.insert(plain(reference), place);
            }
            by_number.entry(record.to).or_default().push(place);
        }
        let left = own.iter().map(|record| record.parts).collect();
        Self { own, by_reference, by_number, left, within }
    }

    fn all(mut self, rows: &[SupplierRow]) -> Vec<Option<usize>> {
        let named = |row: &SupplierRow| {
            row.reference.as_deref().and_then(|reference| self.by_reference.get(&plain(reference)).copied())
        };
        let mut places: Vec<Option<usize>> = rows.iter().map(named).collect();
        for (row, place) in rows.iter().zip(&places) {
            if let Some(place) = place {
                self.left[*place] = self.left[*place].saturating_sub(row.parts);
            }
        }
        for (row, place) in rows.iter().zip(&mut places).filter(|(_, place)| place.is_none()) {
            *place = self.nearest(row);
            if let Some(place) = place {
                self.left[*place] = self.left[*place].saturating_sub(row.parts);
            }
        }
        places
    }

    /// The message to a row's number that was sent nearest to its time and has parts left.
    fn nearest(&self, row: &SupplierRow) -> Option<usize> {
        let (to, at) = (row.to?, row.sent_at?);
        let apart = |place: &usize| self.own[*place].sent_at.0.abs_diff(at.0);
        let places = self.by_number.get(&to)?.iter().copied();
        places
            .filter(|place| self.left[*place] > 0 && u128::from(apart(place)) <= self.within.as_millis())
            .min_by_key(apart)
    }
}

/// A reference as it is compared: suppliers write the same one in capitals, or with zeros in front.
fn plain(reference: &str) -> String {
    reference.trim().trim_start_matches('0').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(n: u64, reference: &str, seconds: i64, parts: u32, cost: i64) -> OwnRecord {
        OwnRecord {
            message: MessageId::from_number(n),
            to: Number::from_digits(447_700_900_000 + n % 10).unwrap(),
            reference: Some(reference.into()),
            sent_at: Time(seconds * 1_000),
            parts,
            cost: Some(Amount(cost)),
        }
    }

    fn row(line: u32, reference: &str, to: u64, seconds: i64, cost: i64) -> SupplierRow {
        SupplierRow {
            line,
            reference: Some(reference.into()).filter(|_| !reference.is_empty()),
            to: Number::from_digits(447_700_900_000 + to),
            sent_at: Some(Time(seconds * 1_000)),
            parts: 1,
            cost: Some(Amount(cost)),
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn rows_are_matched_by_name_and_then_by_number_and_time() {
        let ours = vec![
            own(1, "0A1", 0, 1, 20),
            // Of two parts, of which only the first one's name is known.
            own(2, "b2", 0, 2, 40),
            own(3, "c3", 0, 1, 20),
            own(13, "c4", 50, 1, 20),
            own(4, "d5", 0, 1, 20),
        ];
        let theirs = [
            row(2, "a1", 9, 0, 20),
            row(3, "B2", 2, 0, 20),
            row(4, "other", 2, 1, 20),
            row(5, "", 3, 49, 20),
            row(6, "x", 3, 1, 25),
            row(7, "y", 4, 61, 20),
        ];
        let result = reconcile(ours.clone(), &theirs, MINUTE);
        assert_eq!((result.agreed, result.differing), (3, 1));
        assert_eq!(result.ours, Side { records: 5, parts: 6, cost: Amount(120) });
        assert_eq!(result.theirs, Side { records: 6, parts: 6, cost: Amount(125) });
        assert_eq!(result.only_ours, Side { records: 1, parts: 1, cost: Amount(20) });
        assert_eq!(result.only_theirs, Side { records: 1, parts: 1, cost: Amount(20) });
        let dearer = Difference::Differs { ours: ours[2].clone(), line: 6, parts: 1, cost: Some(Amount(25)) };
        let expected =
            [dearer, Difference::OnlyOurs(ours[4].clone()), Difference::OnlyTheirs(theirs[5].clone())];
        assert_eq!(result.differences, expected);
    }

    #[test]
    fn more_parts_than_ours_differ() {
        let theirs = [row(2, "a", 1, 0, 20), row(3, "a", 1, 0, 20)];
        let result = reconcile(vec![own(1, "a", 0, 1, 20)], &theirs, MINUTE);
        assert_eq!((result.agreed, result.differing), (0, 1));
        let Difference::Differs { parts, cost, .. } = &result.differences[0] else { panic!("{result:?}") };
        assert_eq!((*parts, *cost), (2, Some(Amount(40))));
    }

    #[test]
    fn costs_that_one_side_does_not_know_do_not_differ() {
        let theirs = [SupplierRow { cost: None, ..row(2, "a", 1, 0, 0) }];
        assert_eq!(reconcile(vec![own(1, "a", 0, 1, 20)], &theirs, MINUTE).agreed, 1);
        let ours = OwnRecord { cost: None, ..own(1, "a", 0, 1, 0) };
        assert_eq!(reconcile(vec![ours], &[row(2, "a", 1, 0, 20)], MINUTE).agreed, 1);
    }
}

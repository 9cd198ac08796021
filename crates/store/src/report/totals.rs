//! Rows of counts that are added up in memory. An engine's own grouping sorts every row by all its texts, which takes several
//! times as long.

use super::sum;
use crate::table::Damaged;
use postrider_core::report::{ReportSum, ReportSums};
use std::collections::HashMap;
use std::fmt::{Display, Formatter};

/// The value of a column that messages of one sum have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value<'r> {
    /// A number.
    Number(i64),
    /// A text.
    Text(&'r str),
}

impl Display for Value<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => Display::fmt(number, formatter),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

/// The mark of a number in a key.
const NUMBER: u8 = 0;
/// The mark of a text in a key.
const TEXT: u8 = 1;

/// Sums, by the values of their columns.
pub(crate) struct Totals {
    /// By the octets of the values, so that a row allocates nothing for a sum that exists.
    sums: HashMap<Box<[u8]>, ReportSums>,
    /// The octets of the row at hand.
    key: Vec<u8>,
    most: usize,
}

impl Totals {
    /// None yet, and at most so many.
    pub(crate) fn new(most: usize) -> Self {
        Self { sums: HashMap::new(), key: Vec::new(), most }
    }

    /// Adds a row. Returns whether there is room for more.
    pub(crate) fn add<'r>(&mut self, values: impl IntoIterator<Item = Value<'r>>, row: &ReportSums) -> bool {
        self.key.clear();
        values.into_iter().for_each(|value| write(&mut self.key, value));
        if let Some(sums) = self.sums.get_mut(&*self.key) {
            sums.add(row);
        } else if self.sums.len() < self.most {
            self.sums.insert((&*self.key).into(), *row);
        } else {
            return false;
        }
        true
    }

    /// The sums, in the order of their values.
    pub(crate) fn finish(self) -> Result<Vec<ReportSum>, Damaged> {
        let mut sums: Vec<_> = self.sums.iter().map(|(key, sums)| (read(key), *sums)).collect();
        sums.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        sums.into_iter().map(|(values, sums)| sum(&values, sums)).collect()
    }
}

fn write(key: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Number(number) => {
            key.push(NUMBER);
            key.extend(number.to_ne_bytes());
        }
        Value::Text(text) => {
            key.push(TEXT);
            key.extend(text.len().to_ne_bytes());
            key.extend(text.as_bytes());
        }
    }
}

/// The values of a key.
fn read(mut key: &[u8]) -> Vec<Value<'_>> {
    let mut values = Vec::new();
    while let Some((mark, rest)) = key.split_first() {
        let Some((number, rest)) = rest.split_first_chunk() else { break };
        let Some((text, rest)) = (match *mark {
            NUMBER => Some((None, rest)),
            _ => rest.split_at_checked(usize::from_ne_bytes(*number)).map(|(text, rest)| (Some(text), rest)),
        }) else {
            break;
        };
        let number = i64::from_ne_bytes(*number);
        values.push(text.map_or(Value::Number(number), |text| {
            Value::Text(std::str::from_utf8(text).unwrap_or_default())
        }));
        key = rest;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;
    use postrider_core::delivery::State;
    use postrider_core::money::Amount;

    const fn row(messages: u64) -> ReportSums {
        ReportSums { messages, parts: 2 * messages, price: Amount(3), cost: Amount(1) }
    }

    fn ends<'r>(first: Value<'r>, error: &'r str, latency: i64) -> [Value<'r>; 5] {
        [first, Value::Text("EUR"), Value::Number(2), Value::Text(error), Value::Number(latency)]
    }

    #[test]
    fn rows_of_the_same_values_are_added_up_in_their_order() {
        let mut totals = Totals::new(10);
        for account in [10, 9, 10, -1] {
            assert!(totals.add(ends(Value::Number(account), "", 5), &row(1)));
        }
        assert!(totals.add(ends(Value::Number(9), "blocked", -1), &row(7)));
        let sums = totals.finish().unwrap();
        let told: Vec<_> =
            sums.iter().map(|it| (&*it.values[0], &*it.error, it.latency, it.sums.messages)).collect();
        assert_eq!(
            told,
            [
                ("-1", "", Some(5), 1),
                ("9", "", Some(5), 1),
                ("9", "blocked", None, 7),
                ("10", "", Some(5), 2)
            ]
        );
        let last = sums.last().unwrap();
        assert_eq!((last.sums.parts, last.sums.price, last.sums.cost), (4, Amount(6), Amount(2)));
        assert_eq!((last.currency, last.state), ("EUR".parse().ok(), State::from_code(2).unwrap()));
    }

    #[test]
    fn texts_are_told_apart_whatever_is_in_them() {
        let mut totals = Totals::new(10);
        for (network, sender) in [("a", "bc"), ("ab", "c"), ("", "abc"), ("a\0", "bc"), ("ä", "")] {
            let values = [Value::Text(network), Value::Text(sender)];
            assert!(totals.add(values.into_iter().chain(ends(Value::Number(0), "", 0)), &row(1)));
        }
        let told = totals.finish().unwrap();
        let texts: Vec<_> = told.iter().map(|it| (&*it.values[0], &*it.values[1])).collect();
        assert_eq!(texts, [("", "abc"), ("a", "bc"), ("a\0", "bc"), ("ab", "c"), ("ä", "")]);
    }

    #[test]
    fn there_are_at_most_as_many_as_asked_for() {
        let mut totals = Totals::new(2);
        let mut add = |account| totals.add(ends(Value::Number(account), "", 5), &row(1));
        assert_eq!([1, 2, 3, 1].map(&mut add), [true, true, false, true]);
        assert_eq!(totals.finish().unwrap().len(), 2);
    }
}

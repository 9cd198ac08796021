//! Records of applications in the columns of both engines.

use crate::table::{Column, Kind, names, places};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKey, AppKind, AppRecord};
use postrider_core::number::Number;
use postrider_core::time::Time;

/// The columns of a record.
pub(crate) const COLUMNS: &[Column] = &[
    Column { name: "account", kind: Kind::Big },
    Column { name: "kind", kind: Kind::Text },
    Column { name: "id", kind: Kind::Text },
    Column { name: "version", kind: Kind::Big },
    Column { name: "person", kind: Kind::Text },
    Column { name: "due", kind: Kind::Big },
    Column { name: "expires", kind: Kind::Big },
    Column { name: "document", kind: Kind::Text },
];

/// The statement that reads the record of a key: its version and what comes behind that.
pub(crate) fn read(sign: char) -> String {
    format!(
        "SELECT version, person, due, expires, document FROM app_record \
         WHERE account = {sign}1 AND kind = {sign}2 AND id = {sign}3"
    )
}

/// The statement that reads the version of the record of a key.
pub(crate) fn version(sign: char) -> String {
    format!("SELECT version FROM app_record WHERE account = {sign}1 AND kind = {sign}2 AND id = {sign}3")
}

/// The statement that adds a record, unless there is one of its key.
pub(crate) fn insert(sign: char) -> String {
    format!(
        "INSERT INTO app_record ({}) VALUES ({}) ON CONFLICT (account, kind, id) DO NOTHING",
        names(COLUMNS),
        places(sign, COLUMNS.len())
    )
}

/// The statement that writes a record in the place of its version before, which is `version` less 1.
pub(crate) fn update(sign: char) -> String {
    format!(
        "UPDATE app_record SET version = CAST({sign}4 AS bigint), person = {sign}5, due = {sign}6, expires = {sign}7, document = {sign}8 \
         WHERE account = {sign}1 AND kind = {sign}2 AND id = {sign}3 AND version = CAST({sign}4 AS bigint) - 1"
    )
}

/// The statement that forgets a record of a version.
pub(crate) fn delete(sign: char) -> String {
    format!(
        "DELETE FROM app_record WHERE account = {sign}1 AND kind = {sign}2 AND id = {sign}3 AND version = {sign}4"
    )
}

/// The statement that lists records: the kind, the account or -1, the due time, the place to go on behind, how many, and the label.
pub(crate) fn list(filter: &AppFilter, sign: char) -> String {
    let (compare, order) = if filter.backwards { ("<", " DESC") } else { (">", "") };
    let account = if filter.account.is_some() { "r.account =" } else { "-1 =" };
    let due = if filter.due.is_some() { "r.due <=" } else { "0 =" };
    let behind = match filter.after {
        Some(_) => format!("(r.account, r.id) {compare} (CAST({sign}4 AS bigint), CAST({sign}5 AS text))"),
        None => format!("CAST({sign}4 AS bigint) = -1 AND CAST({sign}5 AS text) = ''"),
    };
    let (labels, label) = match filter.label {
        Some(_) => (
            "JOIN app_label l ON l.account = r.account AND l.kind = r.kind AND l.id = r.id",
            format!("l.label = {sign}7"),
        ),
        None => ("", format!("CAST({sign}7 AS text) = ''")),
    };
    let order = match filter.due {
        Some(_) => format!("r.due{order}, r.account{order}, r.id{order}"),
        None => format!("r.account{order}, r.id{order}"),
    };
    format!(
        "SELECT r.account, r.id, r.version, r.person, r.due, r.expires, r.document FROM app_record r {labels} \
         WHERE r.kind = {sign}1 AND {account} CAST({sign}2 AS bigint) AND {due} CAST({sign}3 AS bigint) \
         AND {behind} AND {label} ORDER BY {order} LIMIT {sign}6"
    )
}

/// The values of that statement but the kind and the limit.
pub(crate) fn list_values(filter: &AppFilter) -> (i64, i64, i64, Box<str>, Box<str>) {
    let (after, id) = filter.after.clone().map_or((-1, "".into()), |(account, id)| (account.0.into(), id));
    let account = filter.account.map_or(-1, |account| account.0.into());
    (account, filter.due.map_or(0, |due| due.0), after, id, filter.label.clone().unwrap_or_default())
}

/// The statement that counts records with a label: account, kind and label.
pub(crate) fn count(sign: char) -> String {
    format!("SELECT count(*) FROM app_label WHERE account = {sign}1 AND kind = {sign}2 AND label = {sign}3")
}

/// The stretches of a count that matter, the oldest first.
pub(crate) fn stretches(sign: char) -> String {
    format!(
        "SELECT stretch, many FROM app_count WHERE account = {sign}1 AND name = {sign}2 AND subject = {sign}3 \
         AND stretch >= {sign}4 ORDER BY stretch"
    )
}

/// The statement that adds to a count.
pub(crate) fn add(sign: char) -> String {
    format!(
        "INSERT INTO app_count (account, name, subject, stretch, many, expires) VALUES ({}) \
         ON CONFLICT (account, name, subject, stretch) DO UPDATE SET many = app_count.many + excluded.many",
        places(sign, 6)
    )
}

/// The statements that forget what has expired, at most so many of each: records first.
pub(crate) fn forget(sign: char) -> [String; 2] {
    let old = |table: &str, key: &str| {
        format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE expires < {sign}1 LIMIT {sign}2)"
        )
    };
    [old("app_record", "account, kind, id"), old("app_count", "account, name, subject, stretch")]
}

/// Where there is no room below a limit: the stretch that must end to count first.
pub(crate) fn limited(stretches: &[(i64, i64)], most: u32) -> Option<Time> {
    let mut over = stretches.iter().map(|(_, many)| many).sum::<i64>() - i64::from(most);
    if over < 0 {
        return None;
    }
    let end = stretches.iter().find(|(_, many)| {
        over -= many;
        over < 0
    });
    Some(Time(end.or(stretches.last()).map_or(0, |(stretch, _)| *stretch)))
}

/// A person's number, as the column has it.
pub(crate) fn person(record: &AppRecord) -> Option<String> {
    record.person.map(|number| number.to_string())
}

/// A record of these columns.
pub(crate) fn record(
    (account, kind, id): (i64, AppKind, Box<str>),
    version: i64,
    person: Option<&str>,
    (due, expires): (Option<i64>, Option<i64>),
    document: Box<str>,
) -> AppRecord {
    AppRecord {
        key: AppKey { account: AccountId(u32::try_from(account).unwrap_or(u32::MAX)), kind, id },
        version: version.cast_unsigned(),
        person: person.and_then(|number| Number::parse(number).ok()),
        due: due.map(Time),
        expires: expires.map(Time),
        document,
        labels: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_room_again_when_enough_has_passed() {
        let stretches = [(10, 2), (20, 3), (30, 1)];
        assert_eq!(limited(&stretches, 7), None);
        assert_eq!(limited(&stretches, 6), Some(Time(10)));
        assert_eq!(limited(&stretches, 5), Some(Time(10)));
        assert_eq!(limited(&stretches, 4), Some(Time(20)));
        assert_eq!(limited(&stretches, 1), Some(Time(30)));
        assert_eq!(limited(&[], 0), Some(Time(0)));
    }
}

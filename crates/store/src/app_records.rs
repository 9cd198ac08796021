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

/// The statement that lists records: the kind, the account or -1, the due time, the place to go on behind, and how many.
pub(crate) fn list(filter: &AppFilter, sign: char) -> String {
    let (compare, order) = if filter.backwards { ("<", " DESC") } else { (">", "") };
    let account = if filter.account.is_some() { "account =" } else { "-1 =" };
    let due = if filter.due.is_some() { "due <=" } else { "0 =" };
    let behind = match filter.after {
        Some(_) => format!("(account, id) {compare} ({sign}4, {sign}5)"),
        None => format!("{sign}4 = -1 AND {sign}5 = ''"),
    };
    let order = match filter.due {
        Some(_) => format!("due{order}, account{order}, id{order}"),
        None => format!("account{order}, id{order}"),
    };
    format!(
        "SELECT account, id, version, person, due, expires, document FROM app_record WHERE kind = {sign}1 \
         AND {account} CAST({sign}2 AS bigint) AND {due} CAST({sign}3 AS bigint) AND {} ORDER BY {order} LIMIT {sign}6",
        behind
            .replace(&format!("{sign}4"), &format!("CAST({sign}4 AS bigint)"))
            .replace(&format!("{sign}5"), &format!("CAST({sign}5 AS text)"))
    )
}

/// The values of that statement.
pub(crate) fn list_values(filter: &AppFilter) -> (i64, i64, i64, Box<str>) {
    let (after, id) = filter.after.clone().map_or((-1, "".into()), |(account, id)| (account.0.into(), id));
    let account = filter.account.map_or(-1, |account| account.0.into());
    (account, filter.due.map_or(0, |due| due.0), after, id)
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

//! The history of one message, joined together for people.

use super::days::Days;
use super::error::Error;
use super::link::{Call, Link, Value};
use super::rows::{Cells, MESSAGE, OUTCOME, coded, key, octet, time, upstream};
use crate::rebuild::state;
use crate::table::{Plans, Source};
use postrider_core::cause::Cause;
use postrider_core::contract::History;
use postrider_core::delivery::PartReport;
use postrider_core::id::MessageId;
use postrider_core::notice::Attempt;
use postrider_core::principal::Viewer;

/// What is asked of a message `$1`, which is of this day, and, if so asked, of account `$2`: where it stands, and what else
/// is known, a statement for each kind.
pub(super) fn queries(day: Days) -> (String, [String; 4]) {
    let standing = format!(
        "SELECT {MESSAGE}, {OUTCOME}, q.upstream, q.due, q.failed, \
         coalesce(o.possible_duplicate, q.possible_duplicate, false) FROM message m \
         LEFT JOIN outcome o ON o.id = m.id AND {} LEFT JOIN queue q ON q.id = m.id \
         WHERE m.id = $1 AND {} AND ($2::bigint IS NULL OR m.account = $2::bigint)",
        day.hold("o.id"),
        day.hold("m.id")
    );
    let of_day = day.hold("message");
    let further = [
        "SELECT part, coalesce(given, reference), sent_at, upstream, possible_duplicate FROM waiting \
         WHERE message = $1 ORDER BY part"
            .into(),
        format!("SELECT part, state, error, at FROM part WHERE message = $1 AND {of_day} ORDER BY part"),
        "SELECT at, text FROM remark WHERE message = $1 ORDER BY at".into(),
        "SELECT at, result FROM attempt WHERE message = $1 ORDER BY at".into(),
    ];
    (standing, further)
}

/// All that is known of a message, if the viewer sees it.
pub(super) async fn history(
    link: &Link,
    viewer: Viewer,
    message: MessageId,
) -> Result<Option<History>, Error> {
    let message = key(message);
    let Some(day) = Days::of(&[message]) else { return Ok(None) };
    let (standing_now, further) = queries(day);
    let account = viewer.account().map(|account| i64::from(account.0));
    let values: [Value<'_>; 2] = [&message, &account];
    let mut calls = vec![Call::new(standing_now, values)];
    calls.extend(further.map(|sql| Call::new(sql, [&message as Value<'_>])));
    let found = link.snapshot(&calls).await?;
    let [standings, awaited, parts, remarks, attempts] = &found[..] else {
        return Err(Error::Damaged("a statement was not answered".into()));
    };
    let Some(row) = standings.first() else { return Ok(None) };
    let mut history = standing(&mut Cells::from(row, 0, &mut Plans::default()))?;
    for row in awaited {
        history.awaited.push((octet(row, 0)?, row.try_get(1)?, time(row, 2)?));
        history.upstream.get_or_insert(upstream(row, 3)?);
        history.possible_duplicate |= row.try_get::<_, bool>(4)?;
    }
    for row in parts {
        let report = PartReport {
            part: octet(row, 0)?,
            state: coded(row, 1)?,
            error: row.try_get::<_, Option<&str>>(2)?.map(Cause::from),
        };
        history.parts.push((report, time(row, 3)?));
    }
    for row in remarks {
        history.remarks.push((time(row, 0)?, row.try_get(1)?));
    }
    for row in attempts {
        history.attempts.push(Attempt { at: time(row, 0)?, result: row.try_get(1)? });
    }
    Ok(Some(history))
}

fn standing(row: &mut Cells<'_>) -> Result<History, Error> {
    let (message, outcome) = (row.message()?, row.outcome()?);
    let (mut upstream, mut queued) = (outcome.as_ref().map(|outcome| outcome.upstream), None);
    if row.is_null() {
        row.skip(3);
    } else {
        upstream.get_or_insert(row.read("upstream")?);
        queued = Some((row.read("due")?, row.read("failed")?));
    }
    Ok(History {
        message,
        state: state(outcome.as_ref().map(|outcome| outcome.state), queued.is_some()),
        upstream,
        outcome,
        possible_duplicate: row.read("possible_duplicate")?,
        awaited: Vec::new(),
        parts: Vec::new(),
        queued,
        remarks: Vec::new(),
        attempts: Vec::new(),
    })
}

//! The statement of a list of messages: candidates, the newest first; of these those that meet the filter; of these what a list shows.

use crate::limits::SCAN_MAX;
use crate::postgres::rows::{MESSAGE, OUTCOME, with_message, with_outcome, with_queue};
use postrider_core::contract::Filter;
use postrider_core::delivery::State;

/// The table along which candidates are looked for. A walk costs a tenth of looking each row up in another table, so it is the
/// table that has what the filter asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// Messages: all of them, or an account's.
    Messages,
    /// What is queued.
    Queue,
    /// The ends of messages, and where else carriers' references are.
    Ends,
}

impl Walk {
    fn of(filter: &Filter) -> Self {
        if filter.is_of_queue() {
            return Self::Queue;
        }
        let is_of_ends = match filter.state {
            Some(state) => state.is_final(),
            None => filter.error.is_some() || filter.carrier_reference.is_some(),
        };
        // An account's messages may be few among all that ended.
        match is_of_ends && filter.viewer.account().is_none() {
            true => Self::Ends,
            false => Self::Messages,
        }
    }

    /// The identifier of a candidate, and the table that has it.
    const fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Messages => ("m.id", "message m"),
            Self::Queue => ("q.id", "queue q"),
            Self::Ends => ("o.id", "outcome o"),
        }
    }
}

/// The statement that reads a page of a list. Nothing is passed over unseen, so that the bound holds.
pub(in crate::postgres) fn query(filter: &Filter) -> String {
    let walk = Walk::of(filter);
    let found = match walk {
        Walk::Ends if filter.carrier_reference.is_some() => {
            let all = [ends(filter), under_way(filter, AWAITED), under_way(filter, IN_PARTS)];
            let all =
                all.map(|candidates| format!("({})", met(filter, walk, &candidates))).join(" UNION ALL ");
            format!("SELECT c.id FROM ({all}) c ORDER BY c.id DESC LIMIT $7::bigint")
        }
        Walk::Ends => met(filter, walk, &ends(filter)),
        Walk::Messages | Walk::Queue => met(filter, walk, &messages(filter, walk)),
    };
    format!(
        "WITH found AS MATERIALIZED ({found}) \
         SELECT {MESSAGE}, {OUTCOME}, q.id, coalesce(o.possible_duplicate, q.possible_duplicate, \
         (SELECT bool_or(w.possible_duplicate) FROM waiting w WHERE w.message = m.id), false) \
         FROM found f {} {} {} ORDER BY f.id DESC",
        with_message("f.id"),
        with_outcome("m.id"),
        with_queue("m.id")
    )
}

/// The candidate behind which the list goes on, if there are as many as are looked through at once.
pub(in crate::postgres) fn bound(filter: &Filter) -> String {
    let walk = Walk::of(filter);
    let (id, table) = walk.table();
    format!(
        "SELECT {id} FROM {table} WHERE {} ORDER BY {id} DESC OFFSET {} LIMIT 1",
        within(filter, walk),
        SCAN_MAX - 1
    )
}

/// Those candidates that meet the filter's conditions, a page of them.
fn met(filter: &Filter, walk: Walk, candidates: &str) -> String {
    let state = match filter.state {
        Some(State::Sent) => "c.ended IS NULL AND c.queued IS NULL",
        Some(state) if state.is_final() => "c.ended = $6::smallint",
        _ => "true",
    };
    let conditions = [
        (filter.viewer.account().is_some(), "c.account = $3::bigint"),
        (filter.to.is_some(), "c.recipient = $4::bigint"),
        (filter.reference.is_some(), "c.reference = $5::text"),
        (true, state),
        (filter.sender.is_some(), "c.sender = $8::text"),
        (filter.upstream.is_some(), "c.upstream = $9::bigint"),
        (looks_names_up(filter, walk), "c.has_carrier_reference"),
        (filter.error.is_some(), "c.has_error"),
        (filter.held_by.is_some(), "starts_with(c.hold, $12::text)"),
    ];
    let asked: Vec<&str> =
        conditions.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, condition)| condition).collect();
    // Values that a statement doesn't name have no type.
    format!(
        "SELECT c.id FROM ({candidates}) c WHERE {} \
         AND ($3::bigint IS NULL OR true) AND ($4::bigint IS NULL OR true) AND ($5::text IS NULL OR true) \
         AND ($6::smallint IS NULL OR true) AND ($8::text IS NULL OR true) AND ($9::bigint IS NULL OR true) \
         AND ($10::text IS NULL OR true) AND ($11::text IS NULL OR true) AND ($12::text IS NULL OR true) \
         ORDER BY c.id DESC LIMIT $7::bigint",
        asked.join(" AND ")
    )
}

/// Messages, or what is queued, with what the conditions need of other tables. Only tables that the filter needs are joined.
fn messages(filter: &Filter, walk: Walk) -> String {
    let (id, table) = walk.table();
    let (is_ended, is_queued) = (needs_outcome(filter), needs_queue(filter));
    let message = if walk == Walk::Queue { with_message(id) } else { String::new() };
    let outcome = if is_ended { with_outcome("m.id") } else { String::new() };
    let queue = if is_queued && walk == Walk::Messages { with_queue("m.id") } else { String::new() };
    format!(
        "SELECT {id} AS id, {OF_MESSAGE}, {} FROM {table} {message} {outcome} {queue} WHERE {} ORDER BY {id} DESC LIMIT {SCAN_MAX}",
        columns(filter, is_ended && walk == Walk::Messages, is_queued || walk == Walk::Queue, UPSTREAM),
        within(filter, walk)
    )
}

/// Messages that have ended. Only of those whose ends meet the conditions the messages are looked up.
fn ends(filter: &Filter) -> String {
    let name = if filter.carrier_reference.is_some() { "WHERE o.reference = $10::text" } else { "" };
    format!(
        "SELECT o.id AS id, {OF_MESSAGE}, {} FROM (SELECT * FROM outcome o WHERE {} ORDER BY o.id DESC LIMIT {SCAN_MAX}) o {} {name}",
        columns(filter, true, false, "o.upstream"),
        within(filter, Walk::Ends),
        with_message("o.id")
    )
}

/// Messages by a carrier's reference that isn't the one of their end. `found` has their identifiers in the order of the list.
fn under_way(filter: &Filter, found: &str) -> String {
    format!(
        "SELECT n.id AS id, {OF_MESSAGE}, {} FROM ({found}) n {} {} {}",
        columns(filter, true, true, UPSTREAM),
        with_message("n.id"),
        with_outcome("m.id"),
        with_queue("m.id")
    )
}

/// Messages that wait for a receipt by the carrier's reference. `OFFSET 0` keeps each look-up one, as in `rows`.
const AWAITED: &str = "SELECT w.message AS id FROM waiting w WHERE w.message >= $1::bigint AND w.message < $2::bigint \
     AND coalesce(w.given, w.reference) = $10::text \
     AND NOT EXISTS (SELECT FROM waiting x WHERE x.message = w.message AND x.part < w.part \
         AND coalesce(x.given, x.reference) = $10::text OFFSET 0) \
     AND NOT EXISTS (SELECT FROM outcome x WHERE x.id = w.message AND x.reference = $10::text OFFSET 0) \
     ORDER BY w.message DESC";
/// Messages of several parts one of which the carrier calls so, and no other row of theirs.
const IN_PARTS: &str = "SELECT p.message AS id FROM part p WHERE p.message >= $1::bigint AND p.message < $2::bigint \
     AND p.reference = $10::text \
     AND NOT EXISTS (SELECT FROM part x WHERE x.message = p.message AND x.part < p.part AND x.reference = $10::text OFFSET 0) \
     AND NOT EXISTS (SELECT FROM outcome x WHERE x.id = p.message AND x.reference = $10::text OFFSET 0) \
     AND NOT EXISTS (SELECT FROM waiting x WHERE x.message = p.message AND coalesce(x.given, x.reference) = $10::text OFFSET 0) \
     ORDER BY p.message DESC";

/// What conditions need of the message itself.
const OF_MESSAGE: &str = "m.account, m.recipient, m.reference, m.sender, m.hold";

/// What the conditions need of other tables than that of messages.
fn columns(filter: &Filter, is_ended: bool, is_queued: bool, upstream: &'static str) -> String {
    let asked =
        |is_asked: bool, column: &'static str, null: &'static str| if is_asked { column } else { null };
    let has_name = looks_names_up(filter, Walk::of(filter));
    [
        (asked(is_ended, "o.state", "NULL::smallint"), "ended"),
        (asked(is_queued, "q.id", "NULL::bigint"), "queued"),
        (asked(filter.upstream.is_some(), upstream, "NULL::bigint"), "upstream"),
        (asked(has_name, HAS_CARRIER_REFERENCE, "NULL::boolean"), "has_carrier_reference"),
        (asked(filter.error.is_some(), HAS_ERROR, "NULL::boolean"), "has_error"),
    ]
    .map(|(column, name)| format!("{column} AS {name}"))
    .join(", ")
}

/// Whether it is looked up of each candidate what the carrier calls its parts. Where ends are walked along, candidates are found by it.
fn looks_names_up(filter: &Filter, walk: Walk) -> bool {
    filter.carrier_reference.is_some() && walk != Walk::Ends
}

fn needs_outcome(filter: &Filter) -> bool {
    filter.state.is_some_and(|state| state == State::Sent || state.is_final())
        || filter.upstream.is_some()
        || filter.carrier_reference.is_some()
        || filter.error.is_some()
}

fn needs_queue(filter: &Filter) -> bool {
    filter.state == Some(State::Sent) || (filter.upstream.is_some() && !filter.is_of_queue())
}

/// The condition of the candidates. Where the account leads to no index, it is compared when the row is seen.
fn within(filter: &Filter, walk: Walk) -> String {
    let (id, _) = walk.table();
    let account = match filter.viewer.account() {
        Some(_) if walk == Walk::Messages => "m.account = $3::bigint",
        _ => "($3::bigint IS NULL OR true)",
    };
    let held = if filter.held_by.is_some() { " AND q.due = q.expires" } else { "" };
    format!("{id} >= $1::bigint AND {id} < $2::bigint AND {account}{held}")
}

/// The upstream that sends or sent a message.
const UPSTREAM: &str =
    "coalesce(o.upstream, q.upstream, (SELECT w.upstream FROM waiting w WHERE w.message = m.id LIMIT 1))";
/// Whether the carrier calls a part so, as the carrier gave it.
const HAS_CARRIER_REFERENCE: &str = "(coalesce(o.reference = $10::text, false) \
     OR (o.id IS NULL AND EXISTS (SELECT FROM waiting w WHERE w.message = m.id \
     AND coalesce(w.given, w.reference) = $10::text)) \
     OR (m.parts > 1 AND EXISTS (SELECT FROM part p WHERE p.message = m.id AND p.reference = $10::text)))";
/// Whether the words are in the error. A colon ends a word too.
const HAS_ERROR: &str =
    "coalesce(strpos(' ' || replace(o.error, ':', ' ') || ' ', ' ' || $11::text || ' ') > 0, false)";

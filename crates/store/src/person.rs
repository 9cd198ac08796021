//! How a person's number stands in the columns of both engines.

use postrider_core::contract::PersonRows;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;

/// Deletes of what is kept of a handset besides its messages, with the spellings of its number at places 1 to 3 and the account
/// at place 4: notes before the conversations that they are found by.
pub(crate) fn deletes(sign: char) -> [String; 5] {
    let spelled = |column: &str| {
        format!(
            "{column} IN ({sign}1, {sign}2, {sign}3) AND (CAST({sign}4 AS bigint) < 0 OR account = CAST({sign}4 AS bigint))"
        )
    };
    let conversations = spelled("handset");
    [
        format!(
            "DELETE FROM conversation_note WHERE conversation IN (SELECT id FROM conversation WHERE {conversations})"
        ),
        format!("DELETE FROM conversation WHERE {conversations}"),
        format!("DELETE FROM rule_state WHERE {}", spelled("sender")),
        format!("DELETE FROM app_record WHERE {}", spelled("person")),
        format!("DELETE FROM app_count WHERE {}", spelled("subject")),
    ]
}

/// A number as networks spell it: its digits, with `+` before them, and with `00`.
pub(crate) fn spellings(number: Number) -> [String; 3] {
    let digits = number.digits();
    [digits.to_string(), format!("+{digits}"), format!("00{digits}")]
}

/// The one account that a viewer sees; -1 for all.
pub(crate) fn account(viewer: Viewer) -> i64 {
    viewer.account().map_or(-1, |account| account.0.into())
}

/// A table, and the condition that a row of it is the person's: with the number at place 5 and its spellings behind it.
type PersonTable = (&'static str, fn(char) -> String);

/// The table of these rows.
pub(crate) const fn table(rows: PersonRows) -> PersonTable {
    match rows {
        PersonRows::Parts => ("client_part", waiting),
        PersonRows::Messages => ("message", recipient),
        PersonRows::Received => ("inbound", sender),
    }
}

fn waiting(sign: char) -> String {
    format!("joined IS NULL AND {}", recipient(sign))
}

/// The spellings are named, too, since PostgreSQL wants every value used.
fn recipient(sign: char) -> String {
    let unused = |place: u8| format!("length(CAST({sign}{place} AS text)) >= 0");
    format!("recipient = {sign}5 AND {} AND {} AND {}", unused(6), unused(7), unused(8))
}

fn sender(sign: char) -> String {
    format!(
        "CAST({sign}5 AS bigint) >= 0 AND (from_given IN ({sign}6, {sign}7, {sign}8) OR from_understood = {sign}7)"
    )
}

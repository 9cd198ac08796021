//! Recipients of campaigns and batches in the columns of both engines.

use crate::codes::Code;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AudienceKey, Recipient, RecipientCounts, RecipientResult, RecipientRow, WantedRecipients,
};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::number::Number;

/// The statement that lists recipients with the ends of their messages: account, run, position and limit. `ends` joins table `o`.
pub(crate) fn list(wanted: WantedRecipients, sign: char, ends: &str) -> String {
    let delivered = State::Delivered.code();
    let condition = match wanted {
        WantedRecipients::All => "true".to_owned(),
        WantedRecipients::Open => "r.message IS NULL AND r.refusal IS NULL".to_owned(),
        WantedRecipients::Accepted => "r.message IS NOT NULL".to_owned(),
        WantedRecipients::Refused => "r.refusal IS NOT NULL".to_owned(),
        WantedRecipients::Delivered => format!("o.state = {delivered}"),
        WantedRecipients::NotDelivered => format!("o.state <> {delivered}"),
    };
    format!(
        "SELECT r.position, r.number, r.document, r.message, r.refusal, o.state FROM recipient r {ends} \
         WHERE r.account = {sign}1 AND r.run = {sign}2 AND r.position > {sign}3 AND {condition} \
         ORDER BY r.position LIMIT {sign}4"
    )
}

/// The statement that counts recipients: account and run. `ends` joins table `o`.
pub(crate) fn count(sign: char, ends: &str) -> String {
    format!(
        "SELECT r.refusal, r.message IS NULL, o.state, count(*) FROM recipient r {ends} \
         WHERE r.account = {sign}1 AND r.run = {sign}2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
}

/// The statement that forgets recipients: account, run and limit.
pub(crate) fn forget(sign: char) -> String {
    format!(
        "DELETE FROM recipient WHERE account = {sign}1 AND run = {sign}2 AND position IN \
         (SELECT position FROM recipient WHERE account = {sign}1 AND run = {sign}2 ORDER BY position LIMIT {sign}3)"
    )
}

/// The statement that finds the audience behind account and run.
pub(crate) fn next_audience(sign: char) -> String {
    format!(
        "SELECT account, run FROM recipient WHERE (account, run) > (CAST({sign}1 AS bigint), CAST({sign}2 AS bigint)) \
         ORDER BY account, run LIMIT 1"
    )
}

/// The statement that takes a person out of audiences, with digits and account: places stay taken, so that those behind keep theirs.
pub(crate) fn erase(sign: char) -> String {
    format!(
        "UPDATE recipient SET number = NULL, document = '' \
         WHERE number = CAST({sign}1 AS bigint) AND (CAST({sign}2 AS bigint) < 0 OR account = CAST({sign}2 AS bigint))"
    )
}

/// Account and run as columns keep them.
pub(crate) fn place(audience: AudienceKey) -> (i64, i64) {
    (audience.account.0.into(), audience.run.cast_signed())
}

/// The audience of these columns.
pub(crate) fn audience(account: i64, run: i64) -> AudienceKey {
    AudienceKey { account: AccountId(u32::try_from(account).unwrap_or(u32::MAX)), run: run.cast_unsigned() }
}

/// A result as columns keep it: the message, or the refusal.
pub(crate) fn result_columns(result: &RecipientResult) -> (Option<i64>, Option<&str>) {
    match result {
        RecipientResult::Open => (None, None),
        RecipientResult::Accepted(message) => (Some(message.number().cast_signed()), None),
        RecipientResult::Refused(code) => (None, Some(code)),
    }
}

/// A recipient of these columns.
pub(crate) fn row(
    (position, number, document): (i64, Option<i64>, Box<str>),
    (message, refusal): (Option<i64>, Option<Box<str>>),
    ended: Option<i64>,
) -> RecipientRow {
    let result = match (message, refusal) {
        (Some(message), _) => RecipientResult::Accepted(MessageId::from_number(message.cast_unsigned())),
        (None, Some(refusal)) => RecipientResult::Refused(refusal),
        (None, None) => RecipientResult::Open,
    };
    let number = number.and_then(|digits| Number::parse(&format!("+{digits}")).ok());
    let recipient = Recipient { position: position.cast_unsigned(), number, document, result };
    RecipientRow { recipient, ended: ended.and_then(State::from_code) }
}

/// Adds a line of counts.
pub(crate) fn add_count(
    counts: &mut RecipientCounts,
    refusal: Option<&str>,
    has_no_message: bool,
    ended: Option<i64>,
    many: i64,
) {
    let many = many.cast_unsigned();
    match (refusal, ended.and_then(State::from_code)) {
        (Some(code), _) => counts.refused.push((code.into(), many)),
        (None, Some(state)) => counts.ended.push((state, many)),
        (None, None) if has_no_message => counts.open += many,
        (None, None) => counts.under_way += many,
    }
}

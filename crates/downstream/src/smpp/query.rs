//! query_sm, cancel_sm and replace_sm: a client asks after a message that waits, and changes its mind.

use super::receipt;
use crate::sessions::body;
use postrider_core::account::AccountId;
use postrider_core::contract::{Archive, Cancel, History, StoreError};
use postrider_core::id::MessageId;
use postrider_core::message::Body;
use postrider_core::principal::Viewer;
use postrider_core::submission::TEXT_MAX;
use postrider_text::Alphabet;
use postrider_text::coding::of_data_coding;
use postrider_wire::smpp::pdu::{CancelSm, CancelSmResp, QuerySm, QuerySmResp, ReplaceSm, ReplaceSmResp};
use postrider_wire::smpp::time::Absolute;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, Session, Status, Tlvs};
use std::sync::Arc;
use std::time::Instant;

/// A client's request about one message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Question {
    Query(MessageId),
    Cancel(MessageId),
    Replace(MessageId, Body),
}

/// The answer to a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Query { message: MessageId, final_date: String, state: u8, error: u8 },
    Cancelled,
    Replaced,
    Refused(Command, Status),
}

/// Reads query_sm. Whether its source is the message's isn't looked at: accounts see only their own anyway.
pub(super) fn query(pdu: &QuerySm<'_>) -> Result<Question, Status> {
    Ok(Question::Query(message(pdu.message_id)?))
}

/// Reads cancel_sm. Taking back all messages of a pair of addresses isn't offered.
pub(super) fn cancel(pdu: &CancelSm<'_>) -> Result<Question, Status> {
    if pdu.message_id.is_empty() {
        return Err(Status::RCANCELFAIL);
    }
    Ok(Question::Cancel(message(pdu.message_id)?))
}

/// Reads replace_sm: the text is replaced, in the default alphabet; times and receipts stay as they are.
pub(super) fn replace(pdu: &ReplaceSm<'_>, alphabet: Alphabet) -> Result<Question, Status> {
    let message = message(pdu.message_id)?;
    let payload = || pdu.tlvs.get(tag::MESSAGE_PAYLOAD).unwrap_or_default();
    let octets = if pdu.short_message.is_empty() { payload() } else { pdu.short_message };
    let text = body::text(of_data_coding(0), octets, alphabet);
    if text.chars().count() > TEXT_MAX {
        return Err(Status::RINVMSGLEN);
    }
    Ok(Question::Replace(message, Body::Text(text.into())))
}

fn message(id: &[u8]) -> Result<MessageId, Status> {
    str::from_utf8(id.trim_ascii()).ok().and_then(|id| id.parse().ok()).ok_or(Status::RINVMSGID)
}

/// Finds the answer.
pub(super) async fn ask(archive: Arc<dyn Archive>, account: AccountId, question: Question) -> Reply {
    match question {
        Question::Query(id) => found(id, archive.history(Viewer::Account(account), id).await),
        Question::Cancel(id) => {
            let done = archive.cancel(Viewer::Account(account), id).await;
            changed(&done, Reply::Cancelled, Command::CANCEL_SM, Status::RCANCELFAIL)
        }
        Question::Replace(id, body) => {
            let done = archive.replace(account, id, body).await;
            changed(&done, Reply::Replaced, Command::REPLACE_SM, Status::RREPLACEFAIL)
        }
    }
}

/// A message may have been asked for by one of its parts.
fn found(message: MessageId, history: Result<Option<History>, StoreError>) -> Reply {
    let history = match history {
        Ok(Some(history)) => history,
        Ok(None) => return Reply::Refused(Command::QUERY_SM, Status::RINVMSGID),
        Err(_) => return Reply::Refused(Command::QUERY_SM, Status::RQUERYFAIL),
    };
    let outcome = history.outcome.as_ref();
    let cause = outcome.and_then(|outcome| outcome.error.as_ref());
    Reply::Query {
        message,
        final_date: outcome
            .map_or_else(String::new, |end| Absolute::from_unix_ms(end.done_at.0, 0).to_string()),
        state: receipt::state(history.state).octet(),
        error: cause.and_then(|cause| receipt::error(Some(cause)).parse().ok()).unwrap_or(0),
    }
}

fn changed(done: &Result<Cancel, StoreError>, good: Reply, command: Command, too_late: Status) -> Reply {
    match done {
        Ok(Cancel::Done) => good,
        Ok(Cancel::TooLate(_)) => Reply::Refused(command, too_late),
        Ok(Cancel::Missing) => Reply::Refused(command, Status::RINVMSGID),
        Err(_) => Reply::Refused(command, Status::RSYSERR),
    }
}

/// Writes the answer; a session that is over takes none.
pub(super) fn answer<T>(session: &mut Session<T>, sequence: u32, reply: &Reply, now: Instant) {
    let _ = match reply {
        Reply::Query { message, final_date, state, error } => {
            let id = message.to_string();
            let response = QuerySmResp {
                message_id: id.as_bytes(),
                final_date: final_date.as_bytes(),
                message_state: *state,
                error_code: *error,
                tlvs: Tlvs::EMPTY,
            };
            session.respond(sequence, Status::ROK, &response, now)
        }
        Reply::Cancelled => session.respond(sequence, Status::ROK, &CancelSmResp, now),
        Reply::Replaced => session.respond(sequence, Status::ROK, &ReplaceSmResp, now),
        Reply::Refused(command, status) => session.refuse(sequence, *command, *status, now),
    };
}

#[cfg(test)]
mod tests;

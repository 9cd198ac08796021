//! The messages of one read: handed in together, and answered together once they are durable.

use super::answer;
use crate::sessions::intake::{self, hand_in};
use postrider_core::account::Account;
use postrider_core::contract::{Intake, Prepared};
use postrider_core::id::MessageId;
use postrider_core::message::KnownAs;
use postrider_core::submission::{Refusal, Submission};
use postrider_wire::smpp::pdu::submit_multi::{Failure, FailureList};
use postrider_wire::smpp::pdu::{DataSmResp, SubmitMultiResp, SubmitSmResp};
use postrider_wire::smpp::{Address, Command, Npi, Session, Status, Tlvs, Ton};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

/// Requests of one read that carry messages.
#[derive(Debug, Default)]
pub(super) struct Batch {
    submissions: Vec<Submission>,
    asked: Vec<Asked>,
}

/// One request, and how many of the submissions are its own.
#[derive(Debug)]
struct Asked {
    sequence: u32,
    command: Command,
    count: usize,
    /// The destinations of a submit_multi, and the ones that were refused at sight.
    multi: Option<Box<Multi>>,
}

/// The destinations of a submit_multi as they were written.
#[derive(Debug, Default)]
pub(super) struct Multi {
    pub(super) destinations: Vec<(Ton, Npi, Box<[u8]>)>,
    pub(super) failures: FailureList,
}

/// The reply to a request.
#[derive(Debug)]
pub(super) struct Reply {
    sequence: u32,
    command: Command,
    /// The message that the reply names, or the status of a refusal.
    result: Result<MessageId, Status>,
    /// The destinations of a submit_multi that were refused.
    failures: Option<Box<FailureList>>,
}

/// Why a submission was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unaccepted {
    /// Something is wrong with it.
    Refused(Status),
    /// Nothing could be stored just now.
    Busy(Status),
}

impl Batch {
    /// Adds a request with one destination.
    pub(super) fn push(&mut self, sequence: u32, command: Command, submission: Submission) {
        self.submissions.push(submission);
        self.asked.push(Asked { sequence, command, count: 1, multi: None });
    }

    /// Adds a submit_multi: one submission for each of its destinations.
    pub(super) fn push_multi(&mut self, sequence: u32, submission: &Submission, multi: Multi) {
        let to = |(_, _, digits): &(Ton, Npi, Box<[u8]>)| Submission {
            to: String::from_utf8_lossy(digits).into_owned(),
            ..submission.clone()
        };
        self.submissions.extend(multi.destinations.iter().map(to));
        let count = multi.destinations.len();
        let multi = Some(Box::new(multi));
        self.asked.push(Asked { sequence, command: Command::SUBMIT_MULTI, count, multi });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// How many requests it has.
    pub(super) fn len(&self) -> usize {
        self.asked.len()
    }

    /// The numbers and commands of its requests.
    pub(super) fn requests(&self) -> impl Iterator<Item = (u32, Command)> {
        self.asked.iter().map(|asked| (asked.sequence, asked.command))
    }

    /// Hands everything in, and returns a reply to each request once its messages are durable.
    pub(super) async fn hand_in(self, intake: &dyn Intake, account: &Account) -> Vec<Reply> {
        let results = decide(intake, account, self.submissions, &self.asked).await;
        replies(self.asked, results)
    }
}

/// Shares out the results of submissions among their requests.
fn replies(asked: Vec<Asked>, results: Vec<Result<MessageId, Unaccepted>>) -> Vec<Reply> {
    let mut results = results.into_iter();
    let reply = |asked: Asked| {
        let mut own = results.by_ref().take(asked.count);
        let reply = asked.reply(&mut own);
        own.for_each(drop);
        reply
    };
    asked.into_iter().map(reply).collect()
}

/// Has submissions checked, and made durable where nothing is wrong with them; the order stays.
async fn decide(
    intake: &dyn Intake,
    account: &Account,
    submissions: Vec<Submission>,
    asked: &[Asked],
) -> Vec<Result<MessageId, Unaccepted>> {
    let share = |checked: &mut [Result<Prepared, Refusal>]| {
        let mut rest = checked;
        for asked in asked {
            let (own, others) = std::mem::take(&mut rest).split_at_mut(asked.count);
            share_identifier(own);
            rest = others;
        }
    };
    let results = hand_in(intake, account, submissions, share).await;
    results.into_iter().map(|result| result.map_err(|why| status(&why))).collect()
}

fn status(why: &intake::Unaccepted) -> Unaccepted {
    match why {
        intake::Unaccepted::Refused(refusal) => Unaccepted::Refused(answer::refusal(refusal)),
        intake::Unaccepted::Busy(busy) => Unaccepted::Busy(answer::busy(busy)),
    }
}

/// The messages of a submit_multi are answered with one identifier, of the first of them. By it the client knows all.
fn share_identifier(own: &mut [Result<Prepared, Refusal>]) {
    let mut accepted = own.iter_mut().filter_map(|checked| checked.as_mut().ok());
    let Some(first) = accepted.next() else { return };
    let id = first.message.id;
    for other in accepted {
        let message = Arc::make_mut(&mut other.message);
        let (receipts, reference) = (message.receipts, message.reference.clone());
        message.known_as = Box::new([KnownAs { id, receipts, reference }]);
        if let Some(part) = &mut other.part {
            part.message = Arc::clone(&other.message);
        }
    }
}

impl Asked {
    fn reply(self, mut results: impl Iterator<Item = Result<MessageId, Unaccepted>>) -> Reply {
        let Self { sequence, command, multi, .. } = self;
        if let Some(multi) = multi {
            return multi.reply(sequence, results);
        }
        // Each request with one destination has one result.
        let result = results.next().unwrap_or(Err(Unaccepted::Busy(Status::RSYSERR)));
        let result = result.map_err(|(Unaccepted::Refused(status) | Unaccepted::Busy(status))| status);
        Reply { sequence, command, result, failures: None }
    }
}

impl Multi {
    /// Each destination is a message of its own; the reply names the first of them.
    fn reply(self, sequence: u32, results: impl Iterator<Item = Result<MessageId, Unaccepted>>) -> Reply {
        let Self { destinations, mut failures } = self;
        let command = Command::SUBMIT_MULTI;
        let mut first = None;
        for ((ton, npi, digits), result) in destinations.iter().zip(results) {
            match result {
                Ok(message) => {
                    first.get_or_insert(message);
                }
                Err(Unaccepted::Refused(status)) => {
                    fail(&mut failures, Address::new(*ton, *npi, digits), status);
                }
                Err(Unaccepted::Busy(status)) => {
                    return Reply { sequence, command, result: Err(status), failures: None };
                }
            }
        }
        let result = first.ok_or(Status::RSUBMITFAIL);
        Reply { sequence, command, result, failures: Some(Box::new(failures)) }
    }
}

/// Adds to the destinations that were refused; one that can't be written in an answer is left out.
pub(super) fn fail(failures: &mut FailureList, destination: Address<'_>, status: Status) {
    if let Err(error) = failures.push(&Failure { destination, status }) {
        tracing::debug!(%error, "a refused destination can't be named in the answer");
    }
}

/// Writes replies.
pub(super) fn answer<T>(session: &mut Session<T>, replies: &[Reply], now: Instant) {
    let mut id = String::with_capacity(20);
    for Reply { sequence, command, result, failures } in replies {
        id.clear();
        let status = match result {
            Ok(message) => {
                let _ = write!(id, "{message}");
                Status::ROK
            }
            Err(status) => *status,
        };
        let (message_id, tlvs) = (id.as_bytes(), Tlvs::EMPTY);
        // A session that is over takes no answers: its client will ask again.
        let _ = match (*command, failures) {
            (Command::SUBMIT_MULTI, Some(failures)) => {
                let failures = failures.failures();
                session.respond(*sequence, status, &SubmitMultiResp { message_id, failures, tlvs }, now)
            }
            _ if result.is_err() => session.refuse(*sequence, *command, status, now),
            (Command::DATA_SM, _) => {
                session.respond(*sequence, status, &DataSmResp { message_id, tlvs }, now)
            }
            _ => session.respond(*sequence, status, &SubmitSmResp { message_id, tlvs }, now),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_FAST: Result<MessageId, Unaccepted> = Err(Unaccepted::Refused(Status::RTHROTTLED));
    const BUSY: Result<MessageId, Unaccepted> = Err(Unaccepted::Busy(Status::RMSGQFUL));

    /// A submit_multi to three destinations, between two submit_sm.
    fn batch() -> Batch {
        let mut batch = Batch::default();
        batch.push(1, Command::SUBMIT_SM, Submission::default());
        let destination = (Ton::INTERNATIONAL, Npi::ISDN, Box::from(*b"447700900123"));
        let multi = Multi { destinations: vec![destination; 3], failures: FailureList::default() };
        batch.push_multi(2, &Submission::default(), multi);
        batch.push(3, Command::SUBMIT_SM, Submission::default());
        batch
    }

    #[test]
    fn each_request_is_answered_by_its_own_results() {
        let id = MessageId::from_number;
        let cases = [
            (
                [Ok(id(1)), Ok(id(2)), Ok(id(3)), Ok(id(4)), Ok(id(5))],
                [Ok(id(1)), Ok(id(2)), Ok(id(5))],
                Some(0),
            ),
            (
                [Ok(id(1)), TOO_FAST, Ok(id(3)), TOO_FAST, TOO_FAST],
                [Ok(id(1)), Ok(id(3)), Err(Status::RTHROTTLED)],
                Some(2),
            ),
            (
                [TOO_FAST, TOO_FAST, TOO_FAST, TOO_FAST, Ok(id(5))],
                [Err(Status::RTHROTTLED), Err(Status::RSUBMITFAIL), Ok(id(5))],
                Some(3),
            ),
            (
                [TOO_FAST, BUSY, BUSY, BUSY, BUSY],
                [Err(Status::RTHROTTLED), Err(Status::RMSGQFUL), Err(Status::RMSGQFUL)],
                None,
            ),
        ];
        for (results, expected, failures) in cases {
            let replies = replies(batch().asked, results.to_vec());
            let named: Vec<_> = replies.iter().map(|reply| reply.result).collect();
            assert_eq!(named, expected, "{results:?}");
            let multi = replies[1].failures.as_deref();
            assert_eq!(multi.map(|list| list.failures().iter().count()), failures, "{results:?}");
        }
    }
}

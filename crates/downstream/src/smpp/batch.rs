//! The messages of one read: handed in together, and answered together once they are durable.

use super::answer;
use postrider_core::account::Account;
use postrider_core::contract::{Busy, Intake, Prepared};
use postrider_core::id::MessageId;
use postrider_core::submission::Submission;
use postrider_wire::smpp::pdu::submit_multi::{Failure, FailureList};
use postrider_wire::smpp::pdu::{DataSmResp, SubmitMultiResp, SubmitSmResp};
use postrider_wire::smpp::{Address, Command, Npi, Session, Status, Tlvs, Ton};
use std::fmt::Write as _;
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
    /// The destinations of a submit_multi, and those that were refused at sight.
    multi: Option<Box<Multi>>,
}

/// The destinations of a submit_multi as they were written.
#[derive(Debug, Default)]
pub(super) struct Multi {
    pub(super) destinations: Vec<(Ton, Npi, Box<[u8]>)>,
    pub(super) failures: FailureList,
}

/// An answer that waits for its message to be durable.
#[derive(Debug)]
pub(super) struct Reply {
    sequence: u32,
    command: Command,
    message: MessageId,
    failures: Option<Box<FailureList>>,
}

/// What of a batch can be taken on, and what is refused at once.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) prepared: Vec<Prepared>,
    pub(super) replies: Vec<Reply>,
    pub(super) refused: Vec<(u32, Command, Status)>,
    /// submit_multi of which no destination was taken on.
    pub(super) failed: Vec<(u32, Box<FailureList>)>,
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

    /// Hands everything in.
    pub(super) fn judge(self, intake: &dyn Intake, account: &Account) -> Judged {
        let mut results = intake.prepare(account, self.submissions).into_iter();
        let mut judged = Judged::default();
        for asked in self.asked {
            let Asked { sequence, command, count, multi } = asked;
            let results = results.by_ref().take(count);
            match multi {
                Some(multi) => judged.multi(sequence, *multi, results.collect()),
                None => {
                    for result in results {
                        judged.one(sequence, command, result);
                    }
                }
            }
        }
        judged
    }
}

type Result<T> = std::result::Result<T, postrider_core::submission::Refusal>;

impl Judged {
    fn one(&mut self, sequence: u32, command: Command, result: Result<Prepared>) {
        match result {
            Ok(prepared) => {
                self.replies.push(Reply { sequence, command, message: prepared.message.id, failures: None });
                self.prepared.push(prepared);
            }
            Err(refusal) => self.refused.push((sequence, command, answer::refusal(&refusal))),
        }
    }

    /// Each destination is a message of its own; the answer names the first of them.
    fn multi(&mut self, sequence: u32, multi: Multi, results: Vec<Result<Prepared>>) {
        let Multi { destinations, mut failures } = multi;
        let mut first = None;
        for ((ton, npi, digits), result) in destinations.iter().zip(results) {
            match result {
                Ok(prepared) => {
                    first.get_or_insert(prepared.message.id);
                    self.prepared.push(prepared);
                }
                Err(refusal) => {
                    let destination = Address::new(*ton, *npi, digits);
                    fail(&mut failures, destination, answer::refusal(&refusal));
                }
            }
        }
        let failures = Box::new(failures);
        let command = Command::SUBMIT_MULTI;
        match first {
            Some(message) => {
                self.replies.push(Reply { sequence, command, message, failures: Some(failures) });
            }
            None => self.failed.push((sequence, failures)),
        }
    }
}

/// Adds to the destinations that were refused; one that can't be written in an answer is left out.
pub(super) fn fail(failures: &mut FailureList, destination: Address<'_>, status: Status) {
    if let Err(error) = failures.push(&Failure { destination, status }) {
        tracing::debug!(%error, "a refused destination can't be named in the answer");
    }
}

/// Answers requests whose messages are durable now, or could not be made so.
pub(super) fn answer<T>(
    session: &mut Session<T>,
    replies: &[Reply],
    stored: std::result::Result<(), &Busy>,
    now: Instant,
) {
    let mut id = String::with_capacity(20);
    for reply in replies {
        let Reply { sequence, command, message, failures } = reply;
        if let Err(why) = stored {
            // A session that is over takes no answers: its client will ask again.
            let _ = session.refuse(*sequence, *command, answer::busy(why), now);
            continue;
        }
        id.clear();
        let _ = write!(id, "{message}");
        let (message_id, tlvs) = (id.as_bytes(), Tlvs::EMPTY);
        let _ = match (*command, failures) {
            (Command::SUBMIT_MULTI, Some(failures)) => {
                let failures = failures.failures();
                session.respond(*sequence, Status::ROK, &SubmitMultiResp { message_id, failures, tlvs }, now)
            }
            (Command::DATA_SM, _) => {
                session.respond(*sequence, Status::ROK, &DataSmResp { message_id, tlvs }, now)
            }
            _ => session.respond(*sequence, Status::ROK, &SubmitSmResp { message_id, tlvs }, now),
        };
    }
}

/// Answers a submit_multi that came to nothing: with why each destination was refused.
pub(super) fn answer_failed<T>(
    session: &mut Session<T>,
    sequence: u32,
    failures: &FailureList,
    now: Instant,
) {
    let response = SubmitMultiResp { message_id: &[], failures: failures.failures(), tlvs: Tlvs::EMPTY };
    let _ = session.respond(sequence, Status::RSUBMITFAIL, &response, now);
}

//! The notices that one receiving session has in its hands: fetched when its window has room, told as receipts and messages,
//! and returned if the session goes.

use super::handover::Seat;
use super::login::Bound;
use super::message::{self, Piece};
use super::receipt;
use futures_util::future::BoxFuture;
use postrider_core::account::AccountId;
use postrider_core::contract::{Outbox, Told};
use postrider_core::delivery::State;
use postrider_core::message::KnownAs;
use postrider_core::notice::{Attempt, Lane, Notice, What};
use postrider_core::retry;
use postrider_core::time::Time;
use postrider_wire::smpp::{RequestError, Session, Status};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a client may refuse a receipt in a way that no trying again will change.
const REFUSALS_MAX: u16 = 5;
/// How long nothing is fetched for a client that says "too fast" or that its queue is full.
const PAUSE: Duration = Duration::from_secs(1);
/// How long until a message is looked at again that no session here serves.
const POSTPONED: Duration = Duration::from_secs(5);

/// Notices in the hands of a session.
#[derive(Default)]
pub(super) struct Notices {
    waiting: VecDeque<Notice>,
    sent: Vec<Option<Sent>>,
    free: Vec<u32>,
    /// The tokens of notices whose next PDU is to be written.
    unfinished: VecDeque<u32>,
    told: Vec<Told>,
    paused_until: Option<Instant>,
}

/// A notice that is being told, a PDU after the other.
struct Sent {
    notice: Notice,
    /// The PDUs that are still to be written. A receipt under the message's own identifier isn't among them.
    rest: VecDeque<Next>,
}

/// A PDU that is to be written.
enum Next {
    /// A receipt, under an identifier that the client was given.
    Receipt(KnownAs),
    /// A piece of a message from a handset.
    Piece(Piece),
}

impl Notices {
    /// Takes in what was fetched.
    pub(super) fn add(&mut self, notices: Vec<Notice>) {
        self.waiting.extend(notices);
    }

    /// Has notices told later: no session here serves their addresses.
    pub(super) fn postpone(&mut self, notices: Vec<Notice>, clock: Time) {
        let again = Some(clock + POSTPONED);
        let told = notices.into_iter().map(|notice| Told {
            notice: notice.id,
            again,
            failed: notice.failed,
            attempt: None,
        });
        self.told.extend(told);
    }

    /// Writes as many as the client's window has room for.
    pub(super) fn write(&mut self, session: &mut Session<u32>, bound: &Bound, clock: Time, now: Instant) {
        while session.window_free() > 0 && session.outstanding() < bound.window {
            let Some((token, mut sent)) = self.next(bound) else { return };
            match write(session, token, &sent, bound, now) {
                Ok(_) => {
                    sent.rest.pop_front();
                    if let Some(place) = self.sent.get_mut(token as usize) {
                        *place = Some(sent);
                    }
                }
                Err(RequestError::Encode(error)) => {
                    self.free.push(token);
                    tracing::error!(notice = sent.notice.id.number(), %error, "a notice can't be written");
                    self.settle(&sent.notice, None, clock, Some(error.to_string()));
                }
                Err(_) => {
                    self.free.push(token);
                    self.waiting.push_front(sent.notice);
                    return;
                }
            }
        }
    }

    /// The notice whose next PDU is written: one that has begun before one that has not.
    fn next(&mut self, bound: &Bound) -> Option<(u32, Sent)> {
        while let Some(token) = self.unfinished.pop_front() {
            if let Some(sent) = self.sent.get_mut(token as usize).and_then(Option::take) {
                return Some((token, sent));
            }
        }
        let notice = self.waiting.pop_front()?;
        let rest = match &notice.what {
            What::Ended { message, outcome } => {
                let delivered = outcome.state == State::Delivered;
                let wanted = message.known_as.iter().filter(|known| known.receipts.include(delivered));
                wanted.cloned().map(Next::Receipt).collect()
            }
            // Sessions are told of messages alone.
            What::Consent { .. } => VecDeque::new(),
            What::Received { received, .. } => {
                message::pieces(received, bound.messages()).into_iter().map(Next::Piece).collect()
            }
        };
        let token = self.free.pop().unwrap_or_else(|| {
            self.sent.push(None);
            // No more than the window holds.
            (self.sent.len() - 1) as u32
        });
        Some((token, Sent { notice, rest }))
    }

    /// The client has answered a PDU, or has not in time (`None`).
    pub(super) fn answered(&mut self, token: u32, status: Option<Status>, clock: Time, now: Instant) {
        let Some(place) = self.sent.get_mut(token as usize) else { return };
        let is_taken = status.is_some_and(Status::is_ok);
        if is_taken && place.as_ref().is_some_and(|sent| !sent.rest.is_empty()) {
            self.unfinished.push_back(token);
            return;
        }
        let Some(Sent { notice, .. }) = place.take() else { return };
        self.free.push(token);
        let failed = notice.failed.saturating_add(1);
        let again = || retry::notice(failed, notice.id.number(), clock);
        match status {
            Some(status) if status.is_ok() => self.settle(&notice, None, clock, None),
            None => self.settle(&notice, again(), clock, Some(String::from("deliver_sm was not answered"))),
            Some(status) => {
                let later = matches!(
                    status,
                    Status::RTHROTTLED | Status::RMSGQFUL | Status::RX_T_APPN | Status::RSYSERR
                );
                if matches!(status, Status::RTHROTTLED | Status::RMSGQFUL) {
                    self.paused_until = Some(now + PAUSE);
                }
                let again = if later || failed < REFUSALS_MAX { again() } else { None };
                self.settle(&notice, again, clock, Some(format!("deliver_sm was answered with {status}")));
            }
        }
    }

    fn settle(&mut self, notice: &Notice, again: Option<Time>, clock: Time, failure: Option<String>) {
        let failed = notice.failed.saturating_add(u16::from(failure.is_some()));
        if failure.is_some() && again.is_none() {
            tracing::warn!(
                notice = notice.id.number(),
                failed,
                "a notice is given up: the client won't take it"
            );
        }
        let attempt = failure.map(|result| Attempt { at: clock, result: result.into() });
        self.told.push(Told { notice: notice.id, again, failed, attempt });
    }

    /// Hands what was told to the outbox.
    pub(super) fn hand_over(&mut self, account: AccountId, outbox: &Arc<dyn Outbox>) {
        if !self.told.is_empty() {
            outbox.told(Lane::Sessions(account), std::mem::take(&mut self.told));
        }
    }

    /// Returns everything that was not answered: another session may tell it, or this client when it is back.
    pub(super) fn give_back(&mut self, account: AccountId, outbox: &Arc<dyn Outbox>) {
        let sent = std::mem::take(&mut self.sent);
        let sent = sent.into_iter().flatten().map(|sent| sent.notice);
        let mut notices: Vec<Notice> = sent.chain(self.waiting.drain(..)).collect();
        self.free.clear();
        self.unfinished.clear();
        if !notices.is_empty() {
            notices.sort_by_key(|notice| notice.id);
            outbox.give_back(Lane::Sessions(account), notices);
        }
    }

    /// Until when nothing is to be fetched.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    /// Ends a pause that is over.
    pub(super) fn go_on(&mut self, now: Instant) {
        self.paused_until.take_if(|until| *until <= now);
    }

    /// Whether more may be fetched.
    pub(super) fn may_fetch(&self) -> bool {
        self.waiting.is_empty() && self.paused_until.is_none()
    }

    /// Whether no answer is waited for.
    pub(super) fn is_quiet(&self) -> bool {
        self.free.len() == self.sent.len()
    }
}

/// Writes the next PDU of a notice.
fn write(
    session: &mut Session<u32>,
    token: u32,
    sent: &Sent,
    bound: &Bound,
    now: Instant,
) -> Result<u32, RequestError> {
    match (&sent.notice.what, sent.rest.front()) {
        (What::Received { received, .. }, Some(Next::Piece(piece))) => {
            message::write(session, token, received, piece, bound.messages(), now)
        }
        (What::Received { .. } | What::Consent { .. }, _) => Err(RequestError::NotARequest),
        (What::Ended { message, outcome }, next) => {
            let known_as = match next {
                Some(Next::Receipt(known_as)) => Some(known_as),
                _ => None,
            };
            let end = (&**message, outcome);
            receipt::write(session, token, end, known_as, bound.receipts(), bound.alphabets, now)
        }
    }
}

/// Fetches notices, when there are any: from other sessions of the account, or from the outbox.
pub(super) fn fetch(
    outbox: &Arc<dyn Outbox>,
    seat: &Arc<Seat>,
    account: AccountId,
    most: usize,
) -> BoxFuture<'static, Vec<Notice>> {
    let (outbox, seat) = (Arc::clone(outbox), Arc::clone(seat));
    Box::pin(async move {
        tokio::select! {
            biased;
            handed = seat.take(most) => handed,
            fetched = outbox.take(Lane::Sessions(account), most) => fetched,
        }
    })
}

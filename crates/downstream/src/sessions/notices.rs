//! The notices that one receiving session has in its hands: fetched when its window has room, told as receipts and messages,
//! and returned if the session goes.

use super::handover::Seat;
use futures_util::future::BoxFuture;
use postrider_core::account::AccountId;
use postrider_core::contract::{Outbox, Told};
use postrider_core::delivery::{Outcome, State};
use postrider_core::inbound::Received;
use postrider_core::message::{KnownAs, Message};
use postrider_core::notice::{Attempt, Lane, Notice, What};
use postrider_core::retry;
use postrider_core::time::Time;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How notices are written in a client's protocol.
pub(crate) trait Telling {
    /// One request of a message from a handset.
    type Piece;

    /// How many requests the client's window has room for.
    fn room(&self) -> usize;

    /// The requests of a message from a handset, in order.
    fn pieces(&self, received: &Received) -> VecDeque<Self::Piece>;

    /// Writes the end of a message, under the identifier that its client has for it if that is another.
    ///
    /// # Errors
    /// When nothing was written.
    fn receipt(
        &mut self,
        token: u32,
        end: (&Message, &Outcome),
        known_as: Option<&KnownAs>,
        now: Instant,
    ) -> Result<(), Unwritten>;

    /// Writes one request of a message from a handset.
    ///
    /// # Errors
    /// When nothing was written.
    fn message(
        &mut self,
        token: u32,
        received: &Received,
        piece: &Self::Piece,
        now: Instant,
    ) -> Result<(), Unwritten>;
}

/// Why a request was not written.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// The session is over, or its window is full.
    NotNow,
    /// It can't be written, in words.
    Never(String),
}

/// A client's answer to a request of ours.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It took it.
    Taken,
    /// None came in time. The request's name is said.
    Missing(&'static str),
    /// It refused it.
    Refused {
        /// Whether it may take it later.
        later: bool,
        /// Whether nothing is to be fetched for a while.
        pauses: bool,
        /// The answer in words.
        words: String,
    },
}

/// How often a client may refuse a receipt in a way that no trying again will change.
const REFUSALS_MAX: u16 = 5;
/// How long nothing is fetched for a client that says "too fast" or that its queue is full.
const PAUSE: Duration = Duration::from_secs(1);
/// How long until a message is looked at again that no session here serves.
const POSTPONED: Duration = Duration::from_secs(5);

/// Notices in the hands of a session. `P` is a request of a message from a handset.
pub(crate) struct Notices<P> {
    waiting: VecDeque<Notice>,
    sent: Vec<Option<Sent<P>>>,
    free: Vec<u32>,
    /// The tokens of notices whose next request is to be written.
    unfinished: VecDeque<u32>,
    told: Vec<Told>,
    paused_until: Option<Instant>,
}

/// A notice that is being told, a request after the other.
struct Sent<P> {
    notice: Notice,
    /// The requests that are still to be written. A receipt under the message's own identifier isn't among them.
    rest: VecDeque<Next<P>>,
}

/// A request that is to be written.
enum Next<P> {
    /// A receipt, under an identifier that the client was given.
    Receipt(KnownAs),
    /// A piece of a message from a handset.
    Piece(P),
}

impl<P> Default for Notices<P> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            sent: Vec::new(),
            free: Vec::new(),
            unfinished: VecDeque::new(),
            told: Vec::new(),
            paused_until: None,
        }
    }
}

impl<P> Notices<P> {
    /// Takes in what was fetched.
    pub(crate) fn add(&mut self, notices: Vec<Notice>) {
        self.waiting.extend(notices);
    }

    /// Has notices told later: no session here serves their addresses.
    pub(crate) fn postpone(&mut self, notices: Vec<Notice>, clock: Time) {
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
    pub(crate) fn write(&mut self, telling: &mut impl Telling<Piece = P>, clock: Time, now: Instant) {
        while telling.room() > 0 {
            let Some((token, mut sent)) = self.next(telling) else { return };
            match write(telling, token, &sent, now) {
                Ok(()) => {
                    sent.rest.pop_front();
                    if let Some(place) = self.sent.get_mut(token as usize) {
                        *place = Some(sent);
                    }
                }
                Err(Unwritten::Never(error)) => {
                    self.free.push(token);
                    tracing::error!(notice = sent.notice.id.number(), %error, "a notice can't be written");
                    self.settle(&sent.notice, None, clock, Some(error));
                }
                Err(Unwritten::NotNow) => {
                    self.free.push(token);
                    self.waiting.push_front(sent.notice);
                    return;
                }
            }
        }
    }

    /// The notice whose next request is written: one that has begun before one that has not.
    fn next(&mut self, telling: &impl Telling<Piece = P>) -> Option<(u32, Sent<P>)> {
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
                telling.pieces(received).into_iter().map(Next::Piece).collect()
            }
        };
        let token = self.free.pop().unwrap_or_else(|| {
            self.sent.push(None);
            // No more than the window holds.
            (self.sent.len() - 1) as u32
        });
        Some((token, Sent { notice, rest }))
    }

    /// The client has answered a request, or has not in time.
    pub(crate) fn answered(&mut self, token: u32, answer: Answer, clock: Time, now: Instant) {
        let Some(place) = self.sent.get_mut(token as usize) else { return };
        let is_taken = matches!(answer, Answer::Taken);
        if is_taken && place.as_ref().is_some_and(|sent| !sent.rest.is_empty()) {
            self.unfinished.push_back(token);
            return;
        }
        let Some(Sent { notice, .. }) = place.take() else { return };
        self.free.push(token);
        let failed = notice.failed.saturating_add(1);
        let again = || retry::notice(failed, notice.id.number(), clock);
        match answer {
            Answer::Taken => self.settle(&notice, None, clock, None),
            Answer::Missing(request) => {
                self.settle(&notice, again(), clock, Some(format!("{request} was not answered")));
            }
            Answer::Refused { later, pauses, words } => {
                if pauses {
                    self.paused_until = Some(now + PAUSE);
                }
                let again = if later || failed < REFUSALS_MAX { again() } else { None };
                self.settle(&notice, again, clock, Some(words));
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
    pub(crate) fn hand_over(&mut self, account: AccountId, outbox: &Arc<dyn Outbox>) {
        if !self.told.is_empty() {
            outbox.told(Lane::Sessions(account), std::mem::take(&mut self.told));
        }
    }

    /// Returns everything that was not answered: another session may tell it, or this client when it is back.
    pub(crate) fn give_back(&mut self, account: AccountId, outbox: &Arc<dyn Outbox>) {
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
    pub(crate) fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    /// Ends a pause that is over.
    pub(crate) fn go_on(&mut self, now: Instant) {
        self.paused_until.take_if(|until| *until <= now);
    }

    /// Whether more may be fetched.
    pub(crate) fn may_fetch(&self) -> bool {
        self.waiting.is_empty() && self.paused_until.is_none()
    }

    /// Whether no answer is waited for.
    pub(crate) fn is_quiet(&self) -> bool {
        self.free.len() == self.sent.len()
    }
}

/// Writes the next request of a notice.
fn write<T: Telling>(
    telling: &mut T,
    token: u32,
    sent: &Sent<T::Piece>,
    now: Instant,
) -> Result<(), Unwritten> {
    match (&sent.notice.what, sent.rest.front()) {
        (What::Received { received, .. }, Some(Next::Piece(piece))) => {
            telling.message(token, received, piece, now)
        }
        (What::Received { .. } | What::Consent { .. }, _) => {
            Err(Unwritten::Never(String::from("there is nothing to write")))
        }
        (What::Ended { message, outcome }, next) => {
            let known_as = match next {
                Some(Next::Receipt(known_as)) => Some(known_as),
                _ => None,
            };
            telling.receipt(token, (&**message, outcome), known_as, now)
        }
    }
}

/// Fetches notices, when there are any: from other sessions of the account, or from the outbox.
pub(crate) fn fetch(
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

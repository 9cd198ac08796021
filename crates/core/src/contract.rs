//! What the parts ask of each other: the store that keeps, the engine's counters at which doors and
//! adapters stand. Every verb takes a batch, since batches are what makes the gateway fast.

use crate::account::{Account, AccountId};
use crate::delivery::{Change, Delivery, Outcome, PartOutcome, PartReport, State};
use crate::id::MessageId;
use crate::message::{Body, Message};
use crate::notice::{Attempt, Notice};
use crate::number::Number;
use crate::receipt::Report;
use crate::reference::Learnt;
use crate::route::UpstreamId;
use crate::rules::Rules;
use crate::submission::{Refusal, Submission};
use crate::time::Time;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why the store could not do what was asked. Nothing of the batch was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It can't be written or reached just now: a full disk, a database away. Trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What it holds can't be read: a person has to look.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Another process has opened it as this node, and alone may write now. Nothing that this one tries will ever succeed.
    #[error("another process has opened the store as this node")]
    Superseded,
}

/// A message to be accepted, and its way.
#[derive(Clone, Debug)]
pub struct Accept {
    /// What is accepted.
    pub message: Arc<Message>,
    /// The way it goes.
    pub upstream: UpstreamId,
    /// Whether this node sends it at once, so that nobody need lease it.
    pub owned: bool,
}

/// A client's promise that a request with this key is one request, however often it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Whose.
    pub account: AccountId,
    /// The client's key.
    pub key: Box<str>,
    /// SHA-256 of the request, to tell a repetition from a mistake.
    pub request: [u8; 32],
    /// The answer that a repetition gets.
    pub answer: Box<str>,
}

/// What came of an acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is durable.
    Now,
    /// The same request was accepted before; this was its answer.
    Before(Box<str>),
    /// The key was used for another request.
    Conflict,
}

/// One transaction of what happened to deliveries.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Steps of deliveries.
    pub changes: Vec<Change>,
    /// Receipts that found no message: they may be early.
    pub parked: Vec<Parked>,
    /// Parked receipts that have found their message.
    pub unparked: Vec<(UpstreamId, Box<str>)>,
}

impl Record {
    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.parked.is_empty() && self.unparked.is_empty()
    }
}

/// A receipt that waits for its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Where it came from.
    pub upstream: UpstreamId,
    /// The receipt.
    pub report: Report,
    /// What its name is known by, as far as the carrier's form of names is known.
    pub key: Box<str>,
    /// When it came.
    pub at: Time,
}

/// A part of which nothing final was heard since it was sent, as its carrier can be asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheard {
    /// Its message.
    pub message: Arc<Message>,
    /// What the carrier's name for the part is known by.
    pub key: Box<str>,
    /// The name as the carrier gave it.
    pub given: Box<str>,
}

impl Unheard {
    /// Where it stands among others: those of the oldest message come first.
    #[must_use]
    pub fn place(&self) -> (MessageId, Box<str>) {
        (self.message.id, self.key.clone())
    }
}

/// What came of claiming a message in order to change it.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It waits in the queue and is now in the caller's hands.
    Taken(Box<Delivery>),
    /// It is being sent just now.
    Busy,
    /// It was sent.
    Sent,
    /// It has ended so.
    Ended(State),
    /// The account has no such message.
    Missing,
}

/// All that is known of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The message.
    pub message: Arc<Message>,
    /// Where it stands.
    pub state: State,
    /// The way it goes or went.
    pub upstream: Option<UpstreamId>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// Whether the carrier may have had it twice, or may yet.
    pub possible_duplicate: bool,
    /// Carriers' names for its parts while receipts are waited for, with when each was sent.
    pub awaited: Vec<(u8, Box<str>, Time)>,
    /// Final states of single parts, for messages of several.
    pub parts: Vec<(PartReport, Time)>,
    /// When it is tried next, and how many attempts failed, while it is queued.
    pub queued: Option<(Time, u16)>,
    /// What was out of the ordinary.
    pub remarks: Vec<(Time, Box<str>)>,
    /// Attempts to tell the client.
    pub attempts: Vec<Attempt>,
}

/// Which messages a list holds. All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this account; `None` is of all (an administrator).
    pub account: Option<AccountId>,
    /// To this number.
    pub to: Option<Number>,
    /// In this state.
    pub state: Option<State>,
    /// With this reference of the client's.
    pub reference: Option<String>,
    /// Accepted at or after this.
    pub since: Option<Time>,
    /// Accepted before this.
    pub until: Option<Time>,
    /// Older than this one: where the page before ended.
    pub before: Option<MessageId>,
    /// At most this many.
    pub limit: usize,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message.
    pub message: Arc<Message>,
    /// Where it stands.
    pub state: State,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// Whether the carrier may have had it twice, or may yet.
    pub possible_duplicate: bool,
}

/// A declared thing: an account, an upstream, a route. The store keeps its document as text that only
/// those who declare it can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is: `account`, `upstream`, `route`.
    pub kind: Box<str>,
    /// Its name, unique among its kind.
    pub name: Box<str>,
    /// Its number, given by the store when the name is first seen and never given again.
    pub id: u32,
    /// What was declared; `None` when it was deleted or is declared in the file.
    pub document: Option<Box<str>>,
    /// When it changed last.
    pub updated: Time,
}

/// A change to a resource, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceChange {
    /// When.
    pub at: Time,
    /// Who: a key's name, `file`, `command line`.
    pub who: Box<str>,
    /// What kind of thing.
    pub kind: Box<str>,
    /// Which one.
    pub name: Box<str>,
    /// What was declared before, secrets left out; `None` if it was new.
    pub before: Option<Box<str>>,
    /// What is declared now, secrets left out; `None` if it was deleted.
    pub after: Option<Box<str>>,
}

/// How much waits, for gauges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Messages queued, by upstream.
    pub queued: Vec<(UpstreamId, u64)>,
    /// When the oldest queued message was accepted.
    pub oldest: Option<Time>,
    /// Receipts waited for.
    pub awaited: u64,
    /// Notices to be told.
    pub notices: u64,
    /// Receipts that found no message.
    pub parked: u64,
    /// Octets of the store's files.
    pub octets: u64,
}

/// Notices given out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Those that are due.
    pub notices: Vec<Notice>,
    /// When the next one in nobody's hands is, if there are no more that are due now.
    pub next: Option<Time>,
}

/// What survives a crash. Each verb is one transaction; what it returned is durable.
#[async_trait]
pub trait Store: Send + Sync {
    /// Takes on messages, all or none. `once` makes a repetition harmless.
    async fn accept(&self, messages: Vec<Accept>, once: Option<Once>) -> Result<Accepted, StoreError>;

    /// Gives out queued messages of an upstream that are due and in nobody's hands: the most urgent class
    /// first, the oldest first. They are in this node's hands until recorded.
    async fn lease(&self, upstream: UpstreamId, most: usize, now: Time) -> Result<Vec<Delivery>, StoreError>;

    /// Returns messages unsent, and untouched, to the queue.
    async fn release(&self, messages: Vec<MessageId>) -> Result<(), StoreError>;

    /// Records what happened, all or none.
    async fn record(&self, record: Arc<Record>) -> Result<(), StoreError>;

    /// Deliveries, with the part, whose receipts are waited for by these names, in the same order.
    async fn find(
        &self,
        references: Vec<(UpstreamId, Box<str>)>,
    ) -> Result<Vec<Option<(Delivery, u8)>>, StoreError>;

    /// What was found out of upstreams' names.
    async fn learnt(&self) -> Result<Vec<Learnt>, StoreError>;

    /// Keeps what was found out of an upstream's names, in the place of what was before.
    async fn learn(&self, learnt: Learnt) -> Result<(), StoreError>;

    /// Receipts that found no message, newest first.
    async fn parked(&self, most: usize) -> Result<Vec<Parked>, StoreError>;

    /// Gives out notices for the sessions of an account (`Some`), or for webhooks (`None`), that are due and in nobody's
    /// hands: those due first first. They are in this node's hands until told or released.
    async fn lease_notices(
        &self,
        sessions_of: Option<AccountId>,
        most: usize,
        now: Time,
    ) -> Result<Due, StoreError>;

    /// Returns notices untold, all of one lane.
    async fn release_notices(
        &self,
        sessions_of: Option<AccountId>,
        messages: Vec<MessageId>,
    ) -> Result<(), StoreError>;

    /// Notices told, or to be told again, all of one lane: the sessions of an account, or webhooks (`None`).
    async fn told(&self, sessions_of: Option<AccountId>, told: Vec<Told>) -> Result<(), StoreError>;

    /// Puts a queued message that nobody sends into the caller's hands. `account` of `None` is an
    /// administrator.
    async fn claim(
        &self,
        account: Option<AccountId>,
        message: MessageId,
        now: Time,
    ) -> Result<Claim, StoreError>;

    /// Rewrites a claimed message and returns it to the queue.
    async fn replace(&self, message: Arc<Message>) -> Result<(), StoreError>;

    /// Queued messages in nobody's hands whose time has run out; they are in the caller's hands.
    async fn overdue(&self, most: usize, now: Time) -> Result<Vec<Delivery>, StoreError>;

    /// Messages sent before `before` whose receipts are still waited for.
    async fn silent(&self, before: Time, most: usize) -> Result<Vec<Delivery>, StoreError>;

    /// Parts that this upstream sent before `before` and whose receipts are still waited for: those of messages accepted
    /// before `before`, in their order, from behind the place `after` on.
    async fn unheard(
        &self,
        upstream: UpstreamId,
        before: Time,
        after: (MessageId, Box<str>),
        most: usize,
    ) -> Result<Vec<Unheard>, StoreError>;

    /// Queued messages, in nobody's hands, whose upstream is none of these; they are in the caller's hands.
    async fn stranded(&self, upstreams: Vec<UpstreamId>, most: usize) -> Result<Vec<Delivery>, StoreError>;

    /// Forgets ended messages accepted before `before`, at most so many at once; returns how many. A store that keeps
    /// days apart forgets whole ones: a day that `before` falls into stays, and one that goes counts at most as so many.
    async fn purge(&self, before: Time, most: usize) -> Result<usize, StoreError>;

    /// All that is known of a message; `account` of `None` is an administrator.
    async fn history(
        &self,
        account: Option<AccountId>,
        message: MessageId,
    ) -> Result<Option<History>, StoreError>;

    /// Messages, the newest first.
    async fn list(&self, filter: Filter) -> Result<Vec<Entry>, StoreError>;

    /// The answer given to this key before, if it was used.
    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError>;

    /// Every resource ever named, deleted ones too.
    async fn resources(&self) -> Result<Vec<Resource>, StoreError>;

    /// Numbers for these (kind, name) pairs, given anew where a name is new.
    async fn number(&self, names: Vec<(Box<str>, Box<str>)>) -> Result<Vec<u32>, StoreError>;

    /// Declares or deletes resources, and records it.
    async fn declare(&self, changes: Vec<(ResourceChange, Option<Box<str>>)>) -> Result<(), StoreError>;

    /// Recorded changes to resources, newest first, older than the position `before`.
    async fn changes(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<(u64, ResourceChange)>, StoreError>;

    /// How much waits.
    async fn depths(&self) -> Result<Depths, StoreError>;

    /// Ends the store's work in order, after everything asked before.
    async fn close(&self);
}

/// What came of telling a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The notice, by its message.
    pub message: MessageId,
    /// When it is told again; `None` when it is done with.
    pub again: Option<Time>,
    /// How often telling it has failed.
    pub failed: u16,
    /// The attempt, where the timeline should show it.
    pub attempt: Option<Attempt>,
}

/// A submission that was checked and planned, but is not durable yet.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The message.
    pub message: Arc<Message>,
    /// The way it goes.
    pub upstream: UpstreamId,
}

/// Why nothing was accepted though nothing was wrong with it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Busy {
    /// The store can't be written just now.
    #[error("messages can't be stored just now; try again")]
    Store,
    /// More is waiting to be stored than there is room for.
    #[error("too much is waiting to be stored; try again")]
    Full,
    /// The gateway is shutting down.
    #[error("the gateway is shutting down; try again in a moment")]
    Draining,
}

/// Where doors hand in messages.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Checks, judges, plans and seals each; nothing is kept yet.
    fn prepare(&self, account: &Account, submissions: Vec<Submission>) -> Vec<Result<Prepared, Refusal>>;

    /// Makes them durable, all or none. Only then may the client hear "accepted". It is carried through even
    /// when the caller goes away.
    async fn commit(&self, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy>;
}

/// Where doors ask about messages and change those that wait.
#[async_trait]
pub trait Archive: Send + Sync {
    /// All that is known of a message; `account` of `None` is an administrator.
    async fn history(
        &self,
        account: Option<AccountId>,
        message: MessageId,
    ) -> Result<Option<History>, StoreError>;
    /// Messages, the newest first.
    async fn list(&self, filter: Filter) -> Result<Vec<Entry>, StoreError>;
    /// The answer given to this key before, if it was used.
    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError>;
    /// Receipts that found no message, newest first, each with the messages that it is likeliest about.
    async fn unmatched(&self, most: usize) -> Result<Vec<(Parked, Vec<Entry>)>, StoreError>;
    /// Takes a message back if it still waits.
    async fn cancel(&self, account: Option<AccountId>, message: MessageId) -> Result<Cancel, StoreError>;
    /// Gives a message that still waits another body.
    async fn replace(&self, account: AccountId, message: MessageId, body: Body)
    -> Result<Cancel, StoreError>;
}

/// What came of taking a message back, or of replacing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// Done.
    Done,
    /// Too late: it is being sent, or was.
    TooLate(State),
    /// The account has no such message.
    Missing,
}

/// The live configuration, for those who ask often.
pub trait Live: Send + Sync {
    /// The rules in force now.
    fn rules(&self) -> Arc<Rules>;
    /// The time now: the one clock that doors and engine share.
    fn now(&self) -> Time;
    /// Takes note that a session of the account has opened here, or ended.
    fn session(&self, account: AccountId, open: bool);
    /// Sessions of the account that are open at other nodes.
    fn sessions_elsewhere(&self, account: AccountId) -> u32;
}

/// Where doors fetch the notices that they tell.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Waits until there are notices for the sessions of an account (`Some`), or for webhooks (`None`), and
    /// takes up to `most` of them. Who takes them must answer with [`Outbox::told`] or [`Outbox::give_back`].
    async fn take(&self, sessions_of: Option<AccountId>, most: usize) -> Vec<Notice>;
    /// What came of telling them.
    fn told(&self, sessions_of: Option<AccountId>, told: Vec<Told>);
    /// Returns notices that were not told: the session went.
    fn give_back(&self, sessions_of: Option<AccountId>, notices: Vec<Notice>);
}

/// What came of a delivery that an upstream had taken.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The delivery, returned.
    pub delivery: Delivery,
    /// How many parts the whole message has on this upstream.
    pub parts: u8,
    /// What came of each part that was to be sent this time.
    pub outcomes: Vec<(u8, PartOutcome)>,
}

/// A part that was given up as unanswered, and that the carrier took all the same, as its answer told later.
#[derive(Clone, Debug)]
pub struct Late {
    /// The delivery as it was when the part was given up.
    pub delivery: Delivery,
    /// The part.
    pub part: u8,
    /// How many parts the whole message has on this upstream.
    pub parts: u8,
    /// The carrier's name for the part.
    pub reference: Box<str>,
}

/// How a link of an upstream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Being made.
    Connecting,
    /// Ready to send.
    Up,
    /// Not this node's to keep, or not any more.
    Elsewhere,
    /// Not there; why, and when the next try is.
    Down {
        /// Why, in words.
        reason: String,
        /// How long until it is tried again.
        retry_in: Duration,
    },
}

impl LinkState {
    /// Whether the link is this node's affair.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        !matches!(self, Self::Elsewhere)
    }
}

/// Other nodes' links of an upstream, as soon as it is heard of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// When one was bound last.
    pub bound: Option<Instant>,
    /// Whether whoever bound it has told of no end since.
    pub up: bool,
}

/// The engine's counter for one upstream: its adapter fetches work here when its window has room, and
/// brings back what came of it.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Takes deliveries of about `parts` parts together, as the rate permits: none when there is nothing to do.
    /// A delivery's `taken` parts must not be sent again.
    fn take(&self, parts: usize) -> Vec<Delivery>;

    /// Waits until [`Desk::take`] may have something, given what [`Desk::work`] returned last (0 at first).
    async fn work(&self, seen: u64) -> u64;

    /// Brings back deliveries with what came of them.
    fn answered(&self, answers: Vec<Answer>);

    /// Brings names of parts that were brought back as unanswered.
    fn named_late(&self, late: Vec<Late>);

    /// Brings receipts; when it returns they are durable and may be acknowledged. `Err` when they could not be
    /// kept and the carrier should bring them again.
    async fn heard(&self, reports: Vec<Report>) -> Result<(), StoreError>;

    /// Takes up to `most` parts whose receipts are overdue, about which the carrier is to be asked now.
    fn ask(&self, most: usize) -> Vec<Unheard>;

    /// Brings what the carrier said of parts when it was asked. A report's `reference` is the part's
    /// [`key`](Unheard::key).
    fn replied(&self, replies: Vec<Report>);

    /// Tells how loaded the carrier says it is, from 0 to 100 per cent.
    fn loaded(&self, per_cent: u8);

    /// Tells how a link stands.
    fn link(&self, link: usize, state: LinkState);

    /// What was heard of other nodes' links of this upstream.
    fn elsewhere(&self) -> Elsewhere;

    /// Waits until this bind, counted from 0, is this node's to keep. It is not made before.
    async fn admitted(&self, bind: usize);

    /// Waits until this bind is to be given up to another node, and says how long answers may be waited for. Its links
    /// then end in order, and say [`LinkState::Elsewhere`] once they have.
    async fn dismissed(&self, bind: usize) -> Duration;
}

//! The store: what survives a crash.

use super::{
    Accept, Accepted, AppStore, AuditLog, Automated, Claim, ConsentFilter, ConversationChange,
    ConversationFilter, Credits, Depths, Due, Events, EventsWanted, Filter, History, InboundFilter,
    InboundPartsWanted, Joined, JoinedParts, Keeping, Leased, Measurements, MediaStore, NotJoined,
    NumberFacts, Once, Page, Parked, PartsWanted, Privacy, QueuePlace, RecipientStore, Record, Recorded,
    Reports, Resource, ResourceChange, Scheduled, Sealing, Sessions, StoreError, Stranded, Told, Unheard,
    Usage, Wanted,
};
use crate::account::AccountId;
use crate::automation::{RuleId, StateRow};
use crate::client_part::ClientPart;
use crate::consent;
use crate::conversation::{Conversation, Note};
use crate::delivery::Delivery;
use crate::id::MessageId;
use crate::inbound::Received;
use crate::inbound::parts::InboundPart;
use crate::message::Message;
use crate::notice::{Attempt, Lane, Notice, NoticeId};
use crate::number::Number;
use crate::policy::Counted;
use crate::principal::Viewer;
use crate::reference::Learnt;
use crate::route::UpstreamId;
use crate::time::Time;
use async_trait::async_trait;
use std::sync::Arc;

/// What a message waits for in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitsFor {
    /// The upstream.
    pub upstream: UpstreamId,
    /// When it is due.
    pub due: Time,
}

/// The store: everything that survives a crash. Each verb is one transaction; what it returned is durable.
///
/// A row that can't be read is set aside, counted in [`Depths::damaged`] and told in the log; the verb goes on without it.
#[async_trait]
pub trait Store:
    AppStore
    + AuditLog
    + Credits
    + Measurements
    + MediaStore
    + NumberFacts
    + Privacy
    + RecipientStore
    + Reports
    + Sealing
    + Sessions
    + Usage
    + Send
    + Sync
{
    /// Accepts messages together; single ones of them may be refused. `once` makes a repetition harmless.
    ///
    /// After an error nothing of them is in this node's hands. A store that finds out later that it has stored them takes them
    /// out again, unless somebody has them in hand, or a repetition by `once` is to find them.
    async fn accept(&self, messages: Vec<Accept>, once: Option<Once>) -> Result<Accepted, StoreError>;

    /// Messages to these recipients that frequency caps count, and that go out after `since`.
    async fn counted(&self, to: Vec<Number>, since: Time) -> Result<Vec<Counted>, StoreError>;

    /// Forgets messages that frequency caps counted, and that went out before. Returns how many; fewer than `most` when nothing
    /// is left.
    async fn forget_counted(&self, before: Time, most: usize) -> Result<usize, StoreError>;

    /// Keeps parts of texts that clients cut themselves, until they are joined.
    async fn collect(&self, parts: Vec<ClientPart>) -> Result<(), StoreError>;

    /// Parts of texts that clients cut themselves.
    async fn client_parts(&self, wanted: PartsWanted) -> Result<Vec<ClientPart>, StoreError>;

    /// Accepts messages that were put together from parts. A message one of whose parts doesn't wait any more is left out:
    /// somebody else has joined it. So is one that its account can't pay, whose parts go on waiting.
    async fn join(&self, messages: Vec<Joined>) -> Result<NotJoined, StoreError>;

    /// Takes note that parts are those of a message again, which needs no sending.
    async fn repeat(&self, parts: Vec<MessageId>, of: MessageId) -> Result<(), StoreError>;

    /// Puts queued messages of an upstream that are due, and that nobody holds, into this node's hands until they are
    /// recorded or released.
    async fn lease(&self, upstream: UpstreamId, wanted: Wanted, now: Time) -> Result<Leased, StoreError>;

    /// Returns messages unsent, and untouched, to the queue.
    async fn release(&self, messages: Vec<MessageId>) -> Result<(), StoreError>;

    /// Records what happened, all or none. Nothing is taken out of another node's hands but by a receipt that ends a message:
    /// what a node records of a message that was taken over says that there may be two copies, and doesn't end it.
    async fn record(&self, record: Arc<Record>) -> Result<Recorded, StoreError>;

    /// Deliveries, with the part, whose receipts are waited for by these references, in the same order.
    async fn find(
        &self,
        references: Vec<(UpstreamId, Box<str>)>,
    ) -> Result<Vec<Option<(Delivery, u8)>>, StoreError>;

    /// The forms of carriers' references that were learnt.
    async fn learnt(&self) -> Result<Vec<Learnt>, StoreError>;

    /// Keeps what was learnt of an upstream's references, in the place of what was before.
    async fn learn(&self, learnt: Learnt) -> Result<(), StoreError>;

    /// Receipts that found no message, newest first.
    async fn parked(&self, most: usize) -> Result<Vec<Parked>, StoreError>;

    /// Messages from handsets, the newest first.
    async fn inbound(&self, filter: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError>;

    /// A message from a handset and the attempts to tell its owner, if the viewer sees it.
    async fn received(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError>;

    /// Parts of messages from handsets.
    async fn inbound_parts(&self, wanted: InboundPartsWanted) -> Result<Vec<InboundPart>, StoreError>;

    /// Makes messages of parts, each whole or not at all, and forgets parts that were joined before `forget`. Returns the
    /// places of those of which a part was joined before.
    async fn join_inbound(
        &self,
        joined: Vec<JoinedParts>,
        forget: MessageId,
    ) -> Result<Vec<usize>, StoreError>;

    /// Makes changes of what holds of numbers, in order, and keeps notices, in nobody's hands. Tells of each change whether it
    /// changed anything; what changed nothing is not kept, nor is its notice.
    async fn consent(
        &self,
        changes: Vec<Arc<consent::Change>>,
        notices: Vec<Notice>,
    ) -> Result<Vec<bool>, StoreError>;

    /// Changes of what holds of numbers, in their order, behind this place in it.
    async fn consent_after(&self, sequence: u64, most: usize) -> Result<Vec<consent::Kept>, StoreError>;

    /// Changes of what holds of numbers, the newest first.
    async fn consents(&self, filter: ConsentFilter) -> Result<Vec<consent::Kept>, StoreError>;

    /// Puts notices of a lane that are due, and that nobody holds, into this node's hands until they are told or released,
    /// ordered by due time.
    async fn lease_notices(&self, lane: Lane, most: usize, now: Time) -> Result<Due, StoreError>;

    /// Returns notices of a lane untold.
    async fn release_notices(&self, lane: Lane, notices: Vec<NoticeId>) -> Result<(), StoreError>;

    /// Records which notices of a lane were told, or are to be told again.
    async fn told(&self, lane: Lane, told: Vec<Told>) -> Result<(), StoreError>;

    /// Messages in the queue to these recipients of accounts that are due later, or that a reply cancels: the oldest, up to a limit.
    async fn scheduled_to(&self, recipients: Vec<(AccountId, Number)>) -> Result<Vec<Scheduled>, StoreError>;

    /// What rules of automation remember of a sender.
    async fn rule_states(&self, account: AccountId, sender: Box<str>) -> Result<Vec<StateRow>, StoreError>;

    /// Keeps what rules did of a message, and takes its notice away. Returns false, and keeps nothing, if what they remember of
    /// the sender has changed meanwhile.
    async fn automated(&self, automated: Automated) -> Result<bool, StoreError>;

    /// The lanes of rules' URLs in which something waits to be told.
    async fn lanes_of_rules(&self) -> Result<Vec<Lane>, StoreError>;

    /// How many senders gave each answer to a poll, by answer.
    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError>;

    /// Puts a queued message that nobody sends into the caller's hands, if the viewer sees it.
    async fn claim(&self, viewer: Viewer, message: MessageId, now: Time) -> Result<Claim, StoreError>;

    /// Rewrites a claimed message and returns it to the queue: to this place, or else to where it was, at the earliest when the message
    /// says.
    async fn replace(&self, message: Arc<Message>, place: Option<WaitsFor>) -> Result<(), StoreError>;

    /// Queued messages that nobody holds and whose time has run out; they are in the caller's hands.
    async fn overdue(&self, most: usize, now: Time) -> Result<Vec<Delivery>, StoreError>;

    /// Messages sent before `before` whose receipts are still waited for.
    async fn silent(&self, before: Time, most: usize) -> Result<Vec<Delivery>, StoreError>;

    /// Parts that this upstream sent before `before` and whose receipts are still waited for: those of messages accepted
    /// before `before`, in their order, behind the place `after`.
    async fn unheard(
        &self,
        upstream: UpstreamId,
        before: Time,
        after: (MessageId, Box<str>),
        most: usize,
    ) -> Result<Vec<Unheard>, StoreError>;

    /// Queued messages that nobody holds and whose upstream is none of these, behind the place `after`; they are in the
    /// caller's hands.
    async fn stranded(
        &self,
        upstreams: Vec<UpstreamId>,
        after: Option<QueuePlace>,
        most: usize,
    ) -> Result<Stranded, StoreError>;

    /// Forgets ended messages accepted before `before`, at most so many at once; returns how many. A store that keeps
    /// days apart forgets whole ones: a day that `before` falls into stays, and a day that goes counts at most as so many.
    async fn purge(&self, before: Time, most: usize) -> Result<usize, StoreError>;

    /// Events of the stream, in its order. An event becomes visible when all before it are, whichever nodes recorded them.
    async fn events(&self, wanted: EventsWanted) -> Result<Events, StoreError>;

    /// Conversations, those that changed last first.
    async fn conversations(&self, filter: ConversationFilter) -> Result<Vec<Conversation>, StoreError>;

    /// A conversation and its notes, the oldest first, if the viewer sees it.
    async fn conversation(
        &self,
        viewer: Viewer,
        id: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError>;

    /// Changes a conversation, if the viewer sees it, and returns it as it is then.
    async fn change_conversation(
        &self,
        viewer: Viewer,
        change: ConversationChange,
        now: Time,
    ) -> Result<Option<Conversation>, StoreError>;

    /// Forgets events recorded before `before`, at most so many pages of them at once; returns how many. The last page stays.
    async fn purge_events(&self, before: Time, most: usize) -> Result<usize, StoreError>;

    /// All that is known of a message, if the viewer sees it.
    async fn history(&self, viewer: Viewer, message: MessageId) -> Result<Option<History>, StoreError>;

    /// Messages, the newest first.
    async fn list(&self, filter: Filter) -> Result<Page, StoreError>;

    /// Makes the filter of the next block of so many messages, if they were accepted before this: lists pass over blocks that can't
    /// have what they look for. Returns whether it made one. What is accepted later with an earlier identifier isn't found by words.
    async fn summarize(&self, before: Time, messages: usize) -> Result<bool, StoreError>;

    /// The account's messages with these identifiers, as far as they are still known, in no order.
    async fn messages(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Arc<Message>>, StoreError>;

    /// The decisions on an earlier request with this idempotency key, if there was one.
    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError>;

    /// Every resource ever named, deleted ones too.
    async fn resources(&self) -> Result<Vec<Resource>, StoreError>;

    /// The octets that are kept beside a resource's document, if there are any.
    async fn resource_data(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Numbers for these (kind, name) pairs, given anew where a name is new.
    async fn number(&self, names: Vec<(Box<str>, Box<str>)>) -> Result<Vec<u32>, StoreError>;

    /// Declares or deletes resources, and records it.
    async fn declare(&self, changes: Vec<(ResourceChange, Keeping)>) -> Result<(), StoreError>;

    /// Recorded changes of resources, newest first, older than the position `before`.
    async fn changes(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<(u64, ResourceChange)>, StoreError>;

    /// Looks whether the store can be written. Returns whether that is known; `false` leaves it to what is asked of it next.
    ///
    /// # Errors
    /// When it can't be written.
    async fn check(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// How much waits.
    async fn depths(&self) -> Result<Depths, StoreError>;

    /// Ends the store's work in order, after everything asked before.
    async fn close(&self);
}

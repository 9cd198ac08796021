//! Questions about messages, and changes to those that wait.

use super::{
    Bulk, BulkDone, ConversationChange, ConversationFilter, Decided, Events, EventsWanted, InboundFilter,
    Once, Parked, StoreError,
};
use crate::account::AccountId;
use crate::client_part::ClientPart;
use crate::conversation::{Conversation, Ends, Note};
use crate::delivery::{Outcome, PartReport, State};
use crate::id::MessageId;
use crate::inbound::Received;
use crate::message::{Body, Message};
use crate::notice::Attempt;
use crate::number::Number;
use crate::principal::Viewer;
use crate::route::UpstreamId;
use crate::sender::Sender;
use crate::time::Time;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// All that is known of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The message.
    pub message: Arc<Message>,
    /// Its state.
    pub state: State,
    /// The upstream that sends or sent it.
    pub upstream: Option<UpstreamId>,
    /// Its end, if it has ended.
    pub outcome: Option<Outcome>,
    /// Whether the carrier may have had it twice, or may yet.
    pub possible_duplicate: bool,
    /// The carriers' references of its parts while receipts are waited for, with when each was sent.
    pub awaited: Vec<(u8, Box<str>, Time)>,
    /// Final states of single parts, for messages of several.
    pub parts: Vec<(PartReport, Time)>,
    /// When it is tried next, and how many attempts failed, while it is queued.
    pub queued: Option<(Time, u16)>,
    /// Remarks on what was out of the ordinary.
    pub remarks: Vec<(Time, Box<str>)>,
    /// Attempts to tell the client.
    pub attempts: Vec<Attempt>,
}

/// Conditions that all messages of a list meet.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Visible to this viewer.
    pub viewer: Viewer,
    /// To this number.
    pub to: Option<Number>,
    /// In this state.
    pub state: Option<State>,
    /// With this reference of the client's.
    pub reference: Option<String>,
    /// With this sender.
    pub sender: Option<Sender>,
    /// Sent, or to be sent, by this upstream.
    pub upstream: Option<UpstreamId>,
    /// With a part that the carrier calls by this reference, as the carrier gave it.
    pub carrier_reference: Option<String>,
    /// Ended with an error in which these words are, whole words only: a code of the gateway's or of the carrier's.
    pub error: Option<String>,
    /// Held by a rule against fraud whose name begins so; an empty text is any rule.
    pub held_by: Option<Box<str>>,
    /// Accepted at or after this.
    pub since: Option<Time>,
    /// Accepted before this.
    pub until: Option<Time>,
    /// Older than this one: where the page before ended.
    pub before: Option<MessageId>,
    /// At most this many.
    pub limit: usize,
}

impl History {
    /// The history of a part of a text that its client cut itself, while it waits for the others.
    #[must_use]
    pub fn of_part(part: &ClientPart) -> Self {
        Self {
            message: Arc::clone(&part.message),
            state: State::Queued,
            upstream: None,
            outcome: None,
            possible_duplicate: false,
            awaited: Vec::new(),
            parts: Vec::new(),
            queued: Some((part.until, 0)),
            remarks: Vec::new(),
            attempts: Vec::new(),
        }
    }
}

impl Filter {
    /// Whether it is about queued messages alone.
    #[must_use]
    pub fn is_of_queue(&self) -> bool {
        self.state == Some(State::Queued) || self.held_by.is_some()
    }

    /// All messages that the viewer sees, at most `limit` of them.
    #[must_use]
    pub const fn all(viewer: Viewer, limit: usize) -> Self {
        Self {
            viewer,
            to: None,
            state: None,
            reference: None,
            sender: None,
            upstream: None,
            carrier_reference: None,
            error: None,
            held_by: None,
            since: None,
            until: None,
            before: None,
            limit,
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines, the newest first.
    pub entries: Vec<Entry>,
    /// Where the list goes on, as the next [`Filter::before`]; `None` at its end. The store looks through so many messages
    /// at once, so that a page that isn't the last may have fewer lines than the limit, or none.
    pub next: Option<MessageId>,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message.
    pub message: Arc<Message>,
    /// Its state.
    pub state: State,
    /// Its end, if it has ended.
    pub outcome: Option<Outcome>,
    /// Whether the carrier may have had it twice, or may yet.
    pub possible_duplicate: bool,
}

/// How much waits, for gauges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Messages queued, by upstream.
    pub queued: Vec<(UpstreamId, u64)>,
    /// Messages queued, by account.
    pub queued_by_account: Vec<(AccountId, u64)>,
    /// When the oldest queued message was accepted.
    pub oldest: Option<Time>,
    /// Receipts waited for.
    pub awaited: u64,
    /// Notices to be told.
    pub notices: u64,
    /// Receipts that found no message.
    pub parked: u64,
    /// Parts of texts that wait for others, by account.
    pub collected: Vec<(AccountId, u64)>,
    /// Rows that could not be read and were set aside.
    pub damaged: u64,
    /// Octets of the store's files.
    pub octets: u64,
}

/// Which notices of an account are told again.
#[derive(Clone, Copy, Debug)]
pub struct ReplayWanted {
    /// The account.
    pub account: AccountId,
    /// Of messages that were accepted, or came in, at or after this.
    pub since: Time,
    /// Of those before this.
    pub until: Time,
    /// Where the walk goes on.
    pub from: ReplayPlace,
}

/// A place in the walk over what is told again: first messages, then those from handsets, the newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayPlace {
    /// Among messages from handsets.
    pub is_inbound: bool,
    /// Older than this one; `None` at the beginning.
    pub before: Option<MessageId>,
}

/// What a page of a replay tells again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Ends of messages.
    pub ended: usize,
    /// Messages from handsets.
    pub received: usize,
    /// Where the walk goes on; `None` at its end.
    pub next: Option<ReplayPlace>,
}

/// The counter where doors ask about messages and change those that wait.
#[async_trait]
pub trait Archive: Send + Sync {
    /// All that is known of a message, if the viewer sees it.
    async fn history(&self, viewer: Viewer, message: MessageId) -> Result<Option<History>, StoreError>;
    /// Messages, the newest first.
    async fn list(&self, filter: Filter) -> Result<Page, StoreError>;
    /// A message from a handset and the attempts to tell its owner, if the viewer sees it.
    async fn received(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError>;
    /// Messages from handsets, the newest first.
    async fn inbound(&self, filter: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError>;
    /// Events of the stream. Where there are none it waits for the next one, at most so long.
    async fn events(&self, wanted: EventsWanted, patience: Duration) -> Result<Events, StoreError>;
    /// Conversations, those that changed last first.
    async fn conversations(&self, filter: ConversationFilter) -> Result<Vec<Conversation>, StoreError>;
    /// A conversation and its notes, the oldest first, if the viewer sees it.
    async fn conversation(
        &self,
        viewer: Viewer,
        id: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError>;
    /// The conversation between these; it is opened if there is none.
    async fn open_conversation(&self, ends: Ends) -> Result<Option<Conversation>, StoreError>;
    /// Changes a conversation, if the viewer sees it, and returns it as it is then.
    async fn change_conversation(
        &self,
        viewer: Viewer,
        change: ConversationChange,
    ) -> Result<Option<Conversation>, StoreError>;
    /// The account's messages with these identifiers, as far as they are still known, in no order.
    async fn messages(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Arc<Message>>, StoreError>;
    /// Wakes whoever follows the stream of events: an application has written one.
    fn wake_followers(&self) {}
    /// The decisions on an earlier request with this idempotency key, if there was one.
    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError>;
    /// Receipts that found no message, newest first, each with the messages that it is likeliest about.
    async fn unmatched(&self, most: usize) -> Result<Vec<(Parked, Vec<Entry>)>, StoreError>;
    /// Cancels a message if it still waits.
    async fn cancel(&self, viewer: Viewer, message: MessageId) -> Result<Cancel, StoreError>;
    /// Acts on all messages of a selection that still wait, as many as one call looks at; or counts them.
    async fn act(&self, bulk: Bulk) -> Result<BulkDone, StoreError>;
    /// Tells an account's applications again what they were told of a time: as much as one call looks at.
    async fn replay(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError>;
    /// Tells an account's webhook again of these messages of its, of either direction: those that it would be told of.
    async fn retell(&self, account: AccountId, messages: Vec<MessageId>) -> Result<Replayed, StoreError>;
    /// Gives a message that still waits another body.
    async fn replace(&self, account: AccountId, message: MessageId, body: Body)
    -> Result<Cancel, StoreError>;
}

/// The result of canceling or replacing a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// Done.
    Done,
    /// Too late: it is being sent, or was.
    TooLate(State),
    /// The viewer sees no such message.
    Missing,
}

impl Once {
    /// The messages that were accepted.
    pub fn accepted(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.decided.iter().filter_map(|decided| match decided {
            Decided::Accepted(message) => Some(*message),
            Decided::Refused(_) => None,
        })
    }
}

//! What is seen of a run from outside: at the desk, the intake, the outbox and the store.

use postrider_core::account::AccountId;
use postrider_core::contract::{AccountBalance, History, MoneyEntry};
use postrider_core::delivery::{Change, Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Message};
use postrider_core::notice::Lane;
use postrider_core::receipt::Reported;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::fmt;
use std::sync::Arc;

/// One observation.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Its place among all.
    pub(crate) number: u64,
    /// By the store's clock, which all nodes go by.
    pub(crate) at: Time,
    /// The node that it was seen at; 0 where it is nobody's.
    pub(crate) node: u8,
    pub(crate) seen: Seen,
}

/// What was observed.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "stories show it")]
pub(crate) enum Seen {
    /// A client hands in messages, which begin to exist here.
    Offered { batch: u64, messages: Vec<Offered>, key: Option<Box<str>> },
    /// The client heard "accepted"; `durable` says whether all messages were in the store at that instant.
    Accepted { batch: u64, durable: bool },
    /// The client tries to cancel or to replace a message.
    Disturbed(MessageId),
    /// The client heard that its message is canceled.
    Canceled(MessageId),
    /// An operator releases a message that is held.
    Releasing(MessageId),
    /// The operator heard that it is released.
    Released(MessageId),
    /// The client heard that its message has this body now.
    Replaced { message: MessageId, body: Body },
    /// An adapter took a delivery from its desk, and writes the parts that were not taken before.
    Taken(Taken),
    /// The carrier has taken a part that was written with this mark.
    Copy { message: MessageId, part: u8, marked: bool },
    /// An adapter brings a delivery back.
    Answered { upstream: UpstreamId, message: MessageId },
    /// A bind of an upstream begins to be used, or ends.
    Bind { upstream: UpstreamId, bind: usize, up: bool },
    /// The carrier says what became of a part of a message.
    Reported { message: MessageId, reported: Reported },
    /// A receipt was acknowledged; `durable` says whether the store had it at that instant.
    Acknowledged { message: MessageId, part: u8, durable: bool },
    /// A handset's STOP was acknowledged: nothing more may go to this number.
    Stopped(u64),
    /// The carrier brought a text of a handset.
    Brought(u64),
    /// A text of a handset was acknowledged.
    Heard(u64),
    /// A door took the notice of a handset's text.
    ToldText { lane: Lane, message: MessageId, text: u64 },
    /// The store put a message into the node's hands, or took it out of them, by this verb.
    Passed { verb: &'static str, message: MessageId },
    /// The store recorded a step.
    Recorded(Box<Change>),
    /// A message as somebody who asked saw it.
    Asked { message: MessageId, state: State, outcome: Option<Outcome> },
    /// A door took the notice that a message has ended.
    Told { lane: Lane, message: Arc<Message>, outcome: Outcome },
    /// The door says that the client has to be told again, or was not told.
    NotTold(MessageId),
    /// A node died, was taken for dead, or was put in another's place: what it had in hand is in others'.
    Died(u8),
    /// How a message stands at the end, when everything is well again.
    Final { message: MessageId, history: Option<Box<History>> },
    /// The books at the end.
    Books(Box<Books>),
    /// The run is over.
    Over,
}

/// What the store keeps of money.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    pub(crate) balances: Vec<AccountBalance>,
    pub(crate) entries: Vec<MoneyEntry>,
    /// All messages, with their ends.
    pub(crate) messages: Vec<(Arc<Message>, Option<Outcome>)>,
}

/// A message that is handed in.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) message: Arc<Message>,
    pub(crate) upstream: UpstreamId,
}

/// A delivery as an adapter took it.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "stories show it")]
pub(crate) struct Taken {
    pub(crate) upstream: UpstreamId,
    pub(crate) message: Arc<Message>,
    pub(crate) marked: bool,
    /// Parts that are written this time.
    pub(crate) parts: usize,
}

impl Seen {
    /// The message that it is about, if it is about one.
    pub(crate) fn message(&self) -> Option<MessageId> {
        match self {
            Self::Disturbed(message)
            | Self::Canceled(message)
            | Self::Releasing(message)
            | Self::Released(message)
            | Self::NotTold(message) => Some(*message),
            Self::Replaced { message, .. }
            | Self::Copy { message, .. }
            | Self::Answered { message, .. }
            | Self::Acknowledged { message, .. }
            | Self::Reported { message, .. }
            | Self::Asked { message, .. }
            | Self::Passed { message, .. }
            | Self::ToldText { message, .. }
            | Self::Final { message, .. } => Some(*message),
            Self::Taken(taken) => Some(taken.message.id),
            Self::Told { message, .. } => Some(message.id),
            Self::Recorded(change) => Some(change.message),
            Self::Offered { .. }
            | Self::Accepted { .. }
            | Self::Bind { .. }
            | Self::Stopped(_)
            | Self::Brought(_)
            | Self::Heard(_)
            | Self::Died(_)
            | Self::Books(_)
            | Self::Over => None,
        }
    }

    /// Whether a report on this message should show it.
    pub(crate) fn concerns(&self, wanted: MessageId) -> bool {
        match self {
            Self::Offered { messages, .. } => messages.iter().any(|it| it.message.id == wanted),
            Self::Died(_) => true,
            _ => self.message() == Some(wanted),
        }
    }

    /// Numbers that tell it from others, for the run's fingerprint.
    pub(crate) fn fingerprint(&self) -> [u64; 3] {
        let id = |message: &Option<MessageId>| message.map_or(0, MessageId::number);
        let kind = match self {
            Self::Offered { batch, messages, .. } => return [1, *batch, messages.len() as u64],
            Self::Accepted { batch, durable } => return [2, *batch, u64::from(*durable)],
            Self::Disturbed(_) => 4,
            Self::Canceled(_) => 5,
            Self::Replaced { .. } => 6,
            Self::Releasing(_) => 25,
            Self::Released(_) => 26,
            Self::Taken(taken) => return [7, taken.message.id.number(), taken.parts as u64],
            Self::Copy { message, part, .. } => return [8, message.number(), u64::from(*part)],
            Self::Answered { .. } => 9,
            Self::Bind { upstream, up, .. } => return [10, upstream.0.into(), u64::from(*up)],
            Self::Acknowledged { message, part, .. } => return [11, message.number(), u64::from(*part)],
            Self::Asked { message, state, .. } => return [12, message.number(), *state as u64],
            Self::Told { message, outcome, .. } => return [13, message.id.number(), outcome.state as u64],
            Self::NotTold(_) => 14,
            Self::Died(node) => return [15, u64::from(*node), 0],
            Self::Reported { message, reported } => return [25, message.number(), *reported as u64],
            Self::Final { .. } => 16,
            Self::Passed { .. } => 18,
            Self::Recorded(_) => 19,
            Self::Stopped(number) => return [20, *number, 0],
            Self::Books(books) => return [24, books.entries.len() as u64, books.messages.len() as u64],
            Self::Brought(text) => return [21, *text, 0],
            Self::Heard(text) => return [22, *text, 0],
            Self::ToldText { message, text, .. } => return [23, message.number(), *text],
            Self::Over => 17,
        };
        [kind, id(&self.message()), 0]
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7} {} node {}: {:?}", self.number, self.at, self.node, self.seen)
    }
}

/// The lane of order that a message is in: what one account sends of one class by one upstream.
pub(crate) type OrderLane = (AccountId, Class, UpstreamId);

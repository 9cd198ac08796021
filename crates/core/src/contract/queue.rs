//! The queue: which messages a node takes from it, and how a message that waits is claimed.

use crate::account::AccountId;
use crate::delivery::{Delivery, State};
use crate::id::MessageId;
use crate::message::Class;
use crate::number::Number;
use crate::route::UpstreamId;
use crate::time::Time;

/// The messages of one upstream that a lease asks for.
///
/// A lease is fair. It goes through the classes, the most urgent first; within a class it visits the accounts that have
/// due messages which nobody holds, in rising order from `from` on and then from the lowest again; of each it takes up to
/// `each` messages, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The most messages, over all accounts and classes.
    pub most: usize,
    /// The most messages of one account and class.
    pub each: usize,
    /// The account to begin with.
    pub from: AccountId,
    /// The least urgent class that is looked at.
    pub down_to: Class,
    /// Accounts and classes that are left out: this node holds enough of them.
    pub except: Vec<(Class, AccountId)>,
}

/// The result of a lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leased {
    /// Messages that are in this node's hands now. Those of one account and class are in their order.
    pub deliveries: Vec<Delivery>,
    /// Accounts and classes of which `each` messages were taken: more may wait.
    pub more: Vec<(Class, AccountId)>,
    /// The account to begin with next time, if the lease ended before it had visited all of them.
    pub next: Option<AccountId>,
}

/// A message in the queue that is due later, or that a reply of its recipient cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Whose message it is.
    pub account: AccountId,
    /// Its recipient.
    pub to: Number,
    /// The message.
    pub message: MessageId,
    /// Whether any reply cancels it.
    pub cancel_on_reply: bool,
}

/// A place in the order in which a walk goes through the free messages of upstreams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// The upstream that the message waits for.
    pub upstream: UpstreamId,
    /// The message's class.
    pub class: Class,
    /// The message's account.
    pub account: AccountId,
    /// When it is due.
    pub due: Time,
    /// The message.
    pub message: MessageId,
}

/// A page of messages whose upstreams are not among those that were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stranded {
    /// Messages that are in this node's hands now.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins; `None` at the end of the walk.
    pub next: Option<QueuePlace>,
}

/// The result of claiming a message in order to change it.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It waited in the queue and is now in the caller's hands.
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

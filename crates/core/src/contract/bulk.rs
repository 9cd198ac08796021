//! Actions on many messages that wait: all that a selection is about.

use super::Filter;
use crate::id::MessageId;
use crate::message::Class;
use crate::route::UpstreamId;
use crate::selector::Selector;
use crate::sender::Sender;
use crate::time::Time;

/// The most messages that one request looks at.
pub const BULK_MAX: usize = 20_000;

/// An action on all queued messages of a selection.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// The messages that are looked at, the newest first; its state is not regarded.
    pub filter: Filter,
    /// Which of them are meant.
    pub selector: Selector,
    /// What is done with them.
    pub action: Action,
    /// Why, for the timelines of the messages.
    pub reason: Option<Box<str>>,
    /// Whether they are only counted.
    pub dry_run: bool,
    /// How many messages the call looks at, rounded up to whole pages.
    pub most: usize,
}

/// What is done with messages that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// They are canceled.
    Cancel,
    /// They fail.
    Fail,
    /// They go by this upstream.
    Move(UpstreamId),
    /// They go by the routes in force.
    Reroute,
    /// They are from this sender.
    SetSender(Sender),
    /// They are due then. How long they may wait once due stays.
    Reschedule(Time),
    /// They are of this class from now on.
    Reclassify(Class),
    /// What waits for another attempt, or was held back, is due at once. Scheduled messages keep their time.
    RetryNow,
    /// What rules against fraud hold goes on.
    Release,
}

impl Action {
    /// Whether it writes messages anew, rather than ending them or letting them go.
    #[must_use]
    pub const fn changes_messages(&self) -> bool {
        match self {
            Self::Move(_)
            | Self::Reroute
            | Self::SetSender(_)
            | Self::Reschedule(_)
            | Self::Reclassify(_) => true,
            Self::Cancel | Self::Fail | Self::RetryNow | Self::Release => false,
        }
    }
}

/// What came of an action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkDone {
    /// Messages that the selection is about.
    pub selected: usize,
    /// Those with which it was done.
    pub done: usize,
    /// Those with which it could not be done: they are being sent just now, or have been, or the upstream can't take them.
    pub left: usize,
    /// Where the next call goes on, as [`Filter::before`]; `None` at the end.
    pub next: Option<MessageId>,
}

//! Messages from handsets: lists of them, and parts that wait for others.

use crate::consent::Change;
use crate::id::MessageId;
use crate::inbound::Received;
use crate::inbound::parts::PartsKey;
use crate::notice::Notice;
use crate::principal::Viewer;
use crate::time::Time;
use std::sync::Arc;

/// Conditions that all messages from handsets of a list meet.
#[derive(Clone, Debug)]
pub struct InboundFilter {
    /// Visible to this viewer.
    pub viewer: Viewer,
    /// Only those that belong to nobody.
    pub unowned: bool,
    /// From this handset, written as [`Address::shown`](crate::inbound::Address::shown) does.
    pub from: Option<Box<str>>,
    /// To this number, written likewise.
    pub to: Option<Box<str>>,
    /// Marked with this word.
    pub tag: Option<Box<str>>,
    /// Taken on at or after this.
    pub since: Option<Time>,
    /// Taken on before this.
    pub until: Option<Time>,
    /// Older than this one: where the page before ended.
    pub before: Option<MessageId>,
    /// At most this many.
    pub limit: usize,
}

impl InboundFilter {
    /// All messages from handsets that the viewer sees, at most `limit` of them.
    #[must_use]
    pub const fn all(viewer: Viewer, limit: usize) -> Self {
        let (from, to, tag, since, until, before) = (None, None, None, None, None, None);
        Self { viewer, unowned: false, from, to, tag, since, until, before, limit }
    }
}

/// Which parts of messages from handsets are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboundPartsWanted {
    /// Those that wait and whose limit has passed by then, the most overdue first.
    Overdue {
        /// The time.
        by: Time,
        /// At most so many.
        most: usize,
    },
    /// Those that wait, in the order of their identifiers, behind this one.
    Waiting {
        /// The last one that was seen; `None` to begin.
        after: Option<MessageId>,
        /// At most so many.
        most: usize,
    },
    /// Those of these messages that wait, and those taken on since then that were joined, in the order in which they came.
    Of {
        /// The messages.
        keys: Vec<PartsKey>,
        /// The time.
        since: Time,
    },
}

/// Parts that are done with: they became a message, or were those of one again.
#[derive(Clone, Debug)]
pub struct JoinedParts {
    /// The message.
    pub of: MessageId,
    /// The parts.
    pub parts: Vec<MessageId>,
    /// The message, if it is new.
    pub received: Option<Arc<Received>>,
    /// The changes that it makes of what holds of its sender.
    pub consent: Vec<Arc<Change>>,
    /// The notices of it, in nobody's hands.
    pub notices: Vec<Notice>,
}

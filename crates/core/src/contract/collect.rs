//! Parts of texts that clients cut themselves, while they wait for each other.

use super::Accept;
use crate::client_part::TextKey;
use crate::id::MessageId;
use crate::submission::Refusal;
use crate::time::Time;

/// A message that was put together from parts.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The message.
    pub accept: Accept,
    /// The parts.
    pub parts: Vec<MessageId>,
}

/// Which parts are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartsWanted {
    /// The one with this identifier.
    One(MessageId),
    /// Those that still wait and whose limit has passed by then, the most overdue first.
    Overdue {
        /// The time.
        by: Time,
        /// At most so many.
        most: usize,
    },
    /// Those that still wait, in the order of their identifiers, behind this one.
    Waiting {
        /// The last one that was seen; `None` to begin.
        after: Option<MessageId>,
        /// At most so many.
        most: usize,
    },
    /// Those of these texts that still wait, and those accepted since then that became messages. Parts from other senders may be
    /// among them.
    OfTexts {
        /// The texts.
        keys: Vec<TextKey>,
        /// The time.
        since: Time,
    },
}

/// Messages of parts that were not accepted, by their places, in rising order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotJoined {
    /// Somebody else has joined one of their parts.
    pub joined_before: Vec<usize>,
    /// Their accounts can't pay for them.
    pub unpaid: Vec<(usize, Refusal)>,
}

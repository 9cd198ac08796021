//! Questions about conversations, and changes of them.

use crate::conversation::{ConversationState, Ends, Note};
use crate::id::MessageId;
use crate::principal::Viewer;
use crate::time::Time;

/// Conditions that all conversations of a list meet.
#[derive(Clone, Debug)]
pub struct ConversationFilter {
    /// Visible to this viewer.
    pub viewer: Viewer,
    /// In this state.
    pub state: Option<ConversationState>,
    /// Assigned so; empty: to nobody.
    pub assignee: Option<Box<str>>,
    /// With this handset.
    pub handset: Option<Box<str>>,
    /// Of this number.
    pub number: Option<Box<str>>,
    /// Behind this one in the list: when it changed, and its identifier.
    pub behind: Option<(Time, MessageId)>,
    /// At most this many.
    pub limit: usize,
}

impl ConversationFilter {
    /// All conversations that the viewer sees, at most `limit` of them.
    #[must_use]
    pub const fn all(viewer: Viewer, limit: usize) -> Self {
        Self { viewer, state: None, assignee: None, handset: None, number: None, behind: None, limit }
    }
}

/// A change of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConversationChange {
    /// It begins in this state if there is none between the two; otherwise nothing changes.
    Open {
        /// The identifier that it gets.
        id: MessageId,
        /// Between whom.
        ends: Ends,
    },
    /// It gets another state, another assignee, or both.
    Set {
        /// Which one.
        id: MessageId,
        /// The state.
        state: Option<ConversationState>,
        /// The assignee; the inner `None` is nobody.
        assignee: Option<Option<Box<str>>>,
    },
    /// A note is added.
    Note {
        /// To which one.
        id: MessageId,
        /// The note.
        note: Note,
    },
}

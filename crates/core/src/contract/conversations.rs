//! Questions about conversations, and changes of them.

use crate::account::AccountId;
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
    /// Whose handset has waited for an answer since then, or longer.
    pub waiting_since: Option<Time>,
    /// Which this person hasn't read to its end.
    pub unread_by: Option<Box<str>>,
    /// Behind this one in the list: when it changed, and its identifier.
    pub behind: Option<(Time, MessageId)>,
    /// At most this many.
    pub limit: usize,
}

impl ConversationFilter {
    /// All conversations that the viewer sees, at most `limit` of them.
    #[must_use]
    pub const fn all(viewer: Viewer, limit: usize) -> Self {
        let (state, assignee, handset, number) = (None, None, None, None);
        let (waiting_since, unread_by, behind) = (None, None, None);
        Self { viewer, state, assignee, handset, number, waiting_since, unread_by, behind, limit }
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
    /// It gets another state, another assignee, another claim, or several of them.
    Set {
        /// Which one.
        id: MessageId,
        /// The state. Any but `open` ends the handset's waiting and the claim.
        state: Option<ConversationState>,
        /// The assignee; the inner `None` is nobody.
        assignee: Option<Option<Box<str>>>,
        /// Who is about to answer; the inner `None` is nobody.
        claim: Option<Option<Box<str>>>,
        /// The most open conversations of the assignee: with as many, nothing changes.
        most: Option<u32>,
    },
    /// The open conversation that has waited longest, of those that nobody has or whose assignee lets it wait, is assigned.
    Take {
        /// Whose conversations.
        account: AccountId,
        /// To whom.
        person: Box<str>,
        /// The most open conversations of that person: with as many, nothing changes.
        most: Option<u32>,
        /// Assigned ones that wait and have been assigned since then, or longer, are taken too.
        overdue: Option<Time>,
    },
    /// Somebody has read it.
    Read {
        /// Which one.
        id: MessageId,
        /// Who.
        person: Box<str>,
        /// Up to this message from the handset; `None`: nothing of it.
        upto: Option<MessageId>,
    },
    /// A reply begins, or its beginning is taken back: another last reply, if the last one is still that which was seen.
    /// Otherwise nothing changes.
    Reply {
        /// In which one.
        id: MessageId,
        /// The last reply that was seen; `None` is whichever there is.
        seen: Option<Option<MessageId>>,
        /// The last reply from now on.
        reply: Option<MessageId>,
    },
    /// A note is added.
    Note {
        /// To which one.
        id: MessageId,
        /// The note.
        note: Note,
    },
}

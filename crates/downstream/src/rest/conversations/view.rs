//! Conversations as answers show them.

use crate::rest::moment;
use postrider_core::conversation::{Conversation, ConversationState, Note, ReadMark};
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose turn it is in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConversationState)]
pub(in crate::rest) enum StateWord {
    /// The handset wrote last.
    Open,
    /// It was answered.
    Waiting,
    /// It is done with, until the handset writes again.
    Closed,
}

impl From<ConversationState> for StateWord {
    fn from(state: ConversationState) -> Self {
        match state {
            ConversationState::Open => Self::Open,
            ConversationState::Waiting => Self::Waiting,
            ConversationState::Closed => Self::Closed,
        }
    }
}

impl From<StateWord> for ConversationState {
    fn from(word: StateWord) -> Self {
        match word {
            StateWord::Open => Self::Open,
            StateWord::Waiting => Self::Waiting,
            StateWord::Closed => Self::Closed,
        }
    }
}

/// A conversation.
#[derive(Serialize, ToSchema)]
#[schema(as = Conversation)]
pub(in crate::rest) struct ConversationView<'a> {
    /// Its identifier: a number of up to 19 digits, as a string.
    #[schema(example = "381234567890123456")]
    id: String,
    /// The account; only administrators see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The account's number, short code or name.
    number: &'a str,
    /// The handset.
    handset: &'a str,
    /// Whose turn it is.
    state: StateWord,
    /// Who looks after it; absent if nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<&'a str>,
    /// When it began: its first message, or when it was opened.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it changed last.
    #[schema(format = "date-time")]
    updated_at: String,
    /// Since when the handset waits for an answer; absent if it was answered.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_since: Option<String>,
    /// The last reply in the conversation, for `seen` of the next one. It says no more than which one it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_reply: Option<String>,
    /// Who is about to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_by: Option<&'a str>,
    /// When they said so.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_at: Option<String>,
    /// When it was assigned.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_at: Option<String>,
    /// The last message from the handset; absent if it wrote none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_in: Option<String>,
    /// Whether the `person` that a list was asked for has messages from the handset to read. Other answers leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<bool>,
    /// How far people have read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read_marks: Vec<ReadMarkView<'a>>,
    /// Notes, the oldest first, at most the last 200; only the account itself sees them. Lists leave them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Vec<NoteView<'a>>>,
}

/// How far somebody has read.
#[derive(Serialize, ToSchema)]
#[schema(as = ReadMark)]
pub(in crate::rest) struct ReadMarkView<'a> {
    /// Who.
    person: &'a str,
    /// The last message from the handset that they have seen.
    upto: String,
}

/// A note about a conversation.
#[derive(Serialize, ToSchema)]
#[schema(as = ConversationNote)]
pub(in crate::rest) struct NoteView<'a> {
    /// When it was written.
    #[schema(format = "date-time")]
    at: String,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    /// The text.
    text: &'a str,
}

impl<'a> ConversationView<'a> {
    /// A conversation in a list.
    pub(super) fn of(conversation: &'a Conversation, rules: &Rules, viewer: Viewer) -> Self {
        let Conversation { id, ends, state, assignee, updated, .. } = conversation;
        let is_own = viewer == Viewer::Account(ends.account);
        let name = || rules.account(ends.account).map(|account| account.name.to_string());
        Self {
            id: id.to_string(),
            account: if is_own { None } else { name() },
            number: &ends.number,
            handset: &ends.handset,
            state: (*state).into(),
            assignee: assignee.as_deref(),
            created_at: moment::write(id.time()),
            updated_at: moment::write(*updated),
            waiting_since: conversation.waiting_since.map(moment::write),
            last_reply: conversation.last_reply.map(|reply| reply.to_string()),
            claimed_by: conversation.claimed_by.as_deref(),
            claimed_at: conversation.claimed_at.map(moment::write),
            assigned_at: conversation.assigned_at.map(moment::write),
            last_in: conversation.last_in.map(|last| last.to_string()),
            unread: None,
            read_marks: conversation.read_marks.iter().map(ReadMarkView::of).collect(),
            notes: None,
        }
    }

    /// The same, with whether somebody has something to read, if somebody is asked for.
    pub(super) fn for_person(self, conversation: &Conversation, person: Option<&str>) -> Self {
        Self { unread: person.map(|person| conversation.is_unread_by(person)), ..self }
    }

    /// A conversation with its notes, which are the account's own.
    pub(in crate::rest) fn with_notes(
        conversation: &'a Conversation,
        notes: &'a [Note],
        rules: &Rules,
        viewer: Viewer,
    ) -> Self {
        let is_own = viewer == Viewer::Account(conversation.ends.account);
        let view = |note: &'a Note| NoteView {
            at: moment::write(note.at),
            author: note.author.as_deref(),
            text: note.text(),
        };
        let notes = is_own.then(|| notes.iter().map(view).collect());
        Self { notes, ..Self::of(conversation, rules, viewer) }
    }
}

impl<'a> ReadMarkView<'a> {
    fn of(mark: &'a ReadMark) -> Self {
        Self { person: &mark.person, upto: mark.upto.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, received, rules};
    use postrider_core::account::AccountId;
    use postrider_core::id::MessageId;
    use postrider_core::message::Body;
    use postrider_core::time::Time;

    #[test]
    fn notes_are_the_accounts_own() {
        let conversation = Conversation::opened_by(&received("Hello")).unwrap();
        let (id, body) = (MessageId::from_number(1), Body::Text("Call back".into()));
        let notes = [Note { id, at: Time(0), author: Some("ann".into()), body }];
        let show = |viewer| {
            let view = ConversationView::with_notes(&conversation, &notes, &rules(account()), viewer);
            serde_json::to_value(view).unwrap()
        };
        let own = show(Viewer::Account(AccountId(1)));
        assert_eq!((&own["handset"], &own["number"]), (&"+447700900123".into(), &"60006".into()));
        assert_eq!((&own["state"], &own["notes"][0]["text"]), (&"open".into(), &"Call back".into()));
        let all = show(Viewer::Everything);
        assert_eq!((all.get("notes"), &all["account"]), (None, &"shop".into()));
    }
}

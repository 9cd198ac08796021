//! Conversations: the messages between a number of an account and a handset, as one thread.
//!
//! A conversation begins with the first message from the handset, or when somebody opens it. Its messages are those between the two
//! numbers, wherever they came from: nothing is kept of them besides.

use crate::account::AccountId;
use crate::id::MessageId;
use crate::inbound::Received;
use crate::message::Body;
use crate::time::Time;
use std::time::Duration;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConversationState {
    /// The handset wrote last: somebody should answer.
    Open,
    /// It was answered.
    Waiting,
    /// It is done with. The next message from the handset opens it.
    Closed,
}

impl ConversationState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Open, Self::Waiting, Self::Closed];

    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Closed => "closed",
        }
    }

    /// The state of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// The two ends of a conversation. Addresses are written as [`Address::shown`](crate::inbound::Address::shown) does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ends {
    /// The account.
    pub account: AccountId,
    /// The account's number, short code or name.
    pub number: Box<str>,
    /// The handset.
    pub handset: Box<str>,
}

/// How an account's people share conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// The most open conversations that are assigned to one person; `None` is any number.
    pub per_person: Option<u32>,
    /// How long an assigned conversation may wait for an answer until the queue gives it to somebody else; `None` is for ever.
    pub give_back: Option<Duration>,
}

/// The most people of whom it is kept how far they have read a conversation. Who has read least is forgotten for another.
pub const READERS_MAX: usize = 50;

/// How far somebody has read a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMark {
    /// Who, in the account's own words, without control characters.
    pub person: Box<str>,
    /// The last message from the handset that they have read.
    pub upto: MessageId,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its identifier: that of the message that began it, or one of its own.
    pub id: MessageId,
    /// Between whom.
    pub ends: Ends,
    /// Whose turn it is.
    pub state: ConversationState,
    /// Who looks after it, in the account's own words.
    pub assignee: Option<Box<str>>,
    /// When it changed last: a message from the handset, a reply, another state, a note.
    pub updated: Time,
    /// Since when the handset waits for an answer: its first message since the last one, or when the conversation was opened.
    pub waiting_since: Option<Time>,
    /// The last reply that was begun in it: an identifier that says no more than which one it is.
    pub last_reply: Option<MessageId>,
    /// Who is about to answer, in the account's own words. Nobody else is kept from it.
    pub claimed_by: Option<Box<str>>,
    /// When they said so.
    pub claimed_at: Option<Time>,
    /// When it was assigned.
    pub assigned_at: Option<Time>,
    /// The last message from the handset.
    pub last_in: Option<MessageId>,
    /// How far people have read.
    pub read_marks: Box<[ReadMark]>,
}

impl Conversation {
    /// The conversation that a message from a handset opens, if the message belongs to an account. A STOP, START or HELP waits for
    /// nobody: the gateway answers it.
    #[must_use]
    pub fn opened_by(received: &Received) -> Option<Self> {
        let ends = Ends {
            account: received.account?,
            number: received.inbound.to.shown().into(),
            handset: received.inbound.from.shown().into(),
        };
        let opened = Self { last_in: Some(received.id), ..Self::opened(received.id, ends, received.at) };
        Some(match received.intent {
            Some(_) => Self { state: ConversationState::Waiting, waiting_since: None, ..opened },
            None => opened,
        })
    }

    /// Whether there is a message from the handset that somebody hasn't read.
    #[must_use]
    pub fn is_unread_by(&self, person: &str) -> bool {
        let mark = self.read_marks.iter().find(|mark| *mark.person == *person);
        self.last_in.is_some_and(|last| mark.is_none_or(|mark| mark.upto < last))
    }

    /// The marks when somebody has read up to a message; `None`: nothing.
    #[must_use]
    pub fn marks_with(&self, person: &str, upto: Option<MessageId>) -> Box<[ReadMark]> {
        let others = self.read_marks.iter().filter(|mark| *mark.person != *person).cloned();
        let own = upto.map(|upto| ReadMark { person: person.into(), upto });
        let mut marks: Vec<ReadMark> = others.chain(own).collect();
        while marks.len() > READERS_MAX {
            let least = marks.iter().enumerate().min_by_key(|(_, mark)| mark.upto).map_or(0, |(at, _)| at);
            marks.remove(least);
        }
        marks.into()
    }

    /// A conversation that begins.
    #[must_use]
    pub fn opened(id: MessageId, ends: Ends, at: Time) -> Self {
        Self {
            id,
            ends,
            state: ConversationState::Open,
            assignee: None,
            updated: at,
            waiting_since: Some(at),
            last_reply: None,
            claimed_by: None,
            claimed_at: None,
            assigned_at: None,
            last_in: None,
            read_marks: Box::default(),
        }
    }
}

/// A note about a conversation, for the account's own people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its identifier.
    pub id: MessageId,
    /// When it was written.
    pub at: Time,
    /// Who wrote it, in the account's own words.
    pub author: Option<Box<str>>,
    /// The text, as a body: it is encrypted at rest like those of messages.
    pub body: Body,
}

impl Note {
    /// The text; empty if it can't be read.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.body {
            Body::Text(text) => text,
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_by_its_word() {
        for state in ConversationState::ALL {
            assert_eq!(ConversationState::from_word(state.word()), Some(state));
        }
        assert_eq!(ConversationState::from_word("Open"), None);
    }

    #[test]
    fn each_person_has_read_by_themselves() {
        let id = MessageId::from_number;
        let ends = Ends { account: AccountId(1), number: "60006".into(), handset: "+447700900123".into() };
        let mut conversation = Conversation::opened(id(1), ends, Time(0));
        assert!(!conversation.is_unread_by("ann"), "the handset wrote nothing");
        conversation.last_in = Some(id(5));
        conversation.read_marks = conversation.marks_with("ann", Some(id(5)));
        assert_eq!((conversation.is_unread_by("ann"), conversation.is_unread_by("bob")), (false, true));
        conversation.last_in = Some(id(6));
        assert!(conversation.is_unread_by("ann"));
        conversation.read_marks = conversation.marks_with("ann", None);
        assert_eq!(conversation.read_marks.len(), 0);
        for n in 0..60 {
            conversation.read_marks = conversation.marks_with(&n.to_string(), Some(id(100 + n)));
        }
        assert_eq!(conversation.read_marks.len(), READERS_MAX);
        assert_eq!(conversation.read_marks[0].upto, id(110), "who has read least is forgotten");
    }
}

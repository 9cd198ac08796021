//! The audit log: who saw or changed what. Its lines are chained by hashes, so that a changed or missing line shows.

use crate::time::Time;

/// The kind of whoever did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// The gateway itself: its file, its chores.
    System,
    /// An administrator.
    Administrator,
    /// An account.
    Account,
    /// A user of the console.
    User,
    /// Somebody who proved nothing.
    Stranger,
}

impl ActorKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::System, Self::Administrator, Self::Account, Self::User, Self::Stranger];

    /// Its word, as lines keep it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Administrator => "administrator",
            Self::Account => "account",
            Self::User => "user",
            Self::Stranger => "stranger",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Something that was done, or seen. No text of a message and no whole number stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// The name of whoever did it: of an administrator's key, of an account, or of a user; empty where nobody proved anything.
    pub who: Box<str>,
    /// The kind of whoever did it.
    pub role: ActorKind,
    /// The address that it was done from.
    pub address: Option<Box<str>>,
    /// The action: `change`, or a request's method and path pattern such as `GET /v1/messages/{id}`.
    pub action: Box<str>,
    /// What it was done to.
    pub subject: Box<str>,
    /// How it ended: `ok`, or the status of the answer.
    pub outcome: Box<str>,
    /// Details, as JSON.
    pub detail: Option<Box<str>>,
}

/// The SHA-256 of a line, over the line before it.
pub type LineHash = [u8; 32];

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place: 1, 2, 3 and so on, without a gap.
    pub sequence: u64,
    /// What happened.
    pub event: Event,
    /// Its hash.
    pub hash: LineHash,
}

/// The last line, as the store remembers it beside the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its place.
    pub sequence: u64,
    /// Its hash.
    pub hash: LineHash,
}

/// The action of the line that says that older lines were removed, whose time was over. Its detail has the last of them.
pub const REMOVED: &str = "audit.removed";

/// Conditions that all lines of a list meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By this one.
    pub who: Option<Box<str>>,
    /// Actions that begin so.
    pub action: Option<Box<str>>,
    /// Done to this.
    pub subject: Option<Box<str>>,
    /// Done from this address.
    pub address: Option<Box<str>>,
    /// At or after this.
    pub since: Option<Time>,
    /// Before this.
    pub until: Option<Time>,
    /// The oldest first.
    pub oldest_first: bool,
    /// Behind this line, in the order of the list.
    pub after: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

//! What holds of a number, and changes of it: it has opted out, is blocked, or has agreed.

use crate::account::AccountId;
use crate::id::MessageId;
use crate::number::Number;
use crate::sender::Sender;
use crate::time::Time;

/// What holds of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The recipient wants no more messages.
    OptOut,
    /// An administrator, or the account, wants none to be sent to it.
    Block,
    /// The recipient has agreed to messages of a purpose.
    Consent,
    /// The recipient lives in a time zone.
    Zone,
}

impl Kind {
    /// All of them, by their numbers in the store.
    pub const ALL: [Self; 4] = [Self::OptOut, Self::Block, Self::Consent, Self::Zone];

    /// The word in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::Block => "block",
            Self::Consent => "consent",
            Self::Zone => "time_zone",
        }
    }
}

/// Whose messages something holds for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// What holds.
    pub kind: Kind,
    /// Messages of this account; `None` is every account.
    pub account: Option<AccountId>,
    /// Of an opt-out: messages from this sender, folded as [`folded`] does; of a consent: the purpose; of a time zone: its name
    /// in IANA's database. Empty is all.
    pub only: Box<str>,
}

impl Scope {
    /// The scope of an opt-out.
    #[must_use]
    pub fn opt_out(account: Option<AccountId>, sender: Option<&Sender>) -> Self {
        Self { kind: Kind::OptOut, account, only: sender.map(folded).unwrap_or_default() }
    }

    /// The scope of a block.
    #[must_use]
    pub fn block(account: Option<AccountId>) -> Self {
        Self { kind: Kind::Block, account, only: Box::default() }
    }

    /// The scope of a time zone.
    #[must_use]
    pub fn zone(account: Option<AccountId>, name: &str) -> Self {
        Self { kind: Kind::Zone, account, only: name.into() }
    }

    /// The scope of a consent.
    #[must_use]
    pub fn consent(account: AccountId, purpose: &str) -> Self {
        Self { kind: Kind::Consent, account: Some(account), only: purpose.into() }
    }
}

/// What is the same in all spellings of a sender: its digits, or its name in lower case.
#[must_use]
pub fn folded(sender: &Sender) -> Box<str> {
    match sender {
        Sender::Number(number) => number.digits().to_string().into(),
        Sender::Code(text) | Sender::Name(text) => text.to_lowercase().into(),
    }
}

/// How a change came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// By a message from the handset.
    Keyword,
    /// By the API or the command line.
    Api,
    /// By an import.
    Import,
    /// A carrier refused a message with this reason.
    Carrier,
    /// The number was erased: what forbids messages to it stays under a pseudonym. Nobody is told.
    Erasure,
}

impl Source {
    /// All of them, by their numbers in the store.
    pub const ALL: [Self; 5] = [Self::Keyword, Self::Api, Self::Import, Self::Carrier, Self::Erasure];

    /// The word in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Api => "api",
            Self::Import => "import",
            Self::Carrier => "carrier",
            Self::Erasure => "erasure",
        }
    }
}

/// A change of what holds of a number. Changes are kept for good: the last one of a number and scope is what holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its identifier.
    pub id: MessageId,
    /// When it happened.
    pub at: Time,
    /// The number.
    pub number: Number,
    /// Whose messages it is about.
    pub scope: Scope,
    /// Whether it holds from now on; otherwise it was lifted.
    pub holds: bool,
    /// How it came about.
    pub source: Source,
    /// The keyword, or the reason in words.
    pub reason: Option<Box<str>>,
    /// Who made it: a key's or an administrator's name.
    pub by: Option<Box<str>>,
    /// The message from the handset that made it.
    pub inbound: Option<MessageId>,
    /// Of a consent: how it was obtained, such as a form's address.
    pub obtained: Option<Box<str>>,
    /// Of a consent: the text that the person saw.
    pub shown: Option<Box<str>>,
    /// Of a consent: a proof, such as a file's hash.
    pub proof: Option<Box<str>>,
}

/// A change as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its place in the order of all changes.
    pub sequence: u64,
    /// The change.
    pub change: Change,
}

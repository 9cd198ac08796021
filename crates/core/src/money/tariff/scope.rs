//! What rates are for beside a number: a service, a class of messages, a type of sender, and a volume.

use crate::message::Class;
use crate::sender::SenderKind;
use std::fmt;

/// What an account pays for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// A part of a message to a handset (MT).
    #[default]
    Outbound,
    /// A part of a message from a handset (MO).
    Inbound,
    /// A question to a provider about a number.
    Lookup,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Outbound, Self::Inbound, Self::Lookup];

    /// The word for it in tariffs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outbound => "outbound",
            Self::Inbound => "inbound",
            Self::Lookup => "lookup",
        }
    }

    /// The service with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.word() == word)
    }
}

/// What a rate is for, or what a price is asked for, whatever the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The service.
    pub service: Service,
    /// The class of messages. A rate with `None` is for all of them.
    pub class: Option<Class>,
    /// The type of the sender. A rate with `None` is for all of them, and for messages without a sender.
    pub sender: Option<SenderKind>,
    /// Parts of this calendar month (UTC) that the account has sent. A rate holds from so many on.
    pub volume: u64,
}

impl Scope {
    /// Messages to handsets of this class and type of sender.
    #[must_use]
    pub const fn outbound(class: Class, sender: Option<SenderKind>) -> Self {
        Self { service: Service::Outbound, class: Some(class), sender, volume: 0 }
    }

    /// This service, which has neither classes nor senders.
    #[must_use]
    pub const fn of(service: Service) -> Self {
        Self { service, class: None, sender: None, volume: 0 }
    }

    /// Whether a rate for this is one for what is asked.
    pub(super) fn holds_for(&self, asked: &Self) -> bool {
        self.service == asked.service
            && (self.class.is_none() || self.class == asked.class)
            && (self.sender.is_none() || self.sender == asked.sender)
            && self.volume <= asked.volume
    }

    /// Those that say more are tried first: the class before the type of the sender, and that before the volume.
    pub(super) const fn precedence(&self) -> (bool, bool, std::cmp::Reverse<u64>) {
        (self.class.is_none(), self.sender.is_none(), std::cmp::Reverse(self.volume))
    }
}

/// What is special about it, in brackets; nothing for messages to handsets.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = (self.service != Service::Outbound).then(|| self.service.word().to_owned());
        let volume = (self.volume > 0).then(|| format!("from {} parts", self.volume));
        let class = self.class.map(|class| class.word().to_owned());
        let sender = self.sender.map(|sender| sender.word().to_owned());
        let words: Vec<String> = [service, class, sender, volume].into_iter().flatten().collect();
        if words.is_empty() { Ok(()) } else { write!(f, " ({})", words.join(", ")) }
    }
}

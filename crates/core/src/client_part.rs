//! Parts of long texts that clients cut themselves. Each is accepted by itself; when all of a text are there, or have been
//! waited for long enough, they become one message with one plan ([`texts`]).

mod text;
mod texts;

pub use text::Text;
pub(crate) use text::fitted;
pub use texts::{Standing, texts};

use crate::account::AccountId;
use crate::id::MessageId;
use crate::message::Message;
use crate::number::Number;
use crate::numbered_parts::NumberedPart;
use crate::sender::Sender;
use crate::time::Time;
pub use postrider_text::Alphabet;
use postrider_text::header;
use std::sync::Arc;
use std::time::Duration;

/// The most parts of an account that may wait for others; more are refused until some have gone.
pub const COLLECTED_MAX: u64 = 10_000;
/// The longest text in one part, in octets as the client wrote it: 160 characters of four octets.
pub const PART_OCTETS_MAX: usize = 640;
/// How long parts of a text wait for the others, unless the account says otherwise.
pub const PARTS_WAIT: Duration = Duration::from_secs(60);
/// How long a text that was put together is remembered, to know its parts if they come again.
pub const REMEMBERED: Duration = Duration::from_secs(600);

/// What the parts of one text have in common. References of different kinds never mean the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CutReference {
    /// An 8-bit reference in the user data header.
    Eight(u8),
    /// A 16-bit reference in the user data header.
    Sixteen(u16),
    /// A reference in a parameter of its own (SMPP's `sar_msg_ref_num`).
    Parameter(u16),
}

impl From<header::Reference> for CutReference {
    fn from(reference: header::Reference) -> Self {
        match reference {
            header::Reference::Eight(reference) => Self::Eight(reference),
            header::Reference::Sixteen(reference) => Self::Sixteen(reference),
        }
    }
}

/// How a client cut a text: which part of which text this is, and how to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What the parts have in common.
    pub reference: CutReference,
    /// How many parts there are, from 2.
    pub total: u8,
    /// Which of them this is, from 1 to `total`.
    pub number: u8,
    /// The alphabet of the octets; `None` for what is no text, and goes out as it came. Packed septets are unpacked before.
    pub alphabet: Option<Alphabet>,
}

/// A part that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPart {
    /// The part as a message of its own: its identifier, its octets, and all that was asked of it.
    pub message: Arc<Message>,
    /// Its place in the text.
    pub cut: Cut,
    /// How long the others are waited for.
    pub until: Time,
    /// The message that it became a part of, once it did.
    pub joined: Option<MessageId>,
}

/// The name of a text whose parts come one by one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextKey {
    /// The account that sends it.
    pub account: AccountId,
    /// The recipient.
    pub to: Number,
    /// What its parts have in common.
    pub reference: CutReference,
    /// How many parts it has.
    pub total: u8,
    /// The sender.
    pub from: Option<Sender>,
}

impl ClientPart {
    /// The text that it is of.
    #[must_use]
    pub fn key(&self) -> TextKey {
        let Message { account, to, from, .. } = &*self.message;
        let Cut { reference, total, .. } = self.cut;
        TextKey { account: *account, to: *to, reference, total, from: from.clone() }
    }
}

impl NumberedPart for ClientPart {
    fn id(&self) -> MessageId {
        self.message.id
    }

    fn number(&self) -> u8 {
        self.cut.number
    }

    fn total(&self) -> u8 {
        self.cut.total
    }

    fn until(&self) -> Time {
        self.until
    }

    fn repeats(&self, other: &Self) -> bool {
        self.cut == other.cut && self.message.body == other.message.body
    }
}

/// How long the others of a part are waited for: not so long that half of its own validity would be gone.
#[must_use]
pub fn wait_until(part: &Message, wait: Duration, now: Time) -> Time {
    let validity = part.expires.since(part.due);
    now + wait.min(validity / 2)
}

#[cfg(test)]
pub(crate) mod testing;

//! A message that the gateway has accepted. Nothing in it changes again.

use crate::account::{Account, AccountId};
use crate::decision::Decision;
use crate::id::MessageId;
use crate::media::Multimedia;
use crate::money::Charge;
use crate::number::Number;
use crate::policy::Held;
use crate::route::{Plan, UpstreamId};
use crate::sender::Sender;
use crate::time::Time;
pub use postrider_text::Encoding;
use std::fmt;
use std::sync::Arc;

/// The purpose of a message. It decides which messages go first, and what happens when an outcome is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A warning to the public or to people on call: first in every queue, tried again when in doubt.
    Emergency,
    /// A one-time password: behind emergencies alone, tried again when in doubt.
    Otp,
    /// Something the recipient waits for: tried again when in doubt.
    #[default]
    Transactional,
    /// Advertising: last in every queue, not sent again when in doubt.
    Marketing,
}

impl Class {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Emergency, Self::Otp, Self::Transactional, Self::Marketing];
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The word for it in every API and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Otp => "otp",
            Self::Transactional => "transactional",
            Self::Marketing => "marketing",
        }
    }

    /// The class with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// The content of a message.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A text; each upstream encodes and splits it as its carrier needs.
    Text(Box<str>),
    /// Octets that go out as they came, in one part.
    Data {
        /// The encoding of the octets; `Gsm7` octets are unpacked septets.
        encoding: Encoding,
        /// The user data header without its length octet (3GPP TS 23.040, 9.2.3.24); empty for none.
        header: Box<[u8]>,
        /// The octets behind the header.
        data: Box<[u8]>,
    },
    /// Several parts that their client cut itself and that go out as they came, one after the other.
    Parts(Box<[Octets]>),
    /// A text with media (MMS).
    Multimedia(Box<Multimedia>),
    /// Nothing any more: the content was removed, as the account's retention says.
    Redacted,
    /// A value that the store has encrypted, and that it opens before anybody else sees it.
    Sealed(Box<[u8]>),
}

/// The octets of one part, which go out as they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Octets {
    /// The encoding of the octets; `Gsm7` octets are unpacked septets.
    pub encoding: Encoding,
    /// The user data header without its length octet; empty for none.
    pub header: Box<[u8]>,
    /// The octets behind the header.
    pub data: Box<[u8]>,
}

impl Body {
    /// The text as its sender wrote it, if it is one; of a text with media, without their link.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Multimedia(media) => Some(&media.text),
            Self::Data { .. } | Self::Parts(_) | Self::Redacted | Self::Sealed(_) => None,
        }
    }

    /// The media, if it has some.
    #[must_use]
    pub fn media(&self) -> Option<&Multimedia> {
        match self {
            Self::Multimedia(media) => Some(media),
            _ => None,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} octets)", text.len()),
            Self::Data { encoding, header, data } => {
                write!(f, "Data({encoding:?}, {}+{} octets)", header.len(), data.len())
            }
            Self::Parts(parts) => write!(f, "Parts({})", parts.len()),
            Self::Multimedia(media) => media.fmt(f),
            Self::Redacted => f.write_str("Redacted"),
            Self::Sealed(sealed) => write!(f, "Sealed({} octets)", sealed.len()),
        }
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Octets({:?}, {}+{} octets)", self.encoding, self.header.len(), self.data.len())
    }
}

/// Which ends of a message its client wants to hear of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receipts {
    /// None.
    None,
    /// Every final state.
    #[default]
    All,
    /// Only what was not delivered.
    Failures,
    /// Only what was delivered.
    Successes,
}

impl Receipts {
    /// Whether a message that ended so is reported.
    #[must_use]
    pub const fn include(self, delivered: bool) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Failures => !delivered,
            Self::Successes => delivered,
        }
    }

    /// The ends of which at least one of these wants to hear.
    #[must_use]
    pub fn of_all(wishes: impl IntoIterator<Item = Self>) -> Self {
        let join = |(good, bad), wish: Self| (good || wish.include(true), bad || wish.include(false));
        match wishes.into_iter().fold((false, false), join) {
            (true, true) => Self::All,
            (true, false) => Self::Successes,
            (false, true) => Self::Failures,
            (false, false) => Self::None,
        }
    }
}

/// The way by which a client hears of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// It asks when it wants to know.
    Asking,
    /// By a session of its account (SMPP's deliver_sm).
    Session,
    /// By webhook.
    Webhook,
    /// No client sent it: a rule of the account did. Nobody is told, and its end sets off no rule.
    Rule,
    /// No client sent it: it has the code of a verification, which nobody but its recipient sees. Nobody is told, and its end
    /// sets off no rule.
    Verification,
}

/// A message, sealed: what was accepted, from whom, for whom and until when.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its identifier.
    pub id: MessageId,
    /// The account that sent it.
    pub account: AccountId,
    /// Its purpose.
    pub class: Class,
    /// The sender that the recipient sees; `None` leaves it to the carrier.
    pub from: Option<Sender>,
    /// The recipient.
    pub to: Number,
    /// The content of a message.
    pub body: Body,
    /// How many parts it was counted as when it was accepted.
    pub parts: u8,
    /// When it may go out at the earliest.
    pub due: Time,
    /// When it must not go out any more.
    pub expires: Time,
    /// The client's own reference.
    pub reference: Option<Box<str>>,
    /// The client's own data: a JSON object as text.
    pub metadata: Option<Box<str>>,
    /// A webhook for this message alone.
    pub callback: Option<Box<str>>,
    /// Which ends are reported.
    pub receipts: Receipts,
    /// The way in which they are reported.
    pub via: Via,
    /// Shown at once and not kept by the handset ("flash", message class 0 of 3GPP TS 23.038).
    pub flash: bool,
    /// Further parameters for the carrier.
    pub parameters: Box<[Parameter]>,
    /// The identifiers that its client was given, where it was given others than the message's own.
    pub known_as: Box<[KnownAs]>,
    /// Whether it goes out though its recipient has opted out: the gateway's own answer to STOP, START or HELP.
    pub exempt: bool,
    /// The rule against fraud that holds it until somebody releases it, and what was seen; `None` if nothing does.
    pub hold: Option<Box<str>>,
    /// The upstreams that may send it, best first.
    pub plan: Arc<Plan>,
    /// The upstreams whose carriers took it before and didn't deliver it, in their order: their costs are due.
    pub tried: Box<[UpstreamId]>,
    /// Its price and its costs, as far as there are any.
    pub charge: Option<Box<Charge>>,
    /// It leaves behind the earlier messages of its account with the same key.
    pub ordering_key: Option<Box<str>>,
    /// Whether it is canceled if its recipient writes to the account before it leaves.
    pub cancel_on_reply: bool,
    /// Words that its client has marked it with, a line for each.
    pub tags: Option<Box<str>>,
}

/// An identifier by which a client knows a message: of a part that it cut itself, or of all messages of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAs {
    /// The identifier.
    pub id: MessageId,
    /// Which ends are reported by it.
    pub receipts: Receipts,
    /// The client's own reference, as receipts give it back.
    pub reference: Option<Box<str>>,
}

/// A parameter for the carrier, passed on unread. Only doors and adapters know its meaning, and whether a carrier takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its tag in the protocol.
    pub tag: u16,
    /// Its octets.
    pub value: Box<[u8]>,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04X}[{}]", self.tag, self.value.len())
    }
}

impl Message {
    /// The message as anybody but its recipient sees it: a code of a verification is nobody else's.
    #[must_use]
    pub fn shown(self: Arc<Self>) -> Arc<Self> {
        match self.via {
            Via::Verification => Arc::new(Self { body: Body::Redacted, ..(*self).clone() }),
            Via::Asking | Via::Session | Via::Webhook | Via::Rule => self,
        }
    }

    /// Words that its client has marked it with.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.as_deref().unwrap_or_default().lines()
    }

    /// When it may leave at the earliest. One that a rule against fraud holds doesn't leave: its validity ends before.
    #[must_use]
    pub const fn leaves_from(&self) -> Time {
        if self.hold.is_some() { self.expires } else { self.due }
    }

    /// The recipient, if something that it does may cancel the message: one that is due later, or says so itself.
    #[must_use]
    pub fn scheduled_to(&self) -> Option<Number> {
        (self.cancel_on_reply || self.due > self.created()).then_some(self.to)
    }

    /// When it was accepted: its identifier says so.
    #[must_use]
    pub fn created(&self) -> Time {
        self.id.time()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} to {:?}, {:?})", self.id, self.to, self.body)
    }
}

/// Makes what was decided a message: nothing about it changes after this.
#[must_use]
pub fn seal(decision: Decision, account: &Account, id: MessageId, now: Time) -> Arc<Message> {
    let Decision { draft, plan, charge, held, .. } = decision;
    let due = draft.send_at.map_or(now, |at| at.max(now));
    let deadline = account.policy.deadlines[draft.class as usize];
    let valid_for = deadline.map_or(draft.valid_for, |deadline| deadline.min(draft.valid_for));
    Arc::new(Message {
        id,
        account: account.id,
        class: draft.class,
        from: draft.from,
        to: draft.to,
        body: draft.body,
        parts: draft.parts,
        due,
        expires: due + valid_for,
        reference: draft.reference,
        metadata: draft.metadata,
        callback: draft.callback,
        receipts: draft.receipts,
        via: draft.via,
        flash: draft.flash,
        parameters: draft.parameters,
        known_as: Box::default(),
        exempt: draft.exempt,
        hold: held.as_ref().and_then(Held::until_released),
        plan,
        tried: Box::default(),
        charge,
        ordering_key: draft.ordering_key,
        tags: draft.tags,
        cancel_on_reply: draft.cancel_on_reply,
    })
}

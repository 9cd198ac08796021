//! Messages from handsets (mobile-originated, MO).

use crate::id::MessageId;
use crate::message::{Body, Parameter};
use crate::route::UpstreamId;
use crate::sender::Sender;
use crate::time::Time;

/// An address as the network wrote it, and as the gateway understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The network's own spelling.
    pub given: Box<str>,
    /// A number, a short code or a name; `None` where the spelling is none of these.
    pub understood: Option<Sender>,
}

/// A message from a handset, or a part of one, as an adapter brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The handset.
    pub from: Address,
    /// The number, short code or name that was written to.
    pub to: Address,
    /// The text, or octets with their header.
    pub body: Body,
    /// The network's reference of it.
    pub reference: Option<Box<str>>,
    /// Further parameters from the network.
    pub parameters: Box<[Parameter]>,
}

/// A message from a handset that the gateway has taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its identifier.
    pub id: MessageId,
    /// The upstream that brought it.
    pub upstream: UpstreamId,
    /// When it came.
    pub at: Time,
    /// The message.
    pub inbound: Inbound,
}

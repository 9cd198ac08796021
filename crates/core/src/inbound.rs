//! Messages from handsets (mobile-originated, MO).

pub mod parts;

use crate::account::AccountId;
use crate::consent::Intent;
use crate::id::MessageId;
use crate::message::{Body, Encoding, Parameter};
use crate::notice::{Lane, Notice, What};
use crate::numbers::{Destination, Owner};
use crate::principal::Viewer;
use crate::route::UpstreamId;
use crate::sender::Sender;
use crate::time::Time;
use std::sync::Arc;

/// An address as the network wrote it, and as the gateway understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The network's own spelling.
    pub given: Box<str>,
    /// A number, a short code or a name; `None` where the spelling is none of these.
    pub understood: Option<Sender>,
}

impl Address {
    /// The address as people write it: what is understood, or else the network's spelling.
    #[must_use]
    pub fn shown(&self) -> String {
        self.understood.as_ref().map_or_else(|| self.given.to_string(), ToString::to_string)
    }
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
    /// How the network carried the characters of the text, or the octets.
    pub encoding: Encoding,
    /// Whether it is to be shown at once and not kept (message class 0).
    pub flash: bool,
    /// The network's reference of it.
    pub reference: Option<Box<str>>,
    /// Further parameters from the network.
    pub parameters: Box<[Parameter]>,
}

impl Inbound {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.body.text()
    }
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
    /// The account that it belongs to; `None` where nobody has declared the number.
    pub account: Option<AccountId>,
    /// The keyword that decided that, in lower case.
    pub keyword: Option<Box<str>>,
    /// Whether it asks to opt out, to opt in or for help. Then the gateway has answered it, and no rule does.
    pub intent: Option<Intent>,
    /// How many parts it came in.
    pub parts: u8,
    /// How many parts are missing: they did not come in time.
    pub missing: u8,
    /// Words that rules have marked it with.
    pub tags: Box<[Box<str>]>,
    /// The message.
    pub inbound: Inbound,
}

impl Received {
    /// Takes a message on for its owner, if it has one.
    #[must_use]
    pub fn new(
        id: MessageId,
        upstream: UpstreamId,
        at: Time,
        inbound: Inbound,
        owner: Option<&Owner>,
    ) -> Self {
        Self {
            id,
            upstream,
            at,
            account: owner.map(|owner| owner.account),
            keyword: owner.and_then(|owner| owner.keyword.clone()),
            intent: None,
            parts: 1,
            missing: 0,
            tags: Box::default(),
            inbound,
        }
    }

    /// Whether the viewer sees it.
    #[must_use]
    pub fn is_visible_to(&self, viewer: Viewer) -> bool {
        match viewer {
            Viewer::Everything => true,
            Viewer::Account(account) => self.account == Some(account),
        }
    }

    /// The notices that tell its owner of it, one for each way in which the owner wants to hear.
    pub fn notices(self: &Arc<Self>, owner: &Owner) -> impl Iterator<Item = Notice> + use<'_> {
        let account = owner.account;
        let lanes = match owner.destination {
            Destination::List => [None, None],
            Destination::Webhook => [Some(Lane::Webhooks), None],
            Destination::Sessions => [None, Some(Lane::Sessions(account))],
            Destination::Both => [Some(Lane::Webhooks), Some(Lane::Sessions(account))],
        };
        lanes.into_iter().flatten().map(move |lane| Notice {
            id: self.id.into(),
            lane,
            what: What::Received { account, received: Arc::clone(self) },
            failed: 0,
            due: self.at,
            owned: false,
        })
    }
}

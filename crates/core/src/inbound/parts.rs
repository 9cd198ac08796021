//! Parts of long messages from handsets, and the messages that they become. Parts come in any order, over any link and node,
//! and more than once.

use super::{Inbound, Received};
use crate::id::MessageId;
use crate::message::{Body, Encoding};
use crate::numbered_parts::{NumberedPart, NumberedParts};
use crate::numbers::Owner;
use crate::route::UpstreamId;
use crate::time::Time;
pub use postrider_text::header::Reference;
use postrider_text::header::{self, Element};
use postrider_text::segment;
use std::time::Duration;

/// How long parts wait for the others, unless their upstream says otherwise.
pub const PARTS_WAIT: Duration = Duration::from_secs(120);
/// How long parts that were put together are remembered, to know them if they come again.
pub const PARTS_REMEMBERED: Duration = Duration::from_secs(300);
/// The text in the place of parts that are missing.
const GAP: &str = "[...]";

/// What the parts of one message have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartsKey {
    /// The handset, as people write it.
    pub from: Box<str>,
    /// The number that was written to, likewise.
    pub to: Box<str>,
    /// The reference that the handset or the network gave.
    pub reference: Reference,
    /// How many parts there are, from 2.
    pub total: u8,
}

impl PartsKey {
    /// What a message has in common with others, and its place among them, if it is one part of several.
    #[must_use]
    pub fn of(inbound: &Inbound) -> Option<(Self, u8)> {
        let Body::Data { header, .. } = &inbound.body else { return None };
        let concat = header::concat(header).filter(|concat| concat.total > 1)?;
        let (from, to) = (inbound.from.shown().into(), inbound.to.shown().into());
        Some((Self { from, to, reference: concat.reference, total: concat.total }, concat.number))
    }
}

/// A part that the gateway has taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundPart {
    /// Its identifier.
    pub id: MessageId,
    /// The upstream that brought it.
    pub upstream: UpstreamId,
    /// Until when the others are waited for.
    pub until: Time,
    /// The message that it became a part of, once it did.
    pub joined: Option<MessageId>,
    /// The message that it is a part of.
    pub key: PartsKey,
    /// Its place there, from 1.
    pub number: u8,
    /// The part as it came.
    pub inbound: Inbound,
}

impl NumberedPart for InboundPart {
    fn id(&self) -> MessageId {
        self.id
    }

    fn number(&self) -> u8 {
        self.number
    }

    fn total(&self) -> u8 {
        self.key.total
    }

    fn until(&self) -> Time {
        self.until
    }

    fn repeats(&self, other: &Self) -> bool {
        self.number == other.number && self.inbound.body == other.inbound.body
    }
}

/// What becomes of parts that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They wait for others.
    Waiting,
    /// All are there.
    Whole,
    /// The others were waited for long enough.
    Incomplete,
    /// They are those of this message again.
    Repeated(MessageId),
}

/// Parts of one message that wait: each number once, and those that came again.
#[derive(Clone, Debug)]
pub struct Assembly<'p>(NumberedParts<'p, InboundPart>);

/// The messages that parts of one key are of, in the order in which they came, and how each stands. Among the parts may be
/// some that were joined before.
#[must_use]
pub fn assemblies(parts: &[InboundPart], now: Time) -> Vec<(Assembly<'_>, Standing)> {
    let joined: Vec<&InboundPart> = parts.iter().filter(|part| part.joined.is_some()).collect();
    let mut found: Vec<Assembly<'_>> = Vec::new();
    for part in parts.iter().filter(|part| part.joined.is_none()) {
        match found.iter_mut().find(|assembly| assembly.0.has_room_for(part)) {
            Some(assembly) => assembly.0.add(part),
            None => found.push(Assembly(NumberedParts::of(part))),
        }
    }
    let mut told = Vec::with_capacity(found.len());
    for assembly in found {
        let standing = assembly.standing(&joined, now);
        told.push((assembly, standing));
    }
    told
}

impl<'p> Assembly<'p> {
    fn parts(&self) -> impl Iterator<Item = &'p InboundPart> {
        self.0.each()
    }

    /// The identifiers of all of them.
    #[must_use]
    pub fn ids(&self) -> Vec<MessageId> {
        self.0.ids()
    }

    fn standing(&self, joined: &[&InboundPart], now: Time) -> Standing {
        let is_whole = self.0.is_whole();
        if !is_whole && self.0.until() > now {
            return Standing::Waiting;
        }
        match self.repeated(joined) {
            Some(of) => Standing::Repeated(of),
            None if is_whole => Standing::Whole,
            None => Standing::Incomplete,
        }
    }

    /// The message that has all of these parts.
    fn repeated(&self, joined: &[&InboundPart]) -> Option<MessageId> {
        let of = |part: &InboundPart| {
            joined.iter().filter(|before| part.repeats(before)).filter_map(|before| before.joined).max()
        };
        let first = of(self.parts().next()?)?;
        self.parts().all(|part| of(part) == Some(first)).then_some(first)
    }

    /// The message that they become, without its owner. It is of the upstream that brought the first of them.
    #[must_use]
    pub fn inbound(&self) -> Option<(UpstreamId, Inbound)> {
        let first = self.parts().next()?;
        let whole = Inbound {
            body: self.body(),
            flash: self.parts().any(|part| part.inbound.flash),
            ..first.inbound.clone()
        };
        Some((first.upstream, whole))
    }

    /// The message that they become, taken on for its owner.
    #[must_use]
    pub fn received(
        &self,
        id: MessageId,
        now: Time,
        (upstream, inbound): (UpstreamId, Inbound),
        owner: Option<&Owner>,
    ) -> Received {
        let total = self.0.total();
        let missing = total - u8::try_from(self.0.count()).unwrap_or(u8::MAX).min(total);
        Received { parts: total, missing, ..Received::new(id, upstream, now, inbound, owner) }
    }

    /// One text, or the octets of all parts behind the header that they share.
    fn body(&self) -> Body {
        let is_text = |part: &InboundPart| match &part.inbound.body {
            Body::Text(_) => true,
            Body::Multimedia(_) | Body::Parts(_) | Body::Redacted | Body::Sealed(_) => false,
            Body::Data { encoding, header, .. } => {
                *encoding != Encoding::Octets && header::ports(header).is_none()
            }
        };
        if self.parts().all(is_text) { Body::Text(self.text().into()) } else { self.octets() }
    }

    /// Neighbours in one encoding are put together before they are read: there are handsets that cut characters in two.
    fn text(&self) -> String {
        let (mut text, mut run) = (String::new(), Vec::new());
        let (mut run_encoding, mut expected) = (Encoding::Gsm7, 1);
        for part in self.parts() {
            let Body::Data { encoding, header, data } = &part.inbound.body else { continue };
            let has_gap = part.number > expected;
            if has_gap || *encoding != run_encoding {
                text.push_str(&segment::join(run_encoding, &std::mem::take(&mut run)));
                run_encoding = *encoding;
            }
            if has_gap {
                text.push_str(GAP);
            }
            run.push(segment::Part { header: header.to_vec(), data: data.to_vec() });
            expected = part.number.saturating_add(1);
        }
        text.push_str(&segment::join(run_encoding, &run));
        if expected <= self.0.total() {
            text.push_str(GAP);
        }
        text
    }

    fn octets(&self) -> Body {
        let (mut all, mut first) = (Vec::new(), None);
        for part in self.parts() {
            if let Body::Data { encoding, header, data } = &part.inbound.body {
                first.get_or_insert((*encoding, without_concat(header)));
                all.extend_from_slice(data);
            }
        }
        let (encoding, header) = first.unwrap_or((Encoding::Octets, Vec::new()));
        Body::Data { encoding, header: header.into(), data: all.into() }
    }
}

fn without_concat(header: &[u8]) -> Vec<u8> {
    let is_other = |element: &Element<'_>| !matches!(element, Element::Concat(_));
    let others: Vec<Element<'_>> = header::parse(header).filter(is_other).collect();
    header::build(&others).unwrap_or_default()
}

#[cfg(test)]
mod tests;

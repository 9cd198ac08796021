//! Messages from handsets that the network brings again, since it doesn't know that they were taken.
//!
//! Many people write the same text twice, and a message has no name. So a message repeats another of the same sender, number
//! and content only where the acknowledgement of that one may not have arrived: a link of its upstream was lost, or the
//! gateway ended, soon after it came.

use super::remembered::Remembered;
use postrider_core::inbound::{Inbound, Received};
use postrider_core::message::Body;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// How long a network tries again.
pub(super) const REPEATED_WITHIN: Duration = Duration::from_secs(15 * 60);
/// How long after a message came its acknowledgement may have been lost with a link.
const DOUBTED: Duration = Duration::from_secs(10);
/// How much earlier than a message the loss of its link may be known: what a link brought last waits for its record.
const OVERTAKEN: Duration = Duration::from_secs(5);
/// How long before the loss of another node's links messages came to it whose acknowledgement may be lost, at most. A node is known
/// to be dead a while after it died.
pub(super) const LEARNT: Duration = Duration::from_secs(30);
/// Messages that are remembered.
pub(super) const REMEMBERED_MAX: usize = 16_384;
/// Losses of links that are remembered of one upstream.
const LOSSES_MAX: usize = 16;

/// What is remembered of messages from handsets and of links.
pub(super) struct Repeats {
    /// When messages came, by what they say.
    came: Remembered<Time, u64>,
    /// When links were lost.
    losses: BTreeMap<UpstreamId, VecDeque<Time>>,
    /// When the last message came before the gateway was started.
    ended: Option<Time>,
}

impl Repeats {
    pub(super) fn new() -> Self {
        Self { came: Remembered::new(REMEMBERED_MAX), losses: BTreeMap::new(), ended: None }
    }

    /// Remembers messages that came before the gateway was started, the newest first.
    pub(super) fn recall<'r>(&mut self, received: impl DoubleEndedIterator<Item = &'r Received>) {
        for message in received.rev() {
            self.came.insert(print(message.upstream, &message.inbound), message.at);
            self.ended = self.ended.max(Some(message.at));
        }
    }

    /// Remembers messages that came lately, whichever node they came to, the newest first. What this node remembers stays.
    pub(super) fn learn<'r>(&mut self, received: impl Iterator<Item = &'r Received>) {
        for message in received {
            let print = print(message.upstream, &message.inbound);
            if self.came.get(&print).is_none_or(|came| *came < message.at) {
                self.came.insert(print, message.at);
            }
        }
    }

    /// A link of the upstream was lost.
    pub(super) fn lost(&mut self, upstream: UpstreamId, now: Time) {
        let losses = self.losses.entry(upstream).or_default();
        losses.push_back(now);
        if losses.len() > LOSSES_MAX {
            losses.pop_front();
        }
    }

    /// Whether a message is one that came before; it is remembered otherwise.
    pub(super) fn is_repeat(&mut self, upstream: UpstreamId, inbound: &Inbound, now: Time) -> bool {
        let print = print(upstream, inbound);
        let before = self.came.get(&print).copied();
        if before.is_some_and(|came| now.since(came) <= REPEATED_WITHIN && self.is_doubted(upstream, came)) {
            return true;
        }
        self.came.insert(print, now);
        false
    }

    /// Whether the network may not know that a message which came then was taken.
    fn is_doubted(&self, upstream: UpstreamId, came: Time) -> bool {
        let losses = self.losses.get(&upstream).into_iter().flatten();
        let by_loss = losses.into_iter().any(|lost| came <= *lost + OVERTAKEN && *lost <= came + DOUBTED);
        by_loss || self.ended.is_some_and(|ended| came <= ended && ended <= came + DOUBTED)
    }
}

/// What is the same when a message comes again.
fn print(upstream: UpstreamId, inbound: &Inbound) -> u64 {
    let mut hasher = DefaultHasher::new();
    (upstream.0, &inbound.from.given, &inbound.to.given, &inbound.reference).hash(&mut hasher);
    match &inbound.body {
        Body::Text(text) => text.hash(&mut hasher),
        Body::Data { header, data, .. } => (header, data).hash(&mut hasher),
        Body::Parts(parts) => parts.iter().for_each(|part| (&part.header, &part.data).hash(&mut hasher)),
        Body::Multimedia(media) => {
            (&media.subject, &media.text).hash(&mut hasher);
            media.items.iter().for_each(|item| item.print.hash(&mut hasher));
        }
        Body::Redacted | Body::Sealed(_) => {}
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::book::tests::inbound;
    use postrider_core::id::MessageId;

    const ACME: UpstreamId = UpstreamId(1);
    const OTHER: UpstreamId = UpstreamId(2);

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000)
    }

    #[test]
    fn the_same_text_twice_is_two_messages() {
        let mut repeats = Repeats::new();
        for second in 0..3 {
            assert!(!repeats.is_repeat(ACME, &inbound("60006", "yes"), at(second)));
        }
    }

    #[test]
    fn what_comes_again_after_its_link_was_lost_is_no_other_message() {
        let mut repeats = Repeats::new();
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "old"), at(0)));
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "yes"), at(95)));
        assert!(!repeats.is_repeat(OTHER, &inbound("60006", "yes"), at(95)));
        repeats.lost(ACME, at(100));
        for again in [101, 200] {
            assert!(repeats.is_repeat(ACME, &inbound("60006", "yes"), at(again)));
        }
        assert!(!repeats.is_repeat(OTHER, &inbound("60006", "yes"), at(101)), "its link stands");
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "no"), at(101)), "another text");
        assert!(!repeats.is_repeat(ACME, &inbound("60007", "yes"), at(101)), "another number");
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "old"), at(101)), "acknowledged long before");
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "yes"), at(95 + 901)), "too late");
    }

    #[test]
    fn what_comes_again_after_another_nodes_links_were_lost_is_no_other_message() {
        let received = |text, second| {
            Received::new(MessageId::from_number(1), ACME, at(second), inbound("60006", text), None)
        };
        let mut repeats = Repeats::new();
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "mine"), at(99)));
        let (yes, old) = (received("yes", 98), received("old", 80));
        repeats.learn([&yes, &old, &received("mine", 70)].into_iter());
        repeats.lost(ACME, at(100));
        assert!(repeats.is_repeat(ACME, &inbound("60006", "yes"), at(107)));
        assert!(repeats.is_repeat(ACME, &inbound("60006", "mine"), at(107)), "as it came here last");
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "old"), at(107)), "acknowledged long before");
        assert!(!repeats.is_repeat(OTHER, &inbound("60006", "yes"), at(107)), "another upstream's");
    }

    #[test]
    fn what_comes_again_after_the_gateway_was_started_is_no_other_message() {
        let received = |text, second| {
            Received::new(MessageId::from_number(1), ACME, at(second), inbound("60006", text), None)
        };
        let mut repeats = Repeats::new();
        let (last, old) = (received("yes", 50), received("old", 10));
        repeats.recall([&last, &old].into_iter());
        assert!(repeats.is_repeat(ACME, &inbound("60006", "yes"), at(60)));
        assert!(!repeats.is_repeat(ACME, &inbound("60006", "old"), at(60)));
    }
}

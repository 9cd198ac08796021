//! No more parts are written and unanswered than an upstream's window has room for.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::id::MessageId;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use std::collections::BTreeMap;

/// What is written and unanswered, by upstream.
pub(crate) struct Windows(BTreeMap<UpstreamId, Open>);

struct Open {
    window: usize,
    /// The window of one bind: the least share that a node has.
    share: usize,
    /// Parts of messages, by the node that wrote them. A message counts with all its parts, as its window counts it.
    written: BTreeMap<(u8, MessageId), usize>,
}

impl Windows {
    /// Of these upstreams.
    pub(crate) fn new(upstreams: &[Upstream]) -> Self {
        let open = |upstream: &Upstream| Open {
            window: upstream.window,
            share: upstream.window / usize::from(upstream.binds.max(1)),
            written: BTreeMap::new(),
        };
        Self(upstreams.iter().map(|upstream| (upstream.id, open(upstream))).collect())
    }
}

impl Open {
    /// The parts under way when a node has taken a message. A message that is alone on its node may be longer than the node's
    /// share, and counts as the least share. Another node may have given a bind up since it took a long message: the bind that
    /// is left writes the rest as answers come, so that of its longest message only one part counts.
    fn count(&self, taker: u8) -> usize {
        let mut nodes: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for ((node, _), parts) in &self.written {
            nodes.entry(*node).or_default().push(*parts);
        }
        let count = |(node, parts): (&u8, &Vec<usize>)| {
            let (sum, longest) = (parts.iter().sum::<usize>(), parts.iter().copied().max().unwrap_or(1));
            match parts[..] {
                [alone] => alone.min(self.share),
                _ if *node == taker => sum,
                _ => sum - (longest - 1),
            }
        };
        nodes.iter().map(count).sum()
    }
}

impl Check for Windows {
    fn name(&self) -> &'static str {
        "window"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Taken(taken) => {
                let Some(open) = self.0.get_mut(&taken.upstream) else { return };
                let parts = usize::from(taken.message.parts);
                open.written.insert((event.node, taken.message.id), parts);
                let written = open.count(event.node);
                if written > open.window {
                    let (upstream, window) = (taken.upstream.0, open.window);
                    let what = format!(
                        "{written} parts are under way by upstream {upstream}, whose window is {window}"
                    );
                    faults.tell(taken.message.id, what);
                }
            }
            Seen::Answered { upstream, message } => {
                if let Some(open) = self.0.get_mut(upstream) {
                    open.written.remove(&(event.node, *message));
                }
            }
            Seen::Died(node) => {
                self.0.values_mut().for_each(|open| open.written.retain(|(of, _), _| of != node));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, answered, message, taken, taken_message};
    use crate::scenario::upstream;
    use postrider_core::message::Message;

    fn windows() -> Fed<Windows> {
        Fed::new(Windows::new(&[Upstream { window: 2, ..upstream(1) }]))
    }

    #[test]
    fn a_full_window_waits_for_an_answer() {
        let mut windows = windows();
        assert_eq!(windows.see(taken(1)) + windows.see(taken(2)), 0);
        assert_eq!(windows.see(taken(3)), 1);
        windows.see(answered(1));
        windows.see(answered(2));
        assert_eq!(windows.see(taken(4)), 0);
    }

    #[test]
    fn a_message_longer_than_the_window_goes_alone() {
        let long = |number| taken_message(Message { parts: 5, ..message(number) }, 5);
        let mut windows = windows();
        assert_eq!(windows.see(long(1)), 0);
        assert_eq!(windows.see(taken(2)), 1);
    }

    #[test]
    fn the_rest_of_a_long_message_waits_at_a_node_that_gave_a_bind_up() {
        let mut windows = Fed::new(Windows::new(&[Upstream { window: 4, binds: 2, ..upstream(1) }]));
        let long = |number| taken_message(Message { parts: 2, ..message(number) }, 2);
        assert_eq!(windows.see(long(1)) + windows.see(taken(2)), 0);
        windows.node = 2;
        assert_eq!(windows.see(long(3)), 0);
        assert_eq!(windows.see(taken(4)), 1);
    }

    #[test]
    fn a_nodes_death_ends_what_it_had_under_way() {
        let mut windows = windows();
        windows.see(taken(1));
        windows.see(taken(2));
        windows.see(Seen::Died(1));
        assert_eq!(windows.see(taken(3)), 0);
    }
}

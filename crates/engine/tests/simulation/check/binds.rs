//! A bind is one node's at a time.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::route::UpstreamId;
use std::collections::BTreeMap;

/// Which node uses which bind.
#[derive(Default)]
pub(crate) struct Binds(BTreeMap<(UpstreamId, usize), Vec<u8>>);

impl Check for Binds {
    fn name(&self) -> &'static str {
        "binds"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        let Seen::Bind { upstream, bind, up } = event.seen else { return };
        let users = self.0.entry((upstream, bind)).or_default();
        if up {
            if let Some(user) = users.first() {
                let node = event.node;
                faults.tell(
                    None,
                    format!("bind {bind} of upstream {} is node {user}'s and node {node}'s", upstream.0),
                );
            }
            users.push(event.node);
        } else if let Some(place) = users.iter().position(|user| *user == event.node) {
            users.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, UPSTREAM};

    fn bind(bind: usize, up: bool) -> Seen {
        Seen::Bind { upstream: UPSTREAM, bind, up }
    }

    #[test]
    fn two_nodes_may_not_have_one_bind() {
        let mut binds = Fed::new(Binds::default());
        assert_eq!(binds.see(bind(0, true)), 0);
        binds.node = 2;
        assert_eq!(binds.see(bind(1, true)), 0);
        assert_eq!(binds.see(bind(0, true)), 1);
    }

    #[test]
    fn a_bind_that_ended_may_be_anothers() {
        let mut binds = Fed::new(Binds::default());
        assert_eq!(binds.see(bind(0, true)) + binds.see(bind(0, false)), 0);
        binds.node = 2;
        assert_eq!(binds.see(bind(0, true)), 0);
    }
}

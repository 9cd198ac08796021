//! Which leases a node keeps, takes and lets go of.

use postrider_core::node::{Lease, Muster, share};
use postrider_core::route::UpstreamId;
use std::collections::BTreeSet;

/// The leases to keep, to take and to let go of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LeasePlan {
    pub(crate) keep: BTreeSet<Lease>,
    pub(crate) want: Vec<Lease>,
    pub(crate) let_go: Vec<Lease>,
}

impl LeasePlan {
    /// The plan of the node `me` after a beat, when there are these upstreams and binds. What it is still `using` it can't
    /// let go of.
    pub(crate) fn make(
        me: u8,
        muster: &Muster,
        binds: &[(UpstreamId, u16)],
        using: impl Fn(Lease) -> bool,
    ) -> Self {
        let held_by = |is_mine: bool| {
            let nodes = muster.nodes.iter().filter(move |node| (node.number == me) == is_mine);
            nodes.flat_map(|node| node.holds.iter().copied()).collect::<BTreeSet<Lease>>()
        };
        let (holds, taken) = (held_by(true), held_by(false));
        let mut plan = Self::default();
        let mut wish = |lease: Lease| {
            if holds.contains(&lease) {
                plan.keep.insert(lease);
            } else if !taken.contains(&lease) {
                plan.want.push(lease);
            }
        };
        wish(Lease::Chores);
        for (upstream, total) in binds {
            // Others may know nothing of it yet, or any more.
            let serving = muster.nodes.iter().filter(|node| node.presence.serves.contains(upstream));
            let serving: Vec<u8> = serving.map(|node| node.number).collect();
            let share = share(*total, *upstream, &serving, me);
            for bind in choose(share, *total, *upstream, &holds, &taken) {
                wish(Lease::Bind(*upstream, bind));
            }
        }
        let is_idle = |lease: &&Lease| !plan.keep.contains(lease) && !using(**lease);
        plan.let_go = holds.iter().filter(is_idle).copied().collect();
        plan
    }
}

/// Which binds to keep: those that are kept already, then those that nobody keeps.
fn choose(
    share: u16,
    total: u16,
    upstream: UpstreamId,
    holds: &BTreeSet<Lease>,
    taken: &BTreeSet<Lease>,
) -> Vec<u16> {
    let all = |held: &BTreeSet<Lease>, is: bool| {
        (0..total).filter(|bind| held.contains(&Lease::Bind(upstream, *bind)) == is).collect::<Vec<_>>()
    };
    let kept = all(holds, true);
    let free = all(taken, false).into_iter().filter(|bind| !kept.contains(bind));
    kept.iter().copied().chain(free).take(share.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::node::{Node, Presence};
    use postrider_core::time::Time;

    const ACME: UpstreamId = UpstreamId(1);

    fn binds(numbers: &[u16]) -> BTreeSet<Lease> {
        numbers.iter().map(|bind| Lease::Bind(ACME, *bind)).collect()
    }

    fn node(number: u8, serves: bool, holds: &[Lease]) -> Node {
        let presence = Presence {
            address: "".into(),
            version: "".into(),
            serves: serves.then_some(ACME).into_iter().collect(),
            up: Vec::new(),
            demand: Vec::new(),
            sessions: Vec::new(),
            consent: 0,
        };
        Node { number, since: Time(0), beaten: Time(0), presence, holds: holds.into() }
    }

    fn plan(me: u8, nodes: Vec<Node>, total: u16, using: &[Lease]) -> LeasePlan {
        let muster = Muster { now: Time(0), was_dead: false, nodes };
        LeasePlan::make(me, &muster, &[(ACME, total)], |lease| using.contains(&lease))
    }

    #[test]
    fn a_node_keeps_what_it_has_before_it_takes_more() {
        assert_eq!(choose(2, 4, ACME, &binds(&[3]), &binds(&[0])), [3, 1]);
        assert_eq!(choose(1, 4, ACME, &binds(&[2, 3]), &binds(&[])), [2]);
    }

    #[test]
    fn a_node_doesnt_ask_for_what_others_hold() {
        assert_eq!(choose(2, 4, ACME, &binds(&[]), &binds(&[0, 1, 2])), [3]);
        assert!(choose(2, 2, ACME, &binds(&[]), &binds(&[0, 1])).is_empty());
    }

    #[test]
    fn a_lone_node_takes_everything() {
        let plan = plan(1, vec![node(1, true, &[])], 2, &[]);
        assert_eq!(plan.want, [Lease::Chores, Lease::Bind(ACME, 0), Lease::Bind(ACME, 1)]);
    }

    #[test]
    fn binds_are_shared_by_nodes_that_know_the_upstream() {
        let all = [Lease::Chores, Lease::Bind(ACME, 0), Lease::Bind(ACME, 1)];
        let together = plan(1, vec![node(1, true, &all), node(2, true, &[])], 2, &[]);
        assert_eq!((together.keep.len(), together.let_go.len()), (2, 1));
        let knows_alone = plan(1, vec![node(1, true, &all), node(2, false, &[])], 2, &[]);
        assert!(knows_alone.let_go.is_empty(), "the other knows nothing of it");
    }

    #[test]
    fn a_bind_in_use_is_let_go_of_when_its_links_have_ended() {
        let both = [Lease::Bind(ACME, 0), Lease::Bind(ACME, 1)];
        let nodes = || vec![node(1, true, &both), node(2, true, &[Lease::Chores])];
        assert!(plan(1, nodes(), 2, &both).let_go.is_empty());
        assert_eq!(plan(1, nodes(), 2, &[]).let_go.len(), 1);
    }
}

//! Which nodes come and go, for whoever reads the log.

use postrider_core::node::{LIFE, Muster, Node};

/// Says which nodes have come and gone since this one looked last.
pub(crate) fn tell(before: &[Node], muster: &Muster, me: u8) {
    let is_same = |one: &Node, other: &Node| (one.number, one.since) == (other.number, other.since);
    let lacks = |nodes: &[Node], node: &Node| !nodes.iter().any(|other| is_same(node, other));
    let own = before.iter().find(|node| node.number == me);
    if own.is_none() {
        tracing::info!(node = me, "this is a node of those that share the store");
    }
    // Whoever was late itself can't say of others that they died: the database may have been away.
    let is_late = own.is_some_and(|own| muster.now.since(own.beaten) >= LIFE);
    let is_other = |node: &&Node| node.number != me;
    for node in before.iter().filter(is_other).filter(|node| !is_late && lacks(&muster.nodes, node)) {
        let (number, address) = (node.number, &*node.presence.address);
        if muster.now.since(node.beaten) < LIFE {
            tracing::info!(node = number, address, "another node has left");
        } else {
            tracing::warn!(
                node = number,
                address,
                "another node is taken for dead, since it has not said for {} s that it lives",
                LIFE.as_secs()
            );
        }
    }
    for node in muster.nodes.iter().filter(is_other).filter(|node| lacks(before, node)) {
        tracing::info!(
            node = node.number,
            address = &*node.presence.address,
            "another node shares the store"
        );
    }
}

//! Nodes: processes that share one store, and what they agree on through it.
//!
//! A node lives for as long as it beats. What only one node at a time may do is a [`Lease`]: who holds it keeps it
//! until it lets go of it, or dies. There is no vote: the store is the one place where it is written who holds what,
//! and who can't reach the store stops before others take its place.

use crate::account::AccountId;
use crate::contract::StoreError;
use crate::delivery::Delivery;
use crate::id::MessageId;
use crate::notice::Lane;
use crate::receipt::Report;
use crate::route::UpstreamId;
use crate::time::Time;
use async_trait::async_trait;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How often a node beats.
pub const BEAT: Duration = Duration::from_secs(1);
/// How long a node lives after its last beat; then others take what it held.
pub const LIFE: Duration = Duration::from_secs(6);
/// How long after its last beat a node goes on sending: its binds need a moment to end before others take its place.
pub const TRUST: Duration = Duration::from_secs(3);

/// A lease: something that one node alone may do at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lease {
    /// The chores.
    Chores,
    /// Keeping this bind of an upstream; binds are counted from 0.
    Bind(UpstreamId, u16),
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chores => f.write_str("chores"),
            Self::Bind(upstream, bind) => write!(f, "bind/{}/{bind}", upstream.0),
        }
    }
}

/// A text is no lease that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a lease")]
pub struct NotALease;

impl FromStr for Lease {
    type Err = NotALease;

    fn from_str(text: &str) -> Result<Self, NotALease> {
        let mut words = text.split('/');
        let lease = match (words.next(), words.next(), words.next()) {
            (Some("chores"), None, None) => Self::Chores,
            (Some("bind"), Some(upstream), Some(bind)) => {
                Self::Bind(UpstreamId(number(upstream)?), number(bind)?)
            }
            _ => return Err(NotALease),
        };
        if words.next().is_none() { Ok(lease) } else { Err(NotALease) }
    }
}

fn number<N: FromStr>(text: &str) -> Result<N, NotALease> {
    text.parse().map_err(|_| NotALease)
}

/// The presence of a node: what it says of itself at each beat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presence {
    /// Where its HTTP API is, for people: `10.0.0.7:8080`.
    pub address: Box<str>,
    /// The version of the program.
    pub version: Box<str>,
    /// Upstreams whose binds it would keep: those that its rules have, enabled.
    pub serves: Vec<UpstreamId>,
    /// Upstreams of which it has a link that is up.
    pub up: Vec<UpstreamId>,
    /// Parts a second that clients of an account with a rate ask it for.
    pub demand: Vec<(AccountId, f64)>,
    /// Sessions that clients have open with it, by account.
    pub sessions: Vec<(AccountId, u32)>,
    /// The change of what holds of numbers that it has taken in last.
    pub consent: u64,
}

/// A living node, as the store knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its number, which is in every identifier that it makes.
    pub number: u8,
    /// Since when it runs.
    pub since: Time,
    /// Its last beat.
    pub beaten: Time,
    /// Its presence then.
    pub presence: Presence,
    /// The leases that it holds, in order.
    pub holds: Vec<Lease>,
}

/// Which nodes there are, as one of them sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The number of the node that answers.
    pub this: u8,
    /// Every living node, as of its last beat, by number.
    pub nodes: Vec<Node>,
}

/// The result of a beat.
#[derive(Clone, Debug, PartialEq)]
pub struct Muster {
    /// The time by the store's clock, which all nodes go by.
    pub now: Time,
    /// Whether this node had been taken for dead meanwhile: what it held may be in other hands.
    pub was_dead: bool,
    /// Every living node, this one too, by number.
    pub nodes: Vec<Node>,
}

/// News of what other nodes did, which this one would otherwise find only by looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Resources were declared.
    Resources,
    /// It was found out how a carrier spells its names for parts.
    Learnt,
    /// Messages for this upstream were left in the queue.
    Queue(UpstreamId),
    /// This node has bound a link of an upstream.
    Bound(u8, UpstreamId),
    /// This node has no link of an upstream any more that is up.
    Unbound(u8, UpstreamId),
    /// Notices were left in this lane.
    Lane(Lane),
    /// This message is to be changed: who has it ready, and has not begun to send it, gives it back to the queue.
    Wanted(MessageId),
    /// Something that holds of numbers was changed.
    Consent,
    /// This node has taken in what holds of numbers as far as this change.
    ConsentTaken(u8, u64),
    /// Something may have been missed: everything is to be looked at.
    Anything,
}

/// The agreement of nodes through their store. A store that one process has for itself agrees to everything.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// This node's number.
    fn number(&self) -> u8;

    /// Whether no other node can share this store.
    fn is_alone(&self) -> bool;

    /// Lives on for [`LIFE`], and sees who else does.
    async fn beat(&self, presence: &Presence) -> Result<Muster, StoreError>;

    /// Takes those leases that nobody living holds; returns those of them that are this node's now.
    async fn hold(&self, leases: Vec<Lease>) -> Result<Vec<Lease>, StoreError>;

    /// Gives leases up, so that others can take them.
    async fn let_go(&self, leases: Vec<Lease>) -> Result<(), StoreError>;

    /// Returns to the queue what dead nodes had in hand, marked as possibly sent; tells how many messages.
    async fn rescue(&self) -> Result<usize, StoreError>;

    /// Parked receipts whose message has become known meanwhile, by whichever node.
    async fn matched(&self, most: usize) -> Result<Vec<(UpstreamId, Report)>, StoreError>;

    /// Messages all of whose parts were reported, to several nodes at once, so that none of them saw the end.
    async fn gathered(&self, most: usize) -> Result<Vec<Delivery>, StoreError>;

    /// The nodes that live now, this one too, and the change of what holds of numbers that each had taken in at its last beat.
    /// A node alone has no others.
    async fn living(&self) -> Result<Vec<(u8, u64)>, StoreError> {
        Ok(Vec::new())
    }

    /// Waits for what other nodes did.
    async fn news(&self) -> News;

    /// Tells other nodes what this one did, soon. It may be lost: nodes look for themselves too.
    fn tell(&self, news: Vec<News>);
}

/// How many of `total` binds of an upstream are this node's share, when these living nodes serve it. Shares add up to all binds,
/// differ by one at most, and the odd ones of different upstreams fall to different nodes.
#[must_use]
pub fn share(total: u16, upstream: UpstreamId, nodes: &[u8], me: u8) -> u16 {
    let (Ok(count), Some(place)) = (u16::try_from(nodes.len()), nodes.iter().position(|node| *node == me))
    else {
        return 0;
    };
    let (each, odd) = (total / count, usize::from(total % count));
    let turned = (place + upstream.0 as usize) % nodes.len();
    each + u16::from(turned < odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_read_back_what_they_write() {
        let leases = [Lease::Chores, Lease::Bind(UpstreamId(7), 3)];
        for lease in leases {
            assert_eq!(lease.to_string().parse(), Ok(lease));
        }
        for odd in ["", "chores/1", "bind/1", "bind/1/2/3", "bind/x/1", "bind/1/-1", "other"] {
            assert_eq!(odd.parse::<Lease>(), Err(NotALease), "{odd}");
        }
    }

    #[test]
    fn shares_add_up_and_differ_by_one_at_most() {
        for count in 1..9 {
            let nodes: Vec<u8> = (0..count).map(|n| n * 3 + 1).collect();
            for total in 0..40 {
                let shares: Vec<u16> =
                    nodes.iter().map(|me| share(total, UpstreamId(total.into()), &nodes, *me)).collect();
                assert_eq!(shares.iter().sum::<u16>(), total);
                let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
                assert!(most - least <= 1, "{shares:?}");
            }
        }
    }

    #[test]
    fn single_binds_of_many_upstreams_are_spread() {
        let nodes = [1, 2, 3];
        let held = |me| (0..9).map(|upstream| share(1, UpstreamId(upstream), &nodes, me)).sum::<u16>();
        assert_eq!(nodes.map(held), [3, 3, 3]);
    }

    #[test]
    fn who_is_not_among_the_living_has_no_share() {
        assert_eq!(share(4, UpstreamId(1), &[1, 2], 3), 0);
        assert_eq!(share(4, UpstreamId(1), &[], 3), 0);
    }
}

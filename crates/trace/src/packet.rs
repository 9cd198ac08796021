//! A recorded PDU, with its connection and time.

use bytes::Bytes;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

/// The direction of a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the gateway.
    Out,
    /// To the gateway.
    In,
}

impl Direction {
    /// The opposite direction.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Out => Self::In,
            Self::In => Self::Out,
        }
    }
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The gateway's address.
    pub local: SocketAddr,
    /// The carrier's or the client's address.
    pub peer: SocketAddr,
}

/// The peer of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// A carrier.
    Upstream {
        /// The upstream's name.
        name: Box<str>,
        /// The number of its link, from 0, as in the log.
        link: usize,
    },
    /// A client.
    Account {
        /// The name of the account that it binds as, whether or not the bind succeeds.
        name: Box<str>,
    },
}

/// The connection that a PDU went over.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its number since the gateway was started.
    pub connection: u64,
    /// The peer; `None` until a client binds.
    pub party: Option<Arc<Party>>,
    /// Its ends.
    pub ends: Ends,
}

/// A recorded PDU.
#[derive(Clone)]
pub struct Packet {
    /// The connection that it went over.
    pub origin: Origin,
    /// When it was read or written, by this machine's clock.
    pub at: SystemTime,
    /// Its direction.
    pub direction: Direction,
    /// Octets in the same direction of the connection before this PDU.
    pub offset: u64,
    /// Its length in octets.
    pub length: usize,
    /// Its octets, without passwords; the first [`KEPT_MAX`](crate::KEPT_MAX) of them.
    pub octets: Bytes,
}

impl Packet {
    /// The same PDU with texts and numbers masked.
    #[must_use]
    pub fn masked(self) -> Self {
        let mut octets = self.octets.to_vec();
        crate::mask::mask(&mut octets);
        Self { octets: octets.into(), ..self }
    }

    /// Whether only its first octets were kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.octets.len() < self.length
    }
}

impl fmt::Debug for Packet {
    /// Its connection and length, without any of its content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("origin", &self.origin)
            .field("direction", &self.direction)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

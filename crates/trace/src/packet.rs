//! A recorded PDU, and whose it is.

use bytes::Bytes;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

/// Which way a PDU went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the gateway.
    Out,
    /// To the gateway.
    In,
}

impl Direction {
    /// The other way.
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

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// A carrier.
    Upstream {
        /// The upstream's name.
        name: Box<str>,
        /// Which of its links, from 0, as the log numbers them.
        link: usize,
    },
    /// A client.
    Account {
        /// The name of the account that it binds as, right or wrong.
        name: Box<str>,
    },
}

/// The connection that a PDU went over.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its number since the gateway was started.
    pub connection: u64,
    /// Who is at the other end; `None` until a client has said who it is.
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
    /// Which way it went.
    pub direction: Direction,
    /// Octets that went the same way over the connection before it.
    pub offset: u64,
    /// How long it is, in octets.
    pub length: usize,
    /// Its octets, without passwords; the first [`KEPT_MAX`](crate::KEPT_MAX) of them.
    pub octets: Bytes,
}

impl Packet {
    /// The same with texts and numbers masked.
    #[must_use]
    pub fn masked(self) -> Self {
        let mut octets = self.octets.to_vec();
        crate::mask::mask(&mut octets);
        Self { octets: octets.into(), ..self }
    }

    /// Whether some of its octets weren't kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.octets.len() < self.length
    }
}

impl fmt::Debug for Packet {
    /// Whose it is and how long, and nothing of what people write.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("origin", &self.origin)
            .field("direction", &self.direction)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

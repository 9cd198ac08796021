//! Protocols of message brokers, as far as a client needs them that publishes with acknowledgement and acknowledges what it takes.

pub mod amqp;
pub mod kafka;
pub mod mqtt;
pub mod nats;

/// Octets of a broker that are no frame of its protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the broker sent a malformed frame: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// The largest message that is taken from a broker, in octets.
pub const MESSAGE_MAX: usize = 1 << 20;

//! What every broker's session can do.

use async_trait::async_trait;
use bytes::Bytes;
use postrider_wire::broker::Malformed;
use std::{fmt, io};

/// Why a session is over, in words without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken(pub(super) String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<Malformed> for Broken {
    fn from(error: Malformed) -> Self {
        Self(error.to_string())
    }
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outgoing {
    /// The subject or topic.
    pub(super) to: String,
    /// By what the broker knows it again, if it can.
    pub(super) id: String,
    /// What has the same key stays in order, where a broker has several lanes.
    pub(super) key: String,
    /// The content.
    pub(super) body: Vec<u8>,
}

/// What a broker delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    /// By what it is known again, as far as the protocol says.
    pub(super) id: Option<String>,
    /// The content.
    pub(super) body: Bytes,
    /// By what it is acknowledged.
    pub(super) token: Token,
}

/// By what a delivery is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// By publishing there.
    Reply(String),
    /// By its number.
    Number(u16),
    /// By its tag.
    Tag(u64),
    /// By its partition, and its place there.
    Place(i32, i64),
    /// Not at all.
    Nothing,
}

/// A session with a broker.
#[async_trait]
pub(super) trait Session: Send {
    /// Publishes, and returns when the broker has taken all of it on.
    async fn publish(&mut self, outgoing: &[Outgoing]) -> Result<(), Broken>;

    /// Takes messages from there from now on.
    async fn subscribe(&mut self, source: &str) -> Result<(), Broken>;

    /// What was delivered; nothing if nothing comes for some seconds.
    async fn receive(&mut self) -> Result<Vec<Delivery>, Broken>;

    /// Tells the broker that it need not deliver these again.
    async fn acknowledge(&mut self, tokens: Vec<Token>) -> Result<(), Broken>;

    /// Makes sure that the broker is still there, and that it knows the same of us.
    async fn ping(&mut self) -> Result<(), Broken>;
}

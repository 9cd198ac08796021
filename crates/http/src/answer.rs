//! Answers of HTTP/1.1 (RFC 9112) as values: no sockets.

mod body;
mod head;
mod wait;

pub use body::{Body, Piece};
pub use head::{HEAD_MAX, Head};
pub use wait::{date, retry_after};

/// Why an answer can't be read. The connection is of no further use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The head is no head of an HTTP/1 answer.
    Head,
    /// The head is longer than [`HEAD_MAX`], or has too many fields.
    LongHead,
    /// The length of the body is contradictory or can't be read.
    Length,
    /// The body is not in the chunks that the head announced.
    Chunk,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Head => "the answer is not HTTP/1.1",
            Self::LongHead => "the head of the answer is too long",
            Self::Length => "the length of the answer is contradictory",
            Self::Chunk => "the answer is not in the chunks that it announced",
        })
    }
}

impl std::error::Error for Invalid {}

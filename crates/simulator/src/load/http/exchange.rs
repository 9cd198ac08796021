//! A request and its answer in HTTP/1.1, kept alive. Answers must have a Content-Length, as the gateway's do.

use super::framing;
use bytes::BytesMut;
use std::io::{self, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest answer that is read, head and body, in octets: 1,000 messages accepted take some 150 each.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// A connection on which one request follows the other.
#[derive(Debug)]
pub(super) struct Exchange {
    stream: TcpStream,
    input: BytesMut,
}

/// An answer: its status, and its body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: BytesMut,
}

impl Exchange {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, input: BytesMut::with_capacity(16 * 1024) }
    }

    /// Sends a whole request and waits for its answer.
    ///
    /// # Errors
    /// When the connection is lost, or what comes isn't an answer that is understood here.
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(answer) = take(&mut self.input)? {
                return Ok(answer);
            }
            if self.input.len() > MAX_ANSWER {
                return Err(io::Error::new(ErrorKind::InvalidData, "the answer is too long"));
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "the gateway closed the connection"));
            }
        }
    }
}

/// Takes the first answer out of what was read, if all of it is there.
fn take(input: &mut BytesMut) -> io::Result<Option<Answer>> {
    let Some((first_line, body)) = framing::take(input)? else { return Ok(None) };
    let status = first_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status = status.ok_or_else(framing::strange)?;
    Ok(Some(Answer { status, body }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 202 Accepted\r\nX: y\r\ncontent-length: 4\r\n\r\n{ } HTTP/1.1";

    #[test]
    fn takes_a_whole_answer_and_leaves_the_next() {
        for end in 0..ANSWER.len() - 9 {
            assert_eq!(take(&mut BytesMut::from(&ANSWER[..end])).unwrap(), None, "{end}");
        }
        let mut input = BytesMut::from(ANSWER);
        let answer = take(&mut input).unwrap().unwrap();
        assert_eq!((answer.status, &answer.body[..], &input[..]), (202, &b"{ } "[..], &b"HTTP/1.1"[..]));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for strange in ["HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "\r\n\r\n", "HTTP/1.1\r\n\r\n"]
        {
            assert!(take(&mut BytesMut::from(strange.as_bytes())).is_err(), "{strange:?}");
        }
    }
}

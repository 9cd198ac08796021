//! A connection on which one request follows the other.

use crate::Error;
use crate::answer::{Body, Head, Piece};
use bytes::{Bytes, BytesMut};
use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// The room for one read.
const READ: usize = 4 * 1024;

/// Octets both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection to a server.
pub struct Connection {
    stream: Box<dyn Stream>,
    input: BytesMut,
}

/// An answer whose body may still be coming.
#[derive(Debug)]
pub struct Answer {
    /// Status and fields.
    pub head: Head,
    body: Body,
    connection: Connection,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, input: BytesMut::new() }
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    /// The connection was closed or lost, or what came is no answer.
    pub async fn ask(mut self, request: &[u8]) -> Result<Answer, Error> {
        let written = self.write(request).await;
        // A server may answer and close before it has read everything.
        let head = self.head().await;
        match (written, head) {
            (_, Ok(head)) => Ok(Answer { body: head.body.clone(), head, connection: self }),
            (Err(error), Err(Error::Closed)) => Err(Error::before_answer(error)),
            (_, Err(error)) => Err(error),
        }
    }

    async fn write(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await
    }

    async fn head(&mut self) -> Result<Head, Error> {
        loop {
            if let Some(head) = Head::take(&mut self.input)? {
                return Ok(head);
            }
            let is_silent = self.input.is_empty();
            match self.read().await {
                Ok(0) if is_silent => return Err(Error::Closed),
                Ok(0) => return Err(Error::Lost(broken_off())),
                Ok(_) => {}
                Err(error) if is_silent => return Err(Error::before_answer(error)),
                Err(error) => return Err(Error::Lost(error)),
            }
        }
    }

    async fn read(&mut self) -> io::Result<usize> {
        self.input.reserve(READ);
        self.stream.read_buf(&mut self.input).await
    }

    /// Whether an idle connection can be used: the server has neither closed it nor sent anything.
    pub(crate) async fn is_open(&mut self) -> bool {
        let mut octet = [0];
        let mut buffer = ReadBuf::new(&mut octet);
        poll_fn(|context| {
            let read = Pin::new(&mut self.stream).poll_read(context, &mut buffer);
            Poll::Ready(read.is_pending())
        })
        .await
    }
}

impl Answer {
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// The connection was lost before, or the body is not as the head says.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            match self.body.take(&mut self.connection.input)? {
                Piece::Data(data) => return Ok(Some(data)),
                Piece::End => return Ok(None),
                Piece::Wanting => {}
            }
            match self.connection.read().await {
                Ok(0) if self.body.may_end() => return Ok(None),
                Ok(0) => return Err(Error::Lost(broken_off())),
                Ok(_) => {}
                Err(error) => return Err(Error::Lost(error)),
            }
        }
    }

    /// Reads the rest of the body, up to so many octets. Returns `None` if it is longer.
    ///
    /// # Errors
    /// As [`Answer::piece`].
    pub async fn rest(&mut self, most: usize) -> Result<Option<Vec<u8>>, Error> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await? {
            if body.len() + piece.len() > most {
                return Ok(None);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Some(body))
    }

    /// The connection, if it may serve another request: its body has been read, and nothing came after it.
    pub(crate) fn into_connection(self) -> Option<Connection> {
        let is_whole = self.body == Body::Ended && self.connection.input.is_empty();
        (self.head.keeps && is_whole).then_some(self.connection)
    }
}

fn broken_off() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the connection was closed within the answer")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{DuplexStream, duplex};

    fn connected() -> (Connection, DuplexStream) {
        let (ours, server) = duplex(64 * 1024);
        (Connection::new(Box::new(ours)), server)
    }

    async fn ask(answer: &str) -> Result<Answer, Error> {
        let (connection, mut server) = connected();
        server.write_all(answer.as_bytes()).await.unwrap();
        server.shutdown().await.unwrap();
        connection.ask(b"GET / HTTP/1.1\r\n\r\n").await
    }

    #[tokio::test]
    async fn a_connection_is_used_again_after_a_whole_answer_alone() {
        for (answer, body, is_kept) in [
            ("HTTP/1.1 204 No Content\r\n\r\n", "", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", "OK", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n", "OK", true),
            ("HTTP/1.1 200 OK\r\n\r\nOK", "OK", false),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nOK", "OK", false),
            ("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "", false),
        ] {
            let mut answer = ask(answer).await.unwrap();
            assert_eq!(answer.rest(10).await.unwrap().unwrap(), body.as_bytes());
            assert_eq!(answer.into_connection().is_some(), is_kept, "{body}");
        }
        let unread = ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK").await.unwrap();
        assert!(unread.into_connection().is_none());
    }

    #[tokio::test]
    async fn a_body_has_a_limit() {
        let mut answer = ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK").await.unwrap();
        assert_eq!(answer.rest(1).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_breaks_off_is_told_apart_from_what_never_came() {
        assert!(matches!(ask("").await, Err(Error::Closed)));
        assert!(matches!(ask("HTTP/1.1 20").await, Err(Error::Lost(_))));
        assert!(matches!(ask("SSH-2.0-x\r\n").await, Err(Error::Invalid(_))));
        let mut short = ask("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nOK").await.unwrap();
        assert!(matches!(short.rest(10).await, Err(Error::Lost(_))));
    }

    #[tokio::test]
    async fn an_idle_connection_is_open_while_the_server_says_nothing() {
        let (mut connection, mut server) = connected();
        assert!(connection.is_open().await);
        server.write_all(b"x").await.unwrap();
        assert!(!connection.is_open().await);
        let (mut connection, server) = connected();
        drop(server);
        assert!(!connection.is_open().await);
    }
}

//! A client's socket, with the manners that the HTTP server lacks: an answer to what is no request has a body that says
//! why, and it arrives, since the octets that the client still sends are read before the connection is closed.

use super::client::Client;
use super::door::Door;
use super::heads::Heads;
use super::stranger::{HANDSHAKE, WANTS_PLAIN};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The most octets that are read of a client that was answered and still sends.
const READ_AT_END_MAX: usize = 4 << 20;
/// How long they are waited for.
const READ_AT_END: Duration = Duration::from_secs(2);

/// A client's socket.
pub(super) struct Socket<S> {
    stream: S,
    client: Arc<Client>,
    door: Door,
    heads: Heads,
    /// The first octet that came.
    first: Option<u8>,
    /// An answer that replaces the server's own, as far as it isn't written yet.
    answer: Vec<u8>,
    /// Whether the client was told that nothing more comes.
    is_shut: bool,
    /// Octets read after that.
    read_at_end: usize,
    /// Until when more are waited for.
    until: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(stream: S, client: Arc<Client>, door: Door) -> Self {
        Self {
            stream,
            client,
            door,
            heads: Heads::default(),
            first: None,
            answer: Vec::new(),
            is_shut: false,
            read_at_end: 0,
            until: None,
        }
    }

    /// Replaces an answer if it is one of the server itself, which has no body. Those of the API have a request's identifier.
    fn replaces(&mut self, octets: &[u8]) -> bool {
        let status = octets.get(..12).filter(|line| line.starts_with(b"HTTP/1.") && line[9] == b'4');
        let Some(status) = status.and_then(|line| std::str::from_utf8(&line[9..]).ok()?.parse().ok()) else {
            return false;
        };
        if octets.windows(REQUEST_ID.len()).any(|name| name.eq_ignore_ascii_case(REQUEST_ID)) {
            return false;
        }
        self.answer = match self.first {
            Some(HANDSHAKE) => self.door.answer_stranger(WANTS_PLAIN),
            _ => self.door.answer_malformed(status, self.heads.is_in_first_line()),
        };
        self.until = Some(patience());
        true
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.answer.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.answer))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.answer.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what a client still sends. A socket that is closed with unread octets is reset, and the answer is lost.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut octets = [0; 8 << 10];
        while self.read_at_end < READ_AT_END_MAX {
            let mut room = ReadBuf::new(&mut octets);
            match Pin::new(&mut self.stream).poll_read(cx, &mut room) {
                Poll::Ready(Ok(())) if !room.filled().is_empty() => {
                    self.read_at_end += room.filled().len();
                    self.until.get_or_insert_with(patience);
                }
                Poll::Ready(_) => break,
                Poll::Pending => match &mut self.until {
                    Some(until) => return until.as_mut().poll(cx),
                    None => break,
                },
            }
        }
        Poll::Ready(())
    }
}

/// The header that all answers of the API have.
const REQUEST_ID: &[u8] = b"x-request-id";

fn patience() -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(READ_AT_END))
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = room.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, room))?;
        self.first = self.first.or(room.filled().get(before).copied());
        if self.heads.follow(room.filled().get(before..).unwrap_or_default()) {
            self.client.is_ambiguous();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        if self.replaces(octets) {
            return Poll::Ready(Ok(octets.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // An answer without a body is one slice.
        if let [only] = slices
            && self.replaces(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answer(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answer(cx))?;
        if !self.is_shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.is_shut = true;
        }
        self.poll_rest(cx).map(Ok)
    }
}

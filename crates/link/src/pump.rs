//! A socket, its octets, and the alarm of its driver.

use crate::connect::Stream;
use bytes::Buf;
use postrider_wire::Endpoint;
use std::future::{self, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Sleep, sleep_until, timeout};

/// How long the last octets of a session may take to go.
const LAST_OCTETS: Duration = Duration::from_secs(1);

/// A socket and its alarm.
pub struct Pump<S> {
    pub(crate) stream: S,
    pub(crate) alarm: Alarm,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pump<S> {
    /// Takes hold of a connection. It must be called within a runtime.
    pub fn new(stream: S) -> Self {
        Self { stream, alarm: Alarm::new() }
    }

    /// Writes the remaining output and closes. Octets that the peer doesn't read within a second are lost.
    pub async fn close(&mut self, endpoint: &mut impl Endpoint) {
        let written = async {
            self.stream.write_all_buf(endpoint.output()).await?;
            self.stream.shutdown().await
        };
        // The peer may be gone already.
        let _ = timeout(LAST_OCTETS, written).await;
    }
}

impl<S: Stream> Pump<S> {
    /// Has the connection end with a reset when it is dropped.
    pub fn give_up(&self) {
        self.stream.give_up();
    }
}

/// Writes the output, at most `stride` octets at once, and reads if `reads` says so; returns once something was read. It may be dropped at any moment:
/// no octet is lost.
pub(crate) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    endpoint: &mut impl Endpoint,
    stride: usize,
    reads: bool,
) -> io::Result<()> {
    poll_fn(|cx| {
        if let Poll::Ready(Err(error)) = poll_write(stream, endpoint, stride, cx) {
            return Poll::Ready(Err(error));
        }
        if !reads || !endpoint.wants_input() {
            return Poll::Pending;
        }
        match ready!(pin!(stream.read_buf(endpoint.input())).poll(cx)) {
            Ok(0) => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            result => Poll::Ready(result.map(drop)),
        }
    })
    .await
}

/// Writes as much as the socket takes.
fn poll_write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    endpoint: &mut impl Endpoint,
    stride: usize,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    loop {
        let output = endpoint.output();
        if output.is_empty() {
            return Pin::new(stream).poll_flush(cx);
        }
        let octets = output.get(..stride).unwrap_or(output);
        match Pin::new(&mut *stream).poll_write(cx, octets) {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(written)) => output.advance(written),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            // Octets that TLS holds back are to go all the same.
            Poll::Pending => return Pin::new(stream).poll_flush(cx),
        }
    }
}

/// One timer, used again and again. It may ring too early: setting it back at each turn would cost more.
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    is_set: bool,
}

impl Alarm {
    fn new() -> Self {
        Self { sleep: Box::pin(sleep_until(crate::now().into())), is_set: false }
    }

    /// Rings at `at`, or before.
    pub(crate) fn set(&mut self, at: Option<Instant>) {
        match at.map(tokio::time::Instant::from_std) {
            None => self.is_set = false,
            Some(at) if self.is_set && self.sleep.deadline() <= at => {}
            Some(at) => {
                self.sleep.as_mut().reset(at);
                self.is_set = true;
            }
        }
    }

    /// Waits until it rings.
    pub(crate) async fn ring(&mut self) {
        if self.is_set {
            self.sleep.as_mut().await;
            self.is_set = false;
        } else {
            future::pending::<()>().await;
        }
    }
}

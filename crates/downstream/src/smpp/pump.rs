//! Octets between a session and its socket.

use bytes::Buf;
use postrider_wire::smpp::Session;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How long the last octets of a session may take to go.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Reads and writes until something was read; what there is to write goes first.
pub(super) async fn exchange<T>(stream: &mut Box<dyn Stream>, session: &mut Session<T>) -> io::Result<()> {
    poll_fn(|cx| {
        while !session.output().is_empty() {
            match Pin::new(&mut *stream).poll_write(cx, session.output()) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => session.output().advance(written),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => break,
            }
        }
        if let Poll::Ready(Err(error)) = Pin::new(&mut *stream).poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        if !session.wants_input() {
            return Poll::Pending;
        }
        match pin!(stream.read_buf(session.input())).poll(cx) {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(result) => Poll::Ready(result.map(drop)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Writes what is left and closes; whoever doesn't read it by then has lost it.
pub(super) async fn close<T>(stream: &mut Box<dyn Stream>, session: &mut Session<T>) {
    let written = async {
        stream.write_all_buf(session.output()).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(LAST_WORDS, written).await;
}

//! A recorded connection: a stream that records its reads and writes, inside the encryption.

use crate::packet::Direction;
use crate::tape::Tape;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream and its recording. Dropping it ends the recording.
pub struct Recorded<S> {
    stream: S,
    tape: Arc<Tape>,
}

impl<S> Recorded<S> {
    /// Records `stream` on `tape`.
    pub fn new(stream: S, tape: Arc<Tape>) -> Self {
        Self { stream, tape }
    }

    /// The recorded stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S> Drop for Recorded<S> {
    fn drop(&mut self) {
        self.tape.end();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Recorded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        if !read.is_empty() {
            self.tape.record(now(), Direction::In, read);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, octets))?;
        if let Some(written @ [_, ..]) = octets.get(..written) {
            self.tape.record(now(), Direction::Out, written);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The time of a read or write. Nothing waits for this time, so it needs no virtual clock.
#[expect(clippy::disallowed_methods, reason = "the one clock of this crate")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Ends;
    use crate::{Recorder, Wanted};
    use bytes::BytesMut;
    use postrider_wire::smpp::pdu::{EnquireLink, EnquireLinkResp};
    use postrider_wire::smpp::{Encode, Status};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn written(pdu: &impl Encode) -> BytesMut {
        let mut octets = BytesMut::new();
        pdu.encode(Status::ROK, 7, &mut octets).unwrap();
        octets
    }

    #[tokio::test]
    async fn what_goes_both_ways_is_recorded() {
        let recorder = Recorder::new();
        let any = "127.0.0.1:2775".parse().unwrap();
        let (ours, mut theirs) = tokio::io::duplex(64);
        let tape = recorder.upstream("acme", 1, Ends { local: any, peer: any });
        let mut ours = Recorded::new(ours, tape);
        let (asked, answered) = (written(&EnquireLink), written(&EnquireLinkResp));
        ours.write_all(&asked).await.unwrap();
        theirs.write_all(&answered).await.unwrap();
        let mut read = [0; 16];
        ours.read_exact(&mut read).await.unwrap();
        drop(ours);
        let packets = recorder.recent(&Wanted::default(), 10);
        let seen: Vec<_> = packets.iter().map(|packet| (packet.direction, &packet.octets[..])).collect();
        assert_eq!(seen, [(Direction::Out, &asked[..]), (Direction::In, &answered[..])]);
    }
}

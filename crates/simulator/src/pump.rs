//! Moves octets between a socket and a session, and waits for whatever comes first: octets, room to write, a time, or
//! a call from elsewhere. What the octets mean is the session's business.

use std::io::{self, ErrorKind};
use std::time::Instant;

use bytes::Buf;
use postrider_wire::smpp::{Reason, Session};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::Notify;
use tokio::time;

/// The two halves of a connection.
#[derive(Debug)]
pub(crate) struct Pump<'a> {
    reader: ReadHalf<'a>,
    writer: WriteHalf<'a>,
    /// The most octets that are written at once.
    stride: usize,
}

impl<'a> Pump<'a> {
    /// Takes hold of a connection.
    pub(crate) fn new(stream: &'a mut TcpStream) -> Self {
        let (reader, writer) = stream.split();
        Self { reader, writer, stride: usize::MAX }
    }

    /// Writes no more than so many octets at once from now on.
    pub(crate) fn set_stride(&mut self, octets: usize) {
        self.stride = octets;
    }

    /// Writes what the socket takes without waiting.
    ///
    /// # Errors
    /// When the connection is lost.
    pub(crate) fn flush<T>(&self, session: &mut Session<T>) -> io::Result<()> {
        let output = session.output();
        while !output.is_empty() {
            let stride = output.get(..self.stride).unwrap_or(output);
            match self.writer.try_write(stride) {
                Ok(written) => output.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until there is something to do: octets were read, written, `until` has come, or `wake` was called. A lost
    /// connection closes the session.
    pub(crate) async fn wait<T>(&mut self, session: &mut Session<T>, until: Option<Instant>, wake: &Notify) {
        let outcome = self.exchange(session, until, wake).await;
        if let Err(error) = outcome {
            session.close(Reason::Disconnected(error.to_string()));
        }
    }

    async fn exchange<T>(
        &mut self,
        session: &mut Session<T>,
        until: Option<Instant>,
        wake: &Notify,
    ) -> io::Result<()> {
        self.flush(session)?;
        let wants_output = !session.output().is_empty();
        let wants_input = session.wants_input();
        tokio::select! {
            read = self.reader.read_buf(session.input()), if wants_input => match read? {
                0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "the peer closed the connection")),
                _ => Ok(()),
            },
            writable = self.writer.writable(), if wants_output => writable,
            () = wake.notified() => Ok(()),
            () = sleep(until) => Ok(()),
        }
    }
}

/// Sleeps until a time, or for ever.
pub(crate) async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => time::sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}

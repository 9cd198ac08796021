//! Serial lines: modems on a tty, and pseudo terminals for simulated ones.

use crate::connect::Stream;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{ControlModes, OptionalActions, Termios, ioctl_tiocexcl, tcgetattr, tcsetattr};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe::{Receiver, Sender};

/// An open serial line.
#[derive(Debug)]
pub struct Serial {
    // Tokio's ends of a pipe read and write any descriptor that can be waited for.
    reader: Receiver,
    writer: Sender,
    /// The other end of a pseudo terminal: without it this end would fail whenever nobody has the other open.
    _other: Option<OwnedFd>,
}

/// How octets go over a serial line. It has 8 data bits, no parity and 1 stop bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode8N1 {
    /// Bits a second. A modem on USB takes any.
    pub baud: u32,
    /// Whether the wires RTS and CTS say when to send.
    pub hardware_flow: bool,
}

impl Serial {
    /// Opens a device for us alone. It must be called within a runtime.
    ///
    /// # Errors
    /// When the device is missing, is no serial line, is not permitted or is another program's.
    pub fn open(path: &Path, mode: Mode8N1) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let device = rustix::fs::open(path, flags, Mode::empty())?;
        let mut attributes = tcgetattr(&device)?;
        make_raw(&mut attributes);
        attributes.set_speed(mode.baud)?;
        attributes.control_modes.set(ControlModes::CRTSCTS, mode.hardware_flow);
        tcsetattr(&device, OptionalActions::Now, &attributes)?;
        // The first keeps others out, but for the system's administrator; the second keeps out whoever asks, such as ourselves.
        ioctl_tiocexcl(&device)?;
        flock(&device, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| io::Error::from(io::ErrorKind::ResourceBusy))?;
        Self::of(device, None)
    }

    /// A line that ends in this process: what is written to it is read by whoever opens the path. It must be called within a
    /// runtime.
    ///
    /// # Errors
    /// When the system has no more pseudo terminals.
    pub fn pseudo() -> io::Result<(Self, PathBuf)> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let path = PathBuf::from(name.to_str().map_err(io::Error::other)?);
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let other = rustix::fs::open(&path, flags, Mode::empty())?;
        let mut attributes = tcgetattr(&other)?;
        make_raw(&mut attributes);
        tcsetattr(&other, OptionalActions::Now, &attributes)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        Ok((Self::of(ours, Some(other))?, path))
    }

    /// A line that doesn't block.
    fn of(line: OwnedFd, other: Option<OwnedFd>) -> io::Result<Self> {
        let reader = Receiver::from_owned_fd_unchecked(line.try_clone()?)?;
        Ok(Self { reader, writer: Sender::from_owned_fd_unchecked(line)?, _other: other })
    }

    /// The names of serial devices by the places where they are plugged in. Two modems of one kind may share a name otherwise.
    #[must_use]
    pub fn places() -> Vec<PathBuf> {
        listed("/dev/serial/by-path")
    }

    /// The names of serial devices that stay the same, whatever is plugged in first.
    #[must_use]
    pub fn names() -> Vec<PathBuf> {
        listed("/dev/serial/by-id")
    }
}

/// What a directory holds, in order; nothing if there is no such directory.
fn listed(directory: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    names.sort();
    names
}

fn make_raw(attributes: &mut Termios) {
    attributes.make_raw();
    // The modem's end may hang up, and we read on.
    attributes.control_modes |= ControlModes::CLOCAL | ControlModes::CREAD;
}

impl AsyncRead for Serial {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, into)
    }
}

impl AsyncWrite for Serial {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(cx)
    }
}

impl Stream for Serial {
    // What the modem hasn't taken is dropped with the device.
    fn give_up(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const MODE: Mode8N1 = Mode8N1 { baud: 115_200, hardware_flow: false };

    #[tokio::test]
    async fn octets_go_both_ways_as_they_are() {
        let (mut pseudo, path) = Serial::pseudo().unwrap();
        let mut device = Serial::open(&path, MODE).unwrap();
        let octets: Vec<u8> = (0..=255).collect();
        device.write_all(&octets).await.unwrap();
        let mut read = vec![0; octets.len()];
        pseudo.read_exact(&mut read).await.unwrap();
        assert_eq!(read, octets);
        pseudo.write_all(&octets).await.unwrap();
        device.read_exact(&mut read).await.unwrap();
        assert_eq!(read, octets);
    }

    #[tokio::test]
    async fn what_is_no_serial_line_is_not_opened() {
        let missing = Serial::open(Path::new("/dev/serial/by-id/none"), MODE).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert!(Serial::open(Path::new("/dev/null"), MODE).is_err());
    }

    #[tokio::test]
    async fn a_line_is_one_programs_at_a_time() {
        let (_pseudo, path) = Serial::pseudo().unwrap();
        let first = Serial::open(&path, MODE).unwrap();
        assert_eq!(Serial::open(&path, MODE).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(first);
        assert!(Serial::open(&path, MODE).is_ok());
    }

    #[tokio::test]
    async fn this_end_outlives_whoever_has_the_other() {
        let (mut pseudo, path) = Serial::pseudo().unwrap();
        for word in [b"one", b"two"] {
            let mut device = Serial::open(&path, MODE).unwrap();
            device.write_all(word).await.unwrap();
            let mut read = [0; 3];
            pseudo.read_exact(&mut read).await.unwrap();
            assert_eq!(&read, word);
        }
    }
}

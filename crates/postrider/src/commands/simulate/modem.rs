//! `simulate --modem`: a GSM modem on a pseudo terminal or behind a TCP port.

use crate::failure::{Failure, plain};
use crate::terminal::{complain, say};
use postrider_link::serial::Serial;
use postrider_simulator::carrier::{Carrier, Chip};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a modem that fell off its line is away.
const AWAY: Duration = Duration::from_secs(2);

/// Where the modem is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind a TCP port.
    Address(SocketAddr),
    /// On a pseudo terminal, to which this path leads.
    Path(PathBuf),
}

impl Place {
    /// Reads an address or a path.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(address) => Ok(Self::Address(address)),
            Err(_) if text.starts_with(['/', '.']) => Ok(Self::Path(text.into())),
            Err(_) => Err("write a path such as /tmp/modem, or an address such as 127.0.0.1:4001".to_owned()),
        }
    }

    /// The address to listen at: any, where the modem is on a pseudo terminal.
    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::Address(address) => *address,
            Self::Path(_) => ([127, 0, 0, 1], 0).into(),
        }
    }
}

/// The chip of this name.
pub(super) fn chip(text: &str) -> Result<Chip, String> {
    let known = || Chip::ALL.map(Chip::word).join(", ");
    Chip::from_word(text).ok_or_else(|| format!("write one of {}", known()))
}

/// Has the modem at its path, and there again whenever it falls off its line. It ends only with an error.
pub(super) async fn serve(place: &Place, carrier: &Arc<Carrier>) -> Failure {
    let Place::Path(path) = place else { return std::future::pending().await };
    let link = Link(path);
    loop {
        let line = match link.plug_in() {
            Ok(line) => line,
            Err(error) => {
                let why = error.to_string();
                return Failure::failed(format!("can't put a modem at {}: {}", path.display(), plain(&why)))
                    .help("choose a path that is free with `--modem PATH`");
            }
        };
        say(&format!("The modem is at {}.", path.display()));
        // It ends when the modem is unplugged.
        let _ = carrier.attach(line).await;
        complain("the modem fell off its line; it comes back");
        tokio::time::sleep(AWAY).await;
    }
}

/// The path that leads to the pseudo terminal.
struct Link<'a>(&'a Path);

impl Link<'_> {
    fn plug_in(&self) -> io::Result<Serial> {
        let (line, terminal) = Serial::pseudo()?;
        self.remove()?;
        std::os::unix::fs::symlink(terminal, self.0)?;
        Ok(line)
    }

    /// Removes what a simulator left there. Anything but a symbolic link is somebody else's.
    fn remove(&self) -> io::Result<()> {
        match self.0.symlink_metadata() {
            Ok(found) if found.is_symlink() => std::fs::remove_file(self.0),
            Ok(_) => Err(io::Error::other("there is something already")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Link<'_> {
    fn drop(&mut self) {
        // It leads nowhere any more.
        let _ = self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modem_is_at_a_path_or_an_address() {
        assert_eq!(Place::read("127.0.0.1:4001"), Ok(Place::Address(([127, 0, 0, 1], 4_001).into())));
        assert_eq!(Place::read("/tmp/modem"), Ok(Place::Path("/tmp/modem".into())));
        assert!(Place::read("modem").is_err());
        assert_eq!(chip("huawei"), Ok(Chip::Huawei));
        assert_eq!(
            chip("nokia"),
            Err("write one of plain, huawei, simcom, quectel, wavecom, zte, cinterion".to_owned())
        );
    }
}

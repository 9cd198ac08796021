//! Word to the service manager (systemd's `sd_notify`): ready, stopping, still alive. Without a service manager
//! nothing is sent.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The way to the service manager.
#[derive(Debug)]
pub(crate) struct Service {
    way: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Service {
    /// The service manager that started this process, if one did.
    pub(crate) fn find() -> Self {
        let own = std::process::id().to_string();
        let meant = std::env::var("WATCHDOG_PID").map_or(true, |id| id == own);
        let watchdog =
            std::env::var("WATCHDOG_USEC").ok().filter(|_| meant).and_then(|text| text.parse().ok());
        let address = std::env::var("NOTIFY_SOCKET").ok().and_then(|path| Self::address(&path).ok());
        let way = address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        Self { way, watchdog: watchdog.map(Duration::from_micros) }
    }

    /// A path, or a name behind `@` (an abstract socket).
    fn address(path: &str) -> io::Result<SocketAddr> {
        match path.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(path),
        }
    }

    /// The gateway listens; `status` is what `systemctl status` shows.
    pub(crate) fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// The gateway stops.
    pub(crate) fn stopping(&self, status: &str) {
        self.tell(&format!("STOPPING=1\nSTATUS={status}"));
    }

    /// The gateway lives.
    pub(crate) fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// How often [`Service::alive`] should be called: half of the time after which the manager kills.
    pub(crate) fn alive_every(&self) -> Option<Duration> {
        self.way.as_ref().and(self.watchdog).map(|patience| patience / 2).filter(|every| !every.is_zero())
    }

    /// A manager that does not listen must not stop us, so what can't be sent is left unsaid.
    fn tell(&self, words: &str) {
        if let Some((socket, address)) = &self.way {
            let _ = socket.send_to_addr(words.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_manager_by_path_and_by_abstract_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify").to_str().unwrap().to_owned();
        let name = format!("@postrider-test-{}", std::process::id());
        for place in [path, name] {
            let address = Service::address(&place).unwrap();
            let manager = UnixDatagram::bind_addr(&address).unwrap();
            let watchdog = Some(Duration::from_secs(30));
            let service = Service { way: Some((UnixDatagram::unbound().unwrap(), address)), watchdog };
            service.ready("listening");
            let mut heard = [0; 64];
            let length = manager.recv(&mut heard).unwrap();
            assert_eq!(&heard[..length], b"READY=1\nSTATUS=listening", "{place}");
            assert_eq!(service.alive_every(), Some(Duration::from_secs(15)));
        }
    }

    #[test]
    fn without_a_manager_nothing_is_asked_of_us() {
        let service = Service { way: None, watchdog: Some(Duration::from_secs(30)) };
        service.stopping("bye");
        assert_eq!(service.alive_every(), None);
    }
}

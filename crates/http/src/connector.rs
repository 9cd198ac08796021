//! New connections: names are resolved anew, and only to addresses that are admitted.

use crate::connection::Stream;
use crate::{Connection, Error, Target, clock};
use rustls::ClientConfig;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

/// Whether an address may be connected to.
pub type Admitted = fn(IpAddr) -> bool;

/// A stream that is being opened.
pub type Opening = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// Opens the stream to an address.
pub trait Dial: Send + Sync {
    /// Opens a stream to this address.
    fn dial(&self, address: SocketAddr) -> Opening;
}

/// Opens TCP connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Dial for Tcp {
    fn dial(&self, address: SocketAddr) -> Opening {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// Makes connections.
#[derive(Clone)]
pub struct Connector {
    tls: Arc<ClientConfig>,
    admitted: Admitted,
    patience: Duration,
    dial: Arc<dyn Dial>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    /// Connects by TCP, to addresses that are admitted, within `patience`, which counts the look-up of the name and TLS. The
    /// connection is made to the address that was looked at, so a name that resolves differently a moment later (DNS rebinding)
    /// changes nothing. `tls` is for https.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>, admitted: Admitted, patience: Duration) -> Self {
        Self { tls, admitted, patience, dial: Arc::new(Tcp) }
    }

    /// The same, with streams that are opened so.
    #[must_use]
    pub fn dialing(self, dial: Arc<dyn Dial>) -> Self {
        Self { dial, ..self }
    }

    /// Connects to the first address of the target's host that answers.
    ///
    /// # Errors
    /// No address is admitted, or none answered: then the last one's reason.
    pub async fn connect(&self, target: &Target) -> Result<Connection, Error> {
        let deadline = clock::now() + self.patience;
        let addresses = match timeout_at(deadline, self.addresses(target)).await {
            Ok(addresses) => addresses?,
            Err(_) => return Err(Error::NoConnection),
        };
        let mut last = Error::NotAdmitted;
        for (index, address) in addresses.iter().enumerate() {
            // Those that are still to be tried have a share of the time.
            let left = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let now = clock::now();
            let until = now + deadline.saturating_duration_since(now) / left;
            last = match timeout_at(until, self.open(target, *address)).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => Error::Connect(error),
                Err(_) => Error::NoConnection,
            };
        }
        Err(last)
    }

    /// The addresses of the target's host that are admitted.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Error> {
        let origin = &target.origin;
        let found: Vec<SocketAddr> = match origin.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, origin.port)],
            Err(_) => lookup_host((&*origin.host, origin.port)).await.map_err(Error::Connect)?.collect(),
        };
        Ok(found.into_iter().filter(|address| (self.admitted)(address.ip())).collect())
    }

    async fn open(&self, target: &Target, address: SocketAddr) -> io::Result<Connection> {
        let stream = self.dial.dial(address).await?;
        if !target.origin.is_tls {
            return Ok(Connection::new(stream));
        }
        let name = target.name.clone().ok_or_else(|| io::Error::other("no certificate can name the host"))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await?;
        Ok(Connection::new(Box::new(stream)))
    }
}

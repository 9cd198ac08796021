//! New connections: names are resolved anew, and only to addresses that are admitted.

use crate::{Connection, Error, Target, clock};
use rustls::ClientConfig;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

/// Whether an address may be connected to.
pub type Admitted = fn(IpAddr) -> bool;

/// Makes connections.
#[derive(Clone)]
pub struct Connector {
    /// The TLS of https.
    pub tls: Arc<ClientConfig>,
    /// The addresses that may be connected to. The connection is made to the address that was looked at, so a name that
    /// resolves differently a moment later (DNS rebinding) changes nothing.
    pub admitted: Admitted,
    /// The longest time for a connection, with the look-up of the name and TLS.
    pub patience: Duration,
}

impl Connector {
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
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        if !target.origin.is_tls {
            return Ok(Connection::new(Box::new(stream)));
        }
        let name = target.name.clone().ok_or_else(|| io::Error::other("no certificate can name the host"))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await?;
        Ok(Connection::new(Box::new(stream)))
    }
}

//! Connections to hosts. Names are resolved anew at each try, and every address is tried before a try fails.

use crate::tls::{self, Tls, unsecured};
use futures_util::future::BoxFuture;
use postrider_trace::{Ends, Recorded};
use rustls_pki_types::ServerName;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// A name or an address.
    pub name: Box<str>,
    /// The port.
    pub port: u16,
}

/// A connection that we made, with TLS or without.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Has it end with a reset when it is dropped, and forget octets that the peer has not taken. The system would otherwise
    /// go on trying to bring that there, long after it has gone by another way.
    fn give_up(&self);
}

impl Stream for TcpStream {
    fn give_up(&self) {
        // One that is not connected any more has nothing to forget.
        let _ = self.set_zero_linger();
    }
}

impl Stream for TlsStream<TcpStream> {
    fn give_up(&self) {
        self.get_ref().0.give_up();
    }
}

/// A connection in memory, for simulations.
impl Stream for DuplexStream {
    fn give_up(&self) {}
}

impl Stream for Box<dyn Stream> {
    fn give_up(&self) {
        self.as_ref().give_up();
    }
}

impl<S: Stream> Stream for Recorded<S> {
    fn give_up(&self) {
        self.get_ref().give_up();
    }
}

/// Connects to hosts; tests put something else in the place of sockets.
pub trait Dial: Send + Sync {
    /// Connects to the first address that answers, and says between which two. `turn` says with which of a name's
    /// addresses to begin, so that several links spread over them.
    ///
    /// # Errors
    /// When none answers: in words, the last one's reason with what was tried.
    fn dial<'a>(&'a self, hosts: &'a [Host], turn: usize) -> BoxFuture<'a, Dialed>;
}

/// A connection, or in words why there is none.
pub type Dialed = Result<(Box<dyn Stream>, Ends), String>;

/// Connects to hosts by TCP.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// TLS, if it is spoken.
    pub tls: Option<Tls>,
    /// The local address to connect from; `None` leaves it to the system.
    pub local: Option<IpAddr>,
    /// How long a look-up, and connecting to one address with TLS included, may take.
    pub patience: Duration,
}

impl Dial for Dialer {
    fn dial<'a>(&'a self, hosts: &'a [Host], turn: usize) -> BoxFuture<'a, Dialed> {
        Box::pin(self.try_all(hosts, turn))
    }
}

impl Dialer {
    async fn try_all(&self, hosts: &[Host], turn: usize) -> Dialed {
        let mut reason = String::from("no host is configured");
        for host in hosts {
            let mut addresses = match self.resolve(host).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    reason = format!("{} can't be resolved: {}", host.name, words(&error));
                    continue;
                }
            };
            let first = turn % addresses.len().max(1);
            addresses.rotate_left(first);
            for address in addresses {
                match timeout(self.patience, self.open(host, address)).await {
                    Ok(Ok(connected)) => return Ok(connected),
                    Ok(Err(error)) => reason = format!("{address}: {}", words(&error)),
                    Err(_) => reason = format!("{address}: no answer in {:?}", self.patience),
                }
            }
        }
        Err(reason)
    }

    /// The addresses of a host that can be reached from the local address.
    ///
    /// # Errors
    /// When the name can't be resolved in time, or has no such address.
    pub async fn resolve(&self, host: &Host) -> io::Result<Vec<SocketAddr>> {
        let found = timeout(self.patience, lookup_host((&*host.name, host.port))).await;
        let found = found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let alike =
            |address: &SocketAddr| self.local.is_none_or(|local| local.is_ipv4() == address.is_ipv4());
        let addresses: Vec<_> = found.filter(alike).collect();
        match (addresses.is_empty(), self.local) {
            (false, _) => Ok(addresses),
            (true, None) => Err(io::Error::other("the name has no address")),
            (true, Some(local)) => Err(io::Error::other(format!("it has no address that {local} can reach"))),
        }
    }

    /// Connects to one address of a host, with TLS if it is spoken.
    ///
    /// # Errors
    /// When there is no connection, or no handshake came about; in words that say what to do.
    pub async fn open(&self, host: &Host, address: SocketAddr) -> io::Result<(Box<dyn Stream>, Ends)> {
        let stream = self.reach(address).await?;
        let ends = Ends { local: stream.local_addr()?, peer: address };
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => Box::new(secure(tls, host, stream).await.map_err(|error| unsecured(&error))?),
        };
        Ok((stream, ends))
    }

    /// A connection without TLS.
    ///
    /// # Errors
    /// When there is none, or the local address is none of this machine.
    pub async fn reach(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(local) = self.local {
            let wrong = |error: io::Error| {
                io::Error::other(format!("{local} is no address to connect from: {}", words(&error)))
            };
            socket.bind(SocketAddr::new(local, 0)).map_err(wrong)?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// An error's words without the system's number for it.
#[must_use]
pub fn words(error: &io::Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or(&words).to_owned()
}

/// Why a connection to a carrier was lost, in words.
#[must_use]
pub fn lost(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => String::from("the carrier closed the connection"),
        _ => tls::words(error).unwrap_or_else(|| format!("the connection was lost: {error}")),
    }
}

/// TLS over a connection.
///
/// # Errors
/// The library's own.
pub async fn secure(tls: &Tls, host: &Host, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let name = match &tls.name {
        Some(name) => name.clone(),
        None => ServerName::try_from(host.name.to_string()).map_err(io::Error::other)?,
    };
    TlsConnector::from(Arc::clone(&tls.config)).connect(name, stream).await
}

#[cfg(test)]
mod tests;

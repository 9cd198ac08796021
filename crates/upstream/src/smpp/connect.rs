//! Getting a connection: names are resolved anew at each try, and every address is tried before a try fails.

use super::settings::{Host, Settings};
use rustls_pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to the first address that answers. `turn` says with which to begin, so that several links spread
/// over what a name has.
///
/// # Errors
/// When none answers: the last one's reason, with what was tried.
pub(super) async fn connect(
    settings: &Settings,
    hosts: &[Host],
    turn: usize,
) -> Result<Box<dyn Stream>, String> {
    let mut reason = String::from("no host is configured");
    for host in hosts {
        let mut addresses = match resolve(host, settings.timers.connect).await {
            Ok(addresses) => addresses,
            Err(error) => {
                reason = format!("{} can't be resolved: {error}", host.name);
                continue;
            }
        };
        let first = turn % addresses.len().max(1);
        addresses.rotate_left(first);
        for address in addresses {
            match timeout(settings.timers.connect, open(settings, host, address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => reason = format!("{address}: {error}"),
                Err(_) => reason = format!("{address}: no answer in {:?}", settings.timers.connect),
            }
        }
    }
    Err(reason)
}

async fn resolve(host: &Host, patience: Duration) -> io::Result<Vec<SocketAddr>> {
    let found = timeout(patience, lookup_host((&*host.name, host.port))).await;
    let addresses: Vec<_> = found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??.collect();
    if addresses.is_empty() { Err(io::Error::other("the name has no address")) } else { Ok(addresses) }
}

async fn open(settings: &Settings, host: &Host, address: SocketAddr) -> io::Result<Box<dyn Stream>> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(local) = settings.bind_ip {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    match &settings.tls {
        None => Ok(Box::new(stream)),
        Some(tls) => Ok(Box::new(secure(tls, host, stream).await?)),
    }
}

async fn secure(
    tls: &super::Tls,
    host: &Host,
    stream: TcpStream,
) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let name = match &tls.name {
        Some(name) => name.clone(),
        None => ServerName::try_from(host.name.to_string()).map_err(io::Error::other)?,
    };
    TlsConnector::from(std::sync::Arc::clone(&tls.config)).connect(name, stream).await
}

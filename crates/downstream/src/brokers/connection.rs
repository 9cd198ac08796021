//! A connection to a broker: octets in a buffer, and frames taken out of it.

use super::address::BrokerAddress;
use super::session::Broken;
use bytes::BytesMut;
use postrider_link::connect::{Dial, Dialer};
use postrider_link::tls::Tls;
use postrider_wire::broker::Malformed;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long connecting may take, and a broker's answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

trait Octets: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Octets for T {}

/// A connection.
pub(super) struct Connection {
    stream: Box<dyn Octets>,
    read: BytesMut,
}

impl Connection {
    /// Connects, with TLS from the first octet on if it is given.
    pub(super) async fn open(address: &BrokerAddress, tls: Option<&Tls>) -> Result<Self, Broken> {
        let dialer = Dialer { tls: tls.cloned(), local: None, patience: PATIENCE };
        let (stream, _) = dialer.dial(std::slice::from_ref(&address.host), 0).await.map_err(Broken)?;
        Ok(Self { stream: Box::new(stream), read: BytesMut::new() })
    }

    /// The same connection with TLS from now on.
    pub(super) async fn secured(self, address: &BrokerAddress, tls: &Tls) -> Result<Self, Broken> {
        let name = match tls.name() {
            Some(name) => name.clone(),
            None => ServerName::try_from(address.host.name.to_string())
                .map_err(|_| Broken("no certificate can name the host".into()))?,
        };
        let connecting = TlsConnector::from(tls.config()).connect(name, self.stream);
        let stream = timeout(PATIENCE, connecting).await.map_err(|_| late())?;
        Ok(Self { stream: Box::new(stream?), read: BytesMut::new() })
    }

    /// Writes all of it.
    pub(super) async fn write(&mut self, octets: &[u8]) -> Result<(), Broken> {
        let writing = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        Ok(timeout(PATIENCE, writing).await.map_err(|_| late())??)
    }

    /// The next frame; `None` if none comes in this time.
    pub(super) async fn next<T>(
        &mut self,
        decode: impl Fn(&mut BytesMut) -> Result<Option<T>, Malformed>,
        patience: Duration,
    ) -> Result<Option<T>, Broken> {
        let reading = async {
            loop {
                if let Some(frame) = decode(&mut self.read)? {
                    return Ok(frame);
                }
                // What was read stays in the buffer, whenever the caller gives up.
                if self.stream.read_buf(&mut self.read).await? == 0 {
                    return Err(Broken("the broker closed the connection".into()));
                }
            }
        };
        timeout(patience, reading).await.ok().transpose()
    }

    /// The next frame, which must come.
    pub(super) async fn needed<T>(
        &mut self,
        decode: impl Fn(&mut BytesMut) -> Result<Option<T>, Malformed>,
    ) -> Result<T, Broken> {
        self.next(decode, PATIENCE).await?.ok_or_else(late)
    }
}

/// No answer came in time.
pub(super) fn late() -> Broken {
    Broken(format!("no answer in {PATIENCE:?}"))
}

//! A listener: takes connections in as far as there is room, and lets each go its way in a task of its own.

use super::proxied;
use super::speaks::Speaks;
use super::waits::stopped;
use crate::connections::{Connections, Place, Standing};
use postrider_core::account::Network;
use postrider_trace::Ends;
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// A door that listeners lead to.
pub(crate) trait Door: Send + Sync + 'static {
    /// The protocol behind it.
    fn speaks(&self) -> Speaks;
    /// The connections open at it.
    fn connections(&self) -> &Arc<Connections>;
    /// Load balancers: connections from here begin with a PROXY protocol header.
    fn proxies(&self) -> &[Network];
    /// From the connection to the login, TLS included.
    fn patience(&self) -> Duration;
    /// Serves a client until its session ends.
    fn attend(self: Arc<Self>, caller: Caller) -> impl Future<Output = ()> + Send;
}

/// A client's connection.
pub(crate) struct Caller {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) ends: Ends,
    /// What the connection has shown.
    pub(crate) standing: Arc<Standing>,
    /// Holds true once the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

/// How long nothing is accepted after that failed, mostly because no more files may be open.
const BREATHER: Duration = Duration::from_millis(100);

/// Serves clients until `stop` holds true or its sender is gone. Then nobody is taken in any more, messages in hand are
/// stored and answered, and every session is ended; when this returns, the last is closed.
///
/// Several listeners may share one `door`, one with TLS and one without, say.
pub(crate) async fn serve<D: Door>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    door: Arc<D>,
    mut stop: watch::Receiver<bool>,
) {
    let tls = tls.map(TlsAcceptor::from);
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            accepted = listener.accept() => accepted,
            Some(ended) = sessions.join_next(), if !sessions.is_empty() => {
                note(ended);
                continue;
            }
        };
        match accepted {
            Ok((stream, peer)) => admit(&mut sessions, stream, peer, tls.clone(), &door, &stop),
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted just now");
                door.connections().make_room();
                sleep(BREATHER).await;
            }
        }
    }
    drop(listener);
    while let Some(ended) = sessions.join_next().await {
        note(ended);
    }
}

fn admit<D: Door>(
    sessions: &mut JoinSet<()>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    door: &Arc<D>,
    stop: &watch::Receiver<bool>,
) {
    // Behind a load balancer is a client whose address isn't known yet.
    let proxied = door.proxies().iter().any(|network| network.contains(peer.ip()));
    let place = if proxied { None } else { place(&**door, peer) };
    if !proxied && place.is_none() {
        return;
    }
    let (door, stop) = (Arc::clone(door), stop.clone());
    sessions.spawn(async move {
        match timeout(door.patience(), receive(stream, peer, place, tls, &*door)).await {
            Ok(Ok(Some((stream, ends, mut place)))) => {
                let caller = Caller { stream, ends, standing: Arc::clone(place.standing()), stop };
                if place.hold(door.attend(caller)).await.is_none() {
                    tracing::debug!(%peer, "a connection that nobody had logged in on was ended for another one");
                }
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no connection came about"),
            Err(_) => tracing::debug!(%peer, "a client didn't finish its TLS handshake in time"),
        }
    });
}

/// A connection, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A place for a connection from this address, if there is one.
fn place(door: &impl Door, peer: SocketAddr) -> Option<Place> {
    let place = door.connections().admit(peer.ip());
    if place.is_none() {
        tracing::debug!(%peer, "a connection was closed: there are too many");
    }
    place
}

type Received = (Box<dyn Stream>, Ends, Place);

/// Learns the client's address, and secures the connection. `None` if there is no room for it.
async fn receive(
    mut stream: TcpStream,
    peer: SocketAddr,
    place: Option<Place>,
    tls: Option<TlsAcceptor>,
    door: &impl Door,
) -> io::Result<Option<Received>> {
    let (peer, mut place) = match place {
        Some(place) => (peer, place),
        None => {
            let origin = proxied::origin(&mut stream).await;
            let client =
                origin.inspect_err(|error| tell_of_header(door.speaks(), peer, error))?.unwrap_or(peer);
            let Some(place) = self::place(door, client) else { return Ok(None) };
            (client, place)
        }
    };
    let local = stream.local_addr()?;
    let Some(stream) = place.hold(secure(stream, tls)).await.transpose()? else { return Ok(None) };
    Ok(Some((stream, Ends { local, peer }, place)))
}

/// A load balancer and the configuration don't fit together: no client gets through, which nobody else would hear of. One
/// that only looks whether we are there hangs up, and is not told of.
fn tell_of_header(speaks: Speaks, peer: SocketAddr, error: &io::Error) {
    if error.kind() == io::ErrorKind::InvalidData {
        let door = speaks.word();
        tracing::warn!(%peer, %error, "a connection that {door}.proxies says is a load balancer's was closed");
    }
}

async fn secure(stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<Box<dyn Stream>> {
    stream.set_nodelay(true)?;
    match tls {
        None => Ok(Box::new(stream)),
        Some(tls) => Ok(Box::new(tls.accept(stream).await?)),
    }
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a session ended as it never should");
    }
}

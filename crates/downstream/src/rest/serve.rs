//! Listens, keeps connections within their limits, and ends in order.

use super::client::Client;
use super::door::{Door, Served};
use super::socket::Socket;
use super::stall::Stalling;
use super::{Rest, Scope, stranger};
use crate::connections::{Connections, Limits, Place};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// The longest time for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The most octets of a connection that wait to be parsed, and so of the head of a request.
const BUFFER_MAX: usize = 64 << 10;
/// The most concurrent requests of one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;
/// The pause after a connection could not be accepted, mostly because too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Settings of a listener of the API.
#[derive(Clone)]
pub struct Settings {
    /// The TLS configuration; `None` is plain HTTP. If it has no ALPN protocols, HTTP/2 and HTTP/1.1 are offered.
    pub tls: Option<Arc<ServerConfig>>,
    /// The part of the API that is served. Default: all of it.
    pub scope: Scope,
    /// Pages for people that are served beside it. Default: none.
    pub pages: Option<Router>,
    /// The connections that are open, of all listeners that share this. Default: none, with limits of this listener alone.
    pub connections: Arc<Connections>,
    /// The longest time until the head of a request has arrived, idle time included. Default: 30 seconds.
    pub header_timeout: Duration,
    /// The longest wait for requests under way at shutdown. Default: 30 seconds.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tls: None,
            scope: Scope::Everything,
            pages: None,
            connections: Connections::new("http", Limits::default()),
            header_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves the API until `shutdown` is ready. Then it accepts no more connections, waits for requests under way, and returns.
///
/// Several listeners may share one `rest`, for example one with TLS and one without.
pub async fn serve(
    listener: TcpListener,
    rest: Arc<Rest>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send,
) {
    let host = Host {
        door: Door::new(rest, settings.scope, settings.pages),
        builder: builder(settings.header_timeout),
        header_timeout: settings.header_timeout,
        tls: settings.tls.map(|tls| TlsAcceptor::from(with_protocols(tls))),
    };
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            next = next(&listener, &settings.connections) => next,
        };
        while connections.try_join_next().is_some() {}
        match settings.connections.admit(peer.ip()) {
            Some(place) => {
                connections.spawn(host.clone().connection(stream, peer, graceful.watcher(), place));
            }
            None => tracing::debug!(%peer, "a connection was closed: there are too many"),
        }
    }
    drop(listener);
    if tokio::time::timeout(settings.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = connections.len(), "connections were cut: their requests took too long to end");
    }
}

/// Accepts the next connection.
async fn next(listener: &TcpListener, connections: &Connections) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be taken");
                connections.make_room();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The parts that every connection is served with.
#[derive(Clone)]
struct Host {
    door: Door,
    builder: Builder<TokioExecutor>,
    header_timeout: Duration,
    tls: Option<TlsAcceptor>,
}

impl Host {
    /// Serves one connection to its end.
    async fn connection(self, stream: TcpStream, peer: SocketAddr, watcher: Watcher, mut place: Place) {
        // Responses are written whole: Nagle's algorithm would only delay them.
        let _ = stream.set_nodelay(true);
        let client = Client::new(peer.ip(), Arc::clone(place.standing()));
        let served = async {
            tokio::select! {
                biased;
                () = self.clone().secure(stream, watcher, Arc::clone(&client)) => {}
                () = self.silent(&client) => tracing::debug!(%peer, "a connection sent no request in time"),
            }
        };
        if place.hold(served).await.is_none() {
            tracing::debug!(%peer, "a connection without a request was ended for another one");
        }
    }

    /// Returns if no request has begun in time, the handshake included.
    async fn silent(&self, client: &Client) {
        tokio::time::sleep(HANDSHAKE_TIMEOUT + self.header_timeout).await;
        if client.standing.has_begun() {
            std::future::pending::<()>().await;
        }
    }

    async fn secure(self, stream: TcpStream, watcher: Watcher, client: Arc<Client>) {
        // Both ways are boxed: otherwise each plain connection has the memory of an encrypted one, too.
        let Some(acceptor) = self.tls.clone() else {
            return Box::pin(self.speak(stream, watcher, client)).await;
        };
        let handshake = async {
            if stranger::speaks_plainly(&stream).await? {
                stranger::turn_away(stream, &self.door).await?;
                return Err(io::Error::other("the client speaks plain HTTP"));
            }
            acceptor.accept(stream).await
        };
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
            Ok(Ok(stream)) => Box::pin(self.speak(stream, watcher, client)).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        watcher: Watcher,
        client: Arc<Client>,
    ) {
        let socket = Socket::new(Stalling::new(stream), Arc::clone(&client), self.door.clone());
        let service = TowerToHyperService::new(Served { door: self.door, client });
        let connection = self.builder.serve_connection(TokioIo::new(socket), service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

fn builder(header_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // No `pipeline_flush`: with it, answers before a malformed request are never written.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(BUFFER_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(header_timeout)
        .keep_alive_timeout(header_timeout);
    builder
}

/// The configuration, with the ALPN protocols HTTP/2 and HTTP/1.1 if it has none.
fn with_protocols(tls: Arc<ServerConfig>) -> Arc<ServerConfig> {
    if !tls.alpn_protocols.is_empty() {
        return tls;
    }
    let mut named = ServerConfig::clone(&tls);
    named.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::server::ResolvesServerCertUsingSni;

    #[test]
    fn a_listener_offers_both_versions_of_http_unless_it_is_told_otherwise() {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let tls = tls.with_no_client_auth().with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
        let mut old = tls.clone();
        old.alpn_protocols = vec![b"http/1.1".to_vec()];
        assert_eq!(with_protocols(Arc::new(tls)).alpn_protocols, [&b"h2"[..], b"http/1.1"]);
        assert_eq!(with_protocols(Arc::new(old)).alpn_protocols, [b"http/1.1"]);
    }
}

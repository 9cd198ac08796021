//! Listens, keeps connections within their limits, and ends in order.

use super::Rest;
use super::door::Door;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// The longest time for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The most concurrent requests of one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;
/// The pause after a connection could not be accepted, mostly because too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Settings of a listener of the API.
#[derive(Clone)]
pub struct Settings {
    /// The TLS configuration; `None` is plain HTTP. If it has no ALPN protocols, HTTP/2 and HTTP/1.1 are offered.
    pub tls: Option<Arc<ServerConfig>>,
    /// The most connections at once; more wait in the system's queue. Default: 10,000.
    pub connections_max: usize,
    /// The longest time until the head of a request has arrived, idle time included. Default: 30 seconds.
    pub header_timeout: Duration,
    /// The longest wait for requests under way at shutdown. Default: 30 seconds.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tls: None,
            connections_max: 10_000,
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
        door: Door::new(rest),
        builder: builder(settings.header_timeout),
        tls: settings.tls.map(|tls| TlsAcceptor::from(with_protocols(tls))),
    };
    let room = Arc::new(Semaphore::new(settings.connections_max));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, permit) = tokio::select! {
            () = &mut shutdown => break,
            next = next(&listener, &room) => next,
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(host.clone().connection(stream, graceful.watcher(), permit));
    }
    drop(listener);
    if tokio::time::timeout(settings.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = connections.len(), "connections were cut: their requests took too long to end");
    }
}

/// Accepts the next connection, once there is room for it.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed: a permit always comes.
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::debug!(%error, "a connection could not be taken");
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
    tls: Option<TlsAcceptor>,
}

impl Host {
    /// Serves one connection to its end.
    async fn connection(self, stream: TcpStream, watcher: Watcher, _room: Option<OwnedSemaphorePermit>) {
        // Responses are written whole: Nagle's algorithm would only delay them.
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = self.tls.clone() else {
            return self.speak(stream, watcher).await;
        };
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
        let service = TowerToHyperService::new(self.door);
        let connection = self.builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

fn builder(header_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout).pipeline_flush(true);
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

//! One request and its answer, within limits of time and size.

use bytes::Bytes;
use postrider_http::answer::{date, retry_after};
use postrider_http::{Answer, Connector, Dial, Error, Pool, Request, Target};
use postrider_link::tls::{Tls, TlsError, Trust};
use postrider_provider::Outgoing;
use postrider_trace::Exchanges;
use rustls_pki_types::ServerName;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// The longest answer that is read, in octets.
const ANSWER_MAX: usize = 256 * 1024;
/// How long an idle connection is kept. Most servers close theirs after a minute or later.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time for which a provider is obeyed that says when to come again.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// A client that keeps connections.
pub(crate) struct Client {
    connector: Connector,
    pool: Pool,
    name: Option<ServerName<'static>>,
    patience: Duration,
    exchanges: Option<Exchanges>,
}

/// What a client is made with.
pub(crate) struct ClientSettings {
    /// TLS, if it is declared; else the system's authorities are trusted.
    pub(crate) tls: Option<Tls>,
    /// Connections that are kept.
    pub(crate) connections: usize,
    /// To connect to one address, TLS included.
    pub(crate) connect: Duration,
    /// To answer a request that is written.
    pub(crate) response: Duration,
    /// Opens connections.
    pub(crate) dial: Arc<dyn Dial>,
}

/// An answer whose body was read.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    /// The type of the body; empty for none.
    pub(crate) content_type: String,
    /// Empty if it was longer than is read.
    pub(crate) body: Vec<u8>,
    /// The octets of its head.
    pub(crate) head: Bytes,
    /// When the provider wants to be asked again.
    pub(crate) retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// There was no connection: the provider has nothing.
    NotSent(String),
    /// The request was written, at least in part: the provider may have it.
    Unanswered(String),
}

/// Upstreams are declared by the operator: they may be anywhere.
const fn anywhere(_: IpAddr) -> bool {
    true
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) | Self::Unanswered(why) => f.write_str(why),
        }
    }
}

impl Client {
    pub(crate) fn new(settings: ClientSettings) -> Result<Self, TlsError> {
        let tls = match settings.tls {
            Some(tls) => tls,
            None => Tls::new(&Trust::System, None)?,
        };
        Ok(Self {
            connector: Connector::new(tls.config(), anywhere, settings.connect).dialing(settings.dial),
            pool: Pool::new(settings.connections, IDLE_TIMEOUT),
            name: tls.name().cloned(),
            patience: settings.response,
            exchanges: None,
        })
    }

    /// A client of its own, which trusts whom the system trusts.
    pub(crate) fn plain(connections: usize, connect: Duration, patience: Duration) -> Result<Self, TlsError> {
        let tls = Tls::new(&Trust::System, None)?;
        Ok(Self {
            connector: Connector::new(tls.config(), anywhere, connect),
            pool: Pool::new(connections, IDLE_TIMEOUT),
            name: None,
            patience,
            exchanges: None,
        })
    }

    /// The same, with its exchanges recorded.
    pub(crate) fn recorded(self, exchanges: Exchanges) -> Self {
        Self { exchanges: Some(exchanges), ..self }
    }

    /// Makes a connection and keeps it for the next request.
    pub(crate) async fn connect(&self, url: &Url) -> Result<(), String> {
        let target = self.target(url)?;
        if let Some(connection) = self.pool.take(&target.origin).await {
            self.pool.put(&target.origin, connection);
            return Ok(());
        }
        let connection = self.connector.connect(&target).await.map_err(|error| error.to_string())?;
        self.pool.put(&target.origin, connection);
        Ok(())
    }

    /// Sends a request and reads its answer. A request that may be repeated is, once, if a kept connection ends without an answer:
    /// the server may have closed it just then.
    pub(crate) async fn ask(&self, request: &Outgoing, repeatable: bool) -> Result<Received, Failed> {
        let target = self.target(&request.url).map_err(Failed::NotSent)?;
        let octets = octets(request, &target);
        self.exchange(&target, &octets, repeatable).await
    }

    /// As [`Client::ask`], for what is not to be recorded: its answer is a secret.
    pub(crate) async fn ask_unrecorded(&self, request: &Outgoing) -> Result<Received, Failed> {
        let target = self.target(&request.url).map_err(Failed::NotSent)?;
        self.attempt(&target, &octets(request, &target), true).await
    }

    /// Posts a body with these headers.
    pub(crate) async fn post(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Received, Failed> {
        let target = self.target(url).map_err(Failed::NotSent)?;
        let head = headers.iter().fold(head("POST", &target), |head, (name, value)| head.field(name, value));
        self.exchange(&target, &head.with_body(body), false).await
    }

    async fn exchange(&self, target: &Target, octets: &[u8], repeatable: bool) -> Result<Received, Failed> {
        let Some(exchanges) = &self.exchanges else { return self.attempt(target, octets, repeatable).await };
        let sent = Exchanges::now();
        let received = self.attempt(target, octets, repeatable).await;
        match &received {
            Ok(Received { head, body, .. }) => {
                exchanges.record((sent, octets), Some((Exchanges::now(), &[&**head, body].concat())));
            }
            Err(Failed::Unanswered(_)) => exchanges.record((sent, octets), None),
            Err(Failed::NotSent(_)) => {}
        }
        received
    }

    async fn attempt(&self, target: &Target, octets: &[u8], repeatable: bool) -> Result<Received, Failed> {
        if let Some(connection) = self.pool.take(&target.origin).await {
            match timeout(self.patience, connection.ask(octets)).await {
                Ok(Err(Error::Closed)) if repeatable => {}
                answered => return self.received(target, answered).await,
            }
        }
        let connection = self.connector.connect(target).await;
        let connection = connection.map_err(|error| Failed::NotSent(error.to_string()))?;
        let answered = timeout(self.patience, connection.ask(octets)).await;
        self.received(target, answered).await
    }

    /// Closes the connections that were idle for too long.
    pub(crate) fn sweep(&self) {
        self.pool.sweep();
    }

    async fn received(
        &self,
        target: &Target,
        answered: Result<Result<Answer, Error>, tokio::time::error::Elapsed>,
    ) -> Result<Received, Failed> {
        let mut answer = match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(Failed::Unanswered(error.to_string())),
            Err(_) => return Err(Failed::Unanswered("no answer in time".to_owned())),
        };
        let (status, head) = (answer.head.status, answer.head.octets());
        let content_type = answer.head.field("content-type").unwrap_or_default().to_owned();
        // By the provider's clock, which may differ from ours.
        let date = answer.head.field("date").and_then(date);
        let retry_after = answer.head.field("retry-after").and_then(|text| retry_after(text, date));
        let retry_after = retry_after.map(|wait| wait.min(RETRY_AFTER_MAX));
        let body = match timeout(self.patience, answer.rest(ANSWER_MAX)).await {
            Ok(Ok(Some(body))) => {
                self.pool.keep(&target.origin, answer);
                body
            }
            // The status is known, and what it says without a body is read.
            Ok(Ok(None)) => Vec::new(),
            Ok(Err(error)) => return Err(Failed::Unanswered(error.to_string())),
            Err(_) => return Err(Failed::Unanswered("the answer broke off".to_owned())),
        };
        Ok(Received { status, content_type, body, head, retry_after })
    }

    fn target(&self, url: &Url) -> Result<Target, String> {
        let target = Target::new(url.clone()).map_err(|error| error.to_string())?;
        Ok(match &self.name {
            Some(name) => target.named(name.clone()),
            None => target,
        })
    }
}

fn head(method: &str, target: &Target) -> Request {
    Request::new(method, target)
        .field("user-agent", concat!("Postrider/", env!("CARGO_PKG_VERSION")))
        .field("accept-encoding", "identity")
}

fn octets(request: &Outgoing, target: &Target) -> Vec<u8> {
    let mut head = head(&request.method, target);
    for (name, value) in &request.headers {
        head = head.field(name, value);
    }
    match &request.body {
        Some(body) => head.with_body(body),
        None => head.without_body(),
    }
}

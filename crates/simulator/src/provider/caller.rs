//! Calls to the gateway: receipts, and what handsets write.

use jiff::Timestamp;
use postrider_http::{Answer, Connector, Error, Pool, Request, Target};
use postrider_provider::simulation::{Fate, Handed, moment};
use postrider_provider::{Outgoing, Provider, Surroundings};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Connections that are kept.
const KEPT: usize = 64;

/// Calls the gateway back, over connections that it keeps.
pub(crate) struct Caller {
    connector: Option<Connector>,
    pool: Pool,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

const fn anywhere(_: IpAddr) -> bool {
    true
}

impl Caller {
    pub(crate) fn new() -> Self {
        let tls = postrider_http::trusting(postrider_http::system_authorities()).ok();
        let patience = Duration::from_secs(10);
        Self {
            connector: tls.map(|tls| Connector::new(tls, anywhere, patience)),
            pool: Pool::new(KEPT, Duration::from_secs(30)),
        }
    }

    /// Tells what became of a message. Returns the status of the answer, 0 for none; `None` if the preset has no receipts.
    pub(super) async fn receipt(
        &self,
        provider: &Provider,
        (handed, id): (&Handed, &str),
        fate: Fate,
        callback: &str,
    ) -> Option<u16> {
        let request = provider.write_receipt(handed, id, fate, &around(callback))?;
        Some(self.call(&request).await)
    }

    /// Brings what a handset wrote, likewise.
    pub(super) async fn message(
        &self,
        provider: &Provider,
        message: &Handed,
        id: &str,
        callback: &str,
    ) -> Option<u16> {
        let request = provider.write_message(message, id, &around(callback))?;
        Some(self.call(&request).await)
    }

    /// Makes a call. Returns the status of the answer, 0 for none.
    pub(crate) async fn call(&self, request: &Outgoing) -> u16 {
        self.asked(request).await.unwrap_or(0)
    }

    async fn asked(&self, request: &Outgoing) -> Option<u16> {
        let target = Target::new(request.url.clone()).ok()?;
        let mut head = Request::new(&request.method, &target);
        for (name, value) in &request.headers {
            head = head.field(name, value);
        }
        let octets = match &request.body {
            Some(body) => head.with_body(body),
            None => head.without_body(),
        };
        let mut answer = self.sent(&target, &octets).await.ok()?;
        let status = answer.head.status;
        answer.rest(64 * 1024).await.ok()?;
        self.pool.keep(&target.origin, answer);
        Some(status)
    }

    async fn sent(&self, target: &Target, octets: &[u8]) -> Result<Answer, Error> {
        if let Some(connection) = self.pool.take(&target.origin).await {
            match connection.ask(octets).await {
                Err(Error::Closed) => {}
                answered => return answered,
            }
        }
        match &self.connector {
            Some(connector) => connector.connect(target).await?.ask(octets).await,
            None => Err(Error::NoConnection),
        }
    }
}

/// What callbacks are made with.
fn around(callback: &str) -> Surroundings<'_> {
    let now = moment(now());
    Surroundings { callback: Some(callback), now, nonce: "nonce", token: None }
}

/// Milliseconds since 1970, for signatures.
#[expect(clippy::disallowed_methods, reason = "signatures have the time of day")]
fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

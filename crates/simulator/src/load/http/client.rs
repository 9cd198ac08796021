//! One connection of a load over HTTP.

use super::HttpPlan;
use super::exchange::{Answer, Exchange};
use crate::load::pace::Share;
use crate::load::progress::{Books, Pages};
use crate::load::{Tell, tell};
use postrider_link::{now, sleep_until};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How long to wait before a request is sent again that came too early.
const REST: Duration = Duration::from_millis(100);

/// How long to wait before connecting again.
const RECONNECT: Duration = Duration::from_millis(500);

const ACCEPTED: u16 = 202;
const TOO_MANY: u16 = 429;
const UNAVAILABLE: u16 = 503;

pub(in crate::load) struct Client {
    plan: Arc<HttpPlan>,
    books: Arc<Books>,
    share: Share,
    /// The messages of a request, and since when each is due.
    messages: Vec<(u64, Instant)>,
    body: Vec<u8>,
    request: Vec<u8>,
}

impl Client {
    pub(in crate::load) fn new(plan: Arc<HttpPlan>, books: Arc<Books>, index: usize, start: Instant) -> Self {
        Self {
            share: Share::new(&plan.pace, index, plan.connections, plan.batch, start),
            plan,
            books,
            messages: Vec::new(),
            body: Vec::new(),
            request: Vec::new(),
        }
    }

    /// Sends until all is sent; if the first connection fails, it says so and ends.
    pub(in crate::load) async fn run(mut self, mut told: Tell) {
        loop {
            let Err(error) = self.connect(&mut told).await else { break };
            if tell(&mut told, Err(error)) {
                return;
            }
            self.books.with(|pages| {
                pages.progress.disconnects += 1;
                pages.progress.unanswered += self.messages.len() as u64;
            });
            tokio::time::sleep(RECONNECT).await;
        }
        self.books.with(|pages| pages.progress.idle += 1);
    }

    async fn connect(&mut self, told: &mut Tell) -> io::Result<()> {
        self.messages.clear();
        let stream = TcpStream::connect(self.plan.address).await?;
        stream.set_nodelay(true)?;
        let mut exchange = Exchange::new(stream);
        tell(told, Ok(()));
        loop {
            let now = now();
            self.gather(now);
            if !self.messages.is_empty() {
                self.ask(&mut exchange).await?;
            } else if self.is_over(now) {
                return Ok(());
            } else {
                sleep_until(self.share.next(now)).await;
            }
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        let most = self.plan.pace.most;
        let sent_all = most.is_some_and(|most| self.books.with(|pages| pages.ledger.issued()) >= most);
        sent_all || self.share.is_over(now)
    }

    /// Takes what is due, as many as go into a request.
    fn gather(&mut self, now: Instant) {
        self.messages.clear();
        let most = self.plan.pace.most.unwrap_or(u64::MAX);
        let books = Arc::clone(&self.books);
        books.with(|pages| {
            while self.messages.len() < self.plan.batch && pages.ledger.issued() < most {
                let Some(since) = self.share.take(now) else { break };
                self.messages.push((pages.issue(since), since));
            }
        });
    }

    /// Sends the messages gathered until they are accepted, or refused for good.
    async fn ask(&mut self, exchange: &mut Exchange) -> io::Result<()> {
        self.write_request()?;
        loop {
            let answer = exchange.ask(&self.request).await?;
            let now = now();
            if matches!(answer.status, TOO_MANY | UNAVAILABLE) {
                self.books.with(|pages| pages.progress.throttled += self.messages.len() as u64);
                tokio::time::sleep(REST).await;
                continue;
            }
            self.books.with(|pages| self.enter(&answer, pages, now));
            return Ok(());
        }
    }

    fn enter(&self, answer: &Answer, pages: &mut Pages, now: Instant) {
        let ids = if answer.status == ACCEPTED { ids(&answer.body) } else { Vec::new() };
        pages.progress.refused += self.messages.len().saturating_sub(ids.len()) as u64;
        // Only if none was refused is it known which identifier is whose; the count is right in any case.
        for ((number, since), id) in self.messages.iter().zip(ids) {
            pages.accepted(*number, id, *since, now);
        }
    }

    fn write_request(&mut self) -> io::Result<()> {
        self.body.clear();
        let is_list = self.plan.batch > 1;
        let receipts = if self.plan.webhooks.is_some() { "" } else { ",\"receipts\":\"none\"" };
        let time = self.plan.send_at.as_ref().map(|at| format!(",\"send_at\":\"{at}\"")).unwrap_or_default();
        if is_list {
            self.body.extend_from_slice(b"{\"messages\":[");
        }
        for (index, (number, _)) in self.messages.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let (code, sender) = (number % 1_000_000, &self.plan.sender);
            write!(
                self.body,
                "{comma}{{\"to\":\"+{number}\",\"from\":\"{sender}\",\"text\":\"Your code is {code}\"{receipts}{time}}}"
            )?;
        }
        if is_list {
            self.body.extend_from_slice(b"]}");
        }
        self.request.clear();
        write!(
            self.request,
            "POST /v1/messages HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.plan.address,
            self.plan.key,
            self.body.len()
        )?;
        self.request.extend_from_slice(&self.body);
        Ok(())
    }
}

/// The identifiers in an answer, in their order.
fn ids(body: &[u8]) -> Vec<&[u8]> {
    const KEY: &[u8] = b"\"id\":\"";
    let mut ids = Vec::new();
    let mut rest = body;
    while let Some(start) = rest.windows(KEY.len()).position(|window| window == KEY) {
        rest = rest.get(start + KEY.len()..).unwrap_or_default();
        ids.extend(rest.split(|octet| *octet == b'"').next());
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_identifiers() {
        let body = br#"{"messages":[{"index":0,"id":"12","to":"x"},{"index":1,"id":"34"}]}"#;
        assert_eq!(ids(body), [b"12", b"34"]);
        assert!(ids(b"{}").is_empty());
    }
}

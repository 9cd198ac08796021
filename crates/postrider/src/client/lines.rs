//! Streamed answers of the API: lines of JSON, and files.

use super::{Client, settled};
use crate::clock;
use crate::failure::Failure;
use postrider_http::Answer;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::time::{timeout, timeout_at};

/// Extra time that a streamed answer may take.
const GRACE: Duration = Duration::from_secs(30);

/// A stream of lines of JSON.
pub(crate) struct Lines<'a> {
    client: &'a Client,
    answer: Answer,
    /// When all of it must have come.
    deadline: Instant,
    /// Received octets that were not returned yet.
    begun: Vec<u8>,
}

impl Client {
    /// Gets lines of JSON for as long as `span`.
    pub(crate) async fn follow(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        span: Duration,
    ) -> Result<Lines<'_>, Failure> {
        self.lines("GET", path, query, None, span + GRACE).await
    }

    /// Posts a document, and gets lines of JSON for as long as `span`.
    pub(crate) async fn work(
        &self,
        path: &[&str],
        document: &Value,
        span: Duration,
    ) -> Result<Lines<'_>, Failure> {
        self.lines("POST", path, &[], Some(document), span + GRACE).await
    }

    /// Fetches a file.
    pub(crate) async fn file(&self, path: &[&str], query: &[(&str, String)]) -> Result<Vec<u8>, Failure> {
        let fetched = async {
            let mut answer = self.open("GET", path, query, None).await?;
            self.whole(&mut answer).await
        };
        timeout(GRACE, fetched).await.unwrap_or_else(|_| Err(self.silent()))
    }

    async fn lines(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, String)],
        document: Option<&Value>,
        patience: Duration,
    ) -> Result<Lines<'_>, Failure> {
        let deadline = clock::now() + patience;
        let opened = timeout_at(deadline.into(), self.open(method, path, query, document)).await;
        let answer = opened.unwrap_or_else(|_| Err(self.silent()))?;
        Ok(Lines { client: self, answer, deadline, begun: Vec::new() })
    }

    /// The head of a successful answer; its body may still be coming.
    pub(super) async fn open(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, String)],
        document: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let mut answer = self.send(method, path, query, document).await?;
        let status = answer.head.status;
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        let octets = self.whole(&mut answer).await?;
        let problem = serde_json::from_slice(&octets).unwrap_or(Value::Null);
        Err(settled(status, problem).err().unwrap_or_else(|| Failure::failed("the gateway refused it")))
    }
}

impl Lines<'_> {
    /// The next line; `None` once the answer has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Value>, Failure> {
        loop {
            if let Some(end) = self.begun.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.begun.drain(..=end).collect();
                let line = serde_json::from_slice(&line);
                return line
                    .map(Some)
                    .map_err(|_| Failure::failed("the gateway sent a line that isn't JSON"));
            }
            let piece = timeout_at(self.deadline.into(), self.answer.piece()).await;
            let piece = piece.map_err(|_| self.client.silent())?;
            match piece.map_err(|error| self.client.unreachable(&error))? {
                Some(piece) => self.begun.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
    }
}

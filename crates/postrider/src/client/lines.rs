//! Streamed answers of the API: lines of JSON, and files.

use super::{Client, settled};
use crate::failure::Failure;
use reqwest::{Method, Response};
use serde_json::Value;
use std::time::Duration;

/// Extra time that a streamed answer may take.
const GRACE: Duration = Duration::from_secs(30);

/// A stream of lines of JSON.
pub(crate) struct Lines<'a> {
    client: &'a Client,
    answer: Response,
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
        let answer = self.open(Method::GET, path, query, None, span + GRACE).await?;
        Ok(Lines { client: self, answer, begun: Vec::new() })
    }

    /// Posts a document, and gets lines of JSON for as long as `span`.
    pub(crate) async fn work(
        &self,
        path: &[&str],
        document: &Value,
        span: Duration,
    ) -> Result<Lines<'_>, Failure> {
        let answer = self.open(Method::POST, path, &[], Some(document), span + GRACE).await?;
        Ok(Lines { client: self, answer, begun: Vec::new() })
    }

    /// Fetches a file.
    pub(crate) async fn file(&self, path: &[&str], query: &[(&str, String)]) -> Result<Vec<u8>, Failure> {
        let answer = self.open(Method::GET, path, query, None, GRACE).await?;
        Ok(answer.bytes().await.map_err(|error| self.unreachable(&error))?.into())
    }

    /// The head of a successful answer; its body may still be coming.
    pub(super) async fn open(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        document: Option<&Value>,
        patience: Duration,
    ) -> Result<Response, Failure> {
        let request = self.request(method, path, query, document)?.timeout(patience);
        let answer = self.send(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let octets = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
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
            match self.answer.chunk().await.map_err(|error| self.client.unreachable(&error))? {
                Some(chunk) => self.begun.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }
}

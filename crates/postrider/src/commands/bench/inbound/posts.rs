//! A receiver of webhooks that counts posts, and costs as little as can be.

use crate::failure::{Failure, plain};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Where `bench/inbound-webhook.toml` has the account's webhook.
const ADDRESS: &str = "127.0.0.1:28080";
const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// The receiver. It closes its port when it is dropped.
pub(super) struct Posts {
    count: Arc<AtomicU64>,
    server: JoinHandle<()>,
}

impl Posts {
    /// Listens where posts are sent to.
    pub(super) async fn listen() -> Result<Self, Failure> {
        let listener = TcpListener::bind(ADDRESS).await.map_err(|error| {
            let why = error.to_string();
            Failure::failed(format!("can't listen at {ADDRESS} for webhooks: {}", plain(&why)))
        })?;
        let count = Arc::new(AtomicU64::new(0));
        let server = tokio::spawn(serve(listener, Arc::clone(&count)));
        Ok(Self { count, server })
    }

    /// Posts that came so far.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl Drop for Posts {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, count: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&count)));
    }
}

/// Answers every post of a connection.
async fn answer(mut stream: TcpStream, count: Arc<AtomicU64>) {
    let mut octets = Vec::with_capacity(8 << 10);
    while matches!(stream.read_buf(&mut octets).await, Ok(1..)) {
        while let Some(length) = request(&octets) {
            octets.drain(..length);
            count.fetch_add(1, Ordering::Relaxed);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}

/// The length of the first request, if all of it is there.
fn request(octets: &[u8]) -> Option<usize> {
    let head = octets.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let mut lines = octets.get(..head)?.split(|octet| *octet == b'\n');
    let body = lines.find_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let length = head + body.unwrap_or(0usize);
    (octets.len() >= length).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_ends_with_its_body() {
        let whole = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(request(whole), Some(whole.len()));
        assert_eq!(request(&whole[..whole.len() - 1]), None);
        assert_eq!(request(b"POST / HTTP/1.1\r\n"), None);
        assert_eq!(request(b"GET / HTTP/1.1\r\n\r\nPOST"), Some(18));
    }
}

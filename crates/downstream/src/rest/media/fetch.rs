//! Fetches media that messages name by a URL: within limits of size and time, from public addresses, and no further than the URL
//! says.

use crate::webhook::address::is_public;
use postrider_http::{Admitted, Connector, Error, Request, Target, system_authorities, trusting};
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// The longest time for making a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time for the whole.
const FETCH_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest URL, in octets.
const URL_MAX: usize = 2_048;

/// Fetches media.
pub struct Fetcher {
    tls: Arc<ClientConfig>,
    admitted: Admitted,
}

/// Why a medium could not be fetched, in words for whoever named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotFetched(pub(super) String);

impl Fetcher {
    /// A fetcher that reaches public addresses alone, unless private ones are allowed.
    ///
    /// # Errors
    /// TLS can't be set up.
    pub fn new(allow_private: bool) -> Result<Self, String> {
        let tls = trusting(system_authorities()).map_err(|error| error.to_string())?;
        Ok(Self { tls, admitted: if allow_private { |_| true } else { is_public } })
    }

    /// The octets at a URL, up to so many.
    pub(super) async fn fetch(&self, url: &str, most: usize) -> Result<Vec<u8>, NotFetched> {
        let asked = timeout(FETCH_TIMEOUT, self.ask(url, most)).await;
        asked.unwrap_or_else(|_| {
            Err(NotFetched(format!("the medium did not come within {} s", FETCH_TIMEOUT.as_secs())))
        })
    }

    async fn ask(&self, url: &str, most: usize) -> Result<Vec<u8>, NotFetched> {
        let target = target(url)?;
        let request = Request::new("GET", &target)
            .field("user-agent", concat!("Postrider/", env!("CARGO_PKG_VERSION")))
            .field("accept", "image/*, video/*, audio/*, */*;q=0.1")
            .field("accept-encoding", "identity")
            .field("connection", "close")
            .without_body();
        let connector = Connector::new(Arc::clone(&self.tls), self.admitted, CONNECT_TIMEOUT);
        let connection = connector.connect(&target).await.map_err(|error| words(&error))?;
        let mut answer = connection.ask(&request).await.map_err(|error| words(&error))?;
        match answer.head.status {
            200 => {}
            301..=308 => {
                return Err(NotFetched("the URL redirects: give the URL to which it leads".to_owned()));
            }
            status => return Err(NotFetched(format!("the server answers with status {status}"))),
        }
        match answer.rest(most).await.map_err(|error| words(&error))? {
            Some(octets) if octets.is_empty() => Err(NotFetched("the medium is empty".to_owned())),
            Some(octets) => Ok(octets),
            None => Err(NotFetched(format!("the medium is larger than {most} octets"))),
        }
    }
}

fn target(url: &str) -> Result<Target, NotFetched> {
    let wrong = |why: &str| NotFetched(why.to_owned());
    if url.len() > URL_MAX {
        return Err(NotFetched(format!("the URL is longer than {URL_MAX} octets")));
    }
    let url: Url = url.parse().map_err(|_| wrong("this is no URL: write https://host/path"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("the URL has a user name: give a URL that needs none"));
    }
    Target::new(url).map_err(|error| NotFetched(error.to_string()))
}

fn words(error: &Error) -> NotFetched {
    NotFetched(match error {
        Error::NotAdmitted => {
            "the URL leads to a private address: `fetch_private` in `[media]` allows that".to_owned()
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that answers one request so.
    async fn server(answer: Vec<u8>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1_024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        });
        address
    }

    #[tokio::test]
    async fn what_is_fetched_is_whole_and_no_larger_than_allowed() {
        let fetcher = Fetcher::new(true).unwrap();
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nGIF8", Ok(b"GIF8".to_vec())),
            ("HTTP/1.1 200 OK\r\n\r\nGIF8", Ok(b"GIF8".to_vec())),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nGIF89", Err("larger than 4 octets")),
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Err("empty")),
            ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nGI", Err("")),
            ("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", Err("redirects")),
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Err("status 404")),
        ] {
            let address = server(answer.as_bytes().to_vec()).await;
            let fetched = fetcher.fetch(&format!("http://{address}/a.gif"), 4).await;
            match (fetched, expected) {
                (Ok(octets), Ok(expected)) => assert_eq!(octets, expected),
                (Err(NotFetched(why)), Err(expected)) => assert!(why.contains(expected), "{why}"),
                (fetched, _) => panic!("{answer}: {fetched:?}"),
            }
        }
    }

    #[tokio::test]
    async fn private_addresses_and_what_is_no_url_are_refused() {
        let address = server(b"HTTP/1.1 200 OK\r\n\r\nGIF8".to_vec()).await;
        let fetcher = Fetcher::new(false).unwrap();
        for (url, expected) in [
            (format!("http://{address}/"), "private address"),
            ("http://[::1]/".to_owned(), "private address"),
            ("http://169.254.169.254/latest".to_owned(), "private address"),
            ("http://u:p@example.com/".to_owned(), "user name"),
            ("ftp://example.com/".to_owned(), "http or https"),
            ("file:///etc/passwd".to_owned(), "http or https"),
            ("nonsense".to_owned(), "no URL"),
            (format!("http://example.com/{}", "x".repeat(URL_MAX)), "longer"),
        ] {
            let NotFetched(why) = fetcher.fetch(&url, 9).await.unwrap_err();
            assert!(why.contains(expected), "{url}: {why}");
        }
    }
}

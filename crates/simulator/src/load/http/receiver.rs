//! A receiver of webhooks: it takes the notices of the load's messages, and answers all of them with 204.

use super::framing;
use crate::load::progress::Books;
use bytes::BytesMut;
use postrider_link::now;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// Takes webhooks until it is dropped.
pub(in crate::load) async fn receive(listener: TcpListener, books: Arc<Books>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(converse(stream, Arc::clone(&books)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the posts of a connection, until it ends.
async fn converse(mut stream: TcpStream, books: Arc<Books>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BytesMut::with_capacity(16 * 1024);
    while stream.read_buf(&mut input).await? > 0 {
        while let Some((_, body)) = framing::take(&mut input)? {
            let now = now();
            books.with(|pages| ends(&body).for_each(|(number, id)| pages.receipt(number, id, now)));
            stream.write_all(ANSWER).await?;
        }
    }
    Ok(())
}

/// The recipients' numbers and the identifiers of the messages whose end a post tells, one or several.
fn ends(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let id = value(&mut rest, b"\"data\":{\"id\":\"")?;
        let number = value(&mut rest, b"\"to\":\"+")?;
        Some((std::str::from_utf8(number).ok()?.parse().ok()?, id))
    })
}

/// The text from the next `key` to the next quotation mark. What comes after it is left in `rest`.
fn value<'a>(rest: &mut &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let start = rest.windows(key.len()).position(|window| window == key)? + key.len();
    let (value, after) =
        rest.get(start..)?.split_at_checked(rest.get(start..)?.iter().position(|octet| *octet == b'"')?)?;
    *rest = after;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_messages_of_one_event_and_of_lists() {
        let one = r#"{"type":"message.delivered","timestamp":"x","data":{"id":"7","state":"delivered","to":"+4470"}}"#;
        let list = r#"{"type":"events","timestamp":"x","data":{"events":[
            {"id":"7","type":"x","data":{"id":"7","to":"+4470","from":"x"}},
            {"id":"8","type":"x","data":{"id":"8","to":"+4471"}}]}}"#;
        let found = |body: &'static str| ends(body.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found(one), [(4470, &b"7"[..])]);
        assert_eq!(found(list), [(4470, &b"7"[..]), (4471, b"8")]);
        assert_eq!(found(r#"{"type":"webhook.test","data":{"account":"x"}}"#), []);
    }
}

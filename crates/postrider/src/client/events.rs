//! The stream of events, as a client reads it.

use super::Client;
use crate::failure::Failure;
use postrider_http::Answer;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// The longest silence of a gateway that lives: it writes a heartbeat every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);

/// A stretch of the stream that ends with an empty line.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Block {
    /// The place in the stream behind it.
    pub(crate) id: Option<String>,
    /// The event, if it is one.
    pub(crate) event: Option<Value>,
    /// Whether everything was told that had happened.
    pub(crate) is_up_to_date: bool,
}

/// An open stream.
pub(crate) struct EventStream<'a> {
    client: &'a Client,
    answer: Answer,
    /// Received octets that were not returned yet.
    begun: Vec<u8>,
}

impl Client {
    /// Follows the stream of events.
    pub(crate) async fn events(&self, query: &[(&str, String)]) -> Result<EventStream<'_>, Failure> {
        let opened = timeout(SILENCE, self.open("GET", &["events"], query, None)).await;
        let answer = opened.unwrap_or_else(|_| Err(self.silent()))?;
        Ok(EventStream { client: self, answer, begun: Vec::new() })
    }
}

impl EventStream<'_> {
    /// The next block; `None` once the stream has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Block>, Failure> {
        loop {
            if let Some(end) = self.begun.windows(2).position(|octets| octets == b"\n\n") {
                let block: Vec<u8> = self.begun.drain(..end + 2).collect();
                return read(&String::from_utf8_lossy(&block)).map(Some);
            }
            let piece = timeout(SILENCE, self.answer.piece()).await;
            let piece = piece.map_err(|_| Failure::unreachable("the gateway has fallen silent"))?;
            match piece.map_err(|error| self.client.unreachable(&error))? {
                Some(piece) => self.begun.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
    }
}

fn read(text: &str) -> Result<Block, Failure> {
    let mut block = Block::default();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => block.id = Some(id.to_owned()),
            Some(("data", data)) => {
                let event = serde_json::from_str(data);
                block.event =
                    Some(event.map_err(|_| Failure::failed("the gateway sent an event that isn't JSON"))?);
            }
            Some(("", words)) => block.is_up_to_date |= words == "up to date",
            _ => {}
        }
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_block_is_an_event_or_moves_the_place() {
        let block =
            read("id: 7-2\nevent: message.received\ndata: {\"type\":\"message.received\"}\n\n").unwrap();
        assert_eq!((block.id.as_deref(), block.is_up_to_date), (Some("7-2"), false));
        assert_eq!(block.event, Some(json!({ "type": "message.received" })));
        let block = read(": heartbeat\nid: 8-0\n\n").unwrap();
        assert_eq!(block, Block { id: Some("8-0".into()), ..Block::default() });
        assert!(read(": up to date\n\n").unwrap().is_up_to_date);
        assert!(read("data: {\n\n").is_err());
    }
}

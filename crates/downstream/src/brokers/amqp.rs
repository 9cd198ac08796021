//! A session by AMQP 0-9-1, as `RabbitMQ` speaks it.

use super::address::BrokerAddress;
use super::connection::{Connection, PATIENCE, late};
use super::session::{Broken, Delivery, Outgoing, Session, Token};
use async_trait::async_trait;
use bytes::BytesMut;
use postrider_link::tls::Tls;
use postrider_wire::broker::amqp::{self, FRAME_MAX, Frame, decode};
use std::time::Duration;

/// How long a delivery is waited for.
const WAIT: Duration = Duration::from_secs(5);
/// Seconds of silence after which the broker takes the connection for lost. Silence ends with each wait.
const HEARTBEAT: u16 = 60;
/// Publications under way.
const WINDOW: usize = 200;
/// Deliveries that the broker hands out before they are acknowledged.
const AT_ONCE: u16 = 100;

/// A session.
pub(super) struct AmqpSession {
    connection: Connection,
    frame_max: u32,
    /// The tag of the last publication.
    published: u64,
    /// What is being delivered.
    begun: Option<Begun>,
    delivered: Vec<Delivery>,
}

/// A delivery whose content has not come to its end.
struct Begun {
    tag: u64,
    id: Option<String>,
    /// Octets of the content; `None` before it is known.
    length: Option<u64>,
    body: BytesMut,
}

/// Connects and logs in.
pub(super) async fn connect(
    address: &BrokerAddress,
    tls: Option<&Tls>,
    client: &str,
) -> Result<AmqpSession, Broken> {
    let mut connection = Connection::open(address, tls).await?;
    connection.write(amqp::PROTOCOL).await?;
    let begun = connection.needed(decode).await?;
    if begun != Frame::Start {
        return Err(unexpected(begun));
    }
    let (user, password) = match &address.login {
        Some((user, password)) => (&**user, password.as_deref().unwrap_or("")),
        None => ("guest", "guest"),
    };
    let mut octets = BytesMut::new();
    amqp::start_ok(&mut octets, client, user, password);
    connection.write(&octets).await?;
    let frame_max = match connection.needed(decode).await? {
        Frame::Tune { frame_max: 0, .. } => FRAME_MAX,
        Frame::Tune { frame_max, .. } => frame_max.min(FRAME_MAX),
        other => return Err(unexpected(other)),
    };
    octets.clear();
    amqp::open(&mut octets, frame_max, HEARTBEAT, &address.virtual_host);
    amqp::confirm(&mut octets);
    connection.write(&octets).await?;
    let delivered = Vec::new();
    let mut session = AmqpSession { connection, frame_max, published: 0, begun: None, delivered };
    // The virtual host, the channel, and confirms.
    for _ in 0..3 {
        session.done().await?;
    }
    Ok(session)
}

fn unexpected(frame: Frame) -> Broken {
    match frame {
        Frame::Close(code, reason) => Broken(format!("the broker refuses: {reason} ({code})")),
        Frame::Canceled => Broken("the queue is gone".into()),
        Frame::Nack => Broken("the broker could not keep what was published".into()),
        _ => Broken("the broker said something unexpected".into()),
    }
}

impl AmqpSession {
    /// What the broker says next that is no piece of a delivery; `None` if it says nothing in this time.
    async fn hear(&mut self, patience: Duration) -> Result<Option<Frame>, Broken> {
        let Some(frame) = self.connection.next(decode, patience).await? else { return Ok(None) };
        match frame {
            Frame::Deliver(tag) => {
                self.begun = Some(Begun { tag, id: None, length: None, body: BytesMut::new() });
            }
            Frame::Header { length, id } => {
                if let Some(begun) = &mut self.begun {
                    (begun.length, begun.id) = (Some(length), id);
                }
            }
            Frame::Body(piece) => {
                if let Some(begun) = &mut self.begun {
                    begun.body.extend_from_slice(&piece);
                }
            }
            Frame::Close(..) | Frame::Canceled | Frame::Nack => return Err(unexpected(frame)),
            other => return Ok(Some(other)),
        }
        let is_whole = |begun: &Begun| begun.length.is_some_and(|length| begun.body.len() as u64 >= length);
        if self.begun.as_ref().is_some_and(is_whole)
            && let Some(Begun { tag, id, body, .. }) = self.begun.take()
        {
            self.delivered.push(Delivery { id, body: body.freeze(), token: Token::Tag(tag) });
        }
        Ok(Some(Frame::Other))
    }

    /// The broker agrees to what was asked.
    async fn done(&mut self) -> Result<(), Broken> {
        while !matches!(self.hear(PATIENCE).await?.ok_or_else(late)?, Frame::Done(..)) {}
        Ok(())
    }
}

#[async_trait]
impl Session for AmqpSession {
    async fn publish(&mut self, outgoing: &[Outgoing]) -> Result<(), Broken> {
        for window in outgoing.chunks(WINDOW) {
            let (mut octets, mut first) = (BytesMut::new(), self.published + 1);
            let mut early = std::collections::BTreeSet::new();
            for one in window {
                let (exchange, key) = one.to.split_once('/').unwrap_or((&one.to, ""));
                amqp::publish(&mut octets, exchange, key, &one.id, &one.body, self.frame_max);
                self.published += 1;
            }
            self.connection.write(&octets).await?;
            // Up to `first` everything is confirmed, and what is in `early` besides.
            while first <= self.published {
                match self.hear(PATIENCE).await?.ok_or_else(late)? {
                    Frame::Ack { tag, is_multiple: true } => first = first.max(tag + 1),
                    Frame::Ack { tag, .. } => drop(early.insert(tag)),
                    _ => {}
                }
                while early.remove(&first) {
                    first += 1;
                }
            }
        }
        Ok(())
    }

    async fn subscribe(&mut self, source: &str) -> Result<(), Broken> {
        let mut octets = BytesMut::new();
        amqp::consume(&mut octets, source, AT_ONCE);
        self.connection.write(&octets).await?;
        self.done().await?;
        self.done().await
    }

    async fn receive(&mut self) -> Result<Vec<Delivery>, Broken> {
        let mut patience = if self.delivered.is_empty() { WAIT } else { Duration::ZERO };
        while self.hear(patience).await?.is_some() {
            if !self.delivered.is_empty() {
                patience = Duration::ZERO;
            }
        }
        Ok(std::mem::take(&mut self.delivered))
    }

    async fn acknowledge(&mut self, tokens: Vec<Token>) -> Result<(), Broken> {
        let mut octets = BytesMut::new();
        for token in tokens {
            if let Token::Tag(tag) = token {
                amqp::ack(&mut octets, tag);
            }
        }
        self.connection.write(&octets).await
    }

    async fn ping(&mut self) -> Result<(), Broken> {
        let mut octets = BytesMut::new();
        amqp::heartbeat(&mut octets);
        self.connection.write(&octets).await?;
        // Heartbeats have no answers. What the broker said meanwhile is read: that it ended the connection, say.
        while self.hear(Duration::ZERO).await?.is_some() {}
        Ok(())
    }
}

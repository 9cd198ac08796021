//! A session by NATS. What is published is taken on by a stream of `JetStream`, and messages come from a durable pull consumer.

use super::address::BrokerAddress;
use super::connection::{Connection, PATIENCE, late};
use super::session::{Broken, Delivery, Outgoing, Session, Token};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::BytesMut;
use postrider_link::tls::Tls;
use postrider_wire::broker::nats::{self, Message, ServerOp, decode};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a delivery is waited for.
const WAIT: Duration = Duration::from_secs(5);
/// Publications under way.
const WINDOW: usize = 200;
/// Deliveries that are asked for together.
const AT_ONCE: usize = 100;
/// What replies of `JetStream` to be acknowledged begin with.
const ACK: &str = "$JS.ACK.";
const MESSAGE_ID: &str = "Nats-Msg-Id";

/// A session.
pub(super) struct NatsSession {
    connection: Connection,
    /// What replies to this session begin with.
    inbox: String,
    /// The number of the last reply subject.
    last: u64,
    /// Stream and consumer that messages come from.
    consumer: String,
    /// Deliveries that were asked for and have not come.
    asked: usize,
    delivered: Vec<Delivery>,
}

/// What something that the server says means.
enum Heard {
    /// A delivery was kept.
    Delivery,
    /// Nothing more comes of what was asked for.
    EndOfPull,
    /// The answer to a ping.
    Pong,
    /// The answer to a publication.
    Answer(Message),
    /// Nothing for us.
    Nothing,
}

/// What a server says of itself.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    headers: bool,
    #[serde(default)]
    jetstream: bool,
    #[serde(default)]
    tls_required: bool,
}

/// What a stream answers to a publication.
#[derive(Deserialize)]
struct Taken {
    error: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    description: String,
}

/// Connects and logs in.
pub(super) async fn connect(
    address: &BrokerAddress,
    tls: Option<&Tls>,
    client: &str,
) -> Result<NatsSession, Broken> {
    let mut connection = Connection::open(address, None).await?;
    let ServerOp::Info(info) = connection.needed(decode).await? else {
        return Err(Broken("the server does not speak NATS".into()));
    };
    let info: Info = serde_json::from_slice(&info).map_err(|_| Broken("INFO can't be read".into()))?;
    if !info.headers || !info.jetstream {
        return Err(Broken(
            "the server has no JetStream: start it with `jetstream` in its configuration".into(),
        ));
    }
    match tls {
        Some(tls) => connection = connection.secured(address, tls).await?,
        None if info.tls_required => return Err(Broken("the server wants TLS: write tls://".into())),
        None => {}
    }
    let mut random = [0; 12];
    getrandom::fill(&mut random).map_err(|error| Broken(error.to_string()))?;
    let inbox = format!("_INBOX.{}.", URL_SAFE_NO_PAD.encode(random));
    let mut octets = BytesMut::new();
    nats::connect(&mut octets, &options(address, client, tls.is_some()));
    nats::subscribe(&mut octets, &format!("{inbox}*"), 1);
    nats::ping(&mut octets);
    connection.write(&octets).await?;
    let (consumer, delivered) = (String::new(), Vec::new());
    let mut session = NatsSession { connection, inbox, last: 0, consumer, asked: 0, delivered };
    session.until_pong().await?;
    Ok(session)
}

fn options(address: &BrokerAddress, client: &str, is_tls: bool) -> String {
    let mut options = json!({
        "verbose": false, "pedantic": false, "tls_required": is_tls, "name": client, "lang": "rust",
        "version": env!("CARGO_PKG_VERSION"), "protocol": 1, "headers": true, "no_responders": true,
    });
    match &address.login {
        Some((user, Some(password))) => {
            options["user"] = json!(user);
            options["pass"] = json!(password);
        }
        Some((token, None)) => options["auth_token"] = json!(token),
        None => {}
    }
    options.to_string()
}

impl NatsSession {
    /// What the server says next; `None` if it says nothing in this time.
    async fn hear(&mut self, patience: Duration) -> Result<Option<Heard>, Broken> {
        let Some(op) = self.connection.next(decode, patience).await? else { return Ok(None) };
        Ok(Some(match op {
            ServerOp::Message(message) if is_delivery(&message) => {
                self.keep(message);
                Heard::Delivery
            }
            ServerOp::Message(message) if message.subject == self.pull() => self.end_of_pull(&message)?,
            ServerOp::Message(message) => Heard::Answer(message),
            ServerOp::Pong => Heard::Pong,
            ServerOp::Ping => {
                let mut octets = BytesMut::new();
                nats::pong(&mut octets);
                self.connection.write(&octets).await?;
                Heard::Nothing
            }
            ServerOp::Error(why) => return Err(Broken(format!("the server refuses: {why}"))),
            ServerOp::Info(_) | ServerOp::Ok => Heard::Nothing,
        }))
    }

    /// No more comes of what was asked for: time is up, there is nothing more, or nobody to ask.
    fn end_of_pull(&mut self, message: &Message) -> Result<Heard, Broken> {
        if message.status == Some(503) {
            let consumer = self.consumer.replacen('.', "/", 1);
            return Err(Broken(format!("there is no consumer {consumer}, written STREAM/CONSUMER")));
        }
        self.asked = 0;
        Ok(Heard::EndOfPull)
    }

    fn keep(&mut self, message: Message) {
        self.asked = self.asked.saturating_sub(1);
        let reply = message.reply.clone().unwrap_or_default();
        let id = message.header(MESSAGE_ID).map(str::to_owned).or_else(|| place(&reply));
        self.delivered.push(Delivery { id, body: message.payload, token: Token::Reply(reply) });
    }

    fn pull(&self) -> String {
        format!("{}pull", self.inbox)
    }

    async fn until_pong(&mut self) -> Result<(), Broken> {
        while !matches!(self.hear(PATIENCE).await?.ok_or_else(late)?, Heard::Pong) {}
        Ok(())
    }

    /// Publishes some and waits until each is taken on.
    async fn publish_window(&mut self, window: &[Outgoing]) -> Result<(), Broken> {
        let (mut octets, mut open) = (BytesMut::new(), BTreeMap::new());
        for one in window {
            self.last += 1;
            let reply = format!("{}{}", self.inbox, self.last);
            nats::publish(&mut octets, &one.to, Some(&reply), &[(MESSAGE_ID, &one.id)], &one.body);
            open.insert(reply, &one.to);
        }
        self.connection.write(&octets).await?;
        while !open.is_empty() {
            let Heard::Answer(message) = self.hear(PATIENCE).await?.ok_or_else(late)? else { continue };
            let Some(subject) = open.remove(&message.subject) else { continue };
            if message.status == Some(503) {
                return Err(Broken(format!("no stream takes the subject {subject}: make one")));
            }
            let taken: Taken = serde_json::from_slice(&message.payload)
                .map_err(|_| Broken(format!("something that is no stream answered at {subject}")))?;
            if let Some(Refused { description }) = taken.error {
                return Err(Broken(format!("the stream of {subject} refuses: {description}")));
            }
        }
        Ok(())
    }
}

/// Whether it is a message of a consumer.
fn is_delivery(message: &Message) -> bool {
    message.reply.as_deref().is_some_and(|reply| reply.starts_with(ACK))
}

/// Stream and place of a message, by its reply subject: `$JS.ACK.STREAM.CONSUMER.times.PLACE.…`, or with a domain and an account
/// before these.
fn place(reply: &str) -> Option<String> {
    let words: Vec<&str> = reply.split('.').collect();
    let begin = if words.len() > 9 { 4 } else { 2 };
    Some(format!("{}.{}", words.get(begin)?, words.get(begin + 3)?))
}

#[async_trait]
impl Session for NatsSession {
    async fn publish(&mut self, outgoing: &[Outgoing]) -> Result<(), Broken> {
        for window in outgoing.chunks(WINDOW) {
            self.publish_window(window).await?;
        }
        Ok(())
    }

    async fn subscribe(&mut self, source: &str) -> Result<(), Broken> {
        self.consumer = source.replacen('/', ".", 1);
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<Delivery>, Broken> {
        if self.asked == 0 && self.delivered.is_empty() {
            let mut octets = BytesMut::new();
            let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}", self.consumer);
            let wanted = json!({ "batch": AT_ONCE, "expires": WAIT.as_nanos() }).to_string();
            nats::publish(&mut octets, &subject, Some(&self.pull()), &[], wanted.as_bytes());
            self.connection.write(&octets).await?;
            self.asked = AT_ONCE;
        }
        let until = crate::clock::now() + WAIT + Duration::from_secs(1);
        while self.asked > 0 {
            // What has come already is handed on at once.
            let patience = match self.delivered.is_empty() {
                true => until.saturating_duration_since(crate::clock::now()),
                false => Duration::ZERO,
            };
            if matches!(self.hear(patience).await?, None | Some(Heard::EndOfPull)) {
                break;
            }
        }
        if self.delivered.is_empty() {
            // A server that forgot what was asked for is asked anew.
            self.asked = 0;
        }
        Ok(std::mem::take(&mut self.delivered))
    }

    async fn acknowledge(&mut self, tokens: Vec<Token>) -> Result<(), Broken> {
        let mut octets = BytesMut::new();
        for token in &tokens {
            if let Token::Reply(reply) = token {
                nats::publish(&mut octets, reply, None, &[], b"+ACK");
            }
        }
        self.connection.write(&octets).await
    }

    async fn ping(&mut self) -> Result<(), Broken> {
        let mut octets = BytesMut::new();
        nats::ping(&mut octets);
        self.connection.write(&octets).await?;
        self.until_pong().await
    }
}

//! A session by MQTT.

use super::address::BrokerAddress;
use super::connection::Connection;
use super::session::{Broken, Delivery, Outgoing, Session, Token};
use async_trait::async_trait;
use bytes::BytesMut;
use postrider_link::tls::Tls;
use postrider_wire::broker::mqtt::{self, Connect, Packet, decode};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a delivery is waited for.
const WAIT: Duration = Duration::from_secs(5);
/// Seconds of silence after which the broker takes the connection for lost. Silence ends with each wait.
const KEEP_ALIVE: u16 = 60;
/// Publications under way: brokers keep only so many of a client.
const WINDOW: usize = 20;
/// Deliveries that are handed on together.
const AT_ONCE: usize = 100;

/// A session.
pub(super) struct MqttSession {
    connection: Connection,
    /// The number of the last packet of ours.
    last: u16,
    /// What was delivered and not handed on yet.
    delivered: Vec<Delivery>,
}

/// Connects and logs in.
pub(super) async fn connect(
    address: &BrokerAddress,
    tls: Option<&Tls>,
    client: &str,
    is_clean: bool,
) -> Result<MqttSession, Broken> {
    let mut connection = Connection::open(address, tls).await?;
    let login = address.login.as_ref().map(|(user, password)| (&**user, password.as_deref().unwrap_or("")));
    let mut octets = BytesMut::new();
    mqtt::connect(&mut octets, Connect { client, login, keep_alive: KEEP_ALIVE, is_clean });
    connection.write(&octets).await?;
    match connection.needed(decode).await? {
        Packet::Connected { .. } => Ok(MqttSession { connection, last: 0, delivered: Vec::new() }),
        Packet::Refused(why) => Err(Broken(format!("the broker refused the login: {}", refusal(why)))),
        _ => Err(Broken("the broker answered the login with something else".into())),
    }
}

/// Why a login was refused (MQTT 3.1.1, 3.2.2.3).
fn refusal(why: u8) -> String {
    match why {
        1 => "it doesn't speak MQTT 3.1.1".into(),
        2 => "it doesn't take the client's name".into(),
        3 => "it is not available".into(),
        4 => "wrong user or password".into(),
        5 => "not authorized".into(),
        other => format!("code {other}"),
    }
}

impl MqttSession {
    fn number(&mut self) -> u16 {
        self.last = self.last.checked_add(1).unwrap_or(1);
        self.last
    }

    /// Keeps a delivery; returns any other packet.
    fn sort(&mut self, packet: Packet) -> Option<Packet> {
        let Packet::Publish(publish) = packet else { return Some(packet) };
        let token = publish.number.map_or(Token::Nothing, Token::Number);
        self.delivered.push(Delivery { id: None, body: publish.payload, token });
        None
    }

    /// The next packet that is no delivery.
    async fn answer(&mut self) -> Result<Packet, Broken> {
        loop {
            let packet = self.connection.needed(decode).await?;
            if let Some(other) = self.sort(packet) {
                return Ok(other);
            }
        }
    }
}

#[async_trait]
impl Session for MqttSession {
    async fn publish(&mut self, outgoing: &[Outgoing]) -> Result<(), Broken> {
        for window in outgoing.chunks(WINDOW) {
            let (mut octets, mut open) = (BytesMut::new(), BTreeSet::new());
            for one in window {
                let number = self.number();
                mqtt::publish(&mut octets, &one.to, number, &one.body);
                open.insert(number);
            }
            self.connection.write(&octets).await?;
            while !open.is_empty() {
                if let Packet::Published(number) = self.answer().await? {
                    open.remove(&number);
                }
            }
        }
        Ok(())
    }

    async fn subscribe(&mut self, source: &str) -> Result<(), Broken> {
        let (mut octets, number) = (BytesMut::new(), self.number());
        mqtt::subscribe(&mut octets, number, source);
        self.connection.write(&octets).await?;
        match self.answer().await? {
            Packet::Subscribed { is_granted: true, .. } => Ok(()),
            _ => Err(Broken(format!("the broker refused the subscription to {source}"))),
        }
    }

    async fn receive(&mut self) -> Result<Vec<Delivery>, Broken> {
        let mut patience = if self.delivered.is_empty() { WAIT } else { Duration::ZERO };
        while self.delivered.len() < AT_ONCE {
            let Some(packet) = self.connection.next(decode, patience).await? else { break };
            self.sort(packet);
            patience = Duration::ZERO;
        }
        let many = self.delivered.len().min(AT_ONCE);
        Ok(self.delivered.drain(..many).collect())
    }

    async fn acknowledge(&mut self, tokens: Vec<Token>) -> Result<(), Broken> {
        let mut octets = BytesMut::new();
        for token in tokens {
            if let Token::Number(number) = token {
                mqtt::published(&mut octets, number);
            }
        }
        self.connection.write(&octets).await
    }

    async fn ping(&mut self) -> Result<(), Broken> {
        let mut octets = BytesMut::new();
        mqtt::ping(&mut octets);
        self.connection.write(&octets).await?;
        while self.answer().await? != Packet::Pong {}
        Ok(())
    }
}

//! Message brokers: events go out to them, and messages to be sent come in.
//!
//! Events follow the stream of events from a kept place, which moves on when the broker has taken them on. So nothing is lost while a
//! broker is away, and after a crash the last events are published again under the same ids. A message that comes in is acknowledged
//! once it is durable. It is sent once, however often the broker delivers it.

mod address;
mod amqp;
mod connection;
mod events;
mod kafka;
mod messages;
mod mqtt;
mod nats;
mod session;

pub use address::{BrokerAddress, BrokerProtocol};

use crate::clock;
use crate::rest::Rest;
use postrider_apps::following::Follower;
use postrider_core::account::Account;
use postrider_core::principal::Viewer;
use postrider_link::tls::Tls;
use session::{Broken, Session};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The pauses between attempts to connect: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// How a broker is used.
#[derive(Clone)]
pub struct BrokerSettings {
    /// Its name, which is in names of clients, in metrics and in idempotency keys.
    pub name: Box<str>,
    /// The address.
    pub address: BrokerAddress,
    /// TLS, if it is spoken.
    pub tls: Option<Tls>,
    /// The account whose messages come in, and whose events go out; `None` for events of all.
    pub account: Option<Box<str>>,
    /// What events are published to, if they are: the beginning of subjects or topics, an exchange.
    pub events: Option<Box<str>>,
    /// The types of events; `None` for all.
    pub types: Option<BTreeSet<Box<str>>>,
    /// Where messages come from, if they do: `STREAM/CONSUMER` of NATS, a topic filter of MQTT, a queue of AMQP, `TOPIC/GROUP` of
    /// Kafka.
    pub messages: Option<Box<str>>,
    /// What is published to what became of each message, if anything.
    pub results: Option<Box<str>>,
    /// The number of this node.
    pub node: u8,
}

/// A broker that is used.
pub struct Broker {
    rest: Arc<Rest>,
    settings: BrokerSettings,
}

/// What a session is for.
#[derive(Clone, Copy)]
enum Work<'a> {
    /// Events go out to subjects or topics that begin so.
    Events(&'a Follower, &'a str),
    /// Messages come in from there.
    Messages(&'a str),
}

impl Work<'_> {
    const fn word(&self) -> &'static str {
        match self {
            Self::Events(..) => "events",
            Self::Messages(_) => "messages",
        }
    }
}

impl Broker {
    /// Uses a broker on behalf of the gateway that these are parts of.
    #[must_use]
    pub fn new(rest: Arc<Rest>, settings: BrokerSettings) -> Self {
        Self { rest, settings }
    }

    /// Publishes events and takes messages, until the caller drops this.
    pub async fn run(self) {
        tokio::join!(self.run_events(), self.run_messages());
    }

    async fn run_events(&self) {
        let Some(beginning) = &self.settings.events else { return };
        let name = format!("broker {}", self.settings.name);
        let types = self.settings.types.clone();
        // Events of other accounts are passed over when they are read: the account may be declared later.
        let follower = self.rest.apps.follower(name, Viewer::Everything, types);
        while let Err(error) = follower.begin().await {
            tracing::warn!(broker = &*self.settings.name, %error, "events can't be followed now; it is tried again");
            tokio::time::sleep(PAUSES.1).await;
        }
        self.keep(Work::Events(&follower, beginning)).await;
    }

    async fn run_messages(&self) {
        let Some(source) = &self.settings.messages else { return };
        self.keep(Work::Messages(source)).await;
    }

    /// Keeps a session and works with it, again and again.
    async fn keep(&self, work: Work<'_>) {
        let link = work.word();
        let gauge = metrics::gauge!("postrider_broker_up", "broker" => self.settings.name.to_string(), "link" => link);
        let mut pause = PAUSES.0;
        loop {
            let broken = match self.connect(link).await {
                Ok(mut session) => {
                    gauge.set(1.0);
                    let begun = clock::now();
                    tracing::info!(broker = &*self.settings.name, link, "the broker is connected");
                    let broken = match work {
                        Work::Events(follower, beginning) => {
                            self.publish_events(&mut *session, follower, beginning).await
                        }
                        Work::Messages(source) => self.take_messages(&mut *session, source).await,
                    };
                    // One that breaks at once, since a stream lacks, say, is tried again more and more rarely.
                    if begun.elapsed() > PAUSES.1 {
                        pause = PAUSES.0;
                    }
                    broken
                }
                Err(broken) => broken,
            };
            gauge.set(0.0);
            tracing::warn!(broker = &*self.settings.name, link, %broken, "the broker can't be used now; it is tried again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn connect(&self, link: &str) -> Result<Box<dyn Session>, Broken> {
        let settings = &self.settings;
        let client = format!("postrider-{}-{link}-{}", settings.name, settings.node);
        match settings.address.protocol {
            BrokerProtocol::Nats => {
                Ok(Box::new(nats::connect(&settings.address, settings.tls.as_ref(), &client).await?))
            }
            BrokerProtocol::Amqp => {
                Ok(Box::new(amqp::connect(&settings.address, settings.tls.as_ref(), &client).await?))
            }
            BrokerProtocol::Kafka => {
                let live = Arc::clone(&self.rest.live);
                Ok(Box::new(kafka::connect(&settings.address, settings.tls.as_ref(), &client, live).await?))
            }
            BrokerProtocol::Mqtt => {
                // What comes in waits at the broker for the same client.
                let is_clean = link == "events";
                Ok(Box::new(
                    mqtt::connect(&settings.address, settings.tls.as_ref(), &client, is_clean).await?,
                ))
            }
        }
    }

    /// The account, if there is one of the name.
    fn account(&self) -> Option<Arc<Account>> {
        let wanted = self.settings.account.as_ref()?;
        self.rest.live.rules().accounts().find(|account| account.name == *wanted).cloned()
    }
}

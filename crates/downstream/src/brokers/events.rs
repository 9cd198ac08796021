//! Events go out.

use super::session::{Broken, Outgoing, Session};
use super::{Broker, BrokerProtocol};
use crate::rest::event_view;
use postrider_apps::following::{Follower, Stretch};
use postrider_core::account::AccountId;
use postrider_core::principal::Viewer;
use postrider_core::stream::StreamEvent;
use std::time::Duration;

/// How long events are waited for until the broker is asked whether it is still there.
const IDLE: Duration = Duration::from_secs(10);
/// The pause while the store can't be read.
const PAUSE: Duration = Duration::from_secs(2);

impl Broker {
    /// Publishes events as they happen, until the session is over.
    pub(super) async fn publish_events(
        &self,
        session: &mut dyn Session,
        follower: &Follower,
        beginning: &str,
    ) -> Broken {
        loop {
            let done = match follower.read(IDLE).await {
                Ok(None) => session.ping().await,
                Ok(Some(stretch)) => match self.outgoing(&stretch, beginning) {
                    Some(outgoing) => self.publish(session, follower, &stretch, &outgoing).await,
                    // The account isn't declared yet: nothing is passed over meanwhile.
                    None => {
                        tokio::time::sleep(PAUSE).await;
                        session.ping().await
                    }
                },
                Err(error) => {
                    tracing::warn!(broker = &*self.settings.name, %error, "events can't be followed now; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                    Ok(())
                }
            };
            if let Err(broken) = done {
                return broken;
            }
        }
    }

    async fn publish(
        &self,
        session: &mut dyn Session,
        follower: &Follower,
        stretch: &Stretch,
        outgoing: &[Outgoing],
    ) -> Result<(), Broken> {
        session.publish(outgoing).await?;
        let many = u64::try_from(outgoing.len()).unwrap_or(u64::MAX);
        metrics::counter!("postrider_broker_events_total", "broker" => self.settings.name.to_string())
            .increment(many);
        if let Err(error) = follower.done(stretch).await {
            // They are published again, under the same ids.
            tracing::warn!(broker = &*self.settings.name, %error, "the place of events can't be kept now");
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// The events of a stretch that are published; `None` while nobody knows the account.
    fn outgoing(&self, stretch: &Stretch, beginning: &str) -> Option<Vec<Outgoing>> {
        let rules = self.rest.live.rules();
        let viewer = match &self.settings.account {
            None => Viewer::Everything,
            Some(_) => Viewer::Account(self.account()?.id),
        };
        let is_seen = |event: &StreamEvent| match viewer {
            Viewer::Everything => true,
            Viewer::Account(own) => account_of(event) == Some(own),
        };
        let seen = stretch.events.iter().filter(|(_, event)| is_seen(event));
        let outgoing = seen.map(|(position, event)| {
            let (kind, body) = event_view(event, &rules, viewer);
            let to = place(self.settings.address.protocol, beginning, kind);
            let account = account_of(event).and_then(|id| rules.account(id));
            let key = account.map(|account| account.name.to_string()).unwrap_or_default();
            Outgoing { to, id: format!("{}-{position}", self.settings.name), key, body }
        });
        Some(outgoing.collect())
    }
}

fn account_of(event: &StreamEvent) -> Option<AccountId> {
    match event {
        StreamEvent::Ended { message, .. } => Some(message.account),
        StreamEvent::Received(received) => received.account,
        StreamEvent::Other(event) => event.account,
    }
}

/// The subject or topic of events of a type: `events.message.delivered`, `events/message/delivered`; of AMQP the exchange, a slash, and
/// the routing key, and of Kafka the topic, a slash, and the type.
fn place(protocol: BrokerProtocol, beginning: &str, kind: &str) -> String {
    match protocol {
        BrokerProtocol::Nats => format!("{beginning}.{kind}"),
        BrokerProtocol::Mqtt => format!("{beginning}/{}", kind.replace('.', "/")),
        BrokerProtocol::Amqp | BrokerProtocol::Kafka => format!("{beginning}/{kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_events_has_a_place() {
        assert_eq!(place(BrokerProtocol::Nats, "sms", "message.delivered"), "sms.message.delivered");
        assert_eq!(place(BrokerProtocol::Amqp, "sms", "message.delivered"), "sms/message.delivered");
        assert_eq!(place(BrokerProtocol::Mqtt, "sms/out", "opt_out.added"), "sms/out/opt_out/added");
    }
}

//! Requests in flight: each hands a message in, and tells what came of it.

use super::answer::outcome;
use super::compose::Composer;
use super::settings::Settings;
use crate::http::answers::answer;
use crate::http::client::{Client, Failed, Received};
use crate::http::sender::{Done, Effect, status};
use crate::http::shipment::Shipment;
use crate::http::talk::{Flight, Talk, TalkTraits};
use futures_util::future::{BoxFuture, FutureExt};
use postrider_core::contract::{Live, Unheard};
use postrider_core::delivery::{Delivery, FaultKind, PartOutcome};
use postrider_link::now;
use postrider_wire::mm7::Packaged;
use std::sync::Arc;

/// The centre, as requests reach it.
#[derive(Clone)]
pub(super) struct Relay {
    pub(super) settings: Arc<Settings>,
    pub(super) client: Arc<Client>,
    pub(super) composer: Arc<Composer>,
    pub(super) live: Arc<dyn Live>,
}

impl Talk for Relay {
    fn traits(&self) -> TalkTraits<'_> {
        let settings = &self.settings;
        TalkTraits {
            name: &settings.name,
            window: settings.window.into(),
            messages_max: 1,
            has_inquiry: false,
            pause: settings.pause.get(),
            reconnect_max: settings.reconnect_max.get(),
            poll_every: None,
            drain: settings.limits.drain,
        }
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), String>> {
        self.client.connect(&self.settings.centre).boxed()
    }

    fn send(&self, shipment: Shipment, flight: Flight) -> BoxFuture<'static, Done> {
        self.clone().hand_in(shipment, flight).boxed()
    }

    /// MM7 has no question about a message.
    fn inquire(&self, _part: Unheard) -> BoxFuture<'static, Done> {
        std::future::ready(Done::default()).boxed()
    }

    fn sweep(&self) {
        self.client.sweep();
    }
}

impl Relay {
    async fn hand_in(self, shipment: Shipment, flight: Flight) -> Done {
        let mut done = Done::default();
        for delivery in shipment.0 {
            let (outcome, effect) = self.deliver(&delivery, &flight).await;
            flight.meters.answered(status(&outcome));
            done.answers.push(answer(delivery, vec![outcome]));
            done.effect = done.effect.or(effect);
        }
        done
    }

    async fn deliver(&self, delivery: &Delivery, flight: &Flight) -> (PartOutcome, Option<Effect>) {
        let request = match self.composer.compose(&delivery.message, &self.settings, self.live.now()).await {
            Ok(request) => request,
            Err(fault) => return (PartOutcome::Refused(fault), None),
        };
        let began = now();
        let asked = tokio::select! {
            asked = self.post(&request) => asked,
            () = flight.is_given_up() => Err(Failed::Unanswered("the upstream was stopped".to_owned())),
        };
        match asked {
            Ok(received) => {
                flight.meters.asked(1, now().saturating_duration_since(began));
                self.read(&received, delivery)
            }
            Err(Failed::NotSent(why)) => (PartOutcome::NotSent, Some(Effect::Unreachable(why))),
            Err(Failed::Unanswered(why)) => {
                self.doubt(&why, delivery);
                (PartOutcome::Unanswered, None)
            }
        }
    }

    async fn post(&self, request: &Packaged) -> Result<Received, Failed> {
        let authorization = (!self.settings.username.is_empty()).then(|| self.authorization());
        let mut headers = vec![("content-type", request.content_type.as_str()), ("soapaction", "\"\"")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        self.client.post(&self.settings.centre, &headers, &request.body).await
    }

    fn authorization(&self) -> String {
        let password = self.settings.password.as_deref().unwrap_or_default();
        let pair = format!("{}:{password}", self.settings.username);
        format!("Basic {}", postrider_wire::mm7::base64_line(pair.as_bytes()))
    }

    fn read(&self, received: &Received, delivery: &Delivery) -> (PartOutcome, Option<Effect>) {
        let outcome = match outcome(received, &self.settings) {
            Ok(outcome) => outcome,
            Err(why) => {
                self.doubt(&why, delivery);
                return (PartOutcome::Unanswered, None);
            }
        };
        let effect = match &outcome {
            PartOutcome::Refused(fault) => match fault.kind {
                FaultKind::Paused => Some(Effect::Paused(fault.cause.to_string())),
                FaultKind::Throttled | FaultKind::Temporary => received.retry_after.map(Effect::Later),
                _ => None,
            },
            _ => None,
        };
        (outcome, effect)
    }

    /// The transaction is what the carrier can be asked by.
    fn doubt(&self, why: &str, delivery: &Delivery) {
        let (upstream, transaction) = (&*self.settings.name, delivery.message.id);
        tracing::warn!(upstream, %transaction, why, "a request was not answered: the carrier may have the message");
    }
}

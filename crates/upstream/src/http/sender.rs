//! Requests in flight: each hands a shipment in, and tells what came of it.

use super::answers::{answer, outcomes, unwritable};
use super::client::{Client, Failed, Received};
use super::meters::Status;
use super::settings::Settings;
use super::shipment::Shipment;
use super::talk::{Flight, Talk, TalkTraits};
use super::token::Tokens;
use crate::refusal;
use futures_util::future::{BoxFuture, FutureExt};
use postrider_core::contract::{Answer, Desk, Heard, Live, Unheard};
use postrider_core::delivery::{FaultKind, PartOutcome};
use postrider_core::message::Message;
use postrider_core::receipt::Report;
use postrider_link::now;
use postrider_provider::{Answered, Reply};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The pause before what can't be kept is brought again.
const KEEP_AGAIN: Duration = Duration::from_secs(1);

/// What a request has brought.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) answers: Vec<Answer>,
    pub(crate) reports: Vec<Report>,
    pub(crate) effect: Option<Effect>,
    /// Whether what waits at the provider was fetched.
    pub(crate) is_polled: bool,
}

/// What a request says of the provider as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It can't be reached.
    Unreachable(String),
    /// Nothing works there for a while.
    Paused(String),
    /// It wants to be left alone for so long.
    Later(Duration),
}

/// What requests are made with.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) settings: Arc<Settings>,
    pub(super) client: Arc<Client>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) live: Arc<dyn Live>,
}

impl Talk for Sender {
    fn traits(&self) -> TalkTraits<'_> {
        let settings = &self.settings;
        TalkTraits {
            name: &settings.name,
            window: settings.window.into(),
            messages_max: settings.provider.messages_max(),
            has_inquiry: settings.provider.preset().has_inquiry(),
            pause: settings.pause.get(),
            reconnect_max: settings.reconnect_max.get(),
            poll_every: settings.provider.preset().is_polled().then(|| settings.poll_every.get()),
            drain: settings.limits.drain,
        }
    }

    /// A URL that is not the same for all messages can't be tried.
    fn connect(&self) -> BoxFuture<'_, Result<(), String>> {
        let around = self.settings.surroundings(self.live.now(), "", None);
        match self.settings.provider.endpoint(&around) {
            Ok(url) => async move { self.client.connect(&url).await }.boxed(),
            Err(_) => std::future::ready(Ok(())).boxed(),
        }
    }

    fn go_together(&self, one: &Message, other: &Message) -> bool {
        self.settings.provider.go_together(one, other)
    }

    fn send(&self, shipment: Shipment, flight: Flight) -> BoxFuture<'static, Done> {
        self.clone().hand_in(shipment, flight).boxed()
    }

    fn inquire(&self, part: Unheard) -> BoxFuture<'static, Done> {
        self.clone().ask_about(part).boxed()
    }

    fn poll(&self, desk: Arc<dyn Desk>, flight: Flight) -> BoxFuture<'static, Done> {
        self.clone().fetch(desk, flight).boxed()
    }

    fn sweep(&self) {
        self.client.sweep();
    }
}

impl Sender {
    async fn hand_in(mut self, shipment: Shipment, flight: Flight) -> Done {
        let began = now();
        let messages = shipment.messages();
        let asked = tokio::select! {
            asked = self.attempt(&messages) => asked,
            () = flight.is_given_up() => {
                Asked::Failed(Failed::Unanswered("the upstream was stopped".to_owned()))
            }
        };
        self.done(shipment, asked, now().saturating_duration_since(began), &flight)
    }

    async fn ask_about(self, part: Unheard) -> Done {
        let token = self.tokens.get(&self.settings, &self.client, self.live.now()).await.ok().flatten();
        let nonce = nonce();
        let around = self.settings.surroundings(self.live.now(), &nonce, token.as_deref());
        let Some(Ok(request)) = self.settings.provider.inquiry(&part.given, &around) else {
            return Done::default();
        };
        let Ok(received) = self.client.ask(&request, true).await else { return Done::default() };
        let report = self.settings.provider.replied(&part.key, &received.body);
        let is_final = |report: &Report| report.reported.state().is_some();
        Done { reports: report.filter(is_final).into_iter().collect(), ..Done::default() }
    }

    /// Fetches what waits at the provider, and brings it to the desk.
    async fn fetch(self, desk: Arc<dyn Desk>, flight: Flight) -> Done {
        let polled = Done { is_polled: true, ..Done::default() };
        let token = self.tokens.get(&self.settings, &self.client, self.live.now()).await.ok().flatten();
        let nonce = nonce();
        let around = self.settings.surroundings(self.live.now(), &nonce, token.as_deref());
        let Some(Ok(request)) = self.settings.provider.poll(&around) else { return polled };
        let upstream = &*self.settings.name;
        let received = match self.client.ask(&request, true).await {
            Ok(received) if (200..300).contains(&received.status) => received,
            Ok(received) => {
                tracing::warn!(upstream, status = received.status, "the provider refuses to tell what waits");
                return polled;
            }
            Err(_) => return polled,
        };
        match self.settings.provider.polled(&request, &received.body) {
            Ok(heeded) => {
                flight.meters.unreadable(heeded.unreadable);
                self.keep(&*desk, heeded.heard, &flight).await;
            }
            Err(_) => {
                tracing::warn!(
                    upstream,
                    "the provider's answer to a poll has none of the forms that the preset knows"
                );
            }
        }
        polled
    }

    /// Brings to the desk what the provider won't tell again, as often as it takes while the upstream runs.
    async fn keep(&self, desk: &dyn Desk, heard: Vec<Heard>, flight: &Flight) {
        while !heard.is_empty() && desk.heard(heard.clone()).await.is_err() {
            tokio::select! {
                () = sleep(KEEP_AGAIN) => {}
                () = flight.is_given_up() => {
                    let lost = heard.len();
                    tracing::error!(upstream = %self.settings.name, lost, "what a provider told can't be kept");
                    return;
                }
            }
        }
    }

    async fn attempt(&mut self, messages: &[&Message]) -> Asked {
        let mut refused = None;
        loop {
            let token = match self.tokens.get(&self.settings, &self.client, self.live.now()).await {
                Ok(token) => token,
                Err(why) => return Asked::NoToken(why),
            };
            let nonce = nonce();
            let around = self.settings.surroundings(self.live.now(), &nonce, token.as_deref());
            let request = match self.settings.provider.request(messages, &around) {
                Ok(request) => request,
                Err(error) => return Asked::Unwritable(error.to_string()),
            };
            match (self.client.ask(&request, self.settings.provider.is_idempotent()).await, token) {
                // A token may end before its time.
                (Ok(Received { status: 401, .. }), Some(token)) if refused.is_none() => {
                    self.tokens.refuse(&token).await;
                    refused = Some(token);
                }
                (Ok(received), _) => return Asked::Answered(received),
                (Err(failed), _) => return Asked::Failed(failed),
            }
        }
    }

    fn done(&self, shipment: Shipment, asked: Asked, took: Duration, flight: &Flight) -> Done {
        let upstream = &*self.settings.name;
        let every = |outcome: PartOutcome, shipment: Shipment| {
            shipment.0.into_iter().map(|delivery| answer(delivery, vec![outcome.clone()])).collect()
        };
        match asked {
            Asked::Answered(received) => self.read(shipment, &received, took, flight),
            Asked::Failed(Failed::Unanswered(why)) => {
                tracing::warn!(upstream, %why, "a request was not answered: the provider may have its messages");
                shipment.0.iter().for_each(|_| flight.meters.answered(Status::None));
                Done { answers: every(PartOutcome::Unanswered, shipment), ..Done::default() }
            }
            Asked::Failed(Failed::NotSent(why)) => Done {
                answers: every(PartOutcome::NotSent, shipment),
                effect: Some(Effect::Unreachable(why)),
                ..Done::default()
            },
            Asked::NoToken(why) => Done {
                answers: every(PartOutcome::NotSent, shipment),
                effect: Some(Effect::Paused(why)),
                ..Done::default()
            },
            Asked::Unwritable(why) => Done { answers: every(unwritable(&why), shipment), ..Done::default() },
        }
    }

    fn read(&self, shipment: Shipment, received: &Received, took: Duration, flight: &Flight) -> Done {
        let settings = &self.settings;
        let reply = Reply { status: received.status, body: &received.body };
        let answered = settings.provider.answer(&shipment.messages(), &reply);
        flight.meters.asked(shipment.0.len() as u64, took);
        let mut effect = None;
        let mut answers = Vec::with_capacity(answered.len());
        for (delivery, parts) in shipment.0.into_iter().zip(answered) {
            let outcomes = outcomes(&parts, settings);
            for (part, outcome) in parts.iter().zip(&outcomes) {
                flight.meters.answered(status(outcome));
                if let Answered::Unclear(why) = part {
                    tracing::warn!(upstream = %settings.name, %why, "an answer can't be read: the provider may have the message");
                }
                effect = effect.or_else(|| effect_of(part, outcome, received.retry_after));
            }
            answers.push(answer(delivery, outcomes));
        }
        Done { answers, effect, ..Done::default() }
    }
}

/// How a request went.
enum Asked {
    Answered(Received),
    Failed(Failed),
    NoToken(String),
    Unwritable(String),
}

/// How an outcome is counted.
pub(crate) const fn status(outcome: &PartOutcome) -> Status {
    match outcome {
        PartOutcome::Accepted(_) => Status::Accepted,
        PartOutcome::Refused(_) => Status::Refused,
        PartOutcome::Unanswered | PartOutcome::NotSent => Status::None,
    }
}

fn effect_of(part: &Answered, outcome: &PartOutcome, retry_after: Option<Duration>) -> Option<Effect> {
    let PartOutcome::Refused(fault) = outcome else { return None };
    match (fault.kind, part) {
        (FaultKind::Paused, Answered::Refused(refusal)) => {
            Some(Effect::Paused(refusal::shown(&refusal.carrier_code, refusal.words.as_bytes()).into()))
        }
        (FaultKind::Throttled | FaultKind::Temporary, _) => retry_after.map(Effect::Later),
        _ => None,
    }
}

/// A text that is new each time.
fn nonce() -> String {
    let mut octets = [0; 16];
    // Without randomness, signatures with a nonce may be refused; nothing else uses it.
    let _ = getrandom::fill(&mut octets);
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

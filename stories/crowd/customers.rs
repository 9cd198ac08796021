//! Customers who go on sending whatever happens to the gateway, each message to a number of its own. Of several nodes
//! they use one for as long as it serves them, and then the next.

use super::promises::Promises;
use crate::harness::{Client, Gateway, Http, Packet, Webhook, password_of, text_to};
use postrider_wire::smpp::Status;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// How many customers send by SMPP.
const BY_SMPP: usize = 3;
/// Requests that one of them leaves unanswered at most.
const UNANSWERED: usize = 40;
/// Messages of one request by HTTP.
const BATCH: usize = 5;
/// Every so many messages one has two parts.
const LONG_EVERY: usize = 7;
/// Between two messages of a customer who sends steadily.
const STEADILY: Duration = Duration::from_millis(25);
/// Before somebody who found the gateway gone tries again.
const PAUSE: Duration = Duration::from_millis(20);

/// Three who send by SMPP and are told by receipts, and one who sends by HTTP and is told by webhook. They end with
/// the story.
pub(crate) struct Customers {
    /// How many messages each may have sent by now.
    allowed: watch::Sender<usize>,
    promises: Promises,
    tasks: JoinSet<()>,
    /// What has them send again and again.
    urging: Option<AbortHandle>,
}

impl Customers {
    pub(crate) fn start(gateways: &[&Gateway], mut webhook: Webhook) -> Self {
        let promises = Promises::default();
        let (allowed, may) = watch::channel(0);
        let mut tasks = JoinSet::new();
        let doors: Vec<SocketAddr> = gateways.iter().map(|gateway| gateway.smpp_address()).collect();
        for who in 0..BY_SMPP {
            let sender = Sender { who, sent: 0, may: may.clone(), promises: promises.clone() };
            tasks.spawn(sender.send_by_smpp(doors.clone()));
        }
        let sender = Sender { who: BY_SMPP, sent: 0, may, promises: promises.clone() };
        tasks.spawn(sender.send_by_http(gateways.iter().map(|gateway| gateway.http("web")).collect()));
        let listening = promises.clone();
        tasks.spawn(async move {
            while let Some(told) = webhook.next_if_any().await {
                listening.told(told.body["data"]["id"].as_str().unwrap());
            }
        });
        Self { allowed, promises, tasks, urging: None }
    }

    /// What they were promised so far.
    pub(crate) fn promises(&self) -> &Promises {
        &self.promises
    }

    /// Has each of them send so many more.
    pub(crate) fn send(&self, more: usize) {
        self.allowed.send_modify(|allowed| *allowed += more);
    }

    /// Has each of them send one more again and again.
    pub(crate) fn go_on(&mut self) {
        let allowed = self.allowed.clone();
        self.urging = Some(self.tasks.spawn(async move {
            loop {
                tokio::time::sleep(STEADILY).await;
                allowed.send_modify(|allowed| *allowed += 1);
            }
        }));
    }

    /// Has them send no more. They go on listening.
    pub(crate) fn stop(&mut self) -> &Promises {
        if let Some(urging) = self.urging.take() {
            urging.abort();
        }
        self.allowed.send_replace(0);
        &self.promises
    }
}

/// A customer.
struct Sender {
    who: usize,
    sent: usize,
    may: watch::Receiver<usize>,
    promises: Promises,
}

impl Sender {
    /// Sends by SMPP, one session after another. Those who begin together begin at different nodes.
    async fn send_by_smpp(mut self, doors: Vec<SocketAddr>) {
        for turn in self.who.. {
            match Client::bound_if_there(doors[turn % doors.len()], "shop", &password_of("shop")).await {
                Some(client) => self.use_session(client).await,
                None => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn use_session(&mut self, mut client: Client) {
        let mut unanswered = JoinSet::new();
        loop {
            tokio::select! {
                packet = client.delivered_if_any() => match packet {
                    Some(packet) => self.promises.told(&packet.receipt().unwrap().id),
                    None => break,
                },
                Some(answer) = unanswered.join_next() => self.take_answer(answer.unwrap()),
                () = self.turn(), if unanswered.len() < UNANSWERED => {
                    let number = self.number();
                    let asked = client.ask_if_there(&text_to(&number, self.text(&number).as_bytes()));
                    let Some(asked) = asked else { continue };
                    self.promises.asked();
                    unanswered.spawn(asked.answer_if_any());
                }
            }
        }
        // What was asked in the very moment in which the session ended lies in the client, and is waited for until it goes.
        drop(client);
        while let Some(answer) = unanswered.join_next().await {
            self.take_answer(answer.unwrap());
        }
    }

    fn take_answer(&self, answer: Option<Packet>) {
        match answer.as_ref().map(Packet::status) {
            None | Some(Status::ROK | Status::RSYSERR | Status::RTHROTTLED | Status::RMSGQFUL) => {}
            Some(status) => panic!("a message that is in order was refused for good: {status}"),
        }
        let accepted = answer.filter(|answer| answer.status().is_ok());
        self.promises.answered(accepted.map(|answer| answer.message_id()));
    }

    /// Sends by HTTP, a few messages in each request.
    async fn send_by_http(mut self, apis: Vec<Http>) {
        let mut turn = self.who;
        loop {
            self.turn().await;
            let messages: Vec<Value> = (0..BATCH).map(|_| self.message()).collect();
            self.promises.asked();
            let body = json!({ "messages": messages });
            let api = &apis[turn % apis.len()];
            let answer = api.ask(reqwest::Method::POST, "/v1/messages", &[], Some(&body)).await.ok();
            let Some(accepted) = answer.as_ref().filter(|answer| answer.status == 202) else {
                if let Some(answer) = answer {
                    assert!(matches!(answer.status, 429 | 503), "refused for good: {}", answer.body);
                }
                self.promises.answered(None);
                turn += 1;
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let ids = accepted.body["messages"].as_array().unwrap();
            assert_eq!(ids.len(), BATCH);
            self.promises.answered(ids.iter().map(|message| message["id"].as_str().unwrap().to_owned()));
        }
    }

    /// Waits until another message may be sent.
    async fn turn(&mut self) {
        let sent = self.sent;
        if self.may.wait_for(|allowed| sent < *allowed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// A number that no message went to before.
    fn number(&mut self) -> String {
        self.sent += 1;
        format!("+49170{}{:06}", self.who, self.sent)
    }
    /// Its text: now and then it takes several parts.
    fn text(&self, number: &str) -> String {
        number.repeat(if self.sent.is_multiple_of(LONG_EVERY) { 16 } else { 1 })
    }

    fn message(&mut self) -> Value {
        let number = self.number();
        json!({ "to": number, "text": self.text(&number) })
    }
}

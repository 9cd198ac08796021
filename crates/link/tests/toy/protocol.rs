//! A protocol of words and lines. We say `LOGIN`, `MSG 1 text`, `ACK id`, `NAK id`, `ASK 2 id`, `PING` and `BYE`; the
//! carrier says `OK`, `NO word`, `RES 1 id`, `ERR 1 word`, `RCPT id`, `SAID 2 id`, `PONG` and `BYE`.

use bytes::BytesMut;
use postrider_core::contract::{Heard, Unheard};
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_core::message::{Body, Message};
use postrider_core::receipt::{Report, Reported};
use postrider_core::time::Time;
use postrider_link::carrier::{Conversation, Event, Failure, Part, Protocol, Token, Unsent};
use postrider_wire::Endpoint;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

pub(crate) const RESPONSE: Duration = Duration::from_secs(30);

pub(crate) struct Toy {
    pub(crate) window: usize,
}

#[derive(Default)]
pub(crate) struct Dialogue {
    input: BytesMut,
    output: BytesMut,
    window: usize,
    last: u32,
    open: BTreeMap<u32, (Instant, Token)>,
    heard: Option<Instant>,
    probed: Option<Instant>,
    events: VecDeque<Event<String>>,
}

impl Protocol for Toy {
    type Conversation = Dialogue;

    fn begin(&self, _: usize, now: Instant) -> Result<Dialogue, String> {
        let (output, now) = (BytesMut::from("LOGIN\n"), Some(now));
        Ok(Dialogue { output, window: self.window, heard: now, probed: now, ..Dialogue::default() })
    }
}

impl Endpoint for Dialogue {
    fn input(&mut self) -> &mut BytesMut {
        self.input.reserve(1_024);
        &mut self.input
    }

    fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }
}

impl Dialogue {
    fn say(&mut self, line: &str) {
        self.output.extend_from_slice(format!("{line}\n").as_bytes());
    }

    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let taken = |number: &str| number.parse::<u32>().unwrap();
        let report = |id| Report::new(id, Reported::Delivered);
        let refused = |failure| Event::LoginRefused { failure, reason: line.to_owned(), advice: "ask" };
        let answered = |token, status, outcome| Event::Answered { token, outcome, status, load: None };
        self.events.push_back(match words[..] {
            ["OK"] => Event::LoggedIn,
            ["NO", "login"] => refused(Failure::Login),
            ["NO", "occupied"] => refused(Failure::Occupied),
            ["NO", ..] => refused(Failure::NotReady),
            ["RES", number, id] => match self.open.remove(&taken(number)) {
                Some((_, token)) => answered(token, "ok", PartOutcome::Accepted(Some(id.into()))),
                None => Event::Late { request: taken(number), reference: id.into() },
            },
            ["ERR", number, word] => {
                let Some((_, token)) = self.open.remove(&taken(number)) else { return };
                let kind = if word == "pause" { FaultKind::Paused } else { FaultKind::Permanent };
                answered(token, "error", PartOutcome::Refused(Fault { kind, cause: word.into() }))
            }
            ["RCPT", id] => Event::Brought { heard: Some(Heard::Report(report(id))), ack: id.to_owned() },
            ["SAID", _, id] => Event::Reply(report(id)),
            ["BYE"] => Event::Leave,
            _ => return,
        });
    }
}

impl Conversation for Dialogue {
    type Endpoint = Self;
    type Encoded = Vec<String>;
    type Ack = String;

    fn endpoint(&mut self) -> &mut Self {
        self
    }

    fn deadline(&self) -> Option<Instant> {
        let sent = self.open.values().map(|(sent, _)| *sent);
        sent.chain(self.probed).min().map(|since| since + RESPONSE)
    }

    fn tick(&mut self, now: Instant) {
        if self.probed.is_some_and(|since| since + RESPONSE <= now) {
            self.events.push_back(Event::Closed { reason: "not answered in time".into(), is_lost: true });
        }
        for (request, (_, token)) in self.open.extract_if(.., |_, (sent, _)| *sent + RESPONSE <= now) {
            self.events.push_back(Event::Unanswered { token, request });
        }
    }

    fn next(&mut self, now: Instant) -> Option<Event<String>> {
        while let Some(end) = self.input.iter().position(|octet| *octet == b'\n') {
            let line = self.input.split_to(end + 1);
            (self.heard, self.probed) = (Some(now), None);
            self.hear(str::from_utf8(&line).unwrap().trim_end());
        }
        self.events.pop_front()
    }

    fn encode(&self, message: &Message) -> Result<(u8, Vec<String>), Fault> {
        let Body::Text(text) = &message.body else { unreachable!("tests send texts") };
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        Ok((words.len() as u8, words))
    }

    fn send(&mut self, part: &Part<'_, Vec<String>>, now: Instant, _: Time) -> Result<(), Unsent> {
        self.last += 1;
        self.open.insert(self.last, (now, part.token));
        self.say(&format!("MSG {} {}", self.last, part.encoded[usize::from(part.number)]));
        Ok(())
    }

    fn window_free(&self) -> usize {
        self.window - self.open.len()
    }

    fn outstanding(&self) -> usize {
        self.open.len()
    }

    fn acknowledge(&mut self, id: String, kept: bool, _: Instant) {
        self.say(&format!("{} {id}", if kept { "ACK" } else { "NAK" }));
    }

    fn ask(&mut self, part: Unheard, _: Instant) {
        self.last += 1;
        self.say(&format!("ASK {} {}", self.last, part.given));
    }

    fn probe(&mut self, now: Instant) {
        if self.probed.is_none() {
            self.probed = Some(now);
            self.say("PING");
        }
    }

    fn probed(&self) -> Option<Instant> {
        self.probed
    }

    fn heard(&self) -> Instant {
        self.heard.unwrap()
    }

    fn leave(&mut self, _: Instant) {
        self.say("BYE");
        self.events.push_back(Event::Closed { reason: "said goodbye".into(), is_lost: false });
    }

    fn disconnected(&mut self, reason: String) {
        self.events.push_back(Event::Closed { reason, is_lost: true });
    }
}

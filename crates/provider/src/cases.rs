//! A preset's own cases: a message and the request that must go out, an answer and what it means, a callback and what it brings.

use crate::account::Values;
use crate::answer::{Answered, Reply};
use crate::callback::{Call, CallbackError, Heeded};
use crate::preset::Preset;
use crate::provider::Provider;
use crate::request::{Outgoing, Surroundings};
use postrider_core::contract::Heard;
use postrider_core::id::MessageId;
use postrider_core::media::{MediaItem, MediaType, Multimedia};
use postrider_core::message::{Body, Encoding, Message};
use postrider_core::number::Number;
use postrider_core::receipt::{Report, Reported};
use postrider_core::sender::Sender;
use postrider_core::testing;
use postrider_core::time::Time;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The moment of every case: 2023-11-14T22:13:20Z.
const NOW: Time = Time(1_700_000_000_000);
/// The URL of callbacks in cases.
const CALLBACK: &str = "https://gw.example.org/v1/callbacks/acme?key=k";
/// The identifier of the first message.
const FIRST: u64 = 290_000_000_000_000_001;
/// The nonce of every case.
const NONCE: &str = "n1";
/// The token of every case.
const TOKEN: &str = "t1";

/// A case, as its file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseForm {
    name: Box<str>,
    /// Values in place of the examples.
    #[serde(default)]
    values: BTreeMap<Box<str>, Box<str>>,
    /// The messages of the request; one that is all usual if there are none.
    #[serde(default, rename = "message")]
    messages: Vec<MessageForm>,
    /// The request that goes out: method and URL, headers, a blank line and the body.
    request: Option<Box<str>>,
    answer: Option<AnswerCase>,
    /// What the answer says of each message: `accepted ID`, `refused CODE PROVIDER'S CODE` or `unclear`; of several parts joined by `, `.
    #[serde(default)]
    outcome: Vec<Box<str>>,
    callback: Option<CallbackCase>,
    /// What the callback brings: `delivered ID`, `undelivered ID ERROR`, `message FROM TO TEXT`.
    heard: Option<Vec<Box<str>>>,
    /// Why the callback is refused.
    refused: Option<Box<str>>,
    /// The body of the answer to the callback.
    reply: Option<Box<str>>,
    /// The identifier that the provider is asked about: `request` is then the inquiry, and `outcome` what its answer says.
    inquiry: Option<Box<str>>,
    /// Whether the provider is polled: `request` is then the poll, and `heard` what its answer brings.
    #[serde(default)]
    poll: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageForm {
    to: Option<Box<str>>,
    from: Option<Box<str>>,
    text: Option<Box<str>>,
    /// Octets of a binary message, and its header, in hexadecimal digits.
    data: Option<Box<str>>,
    header: Option<Box<str>>,
    #[serde(default)]
    flash: bool,
    /// How many pictures go with the text.
    #[serde(default)]
    media: u8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerCase {
    status: u16,
    #[serde(default)]
    body: Box<str>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackCase {
    /// The URL behind that of the upstream's callbacks.
    #[serde(default)]
    query: Box<str>,
    /// The whole URL, where it is not the usual one.
    url: Option<Box<str>>,
    #[serde(default)]
    headers: BTreeMap<Box<str>, Box<str>>,
    #[serde(default)]
    body: Box<str>,
}

/// The result of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: Box<str>,
    /// What is not as it says; `None` if all is.
    pub failure: Option<String>,
}

/// Runs all cases of a preset.
#[must_use]
pub fn run(preset: &Preset) -> Vec<Case> {
    let preset = Arc::new(preset.clone());
    let run =
        |case: &CaseForm| Case { name: case.name.clone(), failure: Run::new(&preset, case).run().err() };
    preset.cases.iter().map(run).collect()
}

/// One case at work.
struct Run<'a> {
    case: &'a CaseForm,
    provider: Provider,
    messages: Vec<Message>,
    around: Surroundings<'static>,
}

impl<'a> Run<'a> {
    fn new(preset: &Arc<Preset>, case: &'a CaseForm) -> Self {
        let given = preset.example.iter().chain(&case.values).map(|(name, value)| (&**name, &**value));
        let provider = Provider::new(Arc::clone(preset), Values::new(given));
        let around = Surroundings { callback: Some(CALLBACK), now: NOW, nonce: NONCE, token: Some(TOKEN) };
        let messages = (FIRST..).zip(&case.messages).map(|(id, form)| form.message(id)).collect();
        let mut run = Self { case, provider, messages, around };
        if run.messages.is_empty() {
            run.messages.push(MessageForm::usual().message(FIRST));
        }
        run
    }

    fn run(&self) -> Result<(), String> {
        let missing = self.provider.values.missing(&self.provider.preset.variables);
        if let Some(missing) = missing.first() {
            return Err(format!("[example] is not enough: {missing}"));
        }
        if let Some(name) = &self.case.inquiry {
            return self.inquire(name);
        }
        if self.case.poll {
            return self.poll();
        }
        let messages: Vec<&Message> = self.messages.iter().collect();
        if let Some(expected) = &self.case.request {
            let request =
                self.provider.request(&messages, &self.around).map_err(|error| error.to_string())?;
            same("the request", &shown(&request), &normal(expected))?;
        }
        if let Some(answer) = &self.case.answer {
            let reply = Reply { status: answer.status, body: answer.body.as_bytes() };
            let found = self.provider.answer(&messages, &reply);
            let found: Vec<String> = found.iter().map(|parts| outcomes(parts)).collect();
            let expected: Vec<&str> = self.case.outcome.iter().map(|text| &**text).collect();
            same("the outcome", &found.join("\n"), &expected.join("\n"))?;
        }
        self.case.callback.as_ref().map_or(Ok(()), |callback| self.call(callback))
    }

    fn call(&self, form: &CallbackCase) -> Result<(), String> {
        let url = form.url.as_deref().map_or_else(|| format!("{CALLBACK}{}", form.query), ToOwned::to_owned);
        let url = url.parse().map_err(|error| format!("the URL of the callback: {error}"))?;
        let headers: Vec<(&str, &str)> =
            form.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let call = Call { url: &url, headers: &headers, body: form.body.as_bytes() };
        let heeded = self.provider.callback(&call, &self.around);
        if let (Some(expected), Ok(heeded)) = (&self.case.reply, &heeded) {
            same("the reply", &heeded.response.body, expected)?;
        }
        self.compare(heeded)
    }

    fn poll(&self) -> Result<(), String> {
        let request = self.provider.poll(&self.around).ok_or("the preset has no [poll]")?;
        let request = request.map_err(|error| error.to_string())?;
        if let Some(expected) = &self.case.request {
            same("the request", &shown(&request), &normal(expected))?;
        }
        let Some(answer) = &self.case.answer else { return Ok(()) };
        self.compare(self.provider.polled(&request, answer.body.as_bytes()))
    }

    /// Compares what came with what the case says.
    fn compare(&self, heeded: Result<Heeded, CallbackError>) -> Result<(), String> {
        let (heard, refused) = match heeded {
            Ok(heeded) => (heeded.heard.iter().map(spoken).collect::<Vec<_>>().join("\n"), String::new()),
            Err(error) => (String::new(), error.to_string()),
        };
        same("the refusal", &refused, self.case.refused.as_deref().unwrap_or_default())?;
        same("what was heard", &heard, &self.case.heard.as_deref().unwrap_or_default().join("\n"))
    }

    fn inquire(&self, name: &str) -> Result<(), String> {
        let request = self.provider.inquiry(name, &self.around).ok_or("the preset has no [inquiry]")?;
        if let Some(expected) = &self.case.request {
            same("the request", &shown(&request.map_err(|error| error.to_string())?), &normal(expected))?;
        }
        let Some(answer) = &self.case.answer else { return Ok(()) };
        let report = self.provider.replied(name, answer.body.as_bytes());
        let found = report.map(|report| spoken(&Heard::Report(report))).unwrap_or_default();
        same("the outcome", &found, &self.case.outcome.join("\n"))
    }
}

fn same(what: &str, found: &str, expected: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is\n{found}\nand should be\n{expected}")) }
}

impl MessageForm {
    const fn usual() -> Self {
        Self { to: None, from: None, text: None, data: None, header: None, flash: false, media: 0 }
    }

    fn message(&self, id: u64) -> Message {
        let usual = testing::message(MessageId::from_number(id));
        let octets = |text: &Option<Box<str>>| {
            text.as_deref()
                .and_then(|text| crate::encoding::OctetsForm::Hex.read(text))
                .unwrap_or_default()
                .into()
        };
        let body = match &self.data {
            Some(_) => Body::Data {
                encoding: Encoding::Octets,
                header: octets(&self.header),
                data: octets(&self.data),
            },
            None if self.media > 0 => Body::Multimedia(Box::new(self.multimedia())),
            None => Body::Text(self.text.as_deref().unwrap_or("Hello").into()),
        };
        Message {
            to: self.to.as_deref().and_then(|to| Number::parse(to).ok()).unwrap_or(usual.to),
            from: Sender::parse(self.from.as_deref().unwrap_or("Acme")).ok(),
            body,
            flash: self.flash,
            expires: NOW + Duration::from_hours(1),
            ..usual
        }
    }
}

impl MessageForm {
    fn multimedia(&self) -> Multimedia {
        let item = |id: u8| MediaItem {
            id: MessageId::from_number(id.into()),
            kind: MediaType::Jpeg,
            size: 1,
            print: 1,
        };
        Multimedia {
            subject: "".into(),
            text: self.text.as_deref().unwrap_or("Hello").into(),
            link: Some("https://gw.example.org/m/s3cret".into()),
            items: (1..=self.media).map(item).collect(),
        }
    }
}

/// A request as cases write it, with the members of a JSON body in order.
fn shown(request: &Outgoing) -> String {
    let Outgoing { method, url, headers, body } = request;
    let mut lines = vec![format!("{method} {url}")];
    let mut headers: Vec<String> =
        headers.iter().map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase())).collect();
    headers.sort();
    lines.extend(headers);
    if let Some(body) = body {
        lines.push(String::new());
        lines.push(normal_body(&String::from_utf8_lossy(body)));
    }
    lines.join("\n")
}

/// An expected request in the same form.
fn normal(text: &str) -> String {
    let text = text.trim();
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines: Vec<String> = head.lines().map(|line| line.trim().to_owned()).collect();
    if let Some(headers) = lines.get_mut(1..) {
        headers.sort();
    }
    if !body.is_empty() {
        lines.push(String::new());
        lines.push(normal_body(body.trim()));
    }
    lines.join("\n")
}

fn normal_body(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(tree) => tree.to_string(),
        // A form may be written a field a line.
        Err(_) => body.lines().map(str::trim).collect(),
    }
}

fn outcomes(parts: &[Answered]) -> String {
    let one = |part: &Answered| match part {
        Answered::Accepted(None) => "accepted".to_owned(),
        Answered::Accepted(Some(name)) => format!("accepted {name}"),
        Answered::Refused(refusal) => format!("refused {} {}", refusal.code.word(), refusal.carrier_code),
        Answered::Unclear(_) => "unclear".to_owned(),
    };
    parts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn spoken(heard: &Heard) -> String {
    match heard {
        Heard::Report(Report { reference, reported, error, .. }) => {
            let state = match reported {
                Reported::Underway => "underway",
                Reported::Delivered => "delivered",
                Reported::Undelivered => "undelivered",
                Reported::Expired => "expired",
                Reported::Deleted => "deleted",
                Reported::Rejected => "rejected",
                Reported::Unknown => "unknown",
                Reported::Unclear => "unclear",
            };
            let error = error.as_deref().map(|error| format!(" {error}")).unwrap_or_default();
            format!("{state} {reference}{error}")
        }
        Heard::Inbound(inbound) => {
            let text = match &inbound.body {
                Body::Text(text) => text.to_string(),
                Body::Data { header, data, .. } => {
                    format!("[{} {}]", crate::encoding::hex(header), crate::encoding::hex(data))
                }
                _ => String::new(),
            };
            format!("message {} {} {text}", inbound.from.shown(), inbound.to.shown())
        }
        Heard::Event(event) => event.kind.to_string(),
    }
}

//! Examinations of upstreams, for administrators. What is examined, and how, is for the adapter; here stands who may ask,
//! that one goes at a time, and how findings are told.

use super::Rest;
use super::answer::to_json;
use super::caller::ByAdministrator;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use crate::resource::{DeclaredUpstream, UpstreamDocument, none};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use postrider_core::contract::LinkState;
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use utoipa::ToSchema;

/// How an upstream is examined: findings come until there are no more, and an examination ends when nobody takes them.
pub type Examine = Box<dyn Fn(Arc<DeclaredUpstream>, Examination) -> Receiver<FindingDocument> + Send + Sync>;

/// Examines upstreams.
pub struct Doctor {
    examine: Examine,
    /// The upstreams that are being examined.
    busy: Arc<Mutex<HashSet<Box<str>>>>,
}

/// What is to be examined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// How many sessions the gateway holds with the upstream just now.
    pub sessions: usize,
    /// A handset to which probes are sent; `None` sends none.
    pub handset: Option<TestHandset>,
}

/// A handset for tests, and how far it may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestHandset {
    /// Its number.
    pub to: Number,
    /// The sender that it sees; `None` leaves it to the carrier.
    pub from: Option<Sender>,
    /// The most parts that the carrier may accept.
    pub parts_max: u16,
    /// How long receipts are waited for.
    pub receipts_wait: Duration,
}

/// The most parts that may be asked for.
const PARTS_MAX: u16 = 500;
/// The longest time that receipts may be waited for, in seconds.
const WAIT_MAX: u16 = 600;

/// What an examination is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExaminationRequest {
    /// The number of a handset for tests, to which texts are sent: the upstream must be disabled meanwhile. Default: none,
    /// nothing is sent.
    to: Option<String>,
    /// The sender that it sees. Default: none, the carrier's.
    from: Option<String>,
    /// The most parts that the carrier may accept, and so charge for, 1 to 500; the rate is told only with 42 or more.
    /// Default: 20.
    #[schema(minimum = 1, maximum = 500)]
    messages_max: u16,
    /// For how many seconds receipts are waited for, 1 to 600. Default: 30.
    #[schema(minimum = 1, maximum = 600)]
    receipts_wait: u16,
}

impl Default for ExaminationRequest {
    fn default() -> Self {
        Self { to: None, from: None, messages_max: 20, receipts_wait: 30 }
    }
}

impl ExaminationRequest {
    /// The handset that is asked for, if one is.
    fn handset(&self) -> Result<Option<TestHandset>, Problem> {
        let wrong = |field: &str, detail: String| Problem::bad("invalid_request", detail).at(field);
        if !(1..=PARTS_MAX).contains(&self.messages_max) {
            return Err(wrong("messages_max", format!("messages_max is from 1 to {PARTS_MAX}")));
        }
        if !(1..=WAIT_MAX).contains(&self.receipts_wait) {
            return Err(wrong("receipts_wait", format!("receipts_wait is from 1 to {WAIT_MAX} seconds")));
        }
        let Some(to) = &self.to else { return Ok(None) };
        let to = Number::parse(to).map_err(|error| wrong("to", error.to_string()))?;
        let from = self.from.as_deref().map(Sender::parse).transpose();
        let from = from.map_err(|error| wrong("from", error.to_string()))?;
        let receipts_wait = Duration::from_secs(self.receipts_wait.into());
        Ok(Some(TestHandset { to, from, parts_max: self.messages_max, receipts_wait }))
    }
}

/// What was found in one step.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FindingDocument {
    /// What was examined: `resolve`, `connect`, `tls`, `bind`, `enquire_link`, `unbind`, `send`, `ids`, `receipts`,
    /// `long`, `alphabet`, `flash`, `window` or `rate`.
    pub step: &'static str,
    /// How it went: `well`, `note` (it works, and there is something to know or to set) or `failed`.
    pub result: &'static str,
    /// What was tried.
    pub tried: String,
    /// What happened.
    pub found: String,
    /// What that means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
    /// What to do, or to ask the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Settings that suit the carrier better than those that are declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<RemedyDocument>,
    /// What only somebody who holds the handset knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<QuestionDocument>,
}

/// A setting that suits the carrier.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RemedyDocument {
    /// Its place in the declaration, such as `receipts.ids`.
    pub field: String,
    /// Its value.
    pub value: serde_json::Value,
    /// Why.
    pub why: String,
}

/// What whoever holds the handset is asked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuestionDocument {
    /// The question.
    pub words: String,
    /// What may be seen, and what follows.
    pub choices: Vec<ChoiceDocument>,
}

/// Something that may be seen on the handset.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChoiceDocument {
    /// The text on the handset, to the letter.
    pub shows: String,
    /// The setting that follows; absent if it is as declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<RemedyDocument>,
}

/// A line.
#[derive(Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
enum ExaminationLine<'a> {
    /// Something was found.
    Found(#[schema(inline)] &'a FindingDocument),
    /// The last line.
    Ended {
        /// Whether nothing failed.
        well: bool,
    },
}

impl Doctor {
    /// Examines in this way.
    #[must_use]
    pub fn new(examine: Examine) -> Self {
        Self { examine, busy: Arc::default() }
    }
}

/// Examines the link to an upstream, by sessions of its own: one JSON object a line, as things are found out.
///
/// It looks up the name, connects to each address, secures the connection, logs in, asks whether the session lives, and
/// logs out. With `to` it sends texts to that handset, and tells what the carrier makes of them. Nothing is changed. Disabled
/// upstreams can be examined too, and with `to` only they. An examination ends when the request is given up.
#[utoipa::path(
    post, path = "/v1/upstreams/{name}/doctor", tag = "operations",
    params(("name" = String, Path, description = "Its name.")),
    request_body(content = ExaminationRequest, description = "What to examine; `{}` sends nothing."),
    responses(
        (status = 200, description = "Lines, the last of them `ended`.", body = ExaminationLine, content_type = "application/x-ndjson"),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It is being examined already, or in use.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn examine(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let asked: ExaminationRequest = parse(&body)?;
    let handset = asked.handset()?;
    let declared = rest.registry.declared();
    let upstream = declared.upstreams.iter().find(|(_, upstream)| upstream.document.name == name);
    let Some((id, upstream)) = upstream else { return Err(none::<UpstreamDocument>(&name).into()) };
    if handset.is_some() && upstream.document.enabled {
        return Err(in_use(&name));
    }
    let bed = Bed::take(&rest.doctor, &name).ok_or_else(|| being_examined(&name))?;
    let is_up = |link: &&LinkState| matches!(link, LinkState::Up);
    let sessions = (rest.links)().get(id).map_or(0, |running| running.links.iter().filter(is_up).count());
    let to = handset.as_ref().map(|handset| handset.to.masked());
    tracing::info!(target: "audit", administrator = &*who, upstream = name, to, "an administrator examines an upstream");
    let findings = (rest.doctor.examine)(Arc::clone(upstream), Examination { sessions, handset });
    let body = Body::from_stream(lines(findings, bed));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

fn being_examined(name: &str) -> Problem {
    let detail = format!("the upstream '{name}' is being examined already: wait until that has ended");
    Problem::new(StatusCode::CONFLICT, "being_examined", detail).later(Duration::from_secs(10))
}

/// The gateway's own sessions would take receipts, and a share of what the carrier allows.
fn in_use(name: &str) -> Problem {
    let detail = format!(
        "the upstream '{name}' is enabled: disable it while texts are sent to a handset, since the gateway's own sessions \
         would take the receipts"
    );
    Problem::new(StatusCode::CONFLICT, "upstream_in_use", detail)
}

/// The right to examine an upstream, which only one has at a time.
struct Bed {
    name: Box<str>,
    busy: Arc<Mutex<HashSet<Box<str>>>>,
}

impl Bed {
    fn take(doctor: &Doctor, name: &str) -> Option<Self> {
        let busy = Arc::clone(&doctor.busy);
        let is_new = busy.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into());
        is_new.then(|| Self { name: name.into(), busy })
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// Findings as lines, and the last line.
fn lines(findings: Receiver<FindingDocument>, bed: Bed) -> impl Stream<Item = Result<Bytes, Infallible>> {
    // The findings go before the bed: by the time another may examine, this examination has nobody to tell.
    unfold(Some((findings, bed, true)), async |state| {
        let (mut findings, bed, well) = state?;
        match findings.recv().await {
            Some(finding) => {
                let well = well && finding.result != "failed";
                Some((Ok(line(&ExaminationLine::Found(&finding))), Some((findings, bed, well))))
            }
            None => Some((Ok(line(&ExaminationLine::Ended { well })), None)),
        }
    })
}

fn line(line: &ExaminationLine<'_>) -> Bytes {
    let mut octets = to_json(line);
    octets.push(b'\n');
    octets.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use std::pin::pin;

    fn doctor() -> Doctor {
        Doctor::new(Box::new(|_, _| tokio::sync::mpsc::channel(1).1))
    }

    #[tokio::test]
    async fn the_last_line_says_whether_anything_failed() {
        let doctor = doctor();
        let bed = Bed::take(&doctor, "acme").unwrap();
        let (tell, findings) = tokio::sync::mpsc::channel(4);
        for result in ["well", "failed"] {
            let finding = FindingDocument {
                step: "bind",
                result,
                tried: "x".into(),
                found: "y".into(),
                means: None,
                advice: None,
                settings: Vec::new(),
                question: None,
            };
            tell.send(finding).await.unwrap();
        }
        drop(tell);
        let lines: Vec<_> = pin!(lines(findings, bed)).map(|line| line.unwrap()).collect().await;
        assert_eq!(lines.len(), 3);
        assert!(lines.first().unwrap().starts_with(br#"{"event":"found","step":"bind","result":"well""#));
        assert_eq!(&**lines.last().unwrap(), b"{\"event\":\"ended\",\"well\":false}\n");
    }

    #[test]
    fn one_examines_at_a_time() {
        let doctor = doctor();
        let first = Bed::take(&doctor, "acme").unwrap();
        assert!(Bed::take(&doctor, "acme").is_none() && Bed::take(&doctor, "other").is_some());
        drop(first);
        assert!(Bed::take(&doctor, "acme").is_some());
    }
}

//! Examinations of upstreams, for administrators. The adapter examines; this module checks the request, allows one
//! examination of an upstream at a time, and streams the findings.

mod finding;

pub use finding::{ChoiceDocument, FindingDocument, QuestionDocument, RemedyDocument};

use super::Rest;
use super::answer::to_json;
use super::caller::ByAdministrator;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
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
use postrider_declare::{DeclaredUpstream, UpstreamDocument, none};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use utoipa::ToSchema;

/// A function that examines an upstream. The channel closes after the last finding; the examination ends when the receiver
/// is dropped.
pub type Examine = Box<dyn Fn(Arc<DeclaredUpstream>, Examination) -> Receiver<FindingDocument> + Send + Sync>;

/// The examiner of upstreams.
pub struct Doctor {
    examine: Examine,
    /// The names of the upstreams that are being examined.
    busy: Arc<Mutex<HashSet<Box<str>>>>,
}

/// The scope of an examination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// The number of sessions that the gateway holds with the upstream now.
    pub sessions: usize,
    /// The handset to which test messages are sent; `None` sends none.
    pub handset: Option<TestHandset>,
}

/// A test handset, and the limits of its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestHandset {
    /// Its number.
    pub to: Number,
    /// The sender of the test messages; `None` leaves it to the carrier.
    pub from: Option<Sender>,
    /// The most parts that the carrier may accept.
    pub parts_max: u16,
    /// The time for which receipts are awaited.
    pub receipts_wait: Duration,
}

/// The largest `messages_max`.
const PARTS_MAX: u16 = 500;
/// The largest `receipts_wait`, in seconds.
const WAIT_MAX: u16 = 600;

/// A request for an examination.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExaminationRequest {
    /// The number of a test handset, to which texts are sent; the upstream must be disabled. Default: none, nothing is
    /// sent.
    to: Option<String>,
    /// The sender of these texts. Default: none, the carrier's.
    from: Option<String>,
    /// The most parts that the carrier may accept, and charge for, 1 to 500. Measuring the rate needs 42 or more.
    /// Default: 20.
    #[schema(minimum = 1, maximum = 500)]
    messages_max: u16,
    /// The time for which receipts are awaited, in seconds, 1 to 600. Default: 30.
    #[schema(minimum = 1, maximum = 600)]
    receipts_wait: u16,
}

impl Default for ExaminationRequest {
    fn default() -> Self {
        Self { to: None, from: None, messages_max: 20, receipts_wait: 30 }
    }
}

impl ExaminationRequest {
    /// The test handset, if there is one.
    fn handset(&self) -> Result<Option<TestHandset>, Problem> {
        let wrong = |field: &str, detail: String| Problem::bad("invalid_request", detail).at(field);
        if !(1..=PARTS_MAX).contains(&self.messages_max) {
            return Err(wrong("messages_max", format!("messages_max must be from 1 to {PARTS_MAX}")));
        }
        if !(1..=WAIT_MAX).contains(&self.receipts_wait) {
            return Err(wrong(
                "receipts_wait",
                format!("receipts_wait must be from 1 to {WAIT_MAX} seconds"),
            ));
        }
        let Some(to) = &self.to else { return Ok(None) };
        let to = Number::parse(to).map_err(|error| wrong("to", error.to_string()))?;
        let from = self.from.as_deref().map(Sender::parse).transpose();
        let from = from.map_err(|error| wrong("from", error.to_string()))?;
        let receipts_wait = Duration::from_secs(self.receipts_wait.into());
        Ok(Some(TestHandset { to, from, parts_max: self.messages_max, receipts_wait }))
    }
}

/// A line of an examination.
#[derive(Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
enum ExaminationLine<'a> {
    /// A finding.
    Found(#[schema(inline)] &'a FindingDocument),
    /// The last line: the examination has ended.
    Ended {
        /// Whether no step failed.
        well: bool,
    },
}

impl Doctor {
    /// A doctor that examines with this function.
    #[must_use]
    pub fn new(examine: Examine) -> Self {
        Self { examine, busy: Arc::default() }
    }
}

/// Examines the link to an upstream, with sessions of its own: one JSON object a line, as findings are made.
///
/// The examination resolves the host name, connects to each address, negotiates TLS, binds, sends `enquire_link` and
/// unbinds. With `to` it also sends texts to that handset and reports how the carrier handles them. Nothing is changed.
/// Disabled upstreams can be examined too; with `to` the upstream must be disabled. The examination ends when the client
/// closes the request.
#[utoipa::path(
    post, path = "/v1/upstreams/{name}/doctor", operation_id = "examineUpstream", tag = "operations",
    params(("name" = String, Path, description = "The upstream's name.")),
    request_body(content = ExaminationRequest, description = "The scope of the examination; `{}` sends no texts."),
    responses(
        (status = 200, description = "Lines of JSON; the last is `ended`.", body = ExaminationLine, content_type = "application/x-ndjson"),
        (status = 404, description = "There is no such upstream.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "The upstream is being examined already, or is enabled.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn examine(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: ExaminationRequest = parse(&body)?;
    let handset = request.handset()?;
    let declared = rest.registry.declared();
    let upstream = declared.upstreams.iter().find(|(_, upstream)| upstream.document.name == name);
    let Some((id, upstream)) = upstream else { return Err(none::<UpstreamDocument>(&name).into()) };
    if handset.is_some() && upstream.document.enabled {
        return Err(in_use(&name));
    }
    let permit = Permit::take(&rest.doctor, &name).ok_or_else(|| being_examined(&name))?;
    let is_up = |link: &&LinkState| matches!(link, LinkState::Up);
    let sessions = (rest.links)().get(id).map_or(0, |running| running.links.iter().filter(is_up).count());
    let to = handset.as_ref().map(|handset| handset.to.masked());
    tracing::info!(target: "audit", administrator = &*who, upstream = name, to, "an administrator examines an upstream");
    let findings = (rest.doctor.examine)(Arc::clone(upstream), Examination { sessions, handset });
    let body = Body::from_stream(lines(findings, permit));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

fn being_examined(name: &str) -> Problem {
    let detail = format!("the upstream '{name}' is being examined already: wait until that ends");
    Problem::new(StatusCode::CONFLICT, "being_examined", detail).later(Duration::from_secs(10))
}

/// The gateway's own sessions would receive the receipts, and use up a part of the carrier's limits.
fn in_use(name: &str) -> Problem {
    let detail = format!(
        "the upstream '{name}' is enabled: disable it while texts are sent to a handset, since the gateway's own sessions \
         would take the receipts"
    );
    Problem::new(StatusCode::CONFLICT, "upstream_in_use", detail)
}

/// The permit to examine an upstream. There is one for each upstream; it returns when dropped.
struct Permit {
    name: Box<str>,
    busy: Arc<Mutex<HashSet<Box<str>>>>,
}

impl Permit {
    fn take(doctor: &Doctor, name: &str) -> Option<Self> {
        let busy = Arc::clone(&doctor.busy);
        let is_new = busy.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into());
        is_new.then(|| Self { name: name.into(), busy })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// The findings as lines, and the last line.
fn lines(
    findings: Receiver<FindingDocument>,
    permit: Permit,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    // The receiver is dropped before the permit, so that this examination ends before another may begin.
    unfold(Some((findings, permit, true)), async |state| {
        let (mut findings, permit, well) = state?;
        match findings.recv().await {
            Some(finding) => {
                let well = well && finding.result != "failed";
                Some((Ok(line(&ExaminationLine::Found(&finding))), Some((findings, permit, well))))
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
        let permit = Permit::take(&doctor, "acme").unwrap();
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
        let lines: Vec<_> = pin!(lines(findings, permit)).map(|line| line.unwrap()).collect().await;
        assert_eq!(lines.len(), 3);
        assert!(lines.first().unwrap().starts_with(br#"{"event":"found","step":"bind","result":"well""#));
        assert_eq!(&**lines.last().unwrap(), b"{\"event\":\"ended\",\"well\":false}\n");
    }

    #[test]
    fn one_examination_of_an_upstream_runs_at_a_time() {
        let doctor = doctor();
        let first = Permit::take(&doctor, "acme").unwrap();
        assert!(Permit::take(&doctor, "acme").is_none() && Permit::take(&doctor, "other").is_some());
        drop(first);
        assert!(Permit::take(&doctor, "acme").is_some());
    }
}

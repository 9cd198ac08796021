//! The test of an upstream: what the gateway finds, as it finds it, with settings that can be applied.

use super::Upstream;
use crate::api::{Failed, Lines, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, written};
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::{Value, json};
use std::convert::Infallible;

/// Where findings are written into the page, as they come.
const MARK: &str = "<!-- findings -->";
/// Proxies that would hold the page back until it is whole.
static BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A line of an examination.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Found(Box<Finding>),
    Ended { well: bool },
}

/// The finding of a step.
#[derive(Deserialize)]
struct Finding {
    result: String,
    tried: String,
    found: String,
    means: Option<String>,
    advice: Option<String>,
    #[serde(default)]
    settings: Vec<Remedy>,
    question: Option<Question>,
}

/// A setting that suits the carrier.
#[derive(Deserialize)]
struct Remedy {
    field: String,
    value: Value,
    why: String,
}

/// A question for the person who holds the handset.
#[derive(Deserialize)]
struct Question {
    words: String,
    choices: Vec<Choice>,
}

/// What the handset may show.
#[derive(Deserialize)]
struct Choice {
    shows: String,
    setting: Option<Remedy>,
}

#[derive(Deserialize)]
struct Routes {
    routes: Vec<Route>,
}

#[derive(Deserialize)]
struct Route {
    upstreams: Vec<String>,
}

#[derive(Template)]
#[template(path = "upstream_test.html")]
struct TestPage {
    frame: Frame,
    upstream: Upstream,
    /// Whether a route leads to it.
    is_routed: bool,
    /// Whether a test runs on this page.
    is_running: bool,
    to: String,
}

#[derive(Template)]
#[template(path = "upstream_finding.html")]
struct FindingPart<'p> {
    frame: &'p Frame,
    upstream: &'p Upstream,
    finding: Finding,
}

#[derive(Template)]
#[template(path = "upstream_tested.html")]
struct TestedPart<'p> {
    frame: &'p Frame,
    /// `None` if the test broke off.
    well: Option<bool>,
}

impl FindingPart<'_> {
    fn badge(&self) -> Badge {
        match self.finding.result.as_str() {
            "well" => Badge::new(Tone::Good, self.frame.t("Well")),
            "note" => Badge::new(Tone::Doubt, self.frame.t("Look at this")),
            _ => Badge::new(Tone::Bad, self.frame.t("Failed")),
        }
    }

    fn may_apply(&self) -> bool {
        self.frame.may("write_configuration") && !self.upstream.is_in_file()
    }
}

pub(in crate::pages) async fn page(visitor: Visitor, Path(name): Path<String>) -> Response {
    visitor.show(shown(&visitor, &name, None).await)
}

async fn shown(visitor: &Visitor, name: &str, to: Option<&str>) -> Result<TestPage, Failed> {
    if !visitor.who.may("operate") {
        return Err(Failed::forbidden());
    }
    let upstream: Upstream = visitor.ask.get(&path(&["upstreams", name]), &[]).await?;
    let Routes { routes } = visitor.ask.get("/v1/routes", &[]).await?;
    let is_routed = routes.iter().any(|route| route.upstreams.contains(&upstream.name));
    let frame = visitor.frame("upstreams", title("Test an upstream"));
    Ok(TestPage {
        frame,
        upstream,
        is_routed,
        is_running: to.is_some(),
        to: to.unwrap_or_default().to_owned(),
    })
}

/// Runs a test. The page grows as the test goes on, and the test ends when the page is left.
pub(in crate::pages) async fn run(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (to, from) = (form.get("to"), form.get("from"));
    let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut scope = json!({});
    if let Some(to) = optional(to) {
        scope = json!({ "to": to, "from": optional(from) });
    }
    let back = format!("/console/upstreams/{name}/test");
    let page = match shown(&visitor, &name, Some(to)).await {
        Ok(page) => page,
        Err(failed) => return visitor.refused(failed, &back),
    };
    match visitor.ask.lines(Method::POST, &path(&["upstreams", &name, "doctor"]), Some(&scope)).await {
        Ok(lines) => streamed(page, lines),
        Err(failed) => visitor.refused(failed, &back),
    }
}

/// A page that is being written.
struct Writer {
    frame: Frame,
    upstream: Upstream,
    lines: Lines,
    /// What comes before the next finding, and behind the last; `None` once that is written.
    head: String,
    tail: Option<String>,
}

impl Writer {
    async fn next(&mut self) -> Option<Bytes> {
        if !self.head.is_empty() {
            return Some(std::mem::take(&mut self.head).into());
        }
        self.tail.as_ref()?;
        let well = match self.lines.next::<Line>().await {
            Some(Line::Found(finding)) => {
                let part = FindingPart { frame: &self.frame, upstream: &self.upstream, finding: *finding };
                return Some(written(&part).into());
            }
            Some(Line::Ended { well }) => Some(well),
            None => None,
        };
        let end = written(&TestedPart { frame: &self.frame, well });
        Some(format!("{end}{}", self.tail.take()?).into())
    }
}

fn streamed(page: TestPage, lines: Lines) -> Response {
    let whole = written(&page);
    let (head, tail) = whole.split_once(MARK).unwrap_or((&whole, ""));
    let (head, tail) = (head.to_owned(), Some(tail.to_owned()));
    let writer = Writer { frame: page.frame, upstream: page.upstream, lines, head, tail };
    let parts = unfold(writer, async |mut writer| {
        let octets = writer.next().await?;
        Some((Ok::<_, Infallible>(octets), writer))
    });
    ([(&CONTENT_TYPE, "text/html; charset=utf-8"), (&BUFFERING, "no")], Body::from_stream(parts))
        .into_response()
}

/// Applies a setting that a test found.
pub(in crate::pages) async fn apply(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let back = match form.get("back") {
        "unmatched" => "/console/unmatched".to_owned(),
        _ => format!("/console/upstreams/{name}/test"),
    };
    let done = match serde_json::from_str(form.get("value")) {
        Ok(value) => {
            let document = nested(form.get("field"), value);
            visitor.ask.act(Method::PATCH, &path(&["upstreams", &name]), Some(&document)).await
        }
        Err(_) => Err(Failed::wrong("value", "the value is no JSON")),
    };
    match done {
        Ok(()) => Redirect::to(&format!("{back}?done=changed")).into_response(),
        Err(failed) => visitor.refused(failed, &back),
    }
}

/// A document that sets a field, such as `receipts.ids`.
fn nested(field: &str, value: Value) -> Value {
    field.rsplit('.').fold(value, |value, name| json!({ name: value }))
}

/// Declares a route that takes every message to an upstream, behind all other routes.
pub(in crate::pages) async fn route(visitor: Visitor, Path(name): Path<String>) -> Response {
    let back = format!("/console/upstreams/{name}/test");
    let at = path(&["routes", &format!("all-by-{name}")]);
    let document = json!({ "upstreams": [name], "order": 1_000 });
    match visitor.ask.act(Method::PUT, &at, Some(&document)).await {
        Ok(()) => Redirect::to(&format!("{back}?done=added")).into_response(),
        Err(failed) => visitor.refused(failed, &back),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_set_in_its_table() {
        assert_eq!(nested("receipts.ids", json!("hex")), json!({ "receipts": { "ids": "hex" } }));
        assert_eq!(nested("window", json!(5)), json!({ "window": 5 }));
    }

    #[test]
    fn lines_of_a_test_are_read() {
        let found = r#"{"event":"found","step":"bind","result":"well","tried":"a","found":"b"}"#;
        assert!(
            matches!(serde_json::from_str(found), Ok(Line::Found(finding)) if finding.settings.is_empty())
        );
        assert!(matches!(
            serde_json::from_str(r#"{"event":"ended","well":true}"#),
            Ok(Line::Ended { well: true })
        ));
    }
}

//! What goes over the links of an upstream: lately, and as it happens.

use crate::Console;
use crate::api::{Failed, Lines, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::routes::written;
use crate::visitor::{Visitor, written as rendered};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// The PDUs of a page that opens.
const RECENT: &str = "50";
/// The seconds of a stream; the browser comes again by itself.
const SECONDS: &str = "600";

/// A PDU that went over a link.
#[derive(Deserialize)]
pub(in crate::pages) struct Pdu {
    pub(in crate::pages) at: String,
    pub(in crate::pages) direction: String,
    pub(in crate::pages) command: String,
    status: Option<Value>,
    pub(in crate::pages) sequence: u64,
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    pub(in crate::pages) raw: String,
    pub(in crate::pages) mistake: Option<String>,
}

#[derive(Deserialize)]
struct Pdus {
    pdus: Vec<Pdu>,
}

/// A line of a stream.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Pdu(Box<Pdu>),
    #[serde(other)]
    Other,
}

impl Pdu {
    pub(in crate::pages) fn status(&self) -> String {
        match &self.status {
            Some(Value::Object(status)) => {
                status.get("name").or_else(|| status.get("code")).map_or_else(String::new, written)
            }
            Some(status) => written(status),
            None => String::new(),
        }
    }

    /// Whether the other side refused something.
    pub(in crate::pages) fn is_refusal(&self) -> bool {
        !matches!(self.status().as_str(), "" | "ESME_ROK" | "0")
    }

    /// Its fields that have a value, in words.
    pub(in crate::pages) fn fields(&self) -> impl Iterator<Item = (&str, String)> {
        let fields = self.fields.iter().map(|(name, value)| (name.as_str(), words(value)));
        fields.filter(|(_, value)| !matches!(value.as_str(), "" | "0"))
    }
}

/// A value of a field: of an address its digits, of a text the text.
fn words(value: &Value) -> String {
    let part = |name: &str| value.get(name).and_then(Value::as_str);
    match value {
        Value::Object(_) => {
            part("text").or_else(|| part("digits")).or_else(|| part("hex")).unwrap_or("").to_owned()
        }
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        value => written(value),
    }
}

#[derive(Template)]
#[template(path = "upstream_pdu.html")]
struct Row<'r> {
    frame: &'r Frame,
    pdu: &'r Pdu,
}

/// The last PDUs, the newest first.
pub(in crate::pages) async fn recent(
    visitor: &Visitor,
    upstream: &str,
    number: &str,
) -> Result<Vec<Pdu>, Failed> {
    let query = [("upstream", upstream), ("number", number), ("limit", RECENT)];
    let Pdus { mut pdus } = visitor.ask.get("/v1/trace/recent", &query).await?;
    pdus.reverse();
    Ok(pdus)
}

/// A page that follows an upstream.
struct Follower {
    lines: Lines,
    frame: Frame,
    closed: watch::Receiver<bool>,
}

/// Streams the rows of PDUs as they go over the links.
pub(in crate::pages) async fn follow(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let query = [("upstream", &*name), ("number", form.get("number")), ("seconds", SECONDS)];
    let lines = match visitor.ask.lines(Method::GET, &with_query("/v1/trace", &query), None).await {
        Ok(lines) => lines,
        Err(failed) => return visitor.refused(failed, &visitor.here),
    };
    let follower =
        Follower { lines, frame: visitor.frame("upstreams", "Upstream"), closed: console.closed.subscribe() };
    let events = unfold(follower, async |mut follower| {
        let octets = follower.next().await?;
        Some((Ok::<_, Infallible>(octets), follower))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

impl Follower {
    async fn next(&mut self) -> Option<Bytes> {
        let line = tokio::select! {
            _ = self.closed.wait_for(|closed| *closed) => return None,
            line = self.lines.next::<Line>() => line?,
        };
        match line {
            Line::Pdu(pdu) => {
                self.frame.now = crate::clock::now();
                let row = rendered(&Row { frame: &self.frame, pdu: &pdu });
                Some(crate::live::event("row", &row).into())
            }
            // It says that the stream stands.
            Line::Other => Some(Bytes::from_static(b":\n\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pdu_is_told_in_words() {
        let told = json!({
            "event": "pdu", "at": "2030-01-31T09:00:00Z", "direction": "in", "command": "submit_sm_resp", "sequence": 7,
            "status": { "code": 88, "name": "ESME_RTHROTTLED" }, "raw": "00", "fields": {
                "destination": { "ton": 1, "npi": 1, "digits": "447*****123" }, "esm_class": 0,
                "content": { "octets": 2, "text": "**" } },
        });
        let Ok(Line::Pdu(pdu)) = serde_json::from_value(told) else { panic!("no PDU") };
        assert_eq!((pdu.status().as_str(), pdu.is_refusal()), ("ESME_RTHROTTLED", true));
        let fields: Vec<_> = pdu.fields().collect();
        assert_eq!(fields, [("content", "**".to_owned()), ("destination", "447*****123".to_owned())]);
        assert!(matches!(serde_json::from_value(json!({ "event": "began", "until": "x" })), Ok(Line::Other)));
    }
}

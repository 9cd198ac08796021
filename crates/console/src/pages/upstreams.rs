//! Upstreams: the carriers, how their links stand, and one carrier looked at closely.

mod add;
mod doctor;
mod edit;
mod pause;
mod trace;
mod ussd;

pub(super) use add::{add, page as add_page};
pub(super) use doctor::{apply, page as test_page, route, run as test};
pub(super) use edit::{change, delete, page as edit_page};
pub(super) use pause::{lift, pause, rebind};
pub(super) use trace::{Pdu, follow, recent as recent_pdus};
pub(super) use ussd::ask as ask_network;

use super::live::Standing;
use super::routes::written;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use pause::Pause;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use ussd::Network;

#[derive(Template)]
#[template(path = "upstreams.html")]
struct UpstreamsPage {
    frame: Frame,
    upstreams: Vec<Upstream>,
}

#[derive(Template)]
#[template(path = "upstream.html")]
struct UpstreamPage {
    frame: Frame,
    upstream: Upstream,
    /// What passes through it; `None` in the first seconds.
    standing: Option<Standing>,
    /// Its errors of the last 15 minutes.
    errors: Vec<Error>,
    /// What goes over its links, the newest first; `None` for who may not see it, and where nothing is recorded.
    pdus: Option<Vec<Pdu>>,
    /// The number whose PDUs are shown alone.
    number: String,
    pauses: Vec<Pause>,
    /// The network of a modem; `None` for what is no modem.
    network: Option<Network>,
}

#[derive(Deserialize)]
struct Upstreams {
    upstreams: Vec<Upstream>,
}

/// An upstream, as it is declared and as it runs.
#[derive(Deserialize)]
struct Upstream {
    name: String,
    #[serde(default = "smpp")]
    protocol: String,
    #[serde(default)]
    host: String,
    port: Option<u64>,
    #[serde(default = "yes")]
    enabled: bool,
    rate: Option<f64>,
    origin: String,
    #[serde(default)]
    links: Vec<Link>,
    ids_learnt: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

fn smpp() -> String {
    "smpp".to_owned()
}

const fn yes() -> bool {
    true
}

/// How a link stands.
#[derive(Deserialize)]
struct Link {
    /// The modem that it leads to, where the upstream has several.
    device: Option<String>,
    state: String,
    reason: Option<String>,
    retry_in: Option<u64>,
}

#[derive(Deserialize)]
struct Error {
    upstream: String,
    code: String,
    carrier_code: Option<String>,
    meaning: String,
    remedy: String,
    count: u64,
}

/// What passes through upstreams, as the API tells of it.
#[derive(Deserialize)]
struct Traffic {
    upstreams: Vec<Standing>,
    errors: Vec<Error>,
}

impl Upstream {
    /// How it stands as a whole.
    fn badge(&self, frame: &Frame) -> Badge {
        let up = self.links.iter().filter(|link| link.is_up()).count();
        match (self.enabled, up) {
            (false, _) => Badge::new(Tone::Quiet, frame.t("Disabled")),
            (true, 0) => Badge::new(Tone::Bad, frame.t("Down")),
            (true, up) if up < self.links.len() => {
                Badge::new(Tone::Doubt, &frame.t2("{0} of {1} links up", up, self.links.len()))
            }
            (true, _) => Badge::new(Tone::Good, frame.t("Up")),
        }
    }

    fn place(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// Its modems, if it has several.
    fn devices(&self) -> Vec<&str> {
        self.links.iter().filter_map(|link| link.device.as_deref()).collect()
    }

    /// Whether it is declared in the file, where alone it can be changed.
    fn is_in_file(&self) -> bool {
        self.origin == "file"
    }

    /// Its other settings that are given, in lines.
    fn settings(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for (name, value) in
            self.others.iter().filter(|(name, _)| !["updated_at", "secrets"].contains(&name.as_str()))
        {
            flatten(name, value, &mut lines);
        }
        lines
    }
}

/// A setting as a line; a table as a line for each of its settings.
fn flatten(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            fields.iter().for_each(|(field, value)| flatten(&format!("{name}.{field}"), value, lines));
        }
        Value::Array(values) if values.is_empty() => {}
        Value::String(text) if text.is_empty() => {}
        value => lines.push((name.to_owned(), written(value))),
    }
}

impl Link {
    fn is_up(&self) -> bool {
        matches!(self.state.as_str(), "up" | "elsewhere")
    }

    fn badge(&self, frame: &Frame) -> Badge {
        match self.state.as_str() {
            "up" => Badge::new(Tone::Good, frame.t("Up")),
            "connecting" => Badge::new(Tone::Active, frame.t("Connecting")),
            "elsewhere" => Badge::new(Tone::Good, frame.t("Kept by another node")),
            _ => Badge::new(Tone::Bad, frame.t("Down")),
        }
    }
}

pub(super) async fn list(visitor: Visitor) -> Response {
    let upstreams = visitor.ask.get("/v1/upstreams", &[]).await;
    let page =
        |Upstreams { upstreams }| UpstreamsPage { frame: visitor.frame("upstreams", "Upstreams"), upstreams };
    visitor.show(upstreams.map(page))
}

pub(super) async fn one(visitor: Visitor, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, &name, form.get("number"), None).await)
}

async fn shown(
    visitor: &Visitor,
    name: &str,
    number: &str,
    answer: Option<ussd::Answer>,
) -> Result<UpstreamPage, Failed> {
    let upstream: Upstream = visitor.ask.get(&path(&["upstreams", name]), &[]).await?;
    let Traffic { upstreams, errors } = visitor.ask.get("/v1/traffic", &[]).await?;
    let standing = upstreams.into_iter().find(|standing| standing.name == name);
    let errors = errors.into_iter().filter(|error| error.upstream == name).collect();
    let pdus = match visitor.who.may("trace") && upstream.protocol != "http" {
        true => Some(trace::recent(visitor, name, number).await?),
        false => None,
    };
    let pauses = pause::of(visitor, name).await?;
    let network = match upstream.protocol.as_str() {
        "modem" => Some(Network::of(visitor, name, &upstream.devices(), answer).await),
        _ => None,
    };
    let frame = visitor.frame("upstreams", "Upstream");
    Ok(UpstreamPage { frame, upstream, standing, errors, pdus, number: number.to_owned(), pauses, network })
}

/// Enables an upstream, or disables it, for which its name must be typed.
pub(super) async fn switch(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let enabled = form.get("enabled") == "true";
    let confirmed = if enabled { Ok(()) } else { form.confirmed(&name) };
    let address = path(&["upstreams", &name]);
    let done = match confirmed {
        Ok(()) => visitor.ask.act(Method::PATCH, &address, Some(&json!({ "enabled": enabled }))).await,
        Err(failed) => Err(failed),
    };
    match done {
        Ok(()) => {
            let done = if enabled { "enabled" } else { "disabled" };
            let segment = address.trim_start_matches("/v1");
            Redirect::to(&format!("/console{segment}?done={done}")).into_response()
        }
        Err(failed) => visitor.show(Err::<UpstreamPage, _>(failed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_shown_in_lines() {
        let document = json!({
            "name": "acme", "host": "h", "port": 2775, "origin": "store", "links": [], "window": 10,
            "tls": { "verify": "system", "ca_file": null }, "backup_hosts": [], "errors": [{ "a": 1 }],
        });
        let upstream: Upstream = serde_json::from_value(document).unwrap();
        let lines = upstream.settings();
        assert!(
            lines.contains(&("tls.verify".into(), "system".into()))
                && lines.contains(&("window".into(), "10".into()))
        );
        assert!(
            !lines
                .iter()
                .any(|(name, _)| ["name", "host", "tls.ca_file", "backup_hosts"].contains(&name.as_str()))
        );
        assert_eq!((upstream.place().as_str(), upstream.is_in_file()), ("h:2775", false));
    }
}

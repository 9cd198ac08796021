//! The forms in which tools report: bodies of webhooks in, signals out.

mod alertmanager;
mod cap;
mod generic;
mod grafana;
mod uptime_kuma;
mod zabbix;

use super::signal::Signal;
use super::source::Fields;
use postrider_core::time::Time;
use postrider_provider::tree;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The form of a tool's reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Prometheus Alertmanager's webhook, version 4.
    Alertmanager,
    /// Grafana's webhook: of Grafana Alerting, and of dashboards before Grafana 9.
    Grafana,
    /// Uptime Kuma's webhook, as JSON or as a form.
    UptimeKuma,
    /// A webhook of Zabbix whose parameters are the usual macros.
    Zabbix,
    /// Any JSON, or a form: fields by usual names, or by templates.
    Json,
    /// The Common Alerting Protocol 1.2 (OASIS), one `alert` element.
    Cap,
    /// Nothing but a sign of life.
    Heartbeat,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Alertmanager,
        Self::Grafana,
        Self::UptimeKuma,
        Self::Zabbix,
        Self::Json,
        Self::Cap,
        Self::Heartbeat,
    ];

    /// Its word in the API and in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
            Self::UptimeKuma => "uptime_kuma",
            Self::Zabbix => "zabbix",
            Self::Json => "json",
            Self::Cap => "cap",
            Self::Heartbeat => "heartbeat",
        }
    }
}

/// A body that isn't in the form of its source: what is wrong, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unread(pub String);

impl Unread {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Reads a body. `media_type` is what its sender calls it.
pub(super) fn read(
    format: Format,
    fields: Option<&Fields>,
    media_type: Option<&str>,
    body: &[u8],
    now: Time,
) -> Result<Vec<Signal>, Unread> {
    match format {
        Format::Alertmanager => alertmanager::read(&json(body)?),
        Format::Grafana => grafana::read(&json(body)?),
        Format::UptimeKuma => uptime_kuma::read(&json_or_form(media_type, body)?),
        Format::Zabbix => zabbix::read(&json_or_form(media_type, body)?),
        Format::Json => generic::read(&json_or_form(media_type, body)?, fields),
        Format::Cap => cap::read(body, now),
        Format::Heartbeat => Ok(Vec::new()),
    }
}

fn json(body: &[u8]) -> Result<Value, Unread> {
    serde_json::from_slice(body).map_err(|error| Unread(format!("the body is no JSON: {error}")))
}

/// JSON, or a form whose field `data` is JSON, or a form.
fn json_or_form(media_type: Option<&str>, body: &[u8]) -> Result<Value, Unread> {
    let form = media_type.and_then(tree::Form::of_media_type);
    if form != Some(tree::Form::Form) {
        return json(body);
    }
    let fields = tree::read(tree::Form::Form, body).unwrap_or_default();
    let within = fields.get("data").and_then(Value::as_str).and_then(|data| serde_json::from_str(data).ok());
    Ok(within.filter(Value::is_object).unwrap_or(fields))
}

/// The text at a path of names, if it is a text, a number or a truth value, and not empty.
fn text(tree: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(tree, |tree, name| tree.get(name))?;
    tree::shown(found).filter(|text| !text.trim().is_empty())
}

/// The first of these names that has a text.
fn first(tree: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text(tree, &[name]))
}

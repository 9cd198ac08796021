//! Sources of alerts, as requests declare them and answers show them.

use crate::rest::moment;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use postrider_apps::alert::{Fields, Format, Source, SourceState};
use postrider_declare::Span;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The form of a source's reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertFormat)]
pub(in crate::rest) enum FormatWord {
    /// Prometheus Alertmanager's webhook.
    Alertmanager,
    /// Grafana's webhook.
    Grafana,
    /// Uptime Kuma's webhook.
    UptimeKuma,
    /// A webhook of Zabbix.
    Zabbix,
    /// Any JSON.
    Json,
    /// The Common Alerting Protocol 1.2.
    Cap,
    /// Nothing but a sign of life.
    Heartbeat,
}

impl From<FormatWord> for Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Alertmanager => Self::Alertmanager,
            FormatWord::Grafana => Self::Grafana,
            FormatWord::UptimeKuma => Self::UptimeKuma,
            FormatWord::Zabbix => Self::Zabbix,
            FormatWord::Json => Self::Json,
            FormatWord::Cap => Self::Cap,
            FormatWord::Heartbeat => Self::Heartbeat,
        }
    }
}

impl From<Format> for FormatWord {
    fn from(format: Format) -> Self {
        match format {
            Format::Alertmanager => Self::Alertmanager,
            Format::Grafana => Self::Grafana,
            Format::UptimeKuma => Self::UptimeKuma,
            Format::Zabbix => Self::Zabbix,
            Format::Json => Self::Json,
            Format::Cap => Self::Cap,
            Format::Heartbeat => Self::Heartbeat,
        }
    }
}

/// Templates that make alerts of JSON. They name the whole body as `body`, and an item of the list as `item`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertFields)]
pub(in crate::rest) struct FieldsDocument {
    /// The path of a list with an alert in each item, such as `data.events`. Default: the body is one alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    each: Option<String>,
    /// What an alert is known by, such as `{{ item.host }}/{{ item.check }}`. Default: its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What is wrong, such as `{{ body.host }}: {{ body.output }}`.
    title: String,
    /// The state: `ok`, `resolved`, `up`, `0` and the like say that it is over. Default: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// How bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
}

impl From<FieldsDocument> for Fields {
    fn from(document: FieldsDocument) -> Self {
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        let FieldsDocument { each, key, title, state, severity } = document;
        let (each, key, state, severity) = (boxed(each), boxed(key), boxed(state), boxed(severity));
        Self { each, key, title: title.into(), state, severity }
    }
}

impl From<&Fields> for FieldsDocument {
    fn from(fields: &Fields) -> Self {
        let owned = |text: &Option<Box<str>>| text.as_deref().map(Into::into);
        Self {
            each: owned(&fields.each),
            key: owned(&fields.key),
            title: fields.title.to_string(),
            state: owned(&fields.state),
            severity: owned(&fields.severity),
        }
    }
}

/// A source of alerts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertSourceRequest)]
pub(in crate::rest) struct SourceRequest {
    /// The form of its reports.
    format: FormatWord,
    /// The group that is told.
    group: String,
    /// Templates for reports of the format `json`. Default: fields by usual names, such as `title`, `message` and `status`.
    #[serde(default)]
    fields: Option<FieldsDocument>,
    /// The silence after which it is an alert itself: seconds, or a span such as `5m`, from 10s to 31d. Default: none.
    #[serde(default)]
    heartbeat: Option<Span>,
}

/// A source of alerts.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertSource)]
pub(in crate::rest) struct SourceView {
    /// Its name.
    name: String,
    /// The form of its reports.
    format: FormatWord,
    /// The group that is told.
    group: String,
    /// Templates for its reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<FieldsDocument>,
    /// The silence after which it is an alert itself, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    heartbeat: Option<u64>,
    /// When it reported last, or was declared; only where its silence is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    last_at: Option<String>,
    /// Whether it is silent for too long; only where that is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    silent: Option<bool>,
    /// The path at which it reports.
    reports_to: String,
}

impl SourceRequest {
    /// The source of this name.
    pub(super) fn read(self, name: Box<str>) -> Result<Source, Problem> {
        let heartbeat = self.heartbeat.map(|span| span.read()).transpose();
        let heartbeat = heartbeat.map_err(|error| {
            let code = "invalid_alert_source";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string()).at("heartbeat")
        })?;
        let heartbeat = heartbeat.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
        let (group, fields) = (self.group.into(), self.fields.map(Into::into));
        Ok(Source { name, format: self.format.into(), group, fields, heartbeat })
    }
}

impl SourceView {
    pub(super) fn of(source: &Source, state: Option<&SourceState>) -> Self {
        Self {
            name: source.name.to_string(),
            format: source.format.into(),
            group: source.group.to_string(),
            fields: source.fields.as_ref().map(Into::into),
            heartbeat: source.heartbeat().map(|span| span.as_secs()),
            last_at: state.map(|state| moment::write(state.last_at())),
            silent: state.map(|state| state.is_silent),
            reports_to: super::RECEIVE.replace("{name}", &source.name),
        }
    }
}

//! Alerts as answers show them.

use crate::rest::moment;
use postrider_apps::alert::{Alert, Entry, State};
use serde::Serialize;
use utoipa::ToSchema;

/// The state of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertState)]
pub(in crate::rest) enum AlertStateWord {
    /// Nobody has acknowledged it: people are told, step by step.
    Firing,
    /// Somebody has: nobody is told any more.
    Acknowledged,
    /// It is over.
    Resolved,
}

impl From<State> for AlertStateWord {
    fn from(state: State) -> Self {
        match state {
            State::Firing => Self::Firing,
            State::Acknowledged => Self::Acknowledged,
            State::Resolved => Self::Resolved,
        }
    }
}

/// A line of an alert's history.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertEntry)]
pub(in crate::rest) struct EntryView {
    /// When it happened.
    #[schema(format = "date-time")]
    at: String,
    /// What happened.
    what: String,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        Self { at: moment::write(entry.at()), what: entry.what.to_string() }
    }
}

/// An alert.
#[derive(Serialize, ToSchema)]
#[schema(as = Alert)]
pub(in crate::rest) struct AlertView {
    /// Its number in the account: people answer with it.
    number: u64,
    /// Its state.
    state: AlertStateWord,
    /// What is wrong.
    title: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// How bad it is, in the source's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
    /// The source that reported it.
    source: String,
    /// The group that is told.
    group: String,
    /// How often it was reported.
    count: u32,
    /// When it was reported first.
    #[schema(format = "date-time")]
    opened_at: String,
    /// When it was reported last.
    #[schema(format = "date-time")]
    last_at: String,
    /// When the next step is done unless somebody acknowledges it; absent if none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    next_step_at: Option<String>,
    /// Who acknowledged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_by: Option<String>,
    /// What happened to it, in order.
    history: Vec<EntryView>,
}

impl From<&Alert> for AlertView {
    fn from(alert: &Alert) -> Self {
        Self {
            number: alert.number,
            state: alert.state.into(),
            title: alert.title.to_string(),
            detail: alert.detail.as_deref().map(Into::into),
            severity: alert.severity.as_deref().map(Into::into),
            source: alert.source.to_string(),
            group: alert.group.to_string(),
            count: alert.count,
            opened_at: moment::write(alert.opened_at()),
            last_at: moment::write(alert.last_at()),
            next_step_at: alert.next_step_at().map(moment::write),
            acknowledged_by: alert.acknowledged_by.as_deref().map(Into::into),
            history: alert.history.iter().map(Into::into).collect(),
        }
    }
}

//! Alerts of monitoring tools, who is on call, and the sources that report.

mod on_call;
mod one;
mod sources;

pub(super) use on_call::{delete as delete_group, keep as keep_group, list as list_groups, one as one_group};
pub(super) use one::{act, show};
pub(super) use sources::{add as add_source, delete as delete_source, list as list_sources};

use super::owned::{ListPlace, Listed, Owner};
use crate::api::Failed;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;

const HERE: &str = "/console/alerts";
const LIST: ListPlace = ListPlace { here: HERE, api: "/v1/alerts", state: Some("state") };
/// The states of alerts, in the order of a filter.
const STATES: [&str; 3] = ["firing", "acknowledged", "resolved"];

/// An alert, as the API tells of it.
#[derive(Deserialize)]
struct Alert {
    number: u64,
    state: String,
    title: String,
    detail: Option<String>,
    severity: Option<String>,
    source: String,
    group: String,
    count: u64,
    opened_at: String,
    last_at: String,
    next_step_at: Option<String>,
    acknowledged_by: Option<String>,
    history: Vec<Entry>,
}

/// A line of an alert's history.
#[derive(Deserialize)]
struct Entry {
    at: String,
    what: String,
}

/// The state of an alert.
fn badge(state: &str, frame: &Frame) -> Badge {
    match state {
        "firing" => Badge::new(Tone::Bad, frame.t("Nobody has it")),
        "acknowledged" => Badge::new(Tone::Doubt, frame.t("Somebody has it")),
        "resolved" => Badge::new(Tone::Good, frame.t("Over")),
        other => Badge::new(Tone::Quiet, other),
    }
}

/// The tabs of these pages: label, address, and whether it is the one that is shown.
fn tabs<'f>(frame: &'f Frame, owner: &Owner, current: &str) -> [(&'f str, String, bool); 3] {
    let tabs =
        [(HERE, frame.t("Alerts")), (on_call::HERE, frame.t("On call")), (sources::HERE, frame.t("Sources"))];
    tabs.map(|(path, label)| (label, owner.at(path, &[]), path == current))
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    frame: Frame,
    owner: Owner,
    list: Listed<Alert>,
}

impl AlertsPage {
    fn tabs(&self) -> [(&str, String, bool); 3] {
        tabs(&self.frame, &self.owner, HERE)
    }

    fn badge(&self, state: &str) -> Badge {
        badge(state, &self.frame)
    }

    fn states(&self) -> [(&'static str, String); 3] {
        STATES.map(|state| (state, self.badge(state).word))
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form).await)
}

async fn page(visitor: &Visitor, form: &Form) -> Result<AlertsPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let list = Listed::of(visitor, &owner, form, &LIST).await?;
    Ok(AlertsPage { frame: visitor.frame("alerts", "Alerts"), owner, list })
}

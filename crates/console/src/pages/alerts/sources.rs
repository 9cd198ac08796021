//! Sources of alerts: the tools that report, and where.

use super::tabs;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, ask, leads};
use crate::texts::title;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

pub(super) const HERE: &str = "/console/alert-sources";

/// The forms of reports, as the API has them, and the tools.
const FORMATS: [(&str, &str); 7] = [
    ("alertmanager", "Prometheus Alertmanager"),
    ("grafana", "Grafana"),
    ("uptime_kuma", "Uptime Kuma"),
    ("zabbix", "Zabbix"),
    ("json", "JSON"),
    ("cap", "CAP 1.2"),
    ("heartbeat", "Heartbeat"),
];

#[derive(Deserialize)]
struct Source {
    name: String,
    format: String,
    group: String,
    heartbeat: Option<u64>,
    last_at: Option<String>,
    silent: Option<bool>,
    reports_to: String,
}

#[derive(Default, Deserialize)]
struct Sources {
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

#[derive(Default, Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

impl Source {
    fn format(&self) -> &str {
        FORMATS.iter().find(|(word, _)| *word == self.format).map_or(&*self.format, |(_, label)| label)
    }
}

#[derive(Template)]
#[template(path = "alert_sources.html")]
struct SourcesPage {
    frame: Frame,
    owner: Owner,
    sources: Vec<Source>,
    groups: Vec<Group>,
    /// The address of this gateway.
    origin: String,
}

impl SourcesPage {
    fn tabs(&self) -> [(&str, String, bool); 3] {
        tabs(&self.frame, &self.owner, HERE)
    }

    fn formats(&self) -> [(&'static str, &'static str); 7] {
        FORMATS
    }
}

pub(in crate::pages) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form).await)
}

async fn page(visitor: &Visitor, form: &Form) -> Result<SourcesPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let (mut sources, mut groups) = (Vec::new(), Vec::new());
    if !owner.is_nobody() {
        let ask = owner.ask(visitor);
        let listed: Sources = ask.get("/v1/alerts/sources", &[]).await?;
        // Whether one is silent is told of one at a time.
        for source in listed.sources {
            sources.push(ask.get(&path(&["alerts", "sources", &source.name]), &[]).await?);
        }
        groups = ask.get::<Groups>("/v1/alerts/groups", &[]).await?.groups;
    }
    let (frame, origin) = (visitor.frame("alerts", title("Sources of alerts")), visitor.address(""));
    Ok(SourcesPage { frame, owner, sources, groups, origin })
}

/// Declares a source.
pub(in crate::pages) async fn add(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done: Result<(), Failed> = async {
        let mut source = json!({ "format": form.needed("format")?, "group": form.needed("group")? });
        if !form.get("heartbeat").is_empty() {
            source["heartbeat"] = json!(form.get("heartbeat"));
        }
        let at = path(&["alerts", "sources", form.needed("name")?]);
        ask(&visitor, account).act(Method::PUT, &at, Some(&source)).await
    }
    .await;
    leads(&visitor, done.map(|()| "added"), HERE, account)
}

/// Removes a source. Its alerts stay.
pub(in crate::pages) async fn delete(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = ask(&visitor, account).act(Method::DELETE, &path(&["alerts", "sources", &name]), None).await;
    leads(&visitor, done.map(|()| "deleted"), HERE, account)
}

//! The audit log: who saw or changed what.

use crate::api::with_query;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    sequence: u64,
    at: String,
    who: String,
    role: String,
    address: Option<String>,
    action: String,
    subject: String,
    outcome: String,
    detail: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    sequence: u64,
    hash: String,
}

#[derive(Deserialize)]
struct Lines {
    lines: Vec<Line>,
    head: Option<Head>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    who: String,
    action: String,
    subject: String,
    address: String,
    page: Lines,
}

impl AuditPage {
    fn older(&self, cursor: &str) -> String {
        let query = [
            ("who", &*self.who),
            ("action", &self.action),
            ("subject", &self.subject),
            ("address", &self.address),
            ("cursor", cursor),
        ];
        with_query("/console/audit", &query)
    }
}

pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let get = |name: &str| form.get(name).to_owned();
    let (who, action, subject, address) = (get("who"), get("action"), get("subject"), get("address"));
    let asked = [
        ("who", &*who),
        ("action", &action),
        ("subject", &subject),
        ("address", &address),
        ("cursor", form.get("cursor")),
    ];
    let page = visitor.ask.get("/v1/audit", &asked).await;
    let frame = visitor.frame("audit", "Audit log");
    visitor.show(page.map(|page| AuditPage { frame, who, action, subject, address, page }))
}

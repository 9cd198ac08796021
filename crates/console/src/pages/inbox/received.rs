//! Messages from handsets, also those to numbers that nobody has declared.

use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::media::Medium;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;

/// A message from a handset, as lists and pages of one show it.
#[derive(Deserialize)]
pub(super) struct Received {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) account: Option<String>,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) media: Vec<Medium>,
    pub(super) keyword: Option<String>,
    pub(super) asks: Option<String>,
    pub(super) may_ask: Option<String>,
    pub(super) upstream: String,
    pub(super) received_at: String,
}

/// A line of the list.
#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(flatten)]
    message: Received,
}

#[derive(Deserialize)]
struct ReceivedList {
    messages: Vec<Line>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "received.html")]
struct ReceivedPage {
    frame: Frame,
    list: ReceivedList,
    from: String,
    to: String,
    /// Whether only those that belong to nobody are shown.
    nobodys: bool,
}

impl ReceivedPage {
    fn next(&self, cursor: &str) -> String {
        let nobodys = if self.nobodys { "1" } else { "" };
        with_query(
            "/console/inbox/received",
            &[("from", &self.from), ("to", &self.to), ("nobodys", nobodys), ("cursor", cursor)],
        )
    }
}

pub(in crate::pages) async fn received(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let nobodys = !form.get("nobodys").is_empty() && visitor.who.sees_all();
    // Of many messages few belong to nobody.
    let limit = if nobodys { "500" } else { "50" };
    let query = [
        ("from", form.get("from")),
        ("to", form.get("to")),
        ("cursor", form.get("cursor")),
        ("limit", limit),
    ];
    let list: Result<ReceivedList, Failed> = visitor.ask.get("/v1/inbound", &query).await;
    let page = |mut list: ReceivedList| {
        list.messages.retain(|line| !nobodys || line.message.account.is_none());
        let (from, to) = (form.get("from").to_owned(), form.get("to").to_owned());
        ReceivedPage { frame: visitor.frame("inbox", "From handsets"), list, from, to, nobodys }
    };
    visitor.show(list.map(page))
}

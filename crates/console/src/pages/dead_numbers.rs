//! Dead numbers: messages to them failed for good, and none was delivered since.

use crate::api::{Failed, path, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

pub(super) const HERE: &str = "/console/dead-numbers";

/// A number, as the API tells of it.
#[derive(Deserialize)]
struct Dead {
    number: String,
    dead: bool,
    failures: u64,
    first: String,
    last: String,
    until: String,
}

#[derive(Default, Deserialize)]
struct List {
    #[serde(alias = "dead_numbers")]
    numbers: Vec<Dead>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "dead_numbers.html")]
struct DeadPage {
    frame: Frame,
    list: List,
    number: String,
}

impl DeadPage {
    fn tabs(&self) -> Vec<(String, String, bool)> {
        super::opt_outs::tabs(&self.frame, HERE, "")
    }

    fn next(&self, cursor: &str) -> String {
        with_query(HERE, &[("cursor", cursor)])
    }
}

/// Lists them, or shows the one that is searched for.
pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let number = form.get("number");
        let list = if number.is_empty() {
            visitor.ask.get("/v1/dead-numbers", &[("cursor", form.get("cursor"))]).await?
        } else {
            match visitor.ask.get(&path(&["dead-numbers", number]), &[]).await {
                Ok(found) => List { numbers: vec![found], next: None },
                Err(failed) if failed.status == StatusCode::NOT_FOUND => List::default(),
                Err(failed) => return Err(failed),
            }
        };
        let frame = visitor.frame("opt-outs", title("Dead numbers"));
        Ok::<_, Failed>(DeadPage { frame, list, number: number.to_owned() })
    };
    visitor.show(page.await)
}

/// Forgets that messages to a number failed.
pub(super) async fn clear(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let at = path(&["dead-numbers", form.needed("number")?]);
        visitor.ask.act(Method::DELETE, &at, None).await
    };
    match done.await {
        Ok(()) => Redirect::to(&with_query(HERE, &[("done", "cleared")])).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

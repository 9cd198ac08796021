//! Test numbers: numbers with a fixed code, which get no message.

use super::tabs;
use crate::api::path;
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, ask, leads};
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

pub(super) const HERE: &str = "/console/test-numbers";

#[derive(Deserialize)]
struct TestNumber {
    number: String,
    code: String,
}

#[derive(Default, Deserialize)]
struct List {
    test_numbers: Vec<TestNumber>,
}

#[derive(Template)]
#[template(path = "test_numbers.html")]
struct TestNumbersPage {
    frame: Frame,
    owner: Owner,
    list: List,
}

impl TestNumbersPage {
    fn tabs(&self) -> [(&str, String, bool); 2] {
        tabs(&self.frame, &self.owner, HERE)
    }
}

pub(in crate::pages) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let list = owner.list(&visitor, "/v1/verifications/test-numbers", &[]).await?;
        Ok(TestNumbersPage { frame: visitor.frame("verifications", "Test numbers"), owner, list })
    };
    visitor.show(page.await)
}

/// Gives a number a fixed code.
pub(in crate::pages) async fn set(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let at = path(&["verifications", "test-numbers", form.needed("number")?]);
        let code = json!({ "code": form.needed("code")? });
        ask(&visitor, form.get("account")).act(Method::PUT, &at, Some(&code)).await
    };
    leads(&visitor, done.await.map(|()| "changed"), HERE, form.get("account"))
}

/// Makes a test number an ordinary one.
pub(in crate::pages) async fn remove(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let at = path(&["verifications", "test-numbers", form.get("number")]);
    let done = ask(&visitor, form.get("account")).act(Method::DELETE, &at, None).await;
    leads(&visitor, done.map(|()| "deleted"), HERE, form.get("account"))
}

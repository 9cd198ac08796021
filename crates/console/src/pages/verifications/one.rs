//! One verification: how it stands, and a code that is told by phone or at a counter.

use super::{HERE, Verification};
use crate::api::path;
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

#[derive(Template)]
#[template(path = "verification.html")]
struct VerificationPage {
    frame: Frame,
    owner: Owner,
    it: Verification,
}

/// The answer to a code.
#[derive(Deserialize)]
struct Checked {
    valid: bool,
}

impl VerificationPage {
    fn back(&self) -> String {
        self.owner.at(HERE, &[])
    }
}

pub(in crate::pages) async fn show(
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let it = owner.ask(&visitor).get(&path(&["verifications", &id]), &[]).await?;
        Ok(VerificationPage { frame: visitor.frame("verifications", title("Verification")), owner, it })
    };
    visitor.show(page.await)
}

/// Checks a code. A wrong one is counted.
pub(in crate::pages) async fn check(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let checked = async {
        let code = json!({ "code": form.needed("code")? });
        ask(&visitor, account).post::<Checked>(&path(&["verifications", &id, "check"]), &code).await
    };
    let word = checked.await.map(|Checked { valid }| if valid { "right" } else { "wrong" });
    leads(&visitor, word, &format!("{HERE}/{id}"), account)
}

/// Cancels it: its code isn't right any more.
pub(in crate::pages) async fn cancel(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = ask(&visitor, account).act(Method::DELETE, &path(&["verifications", &id]), None).await;
    leads(&visitor, done.map(|()| "withdrawn"), &format!("{HERE}/{id}"), account)
}

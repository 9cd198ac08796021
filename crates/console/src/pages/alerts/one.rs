//! One alert: what happened, and who takes it.

use super::{Alert, HERE, badge};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, address, ask};
use crate::texts::title;
use crate::visitor::Visitor;
use crate::words::Badge;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, json};

#[derive(Template)]
#[template(path = "alert.html")]
struct AlertPage {
    frame: Frame,
    owner: Owner,
    alert: Alert,
}

impl AlertPage {
    fn badge(&self) -> Badge {
        badge(&self.alert.state, &self.frame)
    }

    fn back(&self) -> String {
        self.owner.at(HERE, &[])
    }

    fn group(&self) -> String {
        self.owner.at(&format!("{}/{}", super::on_call::HERE, self.alert.group), &[])
    }
}

pub(in crate::pages) async fn show(
    visitor: Visitor,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let alert = owner.ask(&visitor).get(&path(&["alerts", &number]), &[]).await?;
        Ok(AlertPage { frame: visitor.frame("alerts", title("Alert")), owner, alert })
    };
    visitor.show(page.await)
}

/// Acknowledges an alert, or says that it is over.
pub(in crate::pages) async fn act(
    visitor: Visitor,
    Path((number, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done: Result<(), Failed> = async {
        let mut request = Map::new();
        if !form.get("note").is_empty() {
            request.insert("note".into(), json!(form.get("note")));
        }
        let known = ["acknowledge", "resolve"].into_iter().find(|known| *known == action);
        let at = path(&["alerts", &number, known.ok_or_else(Failed::not_found)?]);
        ask(&visitor, account).act(Method::POST, &at, Some(&request.into())).await
    }
    .await;
    let here = |done| address(&format!("{HERE}/{number}"), account, &[("done", done)]);
    match done {
        Ok(()) => Redirect::to(&here("changed")).into_response(),
        Err(failed) => visitor.refused(failed, &here("")),
    }
}

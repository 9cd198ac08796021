//! Groups of contacts.

use super::{GroupList, tabs};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, ask, leads};
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::Response;
use serde_json::json;

pub(super) const HERE: &str = "/console/groups";

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsPage {
    frame: Frame,
    owner: Owner,
    list: GroupList,
}

impl GroupsPage {
    fn tabs(&self) -> Vec<(&str, String, bool)> {
        tabs(&self.frame, &self.owner, HERE)
    }

    fn members(&self, name: &str) -> String {
        self.owner.at(super::HERE, &[("group", name)])
    }

    fn next(&self, cursor: &str) -> String {
        self.owner.at(HERE, &[("cursor", cursor)])
    }
}

pub(in crate::pages) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let list = owner.list(&visitor, "/v1/groups", &[("cursor", form.get("cursor"))]).await?;
        Ok(GroupsPage { frame: visitor.frame("contacts", "Groups"), owner, list })
    };
    visitor.show(page.await)
}

/// Keeps a group.
pub(in crate::pages) async fn keep(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done: Result<(), Failed> = async {
        let description = Some(form.get("description")).filter(|text| !text.is_empty());
        let at = path(&["groups", form.needed("name")?]);
        ask(&visitor, account).act(Method::PUT, &at, Some(&json!({ "description": description }))).await
    }
    .await;
    leads(&visitor, done.map(|()| "added"), HERE, account)
}

/// Deletes a group that nobody is in.
pub(in crate::pages) async fn delete(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = ask(&visitor, account).act(Method::DELETE, &path(&["groups", &name]), None).await;
    leads(&visitor, done.map(|()| "deleted"), HERE, account)
}

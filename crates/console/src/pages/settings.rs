//! Settings of what is declared: forms that are made of the API's description, so that each setting has a field.

mod field;
mod kind;
mod patch;
mod replay;
mod schema;

pub(super) use kind::tabs;

use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use field::{Group, filled, groups};
use kind::Kind;
use replay::{Replay, replay};
use schema::{Control, Schemas};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the API adds to a declaration.
const ADDED: [&str; 7] = ["name", "origin", "updated_at", "links", "ids_learnt", "secrets", "keys_used"];

type Document = Map<String, Value>;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    kind: &'static Kind,
    /// The name of what is declared; empty for something new.
    name: String,
    /// Whether it is declared already.
    is_new: bool,
    /// Whether whoever looks may change it here.
    may_change: bool,
    is_in_file: bool,
    groups: Vec<Group>,
    /// The declaration when the form was opened, as JSON.
    before: String,
    replay: Option<Replay>,
    failed: Option<Failed>,
}

#[derive(Template)]
#[template(path = "settings_list.html")]
struct ListPage {
    frame: Frame,
    kind: &'static Kind,
    declared: Vec<Declared>,
}

/// A line of the list.
struct Declared {
    name: String,
    /// Settings that aren't as usual.
    given: Vec<(String, String)>,
    origin: String,
}

impl SettingsPage {
    /// Where the form goes.
    fn address(&self) -> String {
        if self.is_new {
            format!("/console/add/{}", self.kind.list)
        } else {
            format!("/console/settings/{}/{}", self.kind.list, self.name)
        }
    }

    fn home(&self) -> String {
        if self.is_new { self.kind.home() } else { self.kind.page(&self.name) }
    }

    fn is_route(&self) -> bool {
        self.kind.list == "routes"
    }

    /// Mistakes that no field shows.
    fn mistakes(&self) -> Vec<&str> {
        let Some(failed) = &self.failed else { return Vec::new() };
        let shown: Vec<_> = self
            .groups
            .iter()
            .flat_map(|group| &group.fields)
            .filter_map(|field| field.mistake.as_deref())
            .collect();
        let mut left: Vec<&str> = failed.mistakes.iter().map(|mistake| mistake.detail.as_str()).collect();
        if left.is_empty() {
            left.push(&failed.detail);
        }
        left.retain(|detail| !shown.contains(detail));
        left
    }
}

impl ListPage {
    fn may_add(&self) -> bool {
        self.frame.may(self.kind.needs)
    }

    fn tabs(&self) -> Vec<(&str, String, bool)> {
        tabs(&self.frame, self.kind.list)
    }
}

fn known(list: &str) -> Result<&'static Kind, Failed> {
    Kind::of(list).ok_or_else(Failed::not_found)
}

/// Lists what is declared of a kind without a page of its own.
pub(super) async fn list(visitor: Visitor, Path(list): Path<String>) -> Response {
    match known(&list) {
        Ok(kind) if kind.is_listed() => visitor.show(listed(&visitor, kind).await),
        Ok(kind) => Redirect::to(&kind.home()).into_response(),
        Err(failed) => visitor.show(Err::<ListPage, _>(failed)),
    }
}

async fn listed(visitor: &Visitor, kind: &'static Kind) -> Result<ListPage, Failed> {
    let mut all: BTreeMap<String, Vec<Document>> = visitor.ask.get(&path(&[kind.list]), &[]).await?;
    let schemas = Schemas::of(visitor).await?;
    let schema = schemas.named(kind.schema)?;
    let line = |document: Document| {
        let string = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let groups = groups(&schemas, schema, &document, kind.elsewhere);
        let fields = groups.iter().flat_map(|group| &group.fields).filter(|field| !field.value.is_empty());
        let given =
            fields.map(|field| (field.name.replace('_', " "), field.value.replace('\n', ", "))).collect();
        Declared { name: string("name"), given, origin: string("origin") }
    };
    let declared = all.remove(kind.list).unwrap_or_default().into_iter().map(line).collect();
    let frame = visitor.frame(kind.place, "");
    let title = kind.label(&frame).to_owned();
    Ok(ListPage { frame: Frame { title, ..frame }, kind, declared })
}

/// The form for something new.
pub(super) async fn add_page(visitor: Visitor, Path(list): Path<String>) -> Response {
    let page = async {
        let kind = known(&list)?;
        if !visitor.who.may(kind.needs) {
            return Err(Failed::forbidden());
        }
        form(&visitor, kind, "", Document::new()).await
    };
    visitor.show(page.await)
}

/// The form with the settings of one.
pub(super) async fn one(visitor: Visitor, Path((list, name)): Path<(String, String)>) -> Response {
    let page = async {
        let kind = known(&list)?;
        let document = visitor.ask.get(&path(&[kind.list, &name]), &[]).await?;
        form(&visitor, kind, &name, document).await
    };
    visitor.show(page.await)
}

/// A form with what is declared. Without a name it is for something new.
async fn form(
    visitor: &Visitor,
    kind: &'static Kind,
    name: &str,
    mut document: Document,
) -> Result<SettingsPage, Failed> {
    let is_in_file = document.get("origin").is_some_and(|origin| origin == "file");
    document.retain(|name, _| !ADDED.contains(&name.as_str()));
    let schemas = Schemas::of(visitor).await?;
    let groups = groups(&schemas, schemas.named(kind.schema)?, &document, kind.elsewhere);
    let frame = visitor.frame(kind.place, "");
    let title = if name.is_empty() { kind.add_label(&frame).to_owned() } else { name.to_owned() };
    Ok(SettingsPage {
        frame: Frame { title, ..frame },
        kind,
        name: name.to_owned(),
        is_new: name.is_empty(),
        may_change: visitor.who.may(kind.needs) && !is_in_file,
        is_in_file,
        groups,
        before: Value::Object(document).to_string(),
        replay: None,
        failed: None,
    })
}

/// Declares something new. What is wrong is shown beside its field, and what was written stays.
pub(super) async fn add(visitor: Visitor, Path(list): Path<String>, body: Bytes) -> Response {
    submitted(&visitor, &list, "", &Form::read(&body)).await
}

/// Changes the settings of one, or tries the change of a route.
pub(super) async fn change(
    visitor: Visitor,
    Path((list, name)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    submitted(&visitor, &list, &name, &Form::read(&body)).await
}

async fn submitted(visitor: &Visitor, list: &str, name: &str, filled_in: &Form) -> Response {
    let before = serde_json::from_str(filled_in.get("before")).unwrap_or_default();
    let page = async { form(visitor, known(list)?, name, before).await };
    let mut page = match page.await {
        Ok(page) => page,
        Err(failed) => return visitor.show(Err::<SettingsPage, _>(failed)),
    };
    let done = match filled_in.get("action") {
        "try" | "without" => tried(visitor, &page, filled_in).await.map(Some),
        _ => kept(visitor, &page, filled_in).await.map(|()| None),
    };
    let status = done.as_ref().err().map_or(StatusCode::OK, |failed: &Failed| failed.status);
    match done {
        Ok(None) => {
            let name = if page.is_new { filled_in.get("name") } else { name };
            let word = if page.is_new { "added" } else { "changed" };
            return Redirect::to(&format!("{}?done={word}", page.kind.page(name))).into_response();
        }
        Ok(replay) => page.replay = replay,
        Err(failed) if failed.code == "proof_needed" => return visitor.refused(failed, &page.address()),
        Err(failed) => page.failed = Some(failed),
    }
    refill(&mut page, filled_in);
    (status, render(&page)).into_response()
}

/// Has a page show what was written, with the mistakes beside their fields.
fn refill(page: &mut SettingsPage, form: &Form) {
    if page.is_new {
        form.get("name").clone_into(&mut page.name);
    }
    for field in page.groups.iter_mut().flat_map(|group| &mut group.fields) {
        field.value =
            if matches!(field.control, Control::Secret) { String::new() } else { filled(field, form) };
        field.mistake = page.failed.as_ref().and_then(|failed| mistake(failed, &field.name));
    }
}

/// What is wrong with a setting, or with an entry of it: `allow_to[0]`.
fn mistake(failed: &Failed, setting: &str) -> Option<String> {
    let is_of = |field: Option<&str>| field.is_some_and(|field| field.split('[').next() == Some(setting));
    let told = failed.mistakes.iter().find(|mistake| is_of(mistake.field.as_deref()));
    let told = told.map(|mistake| mistake.detail.clone());
    told.or_else(|| is_of(failed.field.as_deref()).then(|| failed.detail.clone()))
}

async fn kept(visitor: &Visitor, page: &SettingsPage, form: &Form) -> Result<(), Failed> {
    let patch = Value::Object(patch::changes(&page.groups, form)?);
    if !page.is_new {
        return visitor.ask.act(Method::PATCH, &path(&[page.kind.list, &page.name]), Some(&patch)).await;
    }
    let at = path(&[page.kind.list, form.needed("name")?]);
    if visitor.ask.get::<Value>(&at, &[]).await.is_ok() {
        return Err(Failed::taken(format!(
            "'{}' is declared already: choose another name",
            form.get("name")
        )));
    }
    visitor.ask.act(Method::PUT, &at, Some(&patch)).await
}

/// Tries what a form has, or the lack of it, with messages of a while.
async fn tried(visitor: &Visitor, page: &SettingsPage, form: &Form) -> Result<Replay, Failed> {
    let name = if page.is_new { form.needed("name")? } else { &page.name };
    let before = serde_json::from_str(&page.before).unwrap_or_default();
    let route = match form.get("action") {
        "without" => None,
        _ => Some(patch::merged(before, &patch::changes(&page.groups, form)?)),
    };
    replay(visitor, name, route, form.get("since")).await
}

/// Deletes one, for which its name must be typed.
pub(super) async fn delete(
    visitor: Visitor,
    Path((list, name)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let done = async {
        let kind = known(&list)?;
        Form::read(&body).confirmed(&name)?;
        visitor.ask.act(Method::DELETE, &path(&[kind.list, &name]), None).await?;
        Ok(kind)
    };
    match done.await {
        Ok(kind) => Redirect::to(&format!("{}?done=deleted", kind.home())).into_response(),
        Err(failed) => visitor.refused(failed, &format!("/console/settings/{list}/{name}")),
    }
}

//! Contacts: numbers with what is known of the people behind them, in groups.

mod groups;
mod import;
mod imports;
mod one;

pub(super) use groups::{delete as delete_group, keep as keep_group, list as list_groups};
pub(super) use import::{check, import, page as import_page};
pub(super) use imports::{
    act as act_on_import, delete as delete_import, list as list_imports, report as import_report,
    show as show_import, stream as import_stream,
};
pub(super) use one::{keep, remove, show};

use super::owned::Owner;
use crate::api::Failed;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const HERE: &str = "/console/contacts";

/// A contact, as the API tells of it.
#[derive(Deserialize)]
struct Contact {
    number: String,
    country: Option<String>,
    name: Option<String>,
    language: Option<String>,
    zone: Option<String>,
    external_id: Option<String>,
    consent_source: Option<String>,
    groups: Vec<String>,
    tags: Vec<String>,
    fields: BTreeMap<String, Value>,
    created_at: String,
    updated_at: String,
}

#[derive(Default, Deserialize)]
struct ContactList {
    contacts: Vec<Contact>,
    next: Option<String>,
}

/// A group of contacts.
#[derive(Deserialize)]
struct Group {
    name: String,
    description: Option<String>,
}

#[derive(Default, Deserialize)]
struct GroupList {
    groups: Vec<Group>,
    next: Option<String>,
}

/// The tabs of these pages: label, address, and whether it is the one that is shown.
fn tabs<'f>(frame: &'f Frame, owner: &Owner, current: &str) -> Vec<(&'f str, String, bool)> {
    let mut tabs = vec![(HERE, frame.t("Contacts")), (groups::HERE, frame.t("Groups"))];
    if frame.may("send_messages") {
        tabs.push((import::HERE, frame.t("Import")));
    }
    tabs.push((imports::HERE, frame.t("Imports")));
    tabs.into_iter().map(|(path, label)| (label, owner.at(path, &[]), path == current)).collect()
}

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage {
    frame: Frame,
    owner: Owner,
    list: ContactList,
    groups: Vec<Group>,
    group: String,
    tag: String,
    segment: String,
}

impl ContactsPage {
    fn tabs(&self) -> Vec<(&str, String, bool)> {
        tabs(&self.frame, &self.owner, HERE)
    }

    fn one(&self, number: &str) -> String {
        self.owner.at(&format!("{HERE}/{number}"), &[])
    }

    fn asked(&self) -> [(&str, &str); 3] {
        [("group", &self.group), ("tag", &self.tag), ("segment", &self.segment)]
    }

    fn is_asked(&self) -> bool {
        self.asked().iter().any(|(_, value)| !value.is_empty())
    }

    fn next(&self, cursor: &str) -> String {
        self.owner.at(HERE, &[self.asked().as_slice(), &[("cursor", cursor)]].concat())
    }

    fn export(&self) -> String {
        self.owner.at("/console/contact-export", &self.asked())
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    // A whole number leads to its contact.
    let number = form.get("number").to_owned();
    if !number.is_empty() {
        let number: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let to = super::owned::address(&format!("{HERE}/{number}"), form.get("account"), &[]);
        return Redirect::to(&to).into_response();
    }
    visitor.show(page(&visitor, &form).await)
}

async fn page(visitor: &Visitor, form: &Form) -> Result<ContactsPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let [group, tag, segment] = ["group", "tag", "segment"].map(|name| form.get(name).to_owned());
    let frame = visitor.frame("contacts", "Contacts");
    let (list, groups) = (ContactList::default(), Vec::new());
    let mut page = ContactsPage { frame, owner, list, groups, group, tag, segment };
    if !page.owner.is_nobody() {
        let ask = page.owner.ask(visitor);
        let query = [page.asked().as_slice(), &[("cursor", form.get("cursor"))]].concat();
        let list = ask.get("/v1/contacts", &query).await?;
        let GroupList { groups, .. } = ask.get("/v1/groups", &[("limit", "500")]).await?;
        (page.list, page.groups) = (list, groups);
    }
    Ok(page)
}

/// The contacts of a filter as a file.
pub(super) async fn export(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let query = ["group", "tag", "segment"].map(|name| (name, form.get(name)));
    let ask = super::owned::ask(&visitor, form.get("account"));
    match ask.file("/v1/contacts/csv", &query, "contacts.csv").await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, &visitor.here),
    }
}

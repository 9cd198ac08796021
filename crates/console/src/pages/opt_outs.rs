//! Opt-outs, blocked numbers and consents: what holds of numbers, with its proof, and changes of it.

use super::dead_numbers;
use super::messages::names;
use crate::api::{Failed, path, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What may hold of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OptOut,
    Blocked,
    Consent,
}

impl Kind {
    const ALL: [Self; 3] = [Self::OptOut, Self::Blocked, Self::Consent];

    /// Its list in the API.
    const fn list(self) -> &'static str {
        match self {
            Self::OptOut => "opt-outs",
            Self::Blocked => "blocked-numbers",
            Self::Consent => "consents",
        }
    }

    fn of(list: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.list() == list).unwrap_or(Self::OptOut)
    }

    fn label(self, frame: &Frame) -> String {
        let label = match self {
            Self::OptOut => frame.t("Opt-outs"),
            Self::Blocked => frame.t("Blocked numbers"),
            Self::Consent => frame.t("Consents"),
        };
        label.to_owned()
    }
}

#[derive(Deserialize)]
struct Entry {
    number: String,
    holds: bool,
    account: Option<String>,
    sender: Option<String>,
    purpose: Option<String>,
    source: String,
    reason: Option<String>,
    by: Option<String>,
    at: String,
}

#[derive(Deserialize)]
struct List {
    entries: Vec<Entry>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "opt_outs.html")]
struct OptOutsPage {
    frame: Frame,
    kind: Kind,
    list: List,
    number: String,
    /// Whether what was lifted is shown, too.
    history: bool,
    accounts: Vec<String>,
    may_write: bool,
}

impl OptOutsPage {
    fn tabs(&self) -> Vec<(String, String, bool)> {
        tabs(&self.frame, self.kind.list(), &self.number)
    }

    fn next(&self, cursor: &str) -> String {
        let history = if self.history { "true" } else { "" };
        let query =
            [("kind", self.kind.list()), ("number", &self.number), ("history", history), ("cursor", cursor)];
        with_query("/console/opt-outs", &query)
    }

    fn is_consent(&self) -> bool {
        self.kind == Kind::Consent
    }
}

/// The tabs of what holds of numbers: label, address, and whether it is the one that is shown.
pub(super) fn tabs(frame: &Frame, current: &str, number: &str) -> Vec<(String, String, bool)> {
    let tab = |kind: Kind| {
        let address = with_query("/console/opt-outs", &[("kind", kind.list()), ("number", number)]);
        (kind.label(frame), address, kind.list() == current)
    };
    let dead = with_query(dead_numbers::HERE, &[("number", number)]);
    let dead = (frame.t("Dead numbers").to_owned(), dead, dead_numbers::HERE == current);
    Kind::ALL.into_iter().map(tab).chain([dead]).collect()
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form).await)
}

async fn page(visitor: &Visitor, form: &Form) -> Result<OptOutsPage, Failed> {
    let kind = Kind::of(form.get("kind"));
    let query = ["number", "history", "cursor"].map(|name| (name, form.get(name)));
    let list = visitor.ask.get(&path(&[kind.list()]), &query).await?;
    let accounts = if visitor.who.sees_all() && visitor.who.may("read_accounts") {
        names(visitor, "accounts").await?
    } else {
        Vec::new()
    };
    Ok(OptOutsPage {
        frame: visitor.frame("opt-outs", "Opt-outs"),
        kind,
        list,
        number: form.get("number").to_owned(),
        history: form.get("history") == "true",
        accounts,
        may_write: visitor.who.may("write_consent"),
    })
}

/// Adds one.
pub(super) async fn add(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let kind = Kind::of(form.get("kind"));
    let fields = ["number", "account", "sender", "purpose", "reason", "obtained"];
    let given = fields.into_iter().filter(|name| !form.get(name).is_empty());
    let request: Map<String, Value> = given.map(|name| (name.to_owned(), json!(form.get(name)))).collect();
    let done = visitor.ask.act(Method::POST, &path(&[kind.list()]), Some(&request.into())).await;
    back(&visitor, kind, form.get("number"), done, "added")
}

/// Lifts one.
pub(super) async fn lift(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let kind = Kind::of(form.get("kind"));
    let number = form.get("number");
    let done = match form.needed("reason") {
        Ok(reason) => {
            let [account, sender, purpose] =
                ["account", "sender", "purpose"].map(|name| (name, form.get(name)));
            let query = [("reason", reason), account, sender, purpose];
            let address = with_query(&path(&[kind.list(), number]), &query);
            visitor.ask.act(Method::DELETE, &address, None).await
        }
        Err(failed) => Err(failed),
    };
    back(&visitor, kind, number, done, "lifted")
}

fn back(visitor: &Visitor, kind: Kind, number: &str, done: Result<(), Failed>, word: &str) -> Response {
    match done {
        Ok(()) => {
            let query = [("kind", kind.list()), ("number", number), ("done", word)];
            Redirect::to(&with_query("/console/opt-outs", &query)).into_response()
        }
        Err(failed) => visitor.show(Err::<OptOutsPage, _>(failed)),
    }
}

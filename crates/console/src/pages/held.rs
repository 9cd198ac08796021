//! Messages that rules against fraud hold: seen, released and canceled.

use super::messages::names;
use crate::api::{Failed, with_query};
use crate::clock;
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

/// A message that is held, as the API shows it.
#[derive(Deserialize)]
struct Message {
    id: String,
    account: Option<String>,
    to: String,
    from: Option<String>,
    class: String,
    created_at: String,
    expires_at: String,
    held_by: Option<String>,
}

impl Message {
    /// The rule, and what it saw.
    fn hold(&self) -> (&str, &str) {
        let hold = self.held_by.as_deref().unwrap_or_default();
        hold.split_once(": ").unwrap_or((hold, ""))
    }
}

#[derive(Deserialize)]
struct List {
    messages: Vec<Message>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    frame: Frame,
    list: List,
    account: String,
    rule: String,
    accounts: Vec<String>,
    /// Whether whoever looks may release and cancel.
    may_act: bool,
    /// When they were listed: what is held later is not among "all of these".
    listed_at: String,
    /// How many there are; `None` if there are more than the page shows.
    count: Option<u64>,
}

impl HeldPage {
    fn next(&self, cursor: &str) -> String {
        let query = [("account", &*self.account), ("rule", &*self.rule), ("cursor", cursor)];
        with_query("/console/held", &query)
    }

    /// The buttons for all of them, with how many that are.
    fn release_all(&self) -> String {
        let all = || self.frame.t("Release all of these").to_owned();
        self.count.map_or_else(all, |count| self.frame.t1("Release {0} messages", self.frame.number(count)))
    }

    fn cancel_all(&self) -> String {
        let all = || self.frame.t("Cancel all of these").to_owned();
        self.count.map_or_else(all, |count| self.frame.t1("Cancel {0} messages", self.frame.number(count)))
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form).await)
}

async fn page(visitor: &Visitor, form: &Form) -> Result<HeldPage, Failed> {
    let (account, rule, cursor) = (form.get("account"), form.get("rule"), form.get("cursor"));
    let held_by = if rule.is_empty() { "*" } else { rule };
    let query = [("account", account), ("held_by", held_by), ("cursor", cursor)];
    let listed_at = clock::now().to_string();
    let list: List = visitor.ask.get("/v1/messages", &query).await?;
    let is_whole = cursor.is_empty() && list.next.is_none();
    let accounts = if visitor.who.sees_all() && visitor.who.may("read_accounts") {
        names(visitor, "accounts").await?
    } else {
        Vec::new()
    };
    Ok(HeldPage {
        frame: visitor.frame("held", "Held messages"),
        account: account.to_owned(),
        rule: rule.to_owned(),
        accounts,
        may_act: visitor.who.sees_all() && visitor.who.may("operate"),
        listed_at,
        count: is_whole.then_some(list.messages.len() as u64),
        list,
    })
}

/// Releases or cancels one message, or all of a rule and an account.
pub(super) async fn act(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (action, word) = match form.get("action") {
        "cancel" => ("cancel", "held-canceled"),
        _ => ("release", "released"),
    };
    let done = all(&visitor, action, &select(&form), form.get("reason")).await;
    match done {
        Ok(()) => {
            let query = [("account", form.get("account")), ("rule", form.get("rule")), ("done", word)];
            Redirect::to(&with_query("/console/held", &query)).into_response()
        }
        Err(failed) => visitor.show(Err::<HeldPage, _>(failed)),
    }
}

/// The messages that a form is about.
fn select(form: &Form) -> Value {
    let mut select = Map::from_iter([("held_by".to_owned(), json!(form.get("rule")))]);
    if !form.get("id").is_empty() {
        select.insert("ids".to_owned(), json!([form.get("id")]));
    }
    for name in ["account", "until"].into_iter().filter(|name| !form.get(name).is_empty()) {
        select.insert(name.to_owned(), json!(form.get(name)));
    }
    select.into()
}

/// Acts as often as it takes to look at all messages.
async fn all(visitor: &Visitor, action: &str, select: &Value, reason: &str) -> Result<(), Failed> {
    #[derive(Deserialize)]
    struct Done {
        next: Option<String>,
    }
    let mut request = json!({ "action": action, "select": select, "dry_run": false });
    if !reason.is_empty() {
        request["reason"] = json!(reason);
    }
    loop {
        let Done { next } = visitor.ask.send(Method::POST, "/v1/messages/actions", Some(&request)).await?;
        match next {
            Some(next) => request["cursor"] = json!(next),
            None => return Ok(()),
        }
    }
}

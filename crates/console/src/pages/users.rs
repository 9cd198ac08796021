//! Users, their roles, and where they are signed in.

use super::{messages, secret};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

const HERE: &str = "/console/users";

/// A user, as the API tells of it.
#[derive(Deserialize)]
struct User {
    name: String,
    role: String,
    account: Option<String>,
    enabled: bool,
    origin: String,
    password_set: bool,
    totp_set: bool,
}

impl User {
    fn badge(&self, frame: &Frame) -> Badge {
        match (self.enabled, self.password_set) {
            (false, _) => Badge::new(Tone::Quiet, frame.t("Disabled")),
            (true, false) => Badge::new(Tone::Doubt, frame.t("Has no password yet")),
            (true, true) => Badge::new(Tone::Good, frame.t("May sign in")),
        }
    }
}

/// A session of a user, as the API tells of it.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) role: String,
    pub(super) created_at: String,
    pub(super) seen_at: String,
    pub(super) address: String,
    pub(super) agent: String,
}

/// Programs that people look with, and systems, by the words of a browser's name for itself; the first that is there counts.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

impl Session {
    /// The browser in a word or two: `Firefox, Linux`.
    pub(super) fn browser(&self) -> String {
        let named = |names: &[(&str, &'static str)]| {
            names.iter().find(|(word, _)| self.agent.contains(word)).map(|(_, name)| *name)
        };
        match (named(&BROWSERS), named(&SYSTEMS)) {
            (Some(browser), Some(system)) => format!("{browser}, {system}"),
            (Some(browser), None) => browser.to_owned(),
            _ => self.agent.chars().take(32).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Deserialize)]
struct Sessions {
    sessions: Vec<Session>,
}

/// Somebody who had too many wrong attempts, as the API tells of it.
#[derive(Deserialize)]
struct LockOut {
    id: String,
    scope: String,
    user: Option<String>,
    address: Option<String>,
    wrong: u64,
    locked: bool,
    until: String,
    last_at: String,
}

#[derive(Deserialize)]
struct LockOuts {
    lock_outs: Vec<LockOut>,
}

impl LockOut {
    fn what<'f>(&self, frame: &'f Frame) -> &'f str {
        match self.scope.as_str() {
            "address" => frame.t("All names from an address"),
            "network" => frame.t("All addresses of a network"),
            "codes" => frame.t("One-time codes of a user"),
            _ => frame.t("A name from an address"),
        }
    }
}

/// A link by which a user sets a password.
#[derive(Deserialize)]
struct Link {
    path: String,
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    frame: Frame,
    users: Vec<User>,
    accounts: Vec<String>,
    sessions: Vec<Session>,
    lock_outs: Vec<LockOut>,
}

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    frame: Frame,
    user: User,
    sessions: Vec<Session>,
}

pub(super) async fn list(visitor: Visitor) -> Response {
    visitor.show(all(&visitor).await)
}

async fn all(visitor: &Visitor) -> Result<UsersPage, Failed> {
    let Users { users } = visitor.ask.get("/v1/users", &[]).await?;
    let accounts = messages::names(visitor, "accounts").await?;
    let Sessions { sessions } = visitor.ask.get("/v1/sessions", &[]).await?;
    let LockOuts { lock_outs } = visitor.ask.get("/v1/lock-outs", &[]).await?;
    Ok(UsersPage { frame: visitor.frame("users", "Users"), users, accounts, sessions, lock_outs })
}

pub(super) async fn one(visitor: Visitor, Path(name): Path<String>) -> Response {
    visitor.show(found(&visitor, &name).await)
}

async fn found(visitor: &Visitor, name: &str) -> Result<UserPage, Failed> {
    let user: User = visitor.ask.get(&path(&["users", name]), &[]).await?;
    let Sessions { sessions } = visitor.ask.get("/v1/sessions", &[("user", name)]).await?;
    Ok(UserPage { frame: visitor.frame("users", &user.name), user, sessions })
}

/// Adds a user, and shows the link by which it sets a password.
pub(super) async fn add(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (name, account) = (form.get("name"), form.get("account"));
    let account = if account.is_empty() { Value::Null } else { account.into() };
    let document = json!({ "role": form.get("role"), "account": account });
    match put_new(&visitor, name, &document).await {
        Ok(()) => link_of(&visitor, name).await,
        Err(failed) => visitor.refused(failed, HERE),
    }
}

async fn put_new(visitor: &Visitor, name: &str, document: &Value) -> Result<(), Failed> {
    let at = path(&["users", name]);
    if visitor.ask.get::<User>(&at, &[]).await.is_ok() {
        return Err(Failed::taken(format!("there is a user '{name}' already")));
    }
    visitor.ask.act(Method::PUT, &at, Some(document)).await
}

pub(super) async fn link(visitor: Visitor, Path(name): Path<String>) -> Response {
    link_of(&visitor, &name).await
}

async fn link_of(visitor: &Visitor, name: &str) -> Response {
    let back = format!("{HERE}/{name}");
    match visitor.ask.send::<Link>(Method::POST, &path(&["users", name, "link"]), None).await {
        Ok(Link { path }) => {
            let words = title("A link that sets the password, once");
            secret::show(
                visitor,
                ("users", words),
                vec![(name.to_owned(), visitor.address(&path))],
                None,
                &back,
            )
        }
        Err(failed) => visitor.refused(failed, &back),
    }
}

/// What a button of a user's page does.
pub(super) async fn act(
    visitor: Visitor,
    Path((name, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let at = path(&["users", &name]);
    let back = format!("{HERE}/{name}");
    let (done, to) = match &*action {
        "disable" => (visitor.ask.act(Method::PATCH, &at, Some(&json!({ "enabled": false }))).await, &*back),
        "enable" => (visitor.ask.act(Method::PATCH, &at, Some(&json!({ "enabled": true }))).await, &*back),
        "remove-totp" => {
            (visitor.ask.act(Method::DELETE, &path(&["users", &name, "totp"]), None).await, &*back)
        }
        "delete" => match Form::read(&body).confirmed(&name) {
            Ok(()) => (visitor.ask.act(Method::DELETE, &at, None).await, HERE),
            Err(failed) => (Err(failed), HERE),
        },
        _ => (Err(Failed::not_found()), HERE),
    };
    match done {
        Ok(()) => Redirect::to(&format!("{to}?done=changed")).into_response(),
        Err(failed) => visitor.refused(failed, &back),
    }
}

pub(super) async fn end_session(visitor: Visitor, Path(id): Path<String>) -> Response {
    match visitor.ask.act(Method::DELETE, &path(&["sessions", &id]), None).await {
        Ok(()) => Redirect::to(&format!("{HERE}?done=session")).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

/// Lifts a lock-out.
pub(super) async fn lift(visitor: Visitor, Path(id): Path<String>) -> Response {
    match visitor.ask.act(Method::DELETE, &path(&["lock-outs", &id]), None).await {
        Ok(()) => Redirect::to(&format!("{HERE}?done=lifted")).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_in_a_word_or_two() {
        let session = |agent: &str| Session {
            id: String::new(),
            user: String::new(),
            role: String::new(),
            created_at: String::new(),
            seen_at: String::new(),
            address: String::new(),
            agent: agent.to_owned(),
        };
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
                "Safari, iOS",
            ),
            ("curl/8.14", "curl"),
            ("something else", "something else"),
        ] {
            assert_eq!(session(agent).browser(), expected);
        }
    }
}

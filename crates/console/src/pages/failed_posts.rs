//! Posts to webhooks that failed, of all accounts, and told again.

use super::messages::names;
use crate::api::{Failed, path, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value};

const HERE: &str = "/console/failed-posts";
const FILTERS: [&str; 4] = ["account", "endpoint", "since", "given_up"];
/// Requests that one click makes, each about some hundred posts.
const REQUESTS_MAX: usize = 100;

/// A post, as the API tells of it.
#[derive(Deserialize)]
struct Post {
    id: String,
    at: String,
    account: Option<String>,
    endpoint: String,
    event: String,
    events: u64,
    attempt: u64,
    result: String,
    again_at: Option<String>,
    replayable: u64,
}

#[derive(Deserialize)]
struct Posts {
    failed_posts: Vec<Post>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Replayed {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "failed_posts.html")]
struct PostsPage {
    frame: Frame,
    form: Form,
    accounts: Vec<String>,
    list: Posts,
}

impl PostsPage {
    fn is(&self, name: &str, value: &str) -> bool {
        self.form.get(name) == value
    }

    fn next(&self, cursor: &str) -> String {
        let chosen = FILTERS.map(|name| (name, self.form.get(name)));
        with_query(HERE, &[&chosen[..], &[("cursor", cursor)]].concat())
    }
}

/// Lists them.
pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let asked = [&FILTERS[..], &["cursor"]].concat();
        let asked: Vec<_> = asked.into_iter().map(|name| (name, form.get(name))).collect();
        let list = visitor.ask.get("/v1/failed-posts", &asked).await?;
        let accounts = names(&visitor, "accounts").await?;
        let frame = visitor.frame("accounts", title("Failed posts"));
        Ok(PostsPage { frame, form: form.clone(), accounts, list })
    };
    visitor.show(page.await)
}

/// Has the events of one post told again, or of all that were given up since a time.
pub(super) async fn replay(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = match form.get("id") {
        "" => replay_all(&visitor, &form).await,
        id => visitor.ask.act(Method::POST, &path(&["failed-posts", id, "replay"]), None).await,
    };
    match done {
        Ok(()) => Redirect::to(&with_query(HERE, &[("done", "replayed")])).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

async fn replay_all(visitor: &Visitor, form: &Form) -> Result<(), Failed> {
    form.needed("since")?;
    let given = ["since", "account", "endpoint"].into_iter().filter(|name| !form.get(name).is_empty());
    let mut request: Map<String, Value> =
        given.map(|name| (name.to_owned(), form.get(name).into())).collect();
    for _ in 0..REQUESTS_MAX {
        let told: Replayed = visitor.ask.post("/v1/failed-posts/replay", &request.clone().into()).await?;
        match told.next {
            Some(next) => drop(request.insert("cursor".to_owned(), next.into())),
            None => return Ok(()),
        }
    }
    Ok(())
}

//! Emergency broadcasts: armed beforehand, launched by one and approved by another, followed by network, and stopped.

use super::owned::{accounts, ask as of};
use crate::api::{Failed, path, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

const HERE: &str = "/console/broadcasts";
/// How often a page is loaded again while a broadcast is under way, in seconds.
const AGAIN: &str = "3";

/// A broadcast, as the API tells of it.
#[derive(Deserialize)]
struct Broadcast {
    id: String,
    name: Option<String>,
    state: String,
    text: Option<String>,
    recipients: u64,
    accepted: u64,
    refused: u64,
    author: String,
    launched_by: Option<String>,
    approved_by: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
}

#[derive(Deserialize)]
struct Broadcasts {
    runs: Vec<Broadcast>,
    next: Option<String>,
}

/// How far it has come at a network.
#[derive(Deserialize)]
struct Network {
    country: Option<String>,
    network: Option<String>,
    open: u64,
    under_way: u64,
    delivered: u64,
    not_delivered: u64,
    refused: u64,
}

#[derive(Deserialize)]
struct Networks {
    networks: Vec<Network>,
}

impl Broadcast {
    fn title(&self) -> &str {
        self.name.as_deref().or(self.text.as_deref()).unwrap_or(&self.id)
    }

    fn badge(&self, frame: &Frame) -> Badge {
        let (tone, word) = match self.state.as_str() {
            "open" => (Tone::Quiet, frame.t("Not armed")),
            "armed" => (Tone::Good, frame.t("Armed")),
            "awaiting_approval" => (Tone::Doubt, frame.t("Awaits approval")),
            "collecting" => (Tone::Quiet, frame.t("Writes its recipients down")),
            "running" => (Tone::Doubt, frame.t("Is sent")),
            "paused" => (Tone::Doubt, frame.t("Paused")),
            "canceling" => (Tone::Bad, frame.t("Is stopped")),
            "canceled" => (Tone::Bad, frame.t("Stopped")),
            _ => (Tone::Good, frame.t("Sent")),
        };
        Badge::new(tone, word)
    }

    /// Whether the page changes by itself.
    fn moves(&self) -> bool {
        matches!(self.state.as_str(), "collecting" | "running" | "canceling" | "awaiting_approval")
            || (self.state == "done" && self.ended_at.is_some() && self.accepted > 0)
    }

    fn can_stop(&self) -> bool {
        matches!(self.state.as_str(), "armed" | "awaiting_approval" | "running" | "paused" | "done")
    }
}

impl Network {
    fn name(&self) -> String {
        let known = [&self.country, &self.network].into_iter().flatten();
        known.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Template)]
#[template(path = "broadcasts.html")]
struct BroadcastsPage {
    frame: Frame,
    list: Broadcasts,
    account: String,
    accounts: Vec<String>,
}

#[derive(Template)]
#[template(path = "broadcast.html")]
struct BroadcastPage {
    frame: Frame,
    it: Broadcast,
    account: String,
    networks: Vec<Network>,
}

impl BroadcastsPage {
    fn address(&self, id: &str) -> String {
        with_query(&format!("{HERE}/{id}"), &[("account", &self.account)])
    }

    fn next(&self, cursor: &str) -> String {
        with_query(HERE, &[("account", &self.account), ("cursor", cursor)])
    }
}

impl BroadcastPage {
    /// A user by name, or a key.
    fn person<'w>(&self, who: &'w str) -> &'w str {
        who.strip_prefix("user:").unwrap_or(who)
    }

    /// Whether whoever looks launched it: somebody else approves it.
    fn is_own(&self) -> bool {
        let who = self.frame.who.as_ref();
        let launched = self.it.launched_by.as_deref().and_then(|who| who.strip_prefix("user:"));
        who.is_some_and(|who| who.is_user() && launched == Some(&*who.name))
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let (account, accounts) = accounts(&visitor, form.get("account")).await?;
        let list = match visitor.who.sees_all() && account.is_empty() {
            true => Broadcasts { runs: Vec::new(), next: None },
            false => of(&visitor, &account).get("/v1/broadcasts", &[("cursor", form.get("cursor"))]).await?,
        };
        Ok(BroadcastsPage { frame: visitor.frame("broadcasts", "Broadcasts"), list, account, accounts })
    };
    visitor.show(page.await)
}

pub(super) async fn one(visitor: Visitor, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = shown(&visitor, &id, form.get("account")).await;
    let moves = page.as_ref().is_ok_and(|page| page.it.moves());
    let mut response = visitor.show(page);
    if moves {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    response
}

async fn shown(visitor: &Visitor, id: &str, account: &str) -> Result<BroadcastPage, Failed> {
    let (account, _) = accounts(visitor, account).await?;
    let ask = of(visitor, &account);
    let it: Broadcast = ask.get(&path(&["broadcasts", id]), &[]).await?;
    let Networks { networks } = ask.get(&path(&["broadcasts", id, "networks"]), &[]).await?;
    let frame = visitor.frame("broadcasts", title("Broadcast"));
    Ok(BroadcastPage { frame, it, account, networks })
}

/// Makes one and arms it.
pub(super) async fn make(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        let audience = match form.get("group") {
            "" => json!({ "everybody": true }),
            group => json!({ "groups": [group] }),
        };
        let text = form.needed("text")?.replace("\r\n", "\n");
        let asked = json!({ "name": form.needed("name")?, "text": text, "audience": audience });
        let ask = of(&visitor, account);
        let made: Broadcast = ask.post("/v1/broadcasts", &asked).await?;
        ask.act(Method::POST, &path(&["broadcasts", &made.id, "arm"]), None).await?;
        Ok(made.id)
    };
    match done.await {
        Ok(id) => leads_to(&id, account, "armed"),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

/// Arms, launches, approves or stops one.
pub(super) async fn act(
    visitor: Visitor,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        if action == "launch" {
            form.confirmed("launch")?;
        }
        of(&visitor, account).act(Method::POST, &path(&["broadcasts", &id, &action]), None).await
    };
    let word = match action.as_str() {
        "arm" => "armed",
        "launch" => "launched",
        "approve" => "approved",
        _ => "stopped",
    };
    match done.await {
        Ok(()) => leads_to(&id, account, word),
        Err(failed) => visitor.refused(failed, &with_query(&format!("{HERE}/{id}"), &[("account", account)])),
    }
}

fn leads_to(id: &str, account: &str, done: &str) -> Response {
    let query = [("account", account), ("done", done)];
    Redirect::to(&with_query(&format!("{HERE}/{id}"), &query)).into_response()
}

//! One campaign or batch: how far it is, live, and what became of the message to each recipient.

use super::{Kind, Run};
use crate::Console;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::live::{self, Part};
use crate::pages::owned::{Owner, ask};
use crate::texts::title;
use crate::visitor::{Visitor, written};
use crate::words::Badge;
use askama::Template;
use async_trait::async_trait;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Recipients by what became of the message to each.
#[derive(Deserialize)]
struct Results {
    open: u64,
    under_way: u64,
    ended: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Recipient {
    to: Option<String>,
    language: Option<String>,
    message: Option<String>,
    state: Option<String>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Recipients {
    recipients: Vec<Recipient>,
    next: Option<String>,
}

/// What recipients are shown: words of the API.
const SHOWN: [&str; 5] = ["open", "accepted", "refused", "delivered", "not_delivered"];

/// The part that follows what happens.
#[derive(Template)]
#[template(path = "run_part.html")]
struct RunPart {
    frame: Frame,
    run: Run,
    results: Results,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    frame: Frame,
    kind: Kind,
    owner: Owner,
    run: Run,
    part: String,
    list: Recipients,
    shown: String,
}

impl RunPage {
    fn back(&self) -> String {
        self.owner.at(self.kind.here(), &[])
    }

    fn here(&self, end: &str) -> String {
        self.owner.at(&format!("{}/{}{end}", self.kind.here(), self.run.id), &[])
    }

    fn is(&self, states: &[&str]) -> bool {
        states.contains(&self.run.state.as_str())
    }

    /// Whether it has not ended.
    fn is_live(&self) -> bool {
        !self.is(&["done", "canceled"])
    }

    /// Whether whoever looks launched it: somebody else approves.
    fn is_own(&self) -> bool {
        let launcher = self.run.launched_by.as_deref().and_then(|who| who.strip_prefix("user:"));
        self.frame.who.as_ref().is_some_and(|who| who.is_user() && launcher == Some(&*who.name))
    }

    fn filters(&self) -> [(&'static str, &str); 5] {
        SHOWN.map(|word| {
            let label = match word {
                "open" => self.frame.t("Still to come"),
                "accepted" => self.frame.t("Accepted"),
                "refused" => self.frame.t("No message"),
                "delivered" => self.frame.t("Delivered"),
                _ => self.frame.t("Not delivered"),
            };
            (word, label)
        })
    }

    fn state(&self, state: &str) -> Badge {
        self.frame.state(state)
    }

    fn next(&self, cursor: &str) -> String {
        let here = format!("{}/{}", self.kind.here(), self.run.id);
        self.owner.at(&here, &[("result", &self.shown), ("cursor", cursor)])
    }
}

/// A run as it goes on.
struct Follows {
    kind: Kind,
    id: String,
    account: String,
}

impl Follows {
    async fn looked(&self, visitor: &Visitor) -> Result<(Run, String), Failed> {
        let ask = ask(visitor, &self.account);
        let run: Run = ask.get(&path(&[self.kind.list(), &self.id]), &[]).await?;
        let results = ask.get(&path(&[self.kind.list(), &self.id, "results"]), &[]).await?;
        let part = RunPart { frame: visitor.frame("campaigns", "Campaigns"), run, results };
        let shown = written(&part);
        Ok((part.run, shown))
    }
}

#[async_trait]
impl Part for Follows {
    async fn now(&self, visitor: &Visitor) -> Result<String, Failed> {
        Ok(self.looked(visitor).await?.1)
    }
}

pub(in crate::pages) async fn show(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, kind, id, &form).await)
}

async fn page(visitor: &Visitor, kind: Kind, id: String, form: &Form) -> Result<RunPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let follows = Follows { kind, id, account: owner.account.clone() };
    let (run, part) = follows.looked(visitor).await?;
    let query = [("result", form.get("result")), ("cursor", form.get("cursor"))];
    let list = owner.ask(visitor).get(&path(&[kind.list(), &follows.id, "recipients"]), &query).await?;
    let frame =
        visitor.frame("campaigns", if kind.is_campaign() { title("Campaign") } else { title("Batch") });
    Ok(RunPage { frame, kind, owner, run, part, list, shown: form.get("result").to_owned() })
}

pub(in crate::pages) async fn stream(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let account = Form::read(query.unwrap_or_default().as_bytes()).get("account").to_owned();
    live::stream(&console, visitor, Follows { kind, id, account })
}

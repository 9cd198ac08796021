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

impl Network {
    fn name(&self) -> String {
        let known = [&self.country, &self.network].into_iter().flatten();
        known.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
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

/// What it would come to if it was launched now.
#[derive(Deserialize)]
struct Estimate {
    /// In words, what a shorter text would save.
    advice: Option<String>,
    messages: u64,
    refused: BTreeMap<String, u64>,
    parts: BTreeMap<String, u64>,
    price: BTreeMap<String, String>,
    unicode: u64,
    characters: BTreeMap<String, u64>,
    /// The longest message, where they differ.
    longest: Option<Longest>,
    /// When the last message would be handed in, if its pace, hours and cap tell.
    finishes_at: Option<String>,
    /// Messages for which it would be too late.
    too_late: Option<u64>,
}

/// The longest message.
#[derive(Deserialize)]
struct Longest {
    to: String,
    name: Option<String>,
    parts: u64,
    characters: u64,
    price: BTreeMap<String, String>,
}

impl Longest {
    /// Who gets it.
    fn who(&self) -> String {
        self.name.as_ref().map_or_else(|| self.to.clone(), |name| format!("{name} ({})", self.to))
    }
}

impl Estimate {
    /// All parts of all messages.
    fn parts(&self) -> u64 {
        self.parts.iter().filter_map(|(parts, messages)| Some(parts.parse::<u64>().ok()? * messages)).sum()
    }

    /// Recipients who would get no message.
    fn without(&self) -> u64 {
        self.refused.values().sum()
    }

    /// The characters because of which messages have to be in UCS-2.
    fn causes(&self) -> String {
        self.characters.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
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
    /// How far a broadcast is at each network.
    networks: Vec<Network>,
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
    /// What it would come to, where that was asked for: each recipient's message is decided upon.
    estimate: Option<Estimate>,
}

impl RunPage {
    fn back(&self) -> String {
        self.owner.at(self.kind.here(), &[])
    }

    fn here(&self, end: &str) -> String {
        self.owner.at(&format!("{}/{}{end}", self.kind.here(), self.run.id), &[])
    }

    /// The address of another one of the kind.
    fn other(&self, id: &str) -> String {
        self.owner.at(&format!("{}/{id}", self.kind.here()), &[])
    }

    /// The broadcast that this one follows, for those whom that has not reached.
    fn first(&self) -> Option<&str> {
        let earlier = self.run.audience.as_ref()?.not_reached_of.as_ref()?;
        earlier.get("broadcast").map(String::as_str).filter(|_| self.kind.is_broadcast())
    }

    /// The address of the page with an estimate.
    fn estimated(&self) -> String {
        self.owner.at(&format!("{}/{}", self.kind.here(), self.run.id), &[("estimate", "1")])
    }

    /// Whether it has not begun, so that what it would come to can be asked.
    fn is_ahead(&self) -> bool {
        self.is(&["open", "awaiting_approval", "scheduled"])
    }

    fn is(&self, states: &[&str]) -> bool {
        states.contains(&self.run.state.as_str())
    }

    /// Whether somebody may still choose the text that all others get.
    fn can_choose(&self) -> bool {
        let is_open = self.run.trial.as_ref().is_some_and(|trial| trial.winner.is_none());
        is_open && self.frame.may("send_messages") && self.is(&["testing", "paused", "running"])
    }

    /// Whether this text is the one that all others get.
    fn has_won(&self, name: &str) -> bool {
        self.run.trial.as_ref().is_some_and(|trial| trial.winner.as_deref() == Some(name))
    }

    /// Whether a broadcast can still be stopped: also one that was handed in, whose messages wait.
    fn can_stop(&self) -> bool {
        self.kind.is_broadcast() && !self.is(&["open", "canceling", "canceled"])
    }

    /// Whether something else can be done with it than stopping it.
    fn has_choice(&self) -> bool {
        self.is_live() && !(self.kind.is_broadcast() && self.is(&["collecting", "running", "canceling"]))
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
        let networks = match self.kind.is_broadcast() {
            true => {
                ask.get::<Networks>(&path(&[self.kind.list(), &self.id, "networks"]), &[]).await?.networks
            }
            false => Vec::new(),
        };
        let part =
            RunPart { frame: visitor.frame(self.kind.place(), self.kind.title()), run, results, networks };
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
    let ask = owner.ask(visitor);
    let list = ask.get(&path(&[kind.list(), &follows.id, "recipients"]), &query).await?;
    let estimate = match form.get("estimate") {
        "" => None,
        _ => Some(ask.get(&path(&[kind.list(), &follows.id, "estimate"]), &[]).await?),
    };
    let heading = match kind {
        Kind::Campaign => title("Campaign"),
        Kind::Batch => title("Batch"),
        Kind::Broadcast => title("Broadcast"),
    };
    let frame = visitor.frame(kind.place(), heading);
    let shown = form.get("result").to_owned();
    Ok(RunPage { frame, kind, owner, run, part, list, shown, estimate })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_summed_up() {
        let estimate: Estimate = serde_json::from_value(serde_json::json!({
            "recipients": 6, "messages": 5, "refused": { "opted_out": 1 }, "parts": { "1": 3, "2": 2 }, "price": { "EUR": "0.315" },
            "savings": [], "unicode": 2, "characters": { "’": 2, "–": 1 },
        }))
        .unwrap();
        assert_eq!((estimate.parts(), estimate.without(), &*estimate.causes()), (7, 1, "– ’"));
    }
}

//! Messages: found by anything that is known of them, and followed from the call to the last webhook.

mod export;
mod jobs;
mod many;
mod message;
mod one;
mod search;

pub(super) use export::export;
pub(super) use jobs::{
    list as action_jobs, show as action_job, stop as stop_action, stream as action_stream,
};
pub(super) use many::{act as act_on_many, page as many};
pub(super) use one::{cancel, one, unmask};

use super::snippets::{self, Snippet};
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::STATES;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use message::Message;
use search::{Found, Guess};
use serde::Deserialize;

/// The filters besides the search box, as the API calls them.
const FILTERS: [&str; 5] = ["state", "account", "upstream", "since", "until"];

/// A page of the API's list.
#[derive(Default, Deserialize)]
struct MessageList {
    messages: Vec<Message>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "messages.html")]
pub(super) struct MessagesPage {
    frame: Frame,
    filter: Filter,
    /// The other meanings of what is searched for, with their addresses.
    meanings: Vec<(Guess, String, bool)>,
    list: MessageList,
    accounts: Vec<String>,
    upstreams: Vec<String>,
    /// Saved views.
    views: Vec<Snippet>,
}

/// What is searched for.
#[derive(Clone, Default)]
pub(super) struct Filter {
    pub(super) text: String,
    /// What the text is meant as; the first guess that finds something if nothing is chosen.
    by: Option<Guess>,
    state: String,
    account: String,
    upstream: String,
    since: String,
    until: String,
    cursor: String,
}

impl Filter {
    fn read(query: Option<&str>) -> Self {
        let form = Form::read(query.unwrap_or_default().as_bytes());
        let get = |name: &str| form.get(name).to_owned();
        Self {
            text: get("q"),
            by: Guess::of(form.get("by")),
            state: get("state"),
            account: get("account"),
            upstream: get("upstream"),
            since: get("since"),
            until: get("until"),
            cursor: get("cursor"),
        }
    }

    fn filters(&self) -> [&str; 5] {
        [&self.state, &self.account, &self.upstream, &self.since, &self.until]
    }

    /// The parameters of the API, with the text meant as this.
    fn asked(&self, guess: Option<Guess>) -> Vec<(&'static str, &str)> {
        let mut asked: Vec<_> = FILTERS.into_iter().zip(self.filters()).collect();
        asked.push(("cursor", &self.cursor));
        asked.extend(guess.map(|guess| (guess.parameter(), self.text.as_str())));
        asked
    }

    /// The address of a page with the same filters.
    fn address(&self, path: &str, by: Option<Guess>, cursor: &str) -> String {
        let mut query: Vec<_> = FILTERS.into_iter().zip(self.filters()).collect();
        query.extend([
            ("q", self.text.as_str()),
            ("by", by.map_or("", Guess::parameter)),
            ("cursor", cursor),
        ]);
        with_query(path, &query)
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.filters().iter().all(|value| value.is_empty())
    }
}

impl MessagesPage {
    fn states(&self) -> impl Iterator<Item = (&'static str, String)> {
        STATES.into_iter().map(|state| (state, self.frame.state(state).word))
    }

    fn next(&self, cursor: &str) -> String {
        self.filter.address("/console/messages", self.filter.by, cursor)
    }

    /// The address of this view from its first page on.
    fn address(&self) -> String {
        self.filter.address("/console/messages", self.filter.by, "")
    }

    /// The query of this view, as it is saved.
    fn query(&self) -> String {
        self.address().split_once('?').map_or_else(String::new, |(_, query)| query.to_owned())
    }

    fn is_saved(&self) -> bool {
        let query = self.query();
        self.views.iter().any(|view| view.text == query)
    }

    /// Whether it can be exported: what was found by words of texts is not asked of the API.
    fn can_export(&self) -> bool {
        self.frame.may("export") && self.filter.by != Some(Guess::Text)
    }

    /// The page that acts on all messages like these; `None` for who may not, and where it can't mean the same.
    fn acted_on(&self) -> Option<String> {
        let (filter, who_may) = (&self.filter, self.frame.may("operate") && self.frame.sees_all());
        let known = match filter.by {
            _ if filter.text.is_empty() => None,
            Some(Guess::Reference) => Some("reference"),
            Some(Guess::Sender) => Some("senders"),
            Some(Guess::Recipient) => Some("prefixes"),
            Some(Guess::Error) => Some("error"),
            _ => return None,
        };
        let action = if ["", "queued"].contains(&&*filter.state) { "" } else { "resend" };
        let state = if action.is_empty() { "" } else { &*filter.state };
        let mut query = vec![("action", action), ("state", state)];
        let others = FILTERS.into_iter().zip(filter.filters()).filter(|(name, _)| *name != "state");
        query.extend(others.chain(known.map(|name| (name, filter.text.trim_start_matches('+')))));
        who_may.then(|| with_query("/console/message-actions", &query))
    }

    fn exported(&self) -> String {
        self.filter.address("/console/messages/export", self.filter.by, "")
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    match page(&visitor, Filter::read(query.as_deref())).await {
        Ok(Shown::Message(id)) => Redirect::to(&format!("/console/messages/{id}")).into_response(),
        Ok(Shown::List(page)) => visitor.show(Ok(*page)),
        Err(failed) => visitor.show(Err::<MessagesPage, _>(failed)),
    }
}

enum Shown {
    /// The identifier of one message was searched for.
    Message(String),
    List(Box<MessagesPage>),
}

async fn page(visitor: &Visitor, mut filter: Filter) -> Result<Shown, Failed> {
    let found = search::search(visitor, &filter).await?;
    let (list, by) = match found {
        Found::One(id) => return Ok(Shown::Message(id)),
        Found::List(list, by) => (list, by),
    };
    filter.by = by;
    let guesses = search::guesses(&filter.text, search::reads_texts(visitor));
    let meanings = guesses.into_iter().map(|guess| {
        (
            guess,
            Filter::default_with(&filter).address("/console/messages", Some(guess), ""),
            Some(guess) == by,
        )
    });
    let meanings = meanings.collect();
    let (accounts, upstreams) = if visitor.who.sees_all() {
        (names(visitor, "accounts").await?, names(visitor, "upstreams").await?)
    } else {
        (Vec::new(), Vec::new())
    };
    let views = snippets::of_kind(visitor, "view").await?;
    let frame = visitor.frame("messages", "Messages");
    Ok(Shown::List(Box::new(MessagesPage { frame, filter, meanings, list, accounts, upstreams, views })))
}

impl Filter {
    /// The same from its first page on.
    fn default_with(other: &Self) -> Self {
        Self { cursor: String::new(), ..other.clone() }
    }
}

/// The names of all that is declared of a kind.
pub(super) async fn names(visitor: &Visitor, kind: &str) -> Result<Vec<String>, Failed> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let mut all: std::collections::BTreeMap<String, Vec<Named>> =
        visitor.ask.get(&format!("/v1/{kind}"), &[]).await?;
    Ok(all.remove(kind).unwrap_or_default().into_iter().map(|named| named.name).collect())
}

//! A page of a list of an account's things: all of them, or those in one state.

use super::{Owner, address};
use crate::api::Failed;
use crate::form::Form;
use crate::visitor::Visitor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// A list: where its page is, and where the API has it.
pub(in crate::pages) struct ListPlace {
    /// The address of the page.
    pub(in crate::pages) here: &'static str,
    /// The address in the API.
    pub(in crate::pages) api: &'static str,
    /// The API's parameter for the state of what is listed; `None` if it has none.
    pub(in crate::pages) state: Option<&'static str>,
}

/// A page of a list.
pub(in crate::pages) struct Listed<T> {
    /// Its lines.
    pub(in crate::pages) lines: Vec<T>,
    /// The address of the page with the next ones.
    pub(in crate::pages) next: Option<String>,
    /// The state that all of them have; empty for all states.
    pub(in crate::pages) state: String,
    /// The address of the page.
    pub(in crate::pages) here: &'static str,
    account: String,
}

/// The API's answer, which calls its lines by what they are.
#[derive(Deserialize)]
struct Answer<T> {
    #[serde(
        alias = "alerts",
        alias = "appointments",
        alias = "imports",
        alias = "schedules",
        alias = "verifications"
    )]
    lines: Vec<T>,
    next: Option<String>,
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        Self { lines: Vec::new(), next: None }
    }
}

impl<T: DeserializeOwned> Listed<T> {
    /// The page that a query asks for by `state` and `cursor`; an empty one where there is no account.
    pub(in crate::pages) async fn of(
        visitor: &Visitor,
        owner: &Owner,
        form: &Form,
        place: &ListPlace,
    ) -> Result<Self, Failed> {
        let state = place.state.map(|name| (name, form.get("state")));
        let query: Vec<_> = [("cursor", form.get("cursor"))].into_iter().chain(state).collect();
        let Answer { lines, next } = owner.list(visitor, place.api, &query).await?;
        let state = state.map(|(_, state)| state).unwrap_or_default();
        let next = next.map(|cursor| owner.at(place.here, &[("state", state), ("cursor", &cursor)]));
        Ok(Self { lines, next, state: state.to_owned(), here: place.here, account: owner.account.clone() })
    }

    pub(in crate::pages) const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The address of one of them.
    pub(in crate::pages) fn one(&self, id: impl Display) -> String {
        address(&format!("{}/{id}", self.here), &self.account, &[])
    }
}

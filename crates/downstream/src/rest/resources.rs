//! Declarations over HTTP: accounts, upstreams and routes, each kind with the same verbs; and the secrets of accounts.

mod kinds;
mod links;
mod secrets;

pub use links::Running;

use super::Rest;
use super::answer::{json, to_json};
use super::moment;
use super::payload::parse;
use super::problem::Problem;
use crate::resource::{Declared, Document, Entry, Put, none};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What answers say beside the document.
const ADDED: [&str; 5] = ["origin", "updated_at", "secrets", "links", "ids_learnt"];

/// Something that is declared.
#[derive(Serialize, ToSchema)]
pub(super) struct Resource<D> {
    #[serde(flatten)]
    document: D,
    /// Where it is declared: `file`, which can only be read, or `store`.
    origin: &'static str,
    /// When it changed last; absent if it is declared in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    updated_at: Option<String>,
    /// Secrets that were made for it just now, by their places in it. They are shown this once.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, String>,
}

impl<D: Document> Resource<D> {
    /// What is declared, where no secrets were made.
    fn shown(entry: &Entry<D>) -> Self {
        Self::of(entry, Vec::new())
    }

    fn of(entry: &Entry<D>, made: Vec<(String, String)>) -> Self {
        Self {
            document: entry.document.clone(),
            origin: entry.origin.word(),
            updated_at: entry.updated.map(moment::write),
            secrets: made.into_iter().collect(),
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new()
        .routes(routes!(kinds::list_accounts))
        .routes(routes!(kinds::get_account, kinds::put_account, kinds::delete_account))
        .routes(routes!(kinds::list_upstreams))
        .routes(routes!(kinds::get_upstream, kinds::put_upstream, kinds::delete_upstream))
        .routes(routes!(kinds::list_routes))
        .routes(routes!(kinds::get_route, kinds::put_route, kinds::delete_route))
        .routes(routes!(secrets::add_key))
        .routes(routes!(secrets::revoke_key))
        .routes(routes!(secrets::rotate_password))
        .routes(routes!(secrets::rotate_webhook_secret))
}

/// All of a kind as `view` shows them, in one object under the kind's name.
fn list<D: Document, V: Serialize>(declared: &Declared, view: impl Fn(&Entry<D>) -> V) -> Response {
    let all: Vec<V> = D::of(&declared.set).values().map(|entry| view(entry)).collect();
    json(StatusCode::OK, &BTreeMap::from([(D::PLURAL, all)]))
}

/// One of a kind as `view` shows it.
fn get<D: Document, V: Serialize>(
    declared: &Declared,
    name: &str,
    view: impl Fn(&Entry<D>) -> V,
) -> Result<Response, Problem> {
    match D::of(&declared.set).get(name) {
        Some(entry) => Ok(json(StatusCode::OK, &view(entry))),
        None => Err(none::<D>(name).into()),
    }
}

/// Declares one in the place of what has its name.
async fn put<D: Document>(rest: &Rest, who: &str, name: &str, body: &[u8]) -> Result<Response, Problem> {
    let document: D = document(body)?;
    let put = rest.registry.put(name, document, who, rest.live.now()).await?;
    Ok(answer(put))
}

/// The document in a body. What an answer says beside the document may come back with it: it counts for nothing, so
/// that what was read can be changed and put as it is.
pub(super) fn document<D: Document>(body: &[u8]) -> Result<D, Problem> {
    let problem = match parse(body) {
        Ok(document) => return Ok(document),
        Err(problem) => problem,
    };
    let added = problem.field.as_deref().is_some_and(|field| ADDED.contains(&field));
    let Some(mut object) = serde_json::from_slice::<Map<String, Value>>(body).ok().filter(|_| added) else {
        return Err(problem);
    };
    object.retain(|name, _| !ADDED.contains(&name.as_str()));
    parse(&to_json(&object))
}

/// What is declared now, with the secrets that were made.
fn answer<D: Document>(put: Put<D>) -> Response {
    let status = if put.created { StatusCode::CREATED } else { StatusCode::OK };
    json(status, &Resource::of(&put.entry, put.made))
}

async fn delete<D: Document>(rest: &Rest, who: &str, name: &str) -> Result<StatusCode, Problem> {
    rest.registry.delete::<D>(name, who, rest.live.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Origin, RouteDocument, Set};

    #[test]
    fn what_was_answered_can_be_put_again() {
        let documents =
            toml::from_str("[upstreams.a]\nhost='h'\nsystem_id='s'\n[routes.w]\nupstreams=['a']").unwrap();
        let set = Set::of_file(documents, &mut Vec::new());
        let entry = Entry { origin: Origin::Store, ..(*set.routes["w"]).clone() };
        let answered = to_json(&Resource::of(&entry, vec![("password".into(), "x".into())]));
        let read: RouteDocument = document(&answered).unwrap();
        assert_eq!(read, entry.document);
        let wrong = String::from_utf8(answered).unwrap().replace("prefix", "prefox");
        assert_eq!(document::<RouteDocument>(wrong.as_bytes()).unwrap_err().field.as_deref(), Some("prefox"));
    }
}

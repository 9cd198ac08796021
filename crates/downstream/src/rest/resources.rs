//! Declarations over HTTP: accounts, upstreams, routes, numbers, rules and users, each kind with the same verbs; and the secrets of accounts.

mod billing;
mod condition;
mod description;
mod keys;
mod kinds;
mod links;
mod secrets;
mod users;
mod webhook_attempts;
mod webhook_test;

use description::OriginWord;
pub use links::Running;

use super::Rest;
use super::answer::json;
use super::caller::check;
use super::mistakes::{self, Sent};
use super::moment;
use super::payload::parse;
use super::problem::Problem;
use super::reload;
use condition::{condition, tagged};

use crate::rest::routing::{ApiRoutes, routes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_access::SignedIn;
use postrider_core::user::Permission;
use postrider_declare::tree::Node;
use postrider_declare::{
    CurrencyDocument, Declared, Document, Entry, LimitDocument, LookupDocument, Mistake, NumberDocument,
    PauseDocument, Put, Read, RouteDocument, RuleDocument, SharedPolicyDocument, none,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The fields that answers have beside those of the document.
pub const ADDED: [&str; 8] =
    ["origin", "updated_at", "secrets", "links", "ids_learnt", "keys_used", "password_set", "totp_set"];

/// Something that is declared.
#[derive(Serialize)]
pub(super) struct Resource<D> {
    #[serde(flatten)]
    document: D,
    #[serde(flatten)]
    origin: Declaration,
}

/// What answers say about a declaration.
#[derive(Serialize, ToSchema)]
struct Declaration {
    /// Where it is declared: `file`, which can only be read, or `store`.
    #[schema(value_type = OriginWord)]
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
            origin: Declaration {
                origin: entry.origin.word(),
                updated_at: entry.updated.map(moment::write),
                secrets: made.into_iter().collect(),
            },
        }
    }
}

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .merge(kinds::accounts::verbs())
        .merge(kinds::upstreams::verbs())
        .merge(kinds::routes::verbs())
        .merge(kinds::numbers::verbs())
        .merge(kinds::pauses::verbs())
        .merge(kinds::limits::verbs())
        .merge(kinds::lookups::verbs())
        .merge(kinds::currencies::verbs())
        .merge(kinds::policies::verbs())
        .merge(kinds::rules::verbs())
        .merge(kinds::users::verbs())
        .routes(routes!(billing::patch_billing))
        .routes(routes!(secrets::add_key))
        .routes(routes!(secrets::revoke_key))
        .routes(routes!(secrets::rotate_password))
        .routes(routes!(secrets::rotate_webhook_secret))
        .routes(routes!(secrets::drop_previous_webhook_secret))
        .routes(routes!(webhook_attempts::webhook_attempts))
        .routes(routes!(webhook_test::test_webhook))
}

/// A kind of document as answers show it.
trait Shown: Document {
    /// What an answer holds of one.
    type View: Serialize;
    /// What views are made of besides the document, at one moment.
    type Moment;

    fn moment(rest: &Rest, declared: &Declared) -> Self::Moment;
    fn view(entry: &Entry<Self>, moment: &Self::Moment) -> Self::View;

    /// What a user needs to declare it so, besides what the operation needs.
    fn needed(_before: Option<&Self>, _after: &Self) -> Option<Permission> {
        None
    }

    /// What a user needs to change these fields of it, besides what the operation needs.
    fn needed_by_patch(_patch: &Node) -> Option<Permission> {
        None
    }
}

/// Who asks for a change: a key by its name, or a user.
struct Asker<'a> {
    rest: &'a Rest,
    who: &'a str,
    user: Option<&'a SignedIn>,
}

impl<'a> Asker<'a> {
    const fn new(rest: &'a Rest, who: &'a str, user: Option<&'a SignedIn>) -> Self {
        Self { rest, who, user }
    }

    /// Refuses a user who may not do what needs this. Keys have scopes instead.
    fn needs(&self, needed: Option<Permission>) -> Result<(), Problem> {
        match (self.user, needed) {
            (Some(user), Some(needed)) => check(user, needed, self.rest),
            _ => Ok(()),
        }
    }
}

/// Documents that are shown as they are declared.
macro_rules! shown_as_declared {
    ($($document:ty)+) => {$(
        impl Shown for $document {
            type View = Resource<Self>;
            type Moment = ();

            fn moment(_rest: &Rest, _declared: &Declared) {}

            fn view(entry: &Entry<Self>, _moment: &()) -> Resource<Self> {
                Resource::shown(entry)
            }
        }
    )+};
}

shown_as_declared! { RouteDocument NumberDocument PauseDocument LimitDocument LookupDocument CurrencyDocument SharedPolicyDocument RuleDocument }

/// All of a kind, in one object under the kind's name.
fn list<D: Shown>(rest: &Rest) -> Response {
    let declared = rest.registry.declared();
    let moment = D::moment(rest, &declared);
    let all: Vec<_> = D::of(&declared.set).values().map(|entry| D::view(entry, &moment)).collect();
    json(StatusCode::OK, &BTreeMap::from([(D::PLURAL, all)]))
}

/// One of a kind.
fn get<D: Shown>(rest: &Rest, name: &str) -> Result<Response, Problem> {
    let declared = rest.registry.declared();
    match D::of(&declared.set).get(name) {
        Some(entry) => Ok(tagged(json(StatusCode::OK, &D::view(entry, &D::moment(rest, &declared))), entry)),
        None => Err(none::<D>(name).into()),
    }
}

/// Declares one in the place of what has its name.
async fn put<D: Shown>(
    asker: &Asker<'_>,
    name: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Problem> {
    let Asker { rest, who, .. } = *asker;
    let condition = condition(headers)?;
    let read: Read<D> = document(body)?;
    let declared = rest.registry.declared();
    let before = D::of(&declared.set).get(name).map(|entry| &entry.document);
    asker.needs(D::needed(before, &read.document))?;
    let put = rest.registry.put_if(name, read, condition, who, rest.live.now()).await;
    Ok(answer(put.map_err(|error| mistakes::refused(error, Sent { body, place: [D::PLURAL, name] }))?))
}

/// Changes fields of one.
async fn patch<D: Shown>(
    asker: &Asker<'_>,
    name: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Problem> {
    let Asker { rest, who, .. } = *asker;
    let condition = condition(headers)?;
    let mut patch: Node = parse(body)?;
    patch.remove(&ADDED);
    asker.needs(D::needed_by_patch(&patch))?;
    let put = rest.registry.patch::<D>(name, patch, condition, who, rest.live.now()).await;
    Ok(answer(put.map_err(|error| mistakes::refused(error, Sent { body, place: [D::PLURAL, name] }))?))
}

/// The document in a body. An answer's additions to a document are left out, so that what was read can be changed and put
/// as it is.
pub(super) fn document<D: Document>(body: &[u8]) -> Result<Read<D>, Problem> {
    let mut node: Node = parse(body)?;
    node.remove(&ADDED);
    let (document, mistakes) = postrider_declare::read(&node);
    match document {
        Some(document) if !mistakes.iter().any(Mistake::is_of_form) => Ok(Read { document, mistakes }),
        _ => Err(mistakes::of_form(&mistakes, Some(Sent { body, place: [D::PLURAL, ""] }))),
    }
}

/// What is declared now, with the secrets that were made.
fn answer<D: Document>(put: Put<D>) -> Response {
    let status = if put.created { StatusCode::CREATED } else { StatusCode::OK };
    tagged(json(status, &Resource::of(&put.entry, put.made)), &put.entry)
}

async fn delete<D: Document>(
    rest: &Rest,
    who: &str,
    name: &str,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<StatusCode, Problem> {
    let allow_empty = reload::allow_empty(query)?;
    rest.registry.delete::<D>(name, allow_empty, condition(headers)?, who, rest.live.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_declare::{Origin, Set};

    #[test]
    fn what_was_answered_can_be_put_again() {
        let documents =
            toml::from_str("[upstreams.a]\nhost='h'\nsystem_id='s'\n[routes.w]\nupstreams=['a']").unwrap();
        let set = Set::of_file(documents, &mut Vec::new());
        let entry = Entry { origin: Origin::Store, ..(*set.routes["w"]).clone() };
        let answered =
            serde_json::to_vec(&Resource::of(&entry, vec![("password".into(), "x".into())])).unwrap();
        let read: Read<RouteDocument> = document(&answered).unwrap();
        assert_eq!((&read.document, &read.mistakes[..]), (&entry.document, &[][..]));
        let wrong = String::from_utf8(answered).unwrap().replace("prefix", "prefox");
        assert_eq!(document::<RouteDocument>(wrong.as_bytes()).unwrap_err().field.as_deref(), Some("prefox"));
    }

    #[test]
    fn every_mistake_of_a_bodys_form_is_told() {
        let problem = document::<RouteDocument>(br#"{"prefix":33,"upstream":["a"]}"#).unwrap_err();
        assert_eq!((problem.status.as_u16(), &*problem.code), (400, "invalid_request"));
        assert_eq!(&*problem.detail, "unknown field 'upstream': did you mean 'upstreams'?");
        let (name, errors) = *problem.more.unwrap();
        let fields: Vec<&str> =
            errors.as_array().unwrap().iter().filter_map(|error| error["field"].as_str()).collect();
        assert_eq!((name, &fields[..]), ("errors", &["upstream", "prefix", "upstreams"][..]));
        let place =
            |index: usize| (&errors[index]["pointer"], &errors[index]["line"], &errors[index]["column"]);
        assert_eq!(place(1), (&"#/prefix".into(), &1.into(), &11.into()));
        assert_eq!(place(2), (&"#/upstreams".into(), &1.into(), &1.into()));
    }
}

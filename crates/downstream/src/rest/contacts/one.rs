//! Contacts, one and many.

use super::view::{ContactDocument, ContactView};
use super::{not_kept, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::query;
use crate::rest::templates::{tagged, version_read};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use postrider_apps::contact::{ContactFilter, Put, Segment};
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Conditions on contacts, and the page of their list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ContactsQuery {
    /// The most contacts of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// In this group.
    group: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// For which this holds, such as `country = 'DE' and age >= 18`.
    segment: Option<String>,
    /// With this external identifier.
    external_id: Option<String>,
}

/// A page of contacts.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct ContactList {
    /// The contacts, by number.
    contacts: Vec<ContactView>,
    /// The `cursor` of the next page; absent if this is the last. A page looks through 20,000 contacts, so that one with conditions
    /// may have fewer than the limit, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What a query asks for.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) filter: ContactFilter,
    limit: Option<usize>,
    cursor: Option<Box<str>>,
    external_id: Option<String>,
}

impl Wanted {
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut wanted = Self::default();
        for (name, value) in query::pairs(query.unwrap_or_default(), known)? {
            match name.as_str() {
                "limit" => wanted.limit = Some(list::limit(&value)?),
                "cursor" => wanted.cursor = Some(value.into()),
                "group" => wanted.filter.group = Some(value.into()),
                "tag" => wanted.filter.tag = Some(value.into()),
                "segment" => {
                    let segment = Segment::parse(&value);
                    let wrong = |error: postrider_apps::contact::WrongSegment| {
                        query::wrong("segment", &error.to_string())
                    };
                    wanted.filter.segment = Some(segment.map_err(wrong)?);
                }
                _ => wanted.external_id = Some(value),
            }
        }
        Ok(wanted)
    }
}

/// Lists the account's contacts by number.
#[utoipa::path(
    get, path = "/v1/contacts", operation_id = "listContacts", tag = "contacts", params(ContactsQuery),
    responses(
        (status = 200, description = "A page of contacts.", body = ContactList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_contacts(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = ["limit", "cursor", "group", "tag", "segment", "external_id"];
    let wanted = Wanted::read(query.as_deref(), &known)?;
    let (contacts, account) = (&rest.apps.contacts, owned.account.id);
    if let Some(id) = &wanted.external_id {
        let found = match contacts.by_external_id(account, id).await? {
            Some(number) => contacts.show(account, number).await?,
            None => None,
        };
        let contacts = found.iter().map(|(contact, _)| contact.into()).collect();
        return Ok(json(StatusCode::OK, &ContactList { contacts, next: None }));
    }
    let limit = wanted.limit.unwrap_or(list::PAGE);
    let (found, next) = contacts.list(account, &wanted.filter, wanted.cursor, limit).await?;
    let contacts = found.iter().map(|(contact, _)| contact.into()).collect();
    Ok(json(StatusCode::OK, &ContactList { contacts, next: next.map(Into::into) }))
}

/// Conditions on the contacts that are counted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct CountQuery {
    /// In this group.
    group: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// For which this holds, such as `country = 'DE' and age >= 18`.
    segment: Option<String>,
}

/// How many contacts there are.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct ContactCount {
    /// Contacts that meet all conditions.
    contacts: u64,
    /// Those of them who get no messages, since they opted out of all or are blocked.
    opted_out: u64,
}

/// Counts the account's contacts that meet all conditions, and those of them who opted out: each is looked at.
#[utoipa::path(
    get, path = "/v1/contacts/count", operation_id = "countContacts", tag = "contacts", params(CountQuery),
    responses(
        (status = 200, description = "The count.", body = ContactCount),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn count_contacts(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let filter = Wanted::read(query.as_deref(), &["group", "tag", "segment"])?.filter;
    let (consent, account) = (Arc::clone(&rest.consent), owned.account.id);
    let is_closed = move |number| consent.forbids(number, account).is_some();
    let counted = rest.apps.contacts.count(account, &filter, is_closed).await?;
    Ok(json(StatusCode::OK, &ContactCount { contacts: counted.contacts, opted_out: counted.opted_out }))
}

/// Shows a contact.
#[utoipa::path(
    get, path = "/v1/contacts/{number}", operation_id = "getContact", tag = "contacts",
    params(("number" = String, Path, description = "The number, with `+` written as `%2B`.")),
    responses(
        (status = 200, description = "The contact.", body = ContactView, headers(("ETag" = String, description = "What `If-Match` takes."))),
        (status = 404, description = "There is no such contact.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The number or the request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn contact(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(given): Path<String>,
) -> Result<Response, Problem> {
    let number = number(&given, &owned.account)?;
    let found = rest.apps.contacts.show(owned.account.id, number).await?;
    let (contact, version) = found.ok_or_else(missing)?;
    Ok(tagged(json(StatusCode::OK, &ContactView::from(&contact)), version))
}

fn missing() -> Problem {
    Problem::not_found("there is no such contact")
}

/// Keeps a contact, in the place of what was known of its number.
#[utoipa::path(
    put, path = "/v1/contacts/{number}", operation_id = "putContact", tag = "contacts", request_body = ContactDocument,
    params(
        ("number" = String, Path, description = "The number, with `+` written as `%2B`."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that it must have."),
        ("If-None-Match" = Option<String>, Header, description = "`*` if it must not be there yet."),
    ),
    responses(
        (status = 200, description = "Changed, or as it was.", body = ContactView, headers(("ETag" = String, description = "What `If-Match` takes."))),
        (status = 201, description = "New.", body = ContactView, headers(("ETag" = String, description = "What `If-Match` takes."))),
        (status = 409, description = "Another contact has its external identifier.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "The contact has changed meanwhile.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn put_contact(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(given): Path<String>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let number = number(&given, &owned.account)?;
    let contact = parse::<ContactDocument>(&body)?.contact(number.digits());
    let read = version_read(&headers)?;
    let kept = rest.apps.contacts.put(owned.account.id, contact, read).await;
    let (contact, version, put) = kept.map_err(not_kept)?;
    let status = if put == Put::New { StatusCode::CREATED } else { StatusCode::OK };
    Ok(tagged(json(status, &ContactView::from(&contact)), version))
}

/// Forgets a contact. Messages, opt-outs and consents stay.
#[utoipa::path(
    delete, path = "/v1/contacts/{number}", operation_id = "deleteContact", tag = "contacts",
    params(
        ("number" = String, Path, description = "The number, with `+` written as `%2B`."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that it must have."),
    ),
    responses(
        (status = 204, description = "It is forgotten."),
        (status = 404, description = "There is no such contact.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The number or the request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "The contact has changed meanwhile.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn delete_contact(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(given): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let number = number(&given, &owned.account)?;
    let removed = rest.apps.contacts.remove(owned.account.id, number, version_read(&headers)?).await;
    if removed.map_err(not_kept)? { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(missing()) }
}

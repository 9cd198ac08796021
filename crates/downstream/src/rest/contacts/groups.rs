//! Groups of contacts.

use super::{not_kept, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list::{self, PageQuery};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::templates::{check_name, page};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use postrider_apps::contact::Group;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A group to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct GroupDocument {
    /// What it is for, for people.
    #[serde(default)]
    description: Option<String>,
}

/// A group of contacts.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub(in crate::rest) struct GroupView {
    /// Its name.
    name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// How many contacts are in it; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<u64>,
}

/// A page of groups.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct GroupList {
    /// The groups, by name.
    groups: Vec<GroupView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl GroupView {
    fn of(group: &Group, members: Option<u64>) -> Self {
        let description = group.description.as_deref().map(str::to_owned);
        Self { name: group.name.to_string(), description, members }
    }
}

fn missing() -> Problem {
    Problem::not_found("there is no such group")
}

/// Lists the account's declared groups by name. The members of one are listed by `GET /v1/contacts?group=`, and counted with those who
/// opted out by `GET /v1/contacts/count?group=`.
#[utoipa::path(
    get, path = "/v1/groups", operation_id = "listGroups", tag = "contacts", params(PageQuery),
    responses(
        (status = 200, description = "A page of groups.", body = GroupList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_groups(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (limit, cursor) = page(query.as_deref())?;
    let found = rest.apps.groups.list(owned.account.id, cursor.as_deref(), limit + 1).await?;
    let (page, next) = list::page(&found, limit, |group| group.name.to_string());
    let groups = page.iter().map(|group| GroupView::of(group, None)).collect();
    Ok(json(StatusCode::OK, &GroupList { groups, next }))
}

/// Shows a group, and how many contacts are in it. It is there if it was declared, or if a contact names it.
#[utoipa::path(
    get, path = "/v1/groups/{name}", operation_id = "getGroup", tag = "contacts",
    params(("name" = String, Path, description = "The group's name.")),
    responses(
        (status = 200, description = "The group.", body = GroupView),
        (status = 404, description = "There is no such group.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn group(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.groups.show(owned.account.id, &name).await?;
    let (group, members) = found.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &GroupView::of(&group, Some(members))))
}

/// Keeps a group. Contacts that name it are in it, whether it was kept before or is kept later.
#[utoipa::path(
    put, path = "/v1/groups/{name}", operation_id = "putGroup", tag = "contacts", request_body = GroupDocument,
    params(("name" = String, Path, description = "The group's name: small letters, digits, `-` and `_`.")),
    responses(
        (status = 200, description = "Changed, or as it was.", body = GroupView),
        (status = 201, description = "New.", body = GroupView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn put_group(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    check_name(&name)?;
    let GroupDocument { description } = parse(&body)?;
    let group = Group { name: name.into(), description: description.map(Into::into) };
    let is_new = rest.apps.groups.put(owned.account.id, &group).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &GroupView::of(&group, None)))
}

/// Deletes a group that nobody is in.
#[utoipa::path(
    delete, path = "/v1/groups/{name}", operation_id = "deleteGroup", tag = "contacts",
    params(("name" = String, Path, description = "The group's name.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 404, description = "There is no such group.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "Somebody is in it.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn delete_group(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (groups, account) = (&rest.apps.groups, owned.account.id);
    match groups.show(account, &name).await? {
        None => Err(missing()),
        Some((_, 0)) => {
            groups.remove(account, &name).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Some((_, members)) => {
            let detail = format!("{members} contacts are in this group: take them out first");
            Err(Problem::new(StatusCode::CONFLICT, "group_not_empty", detail))
        }
    }
}

/// Adds a number to a group; makes a contact of it if there is none.
#[utoipa::path(
    put, path = "/v1/groups/{name}/members/{number}", operation_id = "addGroupMember", tag = "contacts",
    params(
        ("name" = String, Path, description = "The group's name."),
        ("number" = String, Path, description = "The number, with `+` written as `%2B`."),
    ),
    responses(
        (status = 204, description = "It is in the group."),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn add_member(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path((name, given)): Path<(String, String)>,
) -> Result<Response, Problem> {
    check_name(&name)?;
    let number = number(&given, &owned.account)?;
    let set = rest.apps.contacts.set_member(owned.account.id, &name, number, true).await;
    set.map_err(not_kept)?;
    rest.apps.groups.declare(owned.account.id, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes a number out of a group. The contact stays.
#[utoipa::path(
    delete, path = "/v1/groups/{name}/members/{number}", operation_id = "removeGroupMember", tag = "contacts",
    params(
        ("name" = String, Path, description = "The group's name."),
        ("number" = String, Path, description = "The number, with `+` written as `%2B`."),
    ),
    responses(
        (status = 204, description = "It is not in the group."),
        (status = 404, description = "It was not in the group.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "It is no number.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn remove_member(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path((name, given)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let number = number(&given, &owned.account)?;
    let set = rest.apps.contacts.set_member(owned.account.id, &name, number, false).await;
    if set.map_err(not_kept)? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(Problem::not_found("this number is not in the group"))
}

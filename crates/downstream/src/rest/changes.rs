//! Changes of declarations: when, and by whom.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::list::{self, PAGE, PageQuery};
use super::problem::{Problem, ProblemDocument};
use super::{moment, query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::ResourceChange;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

/// A change of a declaration.
#[derive(Serialize, ToSchema)]
#[schema(as = Change)]
pub(super) struct ChangeView<'a> {
    /// The time of the change.
    #[schema(format = "date-time")]
    at: String,
    /// The author: an administrator's name, or `file`.
    who: &'a str,
    /// The kind of resource: `account`, `upstream` or `route`.
    kind: &'a str,
    /// The resource's name.
    name: &'a str,
    /// The declaration before, without secrets; null if it was new.
    #[schema(value_type = Option<Object>)]
    before: Option<&'a RawValue>,
    /// The declaration after, without secrets; null if it was deleted. `secrets_changed` names the secrets that changed.
    #[schema(value_type = Option<Object>)]
    after: Option<&'a RawValue>,
}

/// A page of changes.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangeList)]
pub(super) struct ChangesPage<'a> {
    /// The changes, the newest first.
    changes: Vec<ChangeView<'a>>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists changes of declarations, the newest first.
#[utoipa::path(
    get, path = "/v1/changes", operation_id = "listChanges", tag = "declarations", params(PageQuery),
    responses(
        (status = 200, description = "A page of changes.", body = ChangesPage),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn changes(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    let (limit, before) = page(given.as_deref().unwrap_or_default())?;
    // One more than requested shows whether there is another page.
    let found = rest.registry.changes(before, limit + 1).await?;
    Ok(json(StatusCode::OK, &ChangesPage::new(&found, limit)))
}

/// The length of a page, and the position before which it begins.
fn page(query: &str) -> Result<(usize, Option<u64>), Problem> {
    let (mut limit, mut before) = (PAGE, None);
    for (name, value) in query::pairs(query, &["limit", "cursor"])? {
        if name == "limit" {
            limit = list::limit(&value)?;
        } else {
            before = list::cursor(&value)?;
        }
    }
    Ok((limit, before))
}

impl<'a> ChangesPage<'a> {
    /// The page of the first `limit` changes that were found.
    fn new(found: &'a [(u64, ResourceChange)], limit: usize) -> Self {
        let (page, next) = list::page(found, limit, |(position, _)| position.to_string());
        Self { changes: page.iter().map(|(_, change)| view(change)).collect(), next }
    }
}

fn view(change: &ResourceChange) -> ChangeView<'_> {
    ChangeView {
        at: moment::write(change.at),
        who: &change.who,
        kind: &change.kind,
        name: &change.name,
        before: raw(change.before.as_deref()),
        after: raw(change.after.as_deref()),
    }
}

fn raw(text: Option<&str>) -> Option<&RawValue> {
    serde_json::from_str(text?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::time::Time;

    fn change(position: u64) -> (u64, ResourceChange) {
        let change = ResourceChange {
            at: Time(1_000),
            who: "ops".into(),
            kind: "route".into(),
            name: "world".into(),
            before: None,
            after: Some(r#"{"upstreams":["a"]}"#.into()),
        };
        (position, change)
    }

    #[test]
    fn a_page_names_the_next_one_unless_it_is_the_last() {
        let found = [change(9), change(5), change(2)];
        let show = |limit| serde_json::to_value(ChangesPage::new(&found, limit)).unwrap();
        let first = show(2);
        assert_eq!((first["changes"].as_array().unwrap().len(), &first["next"]), (2, &"5".into()));
        assert_eq!(show(3).get("next"), None);
        let expected = serde_json::json!({
            "at": "1970-01-01T00:00:01.000Z", "who": "ops", "kind": "route", "name": "world",
            "before": null, "after": { "upstreams": ["a"] },
        });
        assert_eq!(first["changes"][0], expected);
    }

    #[test]
    fn a_page_is_read_from_the_query() {
        assert_eq!(page(""), Ok((PAGE, None)));
        assert_eq!(page("limit=500&cursor=42"), Ok((500, Some(42))));
        for (query, field) in [("limit=501", "limit"), ("cursor=x", "cursor"), ("page=2", "page")] {
            assert_eq!(page(query).unwrap_err().field.as_deref(), Some(field), "{query}");
        }
    }
}

//! Lists of messages from handsets, a page at a time.

use super::ReceivedView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::list::{self, PAGE, PageQuery};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::query;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::InboundFilter;
use postrider_core::principal::Principal;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The filter of a list. All conditions must hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct InboundQuery {
    /// The handset. Write its `+` as `%2B`, or leave it out.
    from: Option<String>,
    /// The number, short code or name that was written to.
    to: Option<String>,
    /// A word that rules have marked it with.
    tag: Option<String>,
    /// The earliest time of arrival: RFC 3339, or a length of time before now, such as `1h`.
    since: Option<String>,
    /// The time before which messages came: RFC 3339, or a length of time before now, such as `1h`.
    until: Option<String>,
    /// The account's name; for administrators. Empty: messages that belong to nobody.
    account: Option<String>,
}

/// A page of messages from handsets.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedMessageList)]
pub(in crate::rest) struct InboundPage<'a> {
    /// The messages, the newest first.
    messages: Vec<ReceivedView<'a>>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists messages from handsets, the newest first.
#[utoipa::path(
    get, path = "/v1/inbound", tag = "messages", operation_id = "listInbound", params(InboundQuery, PageQuery),
    responses(
        (status = 200, description = "A page of messages.", body = InboundPage),
        (status = 400, description = "A filter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn inbound(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let Some(filter) = filter(query.as_deref().unwrap_or_default(), &caller, &rules, rest.live.now())? else {
        return Ok(json(StatusCode::OK, &InboundPage { messages: Vec::new(), next: None }));
    };
    let limit = filter.limit;
    // One more than requested shows whether there is another page.
    let found = rest.archive.inbound(InboundFilter { limit: limit + 1, ..filter }).await?;
    let (page, next) = list::page(&found, limit, |received| received.id.to_string());
    let messages = page.iter().map(|received| ReceivedView::of(received, &rules, caller.viewer())).collect();
    Ok(json(StatusCode::OK, &InboundPage { messages, next }))
}

/// The filter in a query; `None` if no message can pass it.
fn filter(
    query: &str,
    caller: &Principal,
    rules: &Rules,
    now: Time,
) -> Result<Option<InboundFilter>, Problem> {
    let mut filter = InboundFilter::all(caller.viewer(), PAGE);
    // All parameters are read, also where the account is unknown: each mistake is told.
    let mut is_known = true;
    let known = ["from", "to", "tag", "since", "until", "account", "limit", "cursor"];
    for (name, value) in query::pairs(query, &known)? {
        match name.as_str() {
            "from" => filter.from = Some(address(&value)),
            "to" => filter.to = Some(address(&value)),
            "tag" => filter.tag = Some(value.into()),
            "since" => filter.since = list::time(&name, &value, now)?,
            "until" => filter.until = list::time(&name, &value, now)?,
            "limit" => filter.limit = list::limit(&value)?,
            "cursor" => filter.before = list::cursor(&value)?,
            _ => match list::account(&value, caller.viewer(), rules)? {
                Some(account) => filter.viewer = account,
                None if value.is_empty() => filter.unowned = true,
                None => is_known = false,
            },
        }
    }
    Ok(is_known.then_some(filter))
}

/// An address as lists show it. The `+` in front of a number may have become a space on its way through a URL.
fn address(value: &str) -> Box<str> {
    Sender::parse(value).map_or_else(|_| value.into(), |address| address.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use postrider_core::principal::Viewer;

    fn read(query: &str) -> Result<Option<InboundFilter>, Box<str>> {
        let caller = Principal::administrator("root".into());
        let rules = crate::testing::rules(account());
        filter(query, &caller, &rules, Time(10_000_000)).map_err(|problem| problem.field.unwrap_or_default())
    }

    #[test]
    fn every_condition_arrives() {
        let found = read(
            "from=+447700900123&to=60006&since=2030-01-31T09:00:00Z&until=2030-01-31T10:00:00+01:00&limit=2&cursor=42",
        );
        let filter = found.unwrap().unwrap();
        assert_eq!((filter.from.as_deref(), filter.to.as_deref()), (Some("+447700900123"), Some("60006")));
        assert_eq!((filter.since, filter.limit), (filter.until, 2));
        assert_eq!(read("since=1h").unwrap().unwrap().since, Some(Time(10_000_000 - 3_600_000)));
        assert!(read("account=").unwrap().unwrap().unowned);
        assert_eq!(read("account=shop").unwrap().unwrap().viewer, Viewer::Account(account().id));
        assert!(read("account=nobody").unwrap().is_none());
    }

    #[test]
    fn errors_name_the_parameter() {
        for (query, field) in
            [("since=x", "since"), ("limit=0", "limit"), ("cursor=x", "cursor"), ("form=1", "form")]
        {
            assert_eq!(&*read(query).unwrap_err(), field, "{query}");
        }
    }
}

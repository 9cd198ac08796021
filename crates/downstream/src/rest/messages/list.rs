//! Lists of messages, a page at a time.

use super::view::MessageView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::list::{self, PAGE, PageQuery};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::query;
use crate::rest::words::StateWord;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::Filter;
use postrider_core::delivery::State as MessageState;
use postrider_core::number::Number;
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
pub(in crate::rest) struct ListQuery {
    /// The recipient. Write its `+` as `%2B`, or leave it out.
    to: Option<String>,
    /// The sender that the recipient sees: a number, a code or a name.
    from: Option<String>,
    /// The state.
    #[param(value_type = Option<StateWord>)]
    state: Option<String>,
    /// Your own reference.
    reference: Option<String>,
    /// The name of the upstream that sends or sent it.
    upstream: Option<String>,
    /// The carrier's identifier of a part, as the carrier gave it.
    carrier_reference: Option<String>,
    /// The gateway's code of its error, or the carrier's code or word.
    error: Option<String>,
    /// Held by a rule against fraud whose name begins so, such as `policies.otp.fraud`; `*` is any rule.
    held_by: Option<String>,
    /// The earliest time of acceptance: RFC 3339, or a length of time before now, such as `1h`.
    since: Option<String>,
    /// The time before which messages were accepted: RFC 3339, or a length of time before now, such as `1h`.
    until: Option<String>,
    /// The account's name; for administrators.
    account: Option<String>,
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageList)]
pub(in crate::rest) struct Page<'a> {
    /// The messages, the newest first.
    messages: Vec<MessageView<'a>>,
    /// The `cursor` of the next page; absent if this is the last. A page that isn't the last may have fewer messages than
    /// `limit`, or none: the gateway looks through so many at once, and the search goes on there.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists messages, the newest first.
#[utoipa::path(
    get, path = "/v1/messages", operation_id = "listMessages", tag = "messages", params(ListQuery, PageQuery),
    responses(
        (status = 200, description = "A page of messages.", body = Page),
        (status = 400, description = "A filter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let Some(filter) = filter(query.as_deref().unwrap_or_default(), &caller, &rules, rest.live.now())? else {
        return Ok(json(StatusCode::OK, &Page { messages: Vec::new(), next: None }));
    };
    let page = rest.archive.list(filter).await?;
    let view = |entry| MessageView::of_entry(entry, &rules, caller.viewer());
    let messages = page.entries.iter().map(view).collect();
    Ok(json(StatusCode::OK, &Page { messages, next: page.next.map(|next| next.to_string()) }))
}

/// The parameters of a list.
const PARAMETERS: [&str; 13] = [
    "to",
    "from",
    "state",
    "reference",
    "upstream",
    "carrier_reference",
    "error",
    "held_by",
    "since",
    "until",
    "account",
    "limit",
    "cursor",
];

/// The filter in a query; `None` if no message can pass it.
fn filter(query: &str, caller: &Principal, rules: &Rules, now: Time) -> Result<Option<Filter>, Problem> {
    let mut filter = Filter::all(caller.viewer(), PAGE);
    // All parameters are read, also where the account is unknown: each mistake is told.
    let mut is_known = true;
    for (name, value) in query::pairs(query, &PARAMETERS)? {
        let wrong = |detail: &str| query::wrong(&name, detail);
        match name.as_str() {
            "to" => {
                filter.to = Some(Number::parse(&value).map_err(|error| wrong(&error.to_string()))?);
            }
            "state" => filter.state = Some(MessageState::from_word(&value).ok_or_else(|| wrong(&states()))?),
            "from" => {
                filter.sender = Some(Sender::parse(&value).map_err(|error| wrong(&error.to_string()))?);
            }
            "reference" => filter.reference = Some(value),
            "upstream" => match rules.upstreams().find(|upstream| *upstream.name == *value) {
                Some(upstream) => filter.upstream = Some(upstream.id),
                None => is_known = false,
            },
            "carrier_reference" => filter.carrier_reference = Some(value),
            "error" => filter.error = Some(words(&value).ok_or_else(|| wrong("give a code"))?),
            "held_by" => filter.held_by = Some(value.trim_end_matches('*').into()),
            "since" => filter.since = list::time(&name, &value, now)?,
            "until" => filter.until = list::time(&name, &value, now)?,
            "limit" => filter.limit = list::limit(&value)?,
            "cursor" => filter.before = list::cursor(&value)?,
            _ => match list::account(&value, caller.viewer(), rules)? {
                Some(account) => filter.viewer = account,
                None => is_known = false,
            },
        }
    }
    Ok(is_known.then_some(filter))
}

/// The words of an error, one blank between them; `None` if there are none.
fn words(value: &str) -> Option<String> {
    let words = value.replace(':', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    Some(words).filter(|words| !words.is_empty())
}

fn states() -> String {
    let words: Vec<&str> = MessageState::ALL.into_iter().map(MessageState::word).collect();
    format!("unknown state; the states are {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn read(query: &str) -> Result<Filter, Option<Box<str>>> {
        let caller = Principal::administrator("root".into());
        filter(query, &caller, &Rules::default(), Time(10_000_000))
            .map(|filter| filter.unwrap_or_else(|| panic!("no such account")))
            .map_err(|problem| problem.field)
    }

    #[test]
    fn every_condition_arrives() {
        let filter = read(
            "to=%2B447700900123&from=Shop&state=delivered&reference=a%20b+c&carrier_reference=0A1B&error=012:%20x&held_by=policies.otp&since=2030-01-31T09:00:00Z\
             &until=2030-01-31T10:00:00+01:00&limit=500&cursor=42",
        )
        .unwrap();
        assert_eq!(filter.to.unwrap().to_string(), "+447700900123");
        assert_eq!(filter.state, Some(MessageState::Delivered));
        assert_eq!(filter.reference.as_deref(), Some("a b c"));
        assert_eq!(filter.sender.unwrap().to_string(), "Shop");
        assert_eq!(filter.carrier_reference.as_deref(), Some("0A1B"));
        assert_eq!(filter.error.as_deref(), Some("012 x"));
        assert_eq!(filter.held_by.as_deref(), Some("policies.otp"));
        assert_eq!(filter.since, filter.until);
        assert_eq!((filter.limit, filter.before.map(postrider_core::id::MessageId::number)), (500, Some(42)));
        assert_eq!(read("").unwrap().limit, 50);
    }

    #[test]
    fn errors_name_the_parameter() {
        for (query, field) in [
            ("to=07700", "to"),
            ("state=lost", "state"),
            ("since=yesterday", "since"),
            ("since=1y", "since"),
            ("from=a+name+that+is+much+too+long", "from"),
            ("error=+", "error"),
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("cursor=x", "cursor"),
            ("colour=red", "colour"),
            ("account=nobody&limit=0", "limit"),
        ] {
            assert_eq!(read(query).unwrap_err().as_deref(), Some(field), "{query}");
        }
        let caller = Principal::administrator("root".into());
        for unknown in ["account=nobody", "upstream=nobody"] {
            assert!(filter(unknown, &caller, &Rules::default(), Time(0)).unwrap().is_none());
        }
    }
}

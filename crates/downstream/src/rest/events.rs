//! The stream of events: server-sent events (WHATWG HTML, 9.2), resumable by `Last-Event-ID`.

mod open;
mod stream;
mod view;

pub use open::OpenStreams;
pub(crate) use view::view as event_view;

use super::Rest;
use super::caller::Reader;
use super::problem::{Problem, ProblemDocument};
use super::query;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use postrider_core::contract::EventsWanted;
use postrider_core::principal::{Principal, Viewer};
use postrider_core::rules::Rules;
use postrider_core::stream::{EventFilter, EventPosition, types};
use postrider_declare::suggest;
use std::sync::Arc;
use std::time::Duration;
use stream::Follower;
use utoipa::{IntoParams, ToSchema};

/// The header in which a client that comes again says which event it saw last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The value of `after` for the oldest event that is kept.
const OLDEST: &str = "oldest";
/// The most events that are read at once.
const AT_ONCE: usize = 500;

/// The events to be followed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(super) struct EventsQuery {
    /// The types of events, separated by commas, such as `message.received,message.delivered`. Default: all.
    types: Option<String>,
    /// The id of the event behind which the stream begins, or `oldest`. The header `Last-Event-ID` overrides it. Default: the
    /// stream begins now.
    after: Option<String>,
    /// The account's name; for administrators. Default: events of all accounts, and of none.
    account: Option<String>,
}

/// Events as text.
#[cfg(test)]
#[derive(ToSchema)]
#[schema(value_type = String)]
pub(super) struct EventStream(#[expect(dead_code, reason = "it only describes the answer")] String);

/// Follows events as they happen: messages from handsets, ends of messages, and others.
///
/// Each event has an `id`, its type as `event`, and as `data` a JSON object of the form of a webhook's post: `type`, `timestamp`
/// and `data`. A client that connects again with the header `Last-Event-ID` gets everything behind that event.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "followEvents", tag = "messages",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received.")),
    responses(
        (status = 200, description = "Events until either side ends the stream, at most for an hour.", body = EventStream, content_type = "text/event-stream"),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "The stream is switched off.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "Events behind that one are not kept any more.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many streams are open.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn events(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    if !rest.streams.are_kept() {
        return Err(Problem::not_found("the stream of events is switched off: see retention.events"));
    }
    let rules = rest.live.rules();
    let mut wanted = wanted(query.as_deref().unwrap_or_default(), &caller, &rules)?;
    if let Some(last) = headers.get(LAST_EVENT_ID) {
        let last = last.to_str().unwrap_or_default();
        wanted.after = Some(position(last).map_err(|detail| Problem::bad("invalid_event_id", detail))?);
    }
    let place = rest.streams.open(caller.viewer()).ok_or_else(too_many)?;
    let first = rest.archive.events(wanted.clone(), Duration::ZERO).await?;
    if first.forgotten {
        return Err(forgotten(wanted.after.unwrap_or_default()));
    }
    let follower = Follower::new(Arc::clone(&rest), caller, wanted, place, first);
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // Proxies that collect answers would hold events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(follower.events())).into_response())
}

/// What a query asks for.
fn wanted(query: &str, caller: &Principal, rules: &Rules) -> Result<EventsWanted, Problem> {
    let filter = EventFilter { viewer: caller.viewer(), types: None };
    let mut wanted = EventsWanted { filter, after: None, most: AT_ONCE };
    for (name, value) in query::pairs(query, &["types", "after", "account"])? {
        let wrong = |detail: &str| query::wrong(&name, detail);
        match name.as_str() {
            "types" => {
                let types = value.split(',').map(|name| known(name.trim()));
                let types = types.collect::<Result<_, _>>().map_err(|detail| wrong(&detail))?;
                wanted.filter.types = Some(types);
            }
            "after" => wanted.after = Some(position(&value).map_err(|detail| wrong(&detail))?),
            _ if caller.viewer() != Viewer::Everything => {
                return Err(wrong("only an administrator may follow another account"));
            }
            _ => {
                let account = rules.accounts().find(|account| *account.name == *value);
                let account = account.ok_or_else(|| wrong("there is no account of this name"))?;
                wanted.filter.viewer = Viewer::Account(account.id);
            }
        }
    }
    Ok(wanted)
}

/// A type of events, if there is one of this name.
fn known(name: &str) -> Result<Box<str>, String> {
    if types().any(|known| known == name) {
        return Ok(name.into());
    }
    let meant = suggest(name, types()).map(|meant| format!("; did you mean '{meant}'?"));
    let all = || format!("; the types are {}", types().collect::<Vec<_>>().join(", "));
    Err(format!("there are no events of type '{name}'{}", meant.unwrap_or_else(all)))
}

fn position(text: &str) -> Result<EventPosition, String> {
    if text == OLDEST {
        return Ok(EventPosition::START);
    }
    text.parse().map_err(|error| format!("'{text}': {error}"))
}

fn forgotten(after: EventPosition) -> Problem {
    let detail = format!(
        "events behind {after} are not kept any more: list messages for what was missed, and connect without it"
    );
    Problem::new(StatusCode::GONE, "events_forgotten", detail)
}

fn too_many() -> Problem {
    let detail = format!(
        "too many streams are open: {} of an account, and {} in all, are allowed",
        open::OF_ONE_MAX,
        open::IN_ALL_MAX
    );
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail).later(Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::account::{AccountId, Permits};

    fn read(query: &str, caller: &Principal) -> Result<EventsWanted, Box<str>> {
        wanted(query, caller, &rules(account())).map_err(|problem| problem.detail)
    }

    #[test]
    fn a_query_says_which_events_and_from_where() {
        let root = Principal::administrator("root".into());
        let all = read("", &root).unwrap();
        assert_eq!((all.filter.viewer, all.filter.types, all.after), (Viewer::Everything, None, None));
        let some = read("types=message.received,%20message.failed&after=7-2&account=shop", &root).unwrap();
        assert_eq!(some.filter.viewer, Viewer::Account(AccountId(1)));
        assert_eq!(some.filter.types, Some(["message.failed".into(), "message.received".into()].into()));
        assert_eq!(some.after, Some(EventPosition { page: 7, events: 2 }));
        assert_eq!(read("after=oldest", &root).unwrap().after, Some(EventPosition::START));
    }

    #[test]
    fn mistakes_are_told() {
        let root = Principal::administrator("root".into());
        let own = Principal::account(Arc::new(account()), Permits::ALL);
        for (query, caller, words) in [
            ("types=message.recieved", &root, "did you mean 'message.received'?"),
            ("types=weather", &root, "the types are message.delivered,"),
            ("types=", &root, "no events of type ''"),
            ("after=yesterday", &root, "'yesterday': an event's id is two numbers"),
            ("account=nobody", &root, "no account of this name"),
            ("account=shop", &own, "only an administrator"),
            ("type=x", &own, "did you mean 'types'?"),
        ] {
            let detail = read(query, caller).unwrap_err();
            assert!(detail.contains(words), "{query}: {detail}");
        }
    }
}
